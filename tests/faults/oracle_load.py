"""Registered articles into ``news.raw``: through the product's own acceptance, each known to the oracle beforehand.

Only what the broker acknowledged is an obligation. What it neither acknowledged nor refused is *doubtful*: it may or
may not be in the log, and its article is left alone from then on.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from kafka.errors import KafkaError

from kabar.clean.stage import CleanStage
from kabar.contracts.ids import observation_id
from kabar.contracts.message import Message
from kabar.contracts.observation import accept
from kabar.contracts.outcomes import Forward
from kabar.contracts.sections import DedupeSection
from kabar.contracts.topics import TOPICS
from kabar.runtime.kafka.clients import names, producer
from kabar.runtime.kafka.records import foreign_observation, message_record, position
from kabar.settings import Settings
from tests.faults import oracle_texts as texts
from tests.faults.oracle import INDEXED, Expected
from tests.faults.oracle_register import Register

STAGE_TOPICS = ("news.raw", "news.clean", "news.deduped", "news.enriched")
DAY_MS = 86_400_000
DELIVERY_MS = 180_000
"""Longer than a broker needs to come back: a send that fails for good would only make an article doubtful."""
SLACK_BYTES = 65_536
"""What a stage leaves free below the limit of its output topic."""
DEAD = frozenset({"dead"})
LIMITS = {topic.name: topic.max_message_bytes for topic in TOPICS}


@dataclass
class Article:
    """One article of ours, as last sent."""

    number: int
    copy_of: int | None = None
    """Whose words its first revision has."""
    revision: int = 0
    killed: bool = False
    pending: int = 0
    doubtful: bool = False

    @property
    def free(self) -> bool:
        """Whether something may be sent about it."""
        return not (self.killed or self.pending or self.doubtful)

    def record(self) -> dict[str, object]:
        """What a producer would hand in now."""
        return texts.record(self.number, self.revision, copy_of=None if self.revision else self.copy_of)


class Wire:
    """Sends articles and remembers what must become of them. Any thread may send."""

    def __init__(self, settings: Settings, register: Register, seed: int) -> None:
        self._names = names(settings)
        self._register = register
        self._seed = seed
        self._lock = threading.RLock()
        self._producer = producer(settings, delivery_timeout_ms=DELIVERY_MS, max_block_ms=DELIVERY_MS)
        self._articles: list[Article] = []
        self._numbers = 0
        self._observations = 0
        self._last_at = 0
        self._clean = CleanStage()

    def close(self) -> None:
        """Wait for what is under way."""
        self._producer.flush()
        self._producer.close()

    # ------------------------------------------------------------ ordinary news

    def anything(self, chance: random.Random) -> None:
        """The next event of an ordinary day."""
        draw = chance.random()
        known = self._pick(chance) if draw < 0.4 else None
        if known is None:
            self.first()
        elif draw < 0.2:
            self.update(known)
        elif draw < 0.3:
            self.repeat(known)
        elif draw < 0.35:
            self.kill(known)
        else:
            self.first(copy_of=known)

    def first(
        self,
        *,
        at: int | None = None,
        copy_of: Article | None = None,
        outcomes: frozenset[str] = INDEXED,
        what: str = "first",
    ) -> Article:
        """A new article, observed now or at a time (ms)."""
        with self._lock:
            article = Article(self._numbers, copy_of=copy_of and copy_of.number)
            self._numbers += 1
            if at is None and outcomes == INDEXED:
                self._articles.append(article)
            self._send(article, article.record(), f"{what} {article.number}", at=at, outcomes=outcomes)
            return article

    def update(self, article: Article, *, what: str = "update") -> None:
        """A new text."""
        with self._lock:
            article.revision += 1
            self._send(article, article.record(), f"{what} {article.number}/{article.revision}")

    def repeat(self, article: Article) -> None:
        """The same again, seen later."""
        with self._lock:
            what = f"repeat {article.number}/{article.revision}"
            self._send(article, article.record(), what, outcomes=frozenset({"unchanged"}))

    def kill(self, article: Article, *, what: str = "kill") -> None:
        """Its withdrawal."""
        with self._lock:
            article.killed = True
            self._send(article, texts.kill(article.number), f"{what} {article.number}", kill=True)

    def _pick(self, chance: random.Random) -> Article | None:
        with self._lock:
            for _ in range(5):
                article = chance.choice(self._articles) if self._articles else None
                if article is not None and article.free:
                    return article
        return None

    # ------------------------------------------------------------ what must die

    def foreign(self, topic: str) -> None:
        """Bytes that are no message of ours, and a tombstone, which is no observation."""
        with self._lock:
            self._observations += 1
            junk = b"\xff{ no message %d of %d" % (self._observations, self._seed)
        full = self._names.topic(topic)

        def expected(where: Any) -> Expected:
            name = foreign_observation(position(topic, where.partition, where.offset))
            return Expected(name, f"poison {topic}", outcomes=DEAD)

        self._produce(full, b"poison", junk, expected, lambda _: None)
        self._producer.send(full, key=b"tombstone", value=None)

    def oversize(self, topic: str) -> None:
        """A sound message that fits, and does not fit any more with what the stage adds to it.

        The last topic has no stage behind it that adds something: there it must be indexed or refused.
        """
        with self._lock:
            article = Article(self._numbers)
            self._numbers += 1
            message = self._message(article, texts.record(article.number, 0), None)
        if topic != "news.raw":
            forward = self._clean.process(message)[0]
            assert isinstance(forward, Forward)
            message = forward.message
        if topic in ("news.deduped", "news.enriched"):
            message = message.with_section(DedupeSection(first_seen_at=message.header.observed_at))
        outcomes = DEAD if topic != "news.enriched" else frozenset({"dead", "indexed"})
        expected = self._expected(article, message, f"oversize {topic}", outcomes)
        value = _padded(message.encode(), LIMITS[topic] - SLACK_BYTES - 16)
        key = message.header.article_id.encode()
        self._produce(self._names.topic(topic), key, value, lambda _: expected, lambda _: None)

    # ------------------------------------------------------------ sending

    def _send(
        self, article: Article, record: Mapping[str, object], what: str, *,
        at: int | None = None, kill: bool = False, outcomes: frozenset[str] = INDEXED,
    ) -> None:  # fmt: skip
        message = self._message(article, record, at)
        expected = self._expected(article, message, what, outcomes, kill=kill)
        made = message_record("news.raw", message)
        article.pending += 1

        def settled(arrived: bool) -> None:
            article.pending -= 1
            article.doubtful |= not arrived

        self._produce(self._names.topic(made.topic), made.key, made.value or b"", lambda _: expected, settled)

    def _message(self, article: Article, record: Mapping[str, object], at: int | None) -> Message:
        self._observations += 1
        now = int(time.time() * 1_000)
        if at is None:
            at = self._last_at = max(now, self._last_at + 1)
        return accept(
            record, observation_id=observation_id(f"oracle {self._seed}", self._observations),
            observed_at=at, accepted_at=now, origin="oracle",
        )  # fmt: skip

    def _expected(
        self, article: Article, message: Message, what: str, outcomes: frozenset[str], *, kill: bool = False
    ) -> Expected:
        raw = message.raw
        return Expected(
            message.header.observation_id, what, message.header.article_id, message.header.observed_at,
            raw.title, raw.text, kill, outcomes,
        )  # fmt: skip

    def _produce(
        self, topic: str, key: bytes, value: bytes,
        expected: Callable[[Any], Expected], settled: Callable[[bool], None],
    ) -> None:  # fmt: skip
        def arrived(where: Any) -> None:
            self._register.promise(expected(where))
            settled(True)

        def failed(_: BaseException) -> None:
            self._register.doubt(expected(_Nowhere))
            settled(False)

        self._register.sent()
        try:
            self._producer.send(topic, key=key, value=value).add_callback(arrived).add_errback(failed)
        except KafkaError as error:
            failed(error)


class _Nowhere:
    """Where a message lies that did not arrive."""

    partition = offset = -1


def _padded(value: bytes, size: int) -> bytes:
    """The message with a field nobody knows, which travels along, of exactly this size."""
    field = b'{"padding":"'
    return field + b"x" * (size - len(value) - len(field) - 1) + b'",' + value[1:]


class Load(threading.Thread):
    """A steady stream of ordinary news until stopped."""

    def __init__(self, wire: Wire, chance: random.Random, rate: float) -> None:
        super().__init__(name="oracle-load", daemon=True)
        self._wire = wire
        self._chance = chance
        self._pause = 1 / rate
        self._stopped = threading.Event()
        self.error: BaseException | None = None

    def run(self) -> None:
        due = time.monotonic()
        try:
            while not self._stopped.is_set():
                self._wire.anything(self._chance)
                due = max(
                    due + self._pause, time.monotonic() - 1
                )  # what a blocked producer held up is not made up for
                self._stopped.wait(max(0.0, due - time.monotonic()))
        except Exception as error:  # noqa: BLE001 - told by the main thread
            self.error = error

    def stop(self) -> None:
        self._stopped.set()
        self.join()


def decoded_ending(value: bytes) -> tuple[str, str]:
    """Observation and outcome, read without the product's own type: a missing field is an error here."""
    found = msgspec.json.decode(value)
    return found["observation_id"], found["outcome"]
