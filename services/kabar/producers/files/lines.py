"""Lines of any stream in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kabar.contracts.letters import MAX_LETTER_BYTES
from kabar.producers.files.records import Kept
from kabar.producers.files.streams import ByteStream

READ_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Line:
    """One line without its end. ``data`` is None where it is longer than the limit; ``kept`` then has its head."""

    number: int
    start: int
    end: int
    data: bytes | None
    kept: Kept | None = None
    damage: str = ""
    """The line ends here because the stream is damaged."""


def read_lines(stream: ByteStream, *, number: int = 0, limit: int = MAX_LETTER_BYTES) -> Iterator[Line]:
    """All lines from here on, blank ones included.

    A line longer than ``limit`` is skipped up to its end, never held. Damage ends a line; where the stream
    can be resumed, the next line begins behind it.

    Args:
        stream: positioned at the beginning of a line.
        number: number of the line before.
        limit: bytes.
    """
    splitter = _Splitter(stream.tell(), number, limit)
    while True:
        chunk = stream.read(READ_BYTES)
        if chunk:
            yield from splitter.feed(chunk)
            continue
        damage = stream.damage
        resumed = stream.resume() if damage else False
        yield from splitter.finish(damage, end=stream.tell())
        if not resumed:
            return


class _Splitter:
    """Holds the beginning of the line that is not finished yet."""

    def __init__(self, start: int, number: int, limit: int) -> None:
        self._start = start
        self._number = number
        self._limit = limit
        self._parts: list[bytes] = []
        self._held = 0
        self._kept: Kept | None = None

    def feed(self, chunk: bytes) -> Iterator[Line]:
        begin = 0
        while (found := chunk.find(b"\n", begin)) >= 0:
            self._add(chunk[begin:found])
            yield self._take(self._start + self._held + 1)
            begin = found + 1
        if begin < len(chunk):
            self._add(chunk[begin:])

    def finish(self, damage: str, *, end: int) -> Iterator[Line]:
        if self._parts or self._kept or damage:
            yield self._take(end, damage=damage)

    def _add(self, data: bytes) -> None:
        if self._kept is None and self._held + len(data) > self._limit:
            self._kept = Kept(self._limit)
            for part in self._parts:
                self._kept.add(part)
            self._parts = []
        if self._kept is not None:
            self._kept.add(data)
        elif data:
            self._parts.append(data)
        self._held += len(data)

    def _take(self, end: int, *, damage: str = "") -> Line:
        self._number += 1
        data = None if self._kept else b"".join(self._parts)
        line = Line(self._number, self._start, end, data, self._kept, damage)
        self._start, self._held, self._parts, self._kept = end, 0, [], None
        return line
