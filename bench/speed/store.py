"""A data directory of its own for each measurement, and acceptance as a producer does it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from bench.speed.inputs import Record
from kabar.contracts.ids import observation_id
from kabar.contracts.observation import accept
from kabar.runtime.clock import wall_ms
from kabar.runtime.embedded.inbox import Inbox
from kabar.runtime.embedded.store import open_writer, transaction
from kabar.settings import SETTINGS, Settings, Value

T = TypeVar("T")


@contextmanager
def directory() -> Iterator[Path]:
    """An empty directory that is gone afterwards."""
    with TemporaryDirectory(prefix="kabar-speed-") as path:
        yield Path(path)


def settings(path: Path, *, workers: int | None = None) -> Settings:
    """The defaults, whatever a ``kabar.toml`` or the environment of this shell says."""
    defaults = Settings({setting.name: Value(setting.default, "default") for setting in SETTINGS})
    return defaults.replace(data_dir=str(path), workers=workers)


class Acceptor:
    """Appends to the inbox over a connection of its own; every call is one transaction that survives power loss."""

    def __init__(self, loaded: Settings, *, name: str) -> None:
        self._connection = open_writer(loaded.directory, durability="FULL")
        self._inbox = Inbox(self._connection, tick_ms=loaded.tick_seconds * 1000)
        self._name = name
        self._numbers = count()

    def accept(self, records: Iterable[Record]) -> list[str]:
        """Accept them together; returns the ids of their articles."""
        now = wall_ms()
        with transaction(self._connection):
            seen = self._inbox.clock(now)
            messages = [
                accept(
                    record,
                    observation_id=observation_id(self._name, next(self._numbers)),
                    observed_at=seen,
                    accepted_at=now,
                    origin=f"bench:{self._name}",
                )
                for record in records
            ]
            self._inbox.accept(messages)
        return [message.header.article_id for message in messages]

    def depth(self) -> int:
        """Rows waiting in the inbox."""
        return self._inbox.depth()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def portions(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """``size`` items at a time."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
