"""What goes in while latencies are taken: probes one at a time, and the load beside them.

Each runs in a thread of its own with a connection of its own, for acceptance waits for the disk and for the
pipeline's commits, and the polling must not wait with it.
"""

from __future__ import annotations

import random
import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from types import TracebackType
from typing import Self

from bench.speed.inputs import Record
from bench.speed.store import Acceptor
from kabar.settings import Settings

_numbers = count()


def fresh(records: Sequence[Record], site: str) -> Iterator[Record]:
    """The records over and over, each time under an address of its own, so that none is a known article."""
    while True:
        for record in records:
            yield record | {"url": f"https://{site}.test/{next(_numbers)}"}


@dataclass(frozen=True)
class Probe:
    """An article on its way."""

    article_id: str
    marker: str
    """A word of its title that no other article has."""
    accepted_at: float
    """``time.perf_counter()`` when its acceptance was durable."""
    acceptance_seconds: float
    """How long the durable transaction took, waiting for the writer included."""


class Sender(threading.Thread, ABC):
    """A thread that accepts articles until it is done or stopped. Use as a context manager."""

    def __init__(self, settings: Settings, name: str) -> None:
        super().__init__(name=f"speed-{name}")
        self._acceptor = Acceptor(settings, name=f"{name}-{next(_numbers)}")
        self.stopped = threading.Event()
        self.failure: BaseException | None = None

    def run(self) -> None:
        """The thread's body; what goes wrong is kept for whoever looks."""
        try:
            self.send()
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that measures
            self.failure = error

    @abstractmethod
    def send(self) -> None:
        """Accept articles until there are no more or ``stopped`` is set."""

    def check(self) -> None:
        """Raise here what went wrong there."""
        if self.failure is not None:
            raise self.failure

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stopped.set()
        self.join()
        self._acceptor.close()


class Prober(Sender):
    """Accepts one article at a time, a jittered interval apart."""

    def __init__(
        self, settings: Settings, records: Iterator[Record], *, probes: int, interval: tuple[float, float]
    ) -> None:
        super().__init__(settings, "probe")
        self._records = records
        self._probes = probes
        self._interval = interval
        self._random = random.Random(probes)
        self.sent: deque[Probe] = deque()
        self.done = threading.Event()

    def send(self) -> None:
        """Send the probes."""
        for _ in range(self._probes):
            if self.stopped.wait(self._random.uniform(*self._interval)):
                break
            self.sent.append(self._one())
        self.done.set()

    def _one(self) -> Probe:
        record = next(self._records)
        marker = f"kbrprobe{next(_numbers)}"
        start = time.perf_counter()
        ids = self._acceptor.accept([record | {"title": f"{record.get('title', '')} {marker}"}])
        end = time.perf_counter()
        return Probe(ids[0], marker, end, end - start)


class Load(Sender):
    """Articles beside the probes: at a rate, or as many as keep a given number waiting.

    Args:
        settings: of the data directory.
        records: what is sent; endless.
        depth: rows that may wait in the inbox. A rate stops there, for a producer stops there, too, and what was
            not sent in time is not made up for.
        per_second: articles; 0 = as many as there is room for.
    """

    PERIOD_SECONDS = 0.05
    SETTLE_SECONDS = 2.0

    def __init__(
        self, settings: Settings, records: Iterator[Record], *, depth: int, per_second: float = 0.0
    ) -> None:
        super().__init__(settings, "load")
        self._records = records
        self._per_second = per_second
        self._depth = depth
        self.settled = threading.Event()
        """Set when it has gone on for :data:`SETTLE_SECONDS`."""
        self.deepest = 0
        self._accepted = 0
        self._seconds = 0.0
        self._at_settling = (0, 0.0)

    @property
    def measured_per_second(self) -> float:
        """Articles per second accepted since it settled; the first filling of the inbox is left out."""
        accepted, seconds = self._at_settling
        return (self._accepted - accepted) / (self._seconds - seconds) if self._seconds > seconds else 0.0

    def send(self) -> None:
        """Top up every :data:`PERIOD_SECONDS`, until stopped."""
        start = time.perf_counter()
        owed = 0.0
        while not self.stopped.wait(self.PERIOD_SECONDS):
            seconds = time.perf_counter() - start
            owed += (seconds - self._seconds) * self._per_second
            self._seconds = seconds
            waiting = self._acceptor.depth()
            room = max(0, self._depth - waiting)
            due = min(room, int(owed)) if self._per_second else room
            owed = 0.0 if due == room else owed - due
            if due:
                self._acceptor.accept([next(self._records) for _ in range(due)])
                self._accepted += due
            self.deepest = max(self.deepest, waiting + due)
            if self._seconds > self.SETTLE_SECONDS and not self.settled.is_set():
                self._at_settling = (self._accepted, self._seconds)
                self.settled.set()
