"""Spans over a text -> pieces a template can show, each escaped by itself. Pure and linear.

Spans come from outside: they may overlap, lie beyond the text or be empty. Of two that overlap the earlier, then
the longer one is shown; nothing of the text is lost or shown twice.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import Generic, NamedTuple, TypeVar

from kabar.contracts.sections import Entity, Quote
from kabar.index.api import Mark

MAX_CHARS = 200_000
"""Shown of one text; the API has all of it. The longest real article seen is near this."""

Label = TypeVar("Label")


class Piece(NamedTuple):
    """A run of text; ``entity`` is what it names."""

    text: str
    entity: Entity | None = None


class Run(NamedTuple):
    """Pieces inside one quote, or outside of any."""

    pieces: list[Piece]
    quote: Quote | None = None


class Layer(Generic[Label]):
    """Labelled spans made disjoint, in order."""

    def __init__(self, spans: Iterable[tuple[int, int, Label]]) -> None:
        self._starts: list[int] = []
        self._spans: list[tuple[int, int, Label]] = []
        done = 0
        for start, end, label in sorted(spans, key=lambda span: (span[0], -span[1])):
            if start >= done and end > start:
                self._starts.append(start)
                self._spans.append((start, end, label))
                done = end

    def cut(self, start: int, end: int) -> Iterator[tuple[int, int, Label | None]]:
        """The range in pieces, in order, without gaps: those of a span with its label, the others with None."""
        at = start
        number = max(bisect_right(self._starts, start) - 1, 0)
        while at < end and number < len(self._spans):
            first, last, label = self._spans[number]
            number += 1
            if last <= at:
                continue
            if first >= end:
                break
            if first > at:
                yield at, first, None
            at = max(at, first)
            yield at, min(last, end), label
            at = min(last, end)
        if at < end:
            yield at, end, None


def paragraphs(text: str, entities: Sequence[Entity], quotes: Sequence[Quote]) -> list[list[Run]]:
    """The lines of a text that hold something, each in runs of pieces; at most :data:`MAX_CHARS` of it."""
    names = Layer((span.start, span.end, entity) for entity in entities for span in entity.spans)
    speech = Layer((quote.start, quote.end, quote) for quote in quotes)
    shown: list[list[Run]] = []
    start = 0
    for line in text[:MAX_CHARS].split("\n"):
        if line.strip():
            end = start + len(line)
            shown.append(
                [_run(text, first, last, names, quote) for first, last, quote in speech.cut(start, end)]
            )
        start += len(line) + 1
    return shown


def _run(text: str, start: int, end: int, names: Layer[Entity], quote: Quote | None) -> Run:
    return Run([Piece(text[first:last], entity) for first, last, entity in names.cut(start, end)], quote)


def highlighted(text: str, marks: Iterable[Mark]) -> list[tuple[str, bool]]:
    """Text in pieces: (piece, whether it is marked)."""
    layer = Layer((mark.start, mark.end, True) for mark in marks)
    return [(text[start:end], bool(marked)) for start, end, marked in layer.cut(0, len(text))]


def struck(text: str, spans: Iterable[tuple[int, int]], limit: int) -> list[tuple[str, bool]]:
    """The first ``limit`` characters in pieces: (piece, whether it was taken out)."""
    layer = Layer((start, end, True) for start, end in spans)
    return [(text[start:end], bool(out)) for start, end, out in layer.cut(0, min(limit, len(text)))]
