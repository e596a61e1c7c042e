"""From a record of the log and what the stage says about it to the records that follow. Pure."""

from __future__ import annotations

from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from kabar.contracts.message import Message, decode_message
from kabar.contracts.outcomes import DeadReason, Outcome
from kabar.contracts.topics import TOPICS
from kabar.errors import BadMessage
from kabar.runtime.breaker import source_of
from kabar.runtime.envelopes import said
from kabar.runtime.kafka.endings import Origin, burial, ending
from kabar.runtime.kafka.names import OUTPUT
from kabar.runtime.kafka.records import (
    Record,
    ending_record,
    message_record,
)
from kabar.runtime.protocol import WORKER_SECTIONS, Result
from kabar.runtime.streams.intake import Received

SLACK_BYTES: Final = 65_536
"""Left free below a topic's limit: the broker counts the batch with its own headers."""
_LIMITS: Final = {topic.name: topic.max_message_bytes - SLACK_BYTES for topic in TOPICS}


class Item(Struct):
    """One record under way through a stage."""

    received: Received
    message: Message | None = None
    """None = a tombstone, or no message of ours."""
    answer: Result | None = None
    """Known at once for what is not tried, else the worker's."""

    @property
    def tombstone(self) -> bool:
        """Whether there is nothing to process."""
        return self.received.value is None


class Output(Struct, frozen=True):
    """What came of one item."""

    records: list[Record] = []
    result: str = "tombstone"
    """For the metrics: ``forward``, ``dropped``, ``dead`` or ``tombstone``."""
    reason: str = ""
    seconds: float = 0.0


def examine(received: Received) -> Item:
    """Read a record; what cannot be read is answered already."""
    if received.value is None:
        return Item(received)
    try:
        return Item(received, decode_message(received.value))
    except BadMessage as error:
        return Item(received, answer=Result("dead", reason=error.reason, error=said(error)))


def quarantine(item: Item, sources: frozenset[str]) -> None:
    """Answer for a message of a source that is not tried at present."""
    if item.message is None or item.answer is not None or not sources:
        return
    source = source_of(item.message)
    if source in sources:
        why = f"not tried: nearly everything of '{source}' was failing; replay it when the source is well"
        item.answer = Result("dead", reason=DeadReason.QUARANTINED, error=why)


def settle(stage: str, item: Item, now_ms: int) -> Output:
    """The records an answered item becomes."""
    answer = item.answer
    if answer is None:
        assert item.tombstone, "settled before it was answered"
        return Output()
    if answer.kind == "forward":
        assert item.message is not None
        return _forwarded(stage, item, item.message, answer, now_ms)
    if answer.kind == "ended":
        assert item.message is not None
        end = ending(_origin(stage, item), answer.outcome, now_ms, reason=answer.reason)
        return Output([ending_record(end)], answer.outcome, answer.reason, answer.seconds)
    return _dead(stage, item, answer, now_ms)


def _forwarded(stage: str, item: Item, message: Message, answer: Result, now_ms: int) -> Output:
    topic = OUTPUT[stage]
    section = WORKER_SECTIONS[stage]
    record = message_record(
        topic, message.with_encoded(section, answer.section) if answer.section else message
    )
    if record.size <= _LIMITS[topic]:
        return Output([record], answer.kind, seconds=answer.seconds)
    error = f"with the section of '{stage}' it has {record.size:,} bytes, {topic} takes {_LIMITS[topic]:,}"
    return _dead(stage, item, replace(answer, reason=DeadReason.OVERSIZE, error=error), now_ms)


def _dead(stage: str, item: Item, answer: Result, now_ms: int) -> Output:
    records = burial(_origin(stage, item), now_ms, reason=answer.reason, error=answer.error)
    return Output(records, Outcome.DEAD, answer.reason, answer.seconds)


def _origin(stage: str, item: Item) -> Origin:
    received = item.received
    return Origin(
        stage=stage,
        where=received.position,
        value=received.value or b"",
        headers=list(received.headers),
        message=item.message,
    )
