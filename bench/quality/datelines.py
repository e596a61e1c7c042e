"""The opening of an agency or newspaper text ("HOUSTON, Feb 26 - …") told apart from its first sentence.

- Gold ``dateline`` beside a ``body`` (Reuters-21578): each text is asked twice, with its dateline in front and
  without. A right answer has the words of the gold; precision counts answers on the texts without a dateline as
  wrong, so half the texts are negatives. ``place_accuracy``: the place of a right answer is the gold's first part.
- ``dateline_guess`` (a pattern's, so silver): ``silver_recall`` is the share of guesses that are inside an answer.
- ``gold_*`` sets: exact spans.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from bench.quality.layout import DataSet, field, language_of, sample, text_of
from bench.quality.notes import Notes
from bench.quality.scoring import Tally, normal, share
from bench.quality.span_gold import PREFIX
from bench.quality.stripping import NOTHING, Span, Strip, Stripped, kabar_strip, score_gold
from bench.quality.systems import KABAR, Figures, Scores, Systems, beside, compare

TEXTS = 1_500
_FIRST_DASH = re.compile(r"\s*[A-Z][^\n]{1,70}?\s*(?:--|[-–—])\s")
_DATE_IN_DATELINE = re.compile(
    r",?\s*(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?\s+\d+", re.IGNORECASE
)


@dataclass(frozen=True)
class Opening:
    """A text, the dateline in front of it ('' = there is none), and how sure that is."""

    text: str
    language: str
    dateline: str
    silver: bool = False


def default_systems(_: Notes) -> Systems:
    systems: dict[str, Strip] = {KABAR: kabar_strip(), "first-dash": first_dash}
    return systems


def first_dash(text: str, _: str) -> Stripped:
    """Baseline: a capital, at most 70 characters, a dash."""
    found = _FIRST_DASH.match(text)
    if not found:
        return Stripped(text)
    place = found.group().split(",")[0].strip(" -–—\n")
    return Stripped(text[found.end() :], dateline=Span(0, found.end(), place))


def score(sets: Sequence[DataSet], notes: Notes, *, systems: Systems | None = None) -> Scores:
    systems = default_systems(notes) if systems is None else systems
    out: Scores = {}
    for data in sets:
        openings = [] if data.name.startswith(PREFIX) else load(data, notes)
        if openings:
            inputs = [(opening.text, opening.language) for opening in openings]
            judge = partial(measure, openings)
            figures = compare(data.name, systems, inputs, notes, failed=NOTHING, measure=judge, unit="texts")
            out[data.name] = beside(figures, len(openings))
    return out | score_gold(sets, notes, systems, kind="dateline", spans=_dateline)


def _dateline(answer: Stripped) -> list[Span]:
    return [answer.dateline] if answer.dateline else []


def load(data: DataSet, notes: Notes) -> list[Opening]:
    """Gold openings with as many negatives, or silver ones."""
    gold: list[tuple[str, str, str]] = []
    silver: list[Opening] = []
    for path, row in data.rows(notes):
        dateline, body = field(row, ("dateline",)), field(row, ("body", "text"))
        guess, language = field(row, ("dateline_guess",)), language_of(row, data.name)
        if dateline and body:
            gold.append((dateline.strip(), body, language))
        elif guess and text_of(row):
            silver.append(Opening(text_of(row), language, guess, silver=True))
        elif "dateline" in row or "dateline_guess" in row:
            notes.skip(f"{data.name}/{path.name}", "no dateline or no text")
    if gold:
        chosen = sample(gold, TEXTS)
        notes.remark(f"{data.name}: {len(chosen)} of {len(gold)} texts, each with and without its dateline")
        return [
            opening
            for dateline, body, language in chosen
            for opening in (Opening(f"{dateline} {body}", language, dateline), Opening(body, language, ""))
        ]
    if silver:
        notes.remark(f"{data.name}: datelines guessed by a pattern (silver)")
    return sample(silver, TEXTS)


def measure(openings: Sequence[Opening], answers: Sequence[Stripped]) -> Figures:
    """Figures of one system over gold openings, or over silver ones."""
    pairs = list(zip(openings, answers, strict=True))
    if openings[0].silver:
        inside = [normal(opening.dateline) in normal(_words(opening, answer)) for opening, answer in pairs]
        return {"silver_recall": share(sum(inside), len(inside))}
    tally, places = Tally(), []
    for opening, answer in pairs:
        said = normal(_words(opening, answer))
        right = bool(said) and said == normal(opening.dateline)
        tally.add(Tally(right, bool(said) and not right, bool(opening.dateline) and not right))
        if right and answer.dateline:
            places.append(normal(answer.dateline.name.split(",")[0]) == normal(place_of(opening.dateline)))
    return tally.figures() | {"place_accuracy": share(sum(places), len(places))}


def _words(opening: Opening, answer: Stripped) -> str:
    return opening.text[answer.dateline.start : answer.dateline.end] if answer.dateline else ""


def place_of(dateline: str) -> str:
    """The first part of a dateline, without its date: "VANCOUVER, British Columbia, March 12 -" → "VANCOUVER"."""
    return _DATE_IN_DATELINE.split(dateline)[0].split(",")[0].strip(" -–—")
