"""One record of the log on its way into the index: what it is, and what is written when it ends there."""

from __future__ import annotations

from typing import Any

import msgspec
from kafka import TopicPartition

from kabar.contracts.message import Message, decode, decode_message
from kabar.contracts.outcomes import DeadReason
from kabar.contracts.story import Story
from kabar.errors import Poison
from kabar.index.document import assemble, version_key
from kabar.index.entry import Entry
from kabar.runtime.attempt import describe
from kabar.runtime.breaker import source_of
from kabar.runtime.envelopes import said
from kabar.runtime.kafka.endings import Origin
from kabar.runtime.kafka.records import (
    Headers,
    position,
)


class Death(msgspec.Struct, frozen=True):
    """Why something cannot be indexed."""

    reason: str
    error: str


class Item:
    """One record. Exactly one of ``entry``, ``story`` and ``death`` is set; of a tombstone none."""

    __slots__ = (
        "death",
        "entry",
        "headers",
        "message",
        "offset",
        "partition",
        "source",
        "story",
        "value",
        "where",
    )

    def __init__(self, record: Any, where: str) -> None:
        self.partition = TopicPartition(record.topic, record.partition)
        self.offset: int = record.offset
        self.where = where
        self.value: bytes = record.value or b""
        self.headers: Headers = list(record.headers)
        self.message: Message | None = None
        self.source = ""
        self.entry: Entry | None = None
        self.story: Story | None = None
        self.death: Death | None = None

    @property
    def origin(self) -> Origin:
        """Where it came from, for how it ends."""
        return Origin(
            stage="index", where=self.where, value=self.value, headers=self.headers, message=self.message
        )

    @property
    def tombstone(self) -> bool:
        """Whether there is nothing to write and nothing to bury."""
        return self.entry is None and self.story is None and self.death is None

    @property
    def size(self) -> int:
        """Bytes it will cost in a request, roughly: the article is written as document and as version."""
        return len(self.value)


def read(record: Any, topic: str, *, now_ms: int, quarantined: frozenset[str] = frozenset()) -> Item:
    """Decode a record and make what is to be written of it. Never raises: what cannot be read carries a death.

    Args:
        record: as the client hands it out.
        topic: its topic without prefix.
        now_ms: what ``event.ingested`` says until it is written.
        quarantined: sources whose messages are not tried.
    """
    item = Item(record, position(topic, record.partition, record.offset))
    if record.value is None:
        return item
    try:
        if topic == "news.stories":
            item.story = decode(record.value, Story, what="story")
        else:
            _read_article(item, now_ms, quarantined)
    except Poison as error:
        item.death = Death(error.reason, said(error))
    except MemoryError:
        raise  # the process is spent, whoever spent it
    except Exception as error:  # noqa: BLE001 - one article that cannot be shown must not stop the others
        item.death = Death(DeadReason.CRASHED, describe(error))
    return item


def _read_article(item: Item, now_ms: int, quarantined: frozenset[str]) -> None:
    item.message = decode_message(item.value)
    item.source = source_of(item.message)
    if item.source in quarantined:
        item.death = Death(
            DeadReason.QUARANTINED, f"not tried: nearly everything of '{item.source}' was failing"
        )
        return
    item.entry = Entry(
        document=assemble(item.message, ingested_at=now_ms),
        message=item.value,
        version_key=version_key(item.message.header),
    )
