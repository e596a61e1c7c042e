"""Where every character went: lines of the received text, cuts, and the article text built from what is kept.

All offsets here are code points of the *working text*: the received text after repair (its only line break is the
line feed), in which the line breaks inside hard-wrapped paragraphs became spaces, one for one.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from msgspec import Struct

_SPACES = re.compile(r"\s{2,}|[^\S ]")
_JOINS_LEFT = frozenset(".,;:!?)]}”’…%")
_LINE = re.compile(r"[^\n]+")


class Line(NamedTuple):
    """A line without its surrounding white space; never empty."""

    start: int
    end: int
    text: str


class Cut(Struct, frozen=True, kw_only=True):
    """A stretch to take out, and what it is."""

    start: int
    end: int
    rule: str
    kind: str
    """``related``, ``removed``, ``dateline`` or ``attribution``."""
    strength: int
    title: str = ""
    url: str = ""
    outlet: str = ""
    channel: str = ""
    source: str = ""
    place: str = ""
    authors: tuple[str, ...] = ()


class Page:
    """The working text and its lines, with a lower-case copy of the same length for cheap searching."""

    __slots__ = ("_places", "_stems", "lines", "lower", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.lower = lower(text)
        self.lines = split_lines(text)
        self._places: dict[str, list[int]] = {}
        self._stems: dict[str, bool] = {}

    def places(self, cue: str) -> list[int]:
        """Where a lower-case string stands as the start of a word; searched once, several rules share cues."""
        found = self._places.get(cue)
        if found is None:
            found = self._places[cue] = []
            # Many cues share their beginning: most are ruled out by a search that was made already.
            stem = cue[:4] if cue[0].isalnum() else cue[0]
            if stem not in self._stems:
                self._stems[stem] = stem in self.lower
            if not self._stems[stem]:
                return found
            at = self.lower.find(cue)
            while at >= 0:
                if at == 0 or not (self.lower[at - 1].isalnum() and cue[0].isalnum()):
                    found.append(at)
                at = self.lower.find(cue, at + len(cue))
        return found

    def line_at(self, offset: int) -> Line:
        """The line an offset stands in (the one before it, for white space between lines)."""
        index = bisect_right(self.lines, offset, key=lambda line: line.start) - 1
        return self.lines[max(index, 0)]


def lower(text: str) -> str:
    """Lower case without changing a single offset."""
    lowered = text.lower()
    if len(lowered) == len(text):
        return lowered
    return "".join(low if len(low := char.lower()) == 1 else char for char in text)


def split_lines(text: str) -> list[Line]:
    """Lines that hold something, trimmed."""
    out: list[Line] = []
    for match in _LINE.finditer(text):
        raw = match.group()
        body = raw.strip()
        if body:
            start = match.start() + len(raw) - len(raw.lstrip())
            out.append(Line(start, start + len(body), body))
    return out


class Assembled:
    """The article text, and the way from an offset in the working text to one in it."""

    __slots__ = ("_ends", "_sources", "_targets", "text")

    def __init__(self, text: str, pieces: Sequence[tuple[int, int, int]]) -> None:
        """``pieces``: (start in the working text, end, start in the article), in order."""
        self.text = text
        self._sources = [piece[0] for piece in pieces]
        self._ends = [piece[1] for piece in pieces]
        self._targets = [piece[2] for piece in pieces]

    def locate(self, start: int, end: int) -> tuple[int, int] | None:
        """The span of a kept stretch in the article; None where its first or last character was taken out."""
        first = self._place(start)
        last = self._place(end - 1)
        return None if first is None or last is None else (first, last + 1)

    def _place(self, offset: int) -> int | None:
        index = bisect_right(self._sources, offset) - 1
        if index < 0 or offset >= self._ends[index]:
            return None
        return self._targets[index] + offset - self._sources[index]


def assemble(page: Page, cuts: Sequence[Cut]) -> Assembled:
    """Join what the cuts leave. ``cuts`` are in order and do not overlap.

    Lines become paragraphs separated by one line feed; inside a line runs of white space become one space.
    """
    parts: list[str] = []
    pieces: list[tuple[int, int, int]] = []
    length = 0
    line_start = True
    at = 0
    for line in page.lines:
        line_start = True
        while at < len(cuts) and cuts[at].end <= line.start:
            at += 1
        for start, end in _kept(page.text, line, cuts, at):
            glue = _glue(parts, page.text[start], line_start=line_start)
            parts.append(glue + page.text[start:end])
            length += len(glue)
            pieces.append((start, end, length))
            length += end - start
            line_start = False
    return Assembled("".join(parts), pieces)


def _glue(parts: list[str], following: str, *, line_start: bool) -> str:
    if not parts:
        return ""
    if line_start:
        return "\n"
    return "" if following in _JOINS_LEFT else " "


def _kept(text: str, line: Line, cuts: Sequence[Cut], at: int) -> Iterable[tuple[int, int]]:
    """The stretches of a line outside the cuts, split at runs of white space."""
    start = line.start
    while at < len(cuts) and cuts[at].start < line.end:
        yield from _stretches(text, start, min(cuts[at].start, line.end))
        start = max(start, cuts[at].end)
        at += 1
    yield from _stretches(text, start, line.end)


def _stretches(text: str, start: int, end: int) -> Iterable[tuple[int, int]]:
    if text.find("  ", start, end) < 0 and text.find("\t", start, end) < 0:
        yield from _trimmed(text, start, end)
        return
    for match in _SPACES.finditer(text, start, max(start, end)):
        yield from _trimmed(text, start, match.start())
        start = match.end()
    yield from _trimmed(text, start, end)


def _trimmed(text: str, start: int, end: int) -> Iterable[tuple[int, int]]:
    while start < end and text[start] == " ":
        start += 1
    while end > start and text[end - 1] == " ":
        end -= 1
    if start < end:
        yield start, end


def disjoint(cuts: Iterable[Cut]) -> list[Cut]:
    """In order of place, without overlaps: of two that overlap the one that was found first stays."""
    taken: list[Cut] = []
    starts: list[int] = []
    for cut in cuts:
        index = bisect_right(starts, cut.start)
        before = index > 0 and taken[index - 1].end > cut.start
        after = index < len(taken) and taken[index].start < cut.end
        if not (before or after):
            taken.insert(index, cut)
            starts.insert(index, cut.start)
    return taken
