"""Lines that link to other articles ("Baca juga: …"): how many are taken out of the text.

- ``recall``: share of the listed lines (``baca_juga_lines``) that no longer stand in the text. The lists were made
  by a pattern, so this is silver; ``kept`` guards against a system that simply removes a lot.
- ``kept``: share of the words outside cue lines that are still there. Datelines and credits taken out lower it a
  little, and rightly; a cleaner that eats sentences lowers it much.
- ``cue_lines`` and ``cue_lines_left``: lines that open with a cue, before and after, by this module's own pattern,
  which is also the baseline ``line-regex``: its own figures here are 0 left and 1 kept by construction.
- On ``gold_*`` sets: exact spans of ``related``, with precision.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from bench.quality.layout import DataSet, Row, language_of, sample, text_of
from bench.quality.notes import Notes
from bench.quality.scoring import normal, share
from bench.quality.span_gold import PREFIX
from bench.quality.stripping import NOTHING, Span, Strip, Stripped, kabar_strip, score_gold
from bench.quality.systems import KABAR, Figures, Scores, Systems, beside, compare

TEXTS = 1_500
CUE = re.compile(
    r"^[\W_]*(?:baca(?:\s+juga)?\s*:|baca\s+juga\b|(?:simak|lihat|tonton|saksikan)\s+juga\b|also\s+read\b|"
    r"read\s+(?:also|more|next)\b|related\s*:|see\s+also\b)",
    re.IGNORECASE,
)
"""A line that opens like this is counted as a cue line; deliberately narrower than any cleaner."""


@dataclass(frozen=True)
class CueText:
    """A received text and the lines somebody listed as links."""

    text: str
    language: str
    lines: list[str]


def default_systems(_: Notes) -> Systems:
    systems: dict[str, Strip] = {KABAR: kabar_strip(), "line-regex": line_regex}
    return systems


def line_regex(text: str, _: str) -> Stripped:
    """Baseline: drop every line that opens with a cue."""
    related, kept, offset = [], [], 0
    for line in text.splitlines(keepends=True):
        if CUE.match(line):
            related.append(Span(offset, offset + len(line)))
        else:
            kept.append(line)
        offset += len(line)
    return Stripped("".join(kept), related=related)


def score(sets: Sequence[DataSet], notes: Notes, *, systems: Systems | None = None) -> Scores:
    systems = default_systems(notes) if systems is None else systems
    out: Scores = {}
    for data in sets:
        if data.name.startswith(PREFIX):
            continue
        texts = load(data, notes)
        if texts:
            inputs = [(item.text, item.language) for item in texts]
            judge = partial(measure, texts)
            figures = compare(data.name, systems, inputs, notes, failed=NOTHING, measure=judge, unit="texts")
            out[data.name] = beside(figures, len(texts))
    return out | score_gold(sets, notes, systems, kind="related", spans=lambda answer: answer.related)


def load(data: DataSet, notes: Notes) -> list[CueText]:
    """Texts with listed lines or cue lines; all of them, then a sample."""
    found = []
    for path, row in data.rows(notes):
        text = text_of(row)
        if not text:
            notes.skip(f"{data.name}/{path.name}", "no text")
            continue
        lines = listed_lines(row)
        if lines or any(CUE.match(line) for line in text.splitlines()):
            found.append(CueText(text, language_of(row, data.name), lines))
    texts = sample(found, TEXTS)
    if texts and any(text.lines for text in texts):
        notes.remark(f"{data.name}: the listed lines come from a pattern (silver)")
    if len(texts) < len(found):
        notes.remark(f"{data.name}: sample of {len(texts)} of {len(found)} texts")
    return texts


def listed_lines(row: Row) -> list[str]:
    """The links listed in a row."""
    lines = row.get("baca_juga_lines")
    return (
        [line for line in lines if isinstance(line, str) and normal(line)] if isinstance(lines, list) else []
    )


def measure(texts: Sequence[CueText], answers: Sequence[Stripped]) -> Figures:
    """Figures of one system."""
    pairs = list(zip(texts, answers, strict=True))
    figures: Figures = {}
    listed = [(normal(line), normal(answer.text)) for item, answer in pairs for line in item.lines]
    if listed:
        figures["recall"] = share(sum(line not in left for line, left in listed), len(listed))
        figures["lines"] = len(listed)
    figures["cue_lines"] = sum(cue_lines(item.text) for item, _ in pairs)
    figures["cue_lines_left"] = sum(cue_lines(answer.text) for _, answer in pairs)
    kept = [words_kept(item, answer.text) for item, answer in pairs]
    figures["kept"] = share(sum(k for k, _ in kept), sum(w for _, w in kept))
    return figures


def cue_lines(text: str) -> int:
    """How many lines open with a cue."""
    return sum(bool(CUE.match(line)) for line in text.splitlines())


def words_kept(item: CueText, left: str) -> tuple[int, int]:
    """Words outside cue lines that are still there, and how many there were."""
    listed = {normal(line) for line in item.lines}
    lines = [line for line in item.text.splitlines() if not CUE.match(line) and normal(line) not in listed]
    wanted = Counter(normal("\n".join(lines)).split())
    return (wanted & Counter(normal(left).split())).total(), wanted.total()
