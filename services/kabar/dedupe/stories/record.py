"""A story as it is kept: its centroid in front, so that comparing needs no decoding of the rest."""

from __future__ import annotations

import hashlib
from typing import Literal

import msgspec
import numpy as np
from msgspec import Struct, field

from kabar.contracts.story import Story
from kabar.dedupe.stories.vectors import MAX_TERMS, Bundle, Flags, Vector

MAX_TITLES = 3
MAX_SOURCES = 200
MAX_NAMES_KEPT, MAX_NAMES = 30, 20
MAX_TITLE_CHARS = 300
MINUTE_MS = 60_000
HOUR_MINUTES = 60
_HEAD, _TERM_BYTES, _WEIGHT_BYTES = 2, 4, 2
_NAME_BYTES = MAX_TERMS // 8
_MANY = 255


State = Literal["open", "closed", "merged"]


def story_key(article: bytes) -> bytes:
    """The id of the story that an article opens: BLAKE2b of the article id, so that a replay finds the same."""
    return hashlib.blake2b(b"story " + article, digest_size=16).digest()


class Details(Struct, array_like=True):
    """What a story is, beside its centroid. Changed in place between unpacking and packing.

    ``born`` orders stories by age; ``centred`` is how many articles the centroid is the mean of (copies are not in
    it); ``titles`` are the earliest members' (article id, title), so that one can be taken back; ``minutes`` counts
    the articles of the last hour per minute since the epoch; ``names`` counts the articles that mention each.
    """

    born: int
    first_at: int
    last_at: int
    size: int = 0
    revision: int = 0
    centred: int = 1
    velocity: int = 0
    titles: list[tuple[bytes, str]] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    names: dict[str, int] = field(default_factory=dict)
    minutes: dict[int, int] = field(default_factory=dict)

    def add(self, article: bytes, title: str, source: str, names: list[str], at: int) -> None:
        """One more member."""
        self.size += 1
        self.first_at, self.last_at = min(self.first_at, at), max(self.last_at, at)
        if title and len(self.titles) < MAX_TITLES:
            self.titles.append((article, title[:MAX_TITLE_CHARS]))
        if source and source not in self.sources and len(self.sources) < MAX_SOURCES:
            self.sources.append(source)
        minute = at // MINUTE_MS
        self.minutes[minute] = self.minutes.get(minute, 0) + 1
        self._count_names(dict.fromkeys(names, 1))

    def absorb(self, other: Details) -> None:
        """Take over the members of a story that turned out to be this one."""
        self.size += other.size
        self.first_at, self.last_at = min(self.first_at, other.first_at), max(self.last_at, other.last_at)
        self.titles = (self.titles + other.titles)[:MAX_TITLES]
        fresh = [source for source in other.sources if source not in self.sources]
        self.sources = (self.sources + fresh)[:MAX_SOURCES]
        for minute, count in other.minutes.items():
            self.minutes[minute] = self.minutes.get(minute, 0) + count
        self._count_names(other.names)

    def withdraw(self, article: bytes) -> None:
        """One member was killed: its title must not stand for the story."""
        self.size = max(0, self.size - 1)
        self.titles = [(member, title) for member, title in self.titles if member != article]

    def measure(self, ticked: int) -> bool:
        """Count the articles of the last hour before the last article or the latest tick; True if that changed."""
        latest = max(self.last_at, ticked) // MINUTE_MS
        self.minutes = {m: n for m, n in self.minutes.items() if m > latest - HOUR_MINUTES}
        before, self.velocity = self.velocity, sum(self.minutes.values())
        return before != self.velocity

    def _count_names(self, names: dict[str, int]) -> None:
        for name, count in names.items():
            self.names[name] = self.names.get(name, 0) + count
        if len(self.names) > MAX_NAMES_KEPT:
            kept = sorted(self.names.items(), key=lambda item: -item[1])[:MAX_NAMES_KEPT]
            self.names = dict(kept)

    def published(self, key: bytes, *, state: State = "open", merged_into: bytes | None = None) -> Story:
        """The story as others see it."""
        ranked = sorted(self.names.items(), key=lambda item: -item[1])
        return Story(
            id=key.hex(),
            revision=self.revision,
            title=self.titles[0][1] if self.titles else "",
            size=self.size,
            sources=self.sources,
            first_at=self.first_at,
            last_at=self.last_at,
            names=[name for name, _ in ranked[:MAX_NAMES]],
            velocity=float(self.velocity),
            state=state,
            merged_into=merged_into.hex() if merged_into else None,
        )


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(Details)


def pack(centroid: Vector, details: Details) -> bytes:
    """Counts of terms and of articles in the centroid, terms, weights in half precision, name bits, details."""
    return b"".join(
        (
            bytes([centroid.terms.size, min(details.centred, _MANY)]),
            centroid.terms.astype("<u4").tobytes(),
            centroid.weights.astype("<f2").tobytes(),
            np.packbits(centroid.named).tobytes().ljust(_NAME_BYTES, b"\0"),
            _ENCODER.encode(details),
        )
    )


def unpack_centroid(payload: bytes) -> Vector:
    """The centroid alone."""
    count = payload[0]
    terms = np.frombuffer(payload, "<u4", count, _HEAD)
    weights = np.frombuffer(payload, "<f2", count, _HEAD + _TERM_BYTES * count)
    return Vector(terms.astype(np.uint32), weights.astype(np.float32), _named([payload]))


def unpack_centroids(payloads: list[bytes]) -> Bundle:
    """The centroids of several, for comparing one article with all."""
    sizes = [payload[0] for payload in payloads]
    terms = b"".join(p[_HEAD : _HEAD + _TERM_BYTES * p[0]] for p in payloads)
    weights = b"".join(
        p[_HEAD + _TERM_BYTES * p[0] : _HEAD + (_TERM_BYTES + _WEIGHT_BYTES) * p[0]] for p in payloads
    )
    return Bundle(
        np.frombuffer(terms, "<u4").astype(np.uint32),
        np.frombuffer(weights, "<f2").astype(np.float32),
        _named(payloads),
        sizes,
    )


def _named(payloads: list[bytes]) -> Flags:
    """The bits of several centroids, those that belong to no term left out."""
    start = [_HEAD + (_TERM_BYTES + _WEIGHT_BYTES) * p[0] for p in payloads]
    bits = b"".join(p[at : at + _NAME_BYTES] for p, at in zip(payloads, start, strict=True))
    flags = np.unpackbits(np.frombuffer(bits, np.uint8)).reshape(len(payloads), MAX_TERMS)
    sizes = np.array([p[0] for p in payloads], dtype=np.intp)
    named: Flags = flags[np.arange(MAX_TERMS) < sizes[:, None]].astype(np.bool_)
    return named


def centred_of(payload: bytes) -> int:
    """How many articles the centroid is the mean of; 255 stands for more."""
    return payload[1]


def unpack_details(payload: bytes) -> Details:
    """The rest."""
    count = payload[0]
    return _DECODER.decode(memoryview(payload)[_HEAD + (_TERM_BYTES + _WEIGHT_BYTES) * count + _NAME_BYTES :])
