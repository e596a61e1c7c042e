"""What lines, datelines and attributions share: the answer of a line cleaner, kabar's, and its score on gold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from bench.quality.layout import DataSet
from bench.quality.notes import Notes
from bench.quality.scoring import normal, share
from bench.quality.span_gold import GoldText, gold_texts, score_spans, trimmed
from bench.quality.systems import Figures, Scores, Systems, beside, compare, product


@dataclass(frozen=True)
class Span:
    """Code points of the received text."""

    start: int
    end: int
    name: str = ""
    """The outlet, the place or the speaker, where the kind has one."""


@dataclass(frozen=True)
class Stripped:
    """What is left of a text and what was taken out."""

    text: str
    related: list[Span] = field(default_factory=list)
    removed: list[Span] = field(default_factory=list)
    dateline: Span | None = None
    attributions: list[Span] = field(default_factory=list)


Strip = Callable[[str, str], Stripped]
"""``(received text, language) -> Stripped``"""


NOTHING = Stripped("")
"""The answer of a cleaner that failed: no text is left, and nothing was found."""


def kabar_strip() -> Strip:
    """The line rules of the clean stage."""
    strip: Any = product("kabar.clean.lines", "strip")

    def stripped(text: str, language: str) -> Stripped:
        found = strip(text, language=language)
        dateline = found.dateline
        return Stripped(
            text=found.text,
            related=[Span(item.start, item.end, item.title) for item in found.related],
            removed=[Span(item.start, item.end) for item in found.removed],
            dateline=None if dateline is None else Span(dateline.start, dateline.end, dateline.place),
            attributions=[_attribution(item, text, found.text) for item in found.attributions],
        )

    return stripped


def _attribution(item: Any, received: str, kept: str) -> Span:
    """Where an attribution stands in the received text; one that stayed is told in the text that is left."""
    if item.removed:
        return Span(item.start, item.end, item.outlet)
    words = kept[item.start : item.end]
    # The text that is left is the received one minus what was removed, so its words stand at or after their offset.
    start = received.find(words, item.start)
    return Span(start, start + len(words), item.outlet) if start >= 0 else Span(0, 0, item.outlet)


Spans = Callable[[Stripped], "list[Span]"]


def score_gold(sets: Sequence[DataSet], notes: Notes, systems: Systems, *, kind: str, spans: Spans) -> Scores:
    """Exact spans of one kind on the ``gold_*`` sets; ``spans`` takes them out of an answer."""
    out: Scores = {}
    for name, golds in gold_texts(sets, kind, notes).items():
        inputs = [(gold.text, gold.language) for gold in golds]
        judge = partial(_measure_gold, golds, spans)
        figures = compare(name, systems, inputs, notes, failed=NOTHING, measure=judge, unit="texts")
        out[name] = beside(figures, len(golds))
    return out


def _measure_gold(golds: Sequence[GoldText], spans: Spans, answers: Sequence[Stripped]) -> Figures:
    found = [spans(answer) for answer in answers]
    named = [right for gold, said in zip(golds, found, strict=True) for right in _names(gold, said)]
    figures = score_spans(golds, found).figures()
    return figures | ({"name_accuracy": share(sum(named), len(named))} if named else {})


def _names(gold: GoldText, said: Sequence[Span]) -> list[bool]:
    """For each gold span that was found and names an outlet or a place: whether the answer names the same."""
    names = {trimmed(gold.text, item.start, item.end): item.name for item in said}
    out = []
    for span in gold.spans:
        place = trimmed(gold.text, span["start"], span["end"])
        wanted = span.get("outlet") or span.get("place")
        if wanted and place in names:
            out.append(normal(str(wanted)) == normal(names[place]))
    return out
