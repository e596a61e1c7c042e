"""Summaries: ROUGE-1 and ROUGE-L (F1) against summaries by people, beside the article's first sentences.

Rows with ``summary`` beside a text. A list of sentences (IndoSum) is a human's; a single string may be a machine's
and is called silver. kabar is asked as the pipeline asks it: the line rules first, then the summary. The baselines
get the text as received, cut by the set's own sentences where it has them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from bench.quality.analysis import kabar_analyse
from bench.quality.layout import DataSet, Row, language_of, sample, text_of
from bench.quality.notes import Notes
from bench.quality.scoring import mean, rouge
from bench.quality.stripping import kabar_strip
from bench.quality.systems import KABAR, Figures, Scores, Systems, beside, compare

TEXTS = 300
_SENTENCE_END = re.compile(r"(?<=[.!?])[\"”')\]]?\s+(?=[\"“'(\[]?[A-Z0-9])")


@dataclass(frozen=True)
class Summarised:
    """A text, its sentences and a summary."""

    text: str
    sentences: tuple[str, ...]
    language: str
    summary: str


Summarise = Callable[[Summarised], str]


def default_systems(_: Notes) -> Systems:
    analyse, strip = kabar_analyse(), kabar_strip()

    def kabar(item: Summarised) -> str:
        return str(analyse(strip(item.text, item.language).text, item.language).summary)

    systems: dict[str, Summarise] = {KABAR: kabar}
    for count in (1, 2, 3):
        systems[f"lead-{count}"] = lead(count)
    return systems


def lead(count: int) -> Summarise:
    """Baseline: the first sentences as they stand."""
    return lambda item: " ".join(item.sentences[:count])


def score(sets: Sequence[DataSet], notes: Notes, *, systems: Systems | None = None) -> Scores:
    systems = default_systems(notes) if systems is None else systems
    out: Scores = {}
    for data in sets:
        items = load(data, notes)
        if not items:
            continue
        inputs = [(item,) for item in items]
        judge = partial(measure, items)
        figures = compare(data.name, systems, inputs, notes, failed="", measure=judge, unit="texts")
        out[data.name] = beside(figures, len(items))
    return out


def load(data: DataSet, notes: Notes) -> list[Summarised]:
    """A sample of the texts with a summary of at least five words that is shorter than the text."""
    found: list[Summarised] = []
    silver = False
    for path, row in data.rows(notes):
        if "summary" not in row:
            continue
        summary, paragraphs = _plain(row["summary"]), _paragraphs(row)
        text = "\n\n".join(" ".join(paragraph) for paragraph in paragraphs) or text_of(row)
        if len(summary.split()) < 5 or len(text) <= len(summary):
            notes.skip(f"{data.name}/{path.name}", "no summary, or one as long as the text")
            continue
        silver = silver or isinstance(row["summary"], str)
        sentences = tuple(s for p in paragraphs for s in p) or tuple(
            _SENTENCE_END.split(" ".join(text.split()))
        )
        found.append(Summarised(text, sentences, language_of(row, data.name), summary))
    if found:
        kind = "; summaries may be a machine's or the site's own (silver)" if silver else ""
        notes.remark(f"{data.name}: {min(len(found), TEXTS)} of {len(found)} texts{kind}")
    return sample(found, TEXTS)


def measure(items: Sequence[Summarised], answers: Sequence[str]) -> Figures:
    """Means over the texts."""
    each = [rouge(item.summary, answer) for item, answer in zip(items, answers, strict=True)]
    return {metric: mean([one[metric] for one in each]) for metric in ("rouge1", "rougeL")}


def _plain(summary: object) -> str:
    if isinstance(summary, list):
        return " ".join(sentence for sentence in summary if isinstance(sentence, str))
    return summary if isinstance(summary, str) else ""


def _paragraphs(row: Row) -> list[list[str]]:
    """The set's own sentences, by paragraph; a flat list is one paragraph."""
    given = row.get("sentences")
    if not isinstance(given, list):
        return []
    flat = [part for part in given if isinstance(part, str)]
    nested = [[s for s in part if isinstance(s, str)] for part in given if isinstance(part, list)]
    return [paragraph for paragraph in [flat, *nested] if paragraph]
