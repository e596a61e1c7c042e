"""A memory of dedupe as large as wanted: that of a stage that was run, copied under other ids.

A copy keeps what restoring costs (sizes, number of terms, words of a text) and changes what would make copies
collide: ids, order, signatures, the terms of stories.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

import numpy as np

from kabar.contracts.message import Header, Message, Tick
from kabar.contracts.outcomes import StateChanged
from kabar.contracts.sections import CleanSection, RawSection, Source
from kabar.dedupe.stage import DedupeStage
from kabar.dedupe.state import (
    CLOCK,
    DECISION,
    LEDGER,
    REVISION,
    SIGNATURE,
    STAMP_BYTES,
    STORY,
    WORDS,
    Clock,
    Stamp,
    stamp_of,
)
from kabar.dedupe.stories.record import pack, unpack_centroid, unpack_details
from kabar.dedupe.stories.vectors import Vector

START = 1_760_000_000_000
SEEDS = 1_500
"""Articles that are really decided on."""
TEXT_WORDS = 330
"""Of a text: 2.3 kB, as news in Indonesian and English has on average."""
VOCABULARY = 40_000

Pair = tuple[bytes, bytes]


@dataclass(frozen=True)
class Mix:
    """What a stream of articles leaves in memory, in days of it."""

    ledger: float = 30
    """For as long as the index lives: a month here; the longer, the cheaper an entry is on average."""
    decisions: float = 7
    signatures: float = 7
    texts: float = 3
    stories: float = 0.75
    """Three days, one story for four articles."""

    def entries(self, per_day: int) -> dict[bytes, int]:
        """Kind -> how many."""
        days = {
            LEDGER: self.ledger, DECISION: self.decisions, SIGNATURE: self.signatures,
            REVISION: self.texts, WORDS: self.texts, STORY: self.stories,
        }  # fmt: skip
        return {kind: round(share * per_day) for kind, share in days.items()}


def memory(mix: Mix, per_day: int) -> Iterator[Pair]:
    """Records as the changelog holds them."""
    seeds = _seeds()
    order = count(1)
    for kind, wanted in mix.entries(per_day).items():
        pool = seeds[kind]
        for number in range(wanted):
            key, value = pool[number % len(pool)]
            yield _copy(kind, key, value, number // len(pool), next(order))
    clock = Clock()
    clock.now, clock.seq = START + SEEDS * 1000, next(order)
    yield CLOCK, clock.record().value or b""


def _copy(kind: bytes, key: bytes, value: bytes, again: int, seq: int) -> Pair:
    other = _other(key, again)
    if kind in (LEDGER, WORDS):
        return kind + other, bytes(memoryview(value))  # one object of its own each, as from a log
    stamp = Stamp(seq, stamp_of(value).at).pack()
    payload = value[STAMP_BYTES:]
    if kind == SIGNATURE:
        payload = other + payload[16:28] + _other_signature(payload[28:], again)
    elif kind == STORY:
        payload = _other_story(payload, again, seq)
    return kind + other, stamp + payload


def _other(key: bytes, again: int) -> bytes:
    return hashlib.blake2b(key + again.to_bytes(4, "little"), digest_size=16).digest()


def _other_signature(packed: bytes, again: int) -> bytes:
    values = np.frombuffer(packed, "<u2") ^ np.uint16(again * 40_503 & 0xFFFF)
    return values.astype("<u2").tobytes()


def _other_story(payload: bytes, again: int, seq: int) -> bytes:
    centroid, details = unpack_centroid(payload), unpack_details(payload)
    details.born = seq
    terms = centroid.terms ^ np.uint32(again * 2_654_435_761 & 0xFFFFFFFF)
    at = np.argsort(terms)
    return pack(Vector(terms[at], centroid.weights[at], centroid.named[at]), details)


def _seeds() -> dict[bytes, list[Pair]]:
    """Kind -> key without its kind, and value."""
    rng = random.Random(11)
    stage, log = DedupeStage(), dict[bytes, bytes]()
    words = ["".join(rng.choices("abdegiklmnoprstu", k=rng.randint(3, 9))) for _ in range(VOCABULARY)]
    weights = [1 / (rank + 10) for rank in range(VOCABULARY)]
    for number in range(SEEDS):
        text = " ".join(rng.choices(words, weights, k=TEXT_WORDS)).capitalize()
        for effect in [*stage.process(message(number, text)), *stage.tick(Tick(START + number * 1000))]:
            if isinstance(effect, StateChanged) and effect.value is not None:
                log[effect.key] = effect.value
    found: dict[bytes, list[Pair]] = {}
    for key, value in log.items():
        found.setdefault(key[:1], []).append((key[1:], value))
    return found


def message(number: int, text: str) -> Message:
    """An invented article."""
    article = hashlib.blake2b(b"a%d" % number, digest_size=16).hexdigest()
    header = Header(
        observation_id=hashlib.blake2b(b"o%d" % number, digest_size=16).hexdigest(),
        observed_at=START + number * 1000,
        article_id=article,
    )
    clean = CleanSection(title=" ".join(text.split()[:8]), text=text, content_hash=article)
    source = Source(name=f"Harian {number % 50}", domain=f"harian{number % 50}.example")
    return Message(header).with_section(RawSection(source=source)).with_section(clean)
