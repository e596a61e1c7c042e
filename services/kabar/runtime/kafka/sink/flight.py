"""One batch on its way into the index, in a thread, so that the loop goes on polling meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Protocol, TypeVar

import msgspec

from kabar.contracts.document import iso
from kabar.contracts.outcomes import DeadReason
from kabar.contracts.story import Story
from kabar.errors import KabarError
from kabar.index.entry import Entry, Refused, Written
from kabar.runtime.attempt import describe
from kabar.runtime.clock import wall_ms
from kabar.runtime.kafka.sink.items import Item

T = TypeVar("T")
Answer = Written | Refused


class IndexWriter(Protocol):
    """What the sink wants of an index; raises :class:`kabar.errors.EnvironmentError_` where it takes nothing."""

    def write(self, entries: Sequence[Entry]) -> list[Answer]:
        """Articles with their versions; one answer per entry, in order."""
        ...

    def write_stories(self, stories: Sequence[Story]) -> list[Answer]:
        """Stories; one answer per story, in order."""
        ...


class Flight:
    """Starts at once. A daemon thread: a request that never ends must not keep the process from ending."""

    def __init__(self, writer: IndexWriter, batch: Sequence[Item]) -> None:
        self.batch = batch
        self.answers: dict[int, Answer] = {}
        """Position in the batch -> what the index said."""
        self.error: BaseException | None = None
        self.began = monotonic()
        self.seconds = 0.0
        self._writer = writer
        self._done = threading.Event()
        threading.Thread(target=self._fly, name="kabar-index", daemon=True).start()

    def wait(self, seconds: float) -> bool:
        """Whether it is over, within so many seconds."""
        return self._done.wait(seconds)

    def _fly(self) -> None:
        try:
            self._write(wall_ms())
        except BaseException as error:  # noqa: BLE001 - looked at by the thread that started it
            self.error = error
        self.seconds = monotonic() - self.began
        self._done.set()

    def _write(self, now_ms: int) -> None:
        articles = {n: _stamped(item.entry, now_ms) for n, item in enumerate(self.batch) if item.entry}
        stories = {n: item.story for n, item in enumerate(self.batch) if item.story}
        written = _written(self._writer.write, list(articles.values()))
        self.answers.update(zip(articles, written, strict=True))
        written = _written(self._writer.write_stories, list(stories.values()))
        self.answers.update(zip(stories, written, strict=True))


def _written(write: Callable[[Sequence[T]], list[Answer]], things: Sequence[T]) -> list[Answer]:
    """Write; where writing itself crashes, find the one that does it: it dies alone.

    Raises:
        KabarError: the surroundings are sick, or what answers is no Elasticsearch; nothing dies of that.
    """
    if not things:
        return []
    try:
        return write(things)
    except (KabarError, MemoryError):
        raise
    except Exception as error:  # noqa: BLE001 - one document's bug is one dead letter
        if len(things) == 1:
            return [Refused(DeadReason.CRASHED, describe(error))]
    middle = len(things) // 2
    return [*_written(write, things[:middle]), *_written(write, things[middle:])]


def _stamped(entry: Entry, now_ms: int) -> Entry:
    """Say when it is written: after an outage of an hour that is an hour after it was read."""
    event = msgspec.structs.replace(entry.document.event, ingested=iso(now_ms))
    document = msgspec.structs.replace(entry.document, event=event)
    return msgspec.structs.replace(entry, document=document)
