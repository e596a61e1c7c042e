"""Accepted observations into the log: sent, and claimed only when every replica has acknowledged them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Self

from kafka import KafkaProducer

from kabar.contracts.letters import DeadLetter, Ending
from kabar.contracts.message import Message
from kabar.contracts.outcomes import DeadReason
from kabar.contracts.topics import TOPICS
from kabar.runtime.clock import wall_ms
from kabar.runtime.envelopes import letter
from kabar.runtime.kafka.clients import broker_errors, names, producer
from kabar.runtime.kafka.records import Record, ending_record, letter_record, message_record
from kabar.runtime.refusals import Refused
from kabar.settings import Settings

RAW: Final = "news.raw"
SLACK_BYTES: Final = 65_536
"""What a record may grow by on its way: batch framing, and what compression adds to what it cannot compress."""
CONFIRM_SECONDS: Final = 150.0
"""Longer than the client goes on trying to deliver (120 s): an end of waiting that is never met in order."""
CLOSE_SECONDS: Final = 5.0

_LARGEST: Final = {topic.name: topic.max_message_bytes - SLACK_BYTES for topic in TOPICS}


class Publisher:
    """Sends records and waits for their acknowledgement. Use as a context manager."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._names = names(settings)

    def __enter__(self) -> Self:
        self._producer: KafkaProducer = producer(self._settings)
        return self

    def __exit__(self, *details: object) -> None:
        self._producer.close(timeout=CLOSE_SECONDS)

    def publish(self, items: Sequence[Message | Refused]) -> None:
        """Observations to ``news.raw``; what was refused, or is too large, becomes a dead letter with its ending.

        Raises:
            BrokerError: not everything was acknowledged. Anything of it may be in the log: send it all again.
        """
        now = wall_ms()
        self.send([record for item in items for record in records(item, now_ms=now)])

    def send(self, outgoing: Sequence[Record]) -> None:
        """Records as they are; returns when all are acknowledged.

        Raises:
            BrokerError: as :meth:`publish`.
            NotPrepared: a topic is missing.
        """
        with broker_errors():
            sent = [
                self._producer.send(
                    self._names.topic(record.topic),
                    key=record.key,
                    value=record.value,
                    headers=record.headers,
                )
                for record in outgoing
            ]
            self._producer.flush()
            for future in sent:
                future.get(timeout=CONFIRM_SECONDS)


def records(item: Message | Refused, *, now_ms: int) -> list[Record]:
    """What goes into the log for one observation."""
    if isinstance(item, Refused):
        return _dead(item.letter, item.original)
    record = message_record(RAW, item)
    if record.size <= _LARGEST[RAW]:
        return [record]
    assert record.value is not None
    header = item.header
    envelope = letter(
        record.value,
        observation_id=header.observation_id,
        article_id=header.article_id,
        observed_at=header.observed_at,
        stage="accept",
        reason=DeadReason.OVERSIZE,
        error=f"the message has {record.size:,} bytes, {RAW} takes {_LARGEST[RAW]:,}",
        origin=header.origin,
        died_at=now_ms,
    )
    return _dead(envelope, record.value, accepted_at=header.accepted_at, generation=header.generation)


def _dead(
    envelope: DeadLetter, original: bytes, *, accepted_at: int = 0, generation: int = 0
) -> list[Record]:
    assert envelope.observation_id is not None
    ending = Ending(
        observation_id=envelope.observation_id,
        article_id=envelope.article_id,
        outcome="dead",
        reason=envelope.reason,
        stage="accept",
        generation=generation,
        accepted_at=accepted_at or envelope.died_at,
        ended_at=envelope.died_at,
    )
    return [letter_record(envelope, original), ending_record(ending)]
