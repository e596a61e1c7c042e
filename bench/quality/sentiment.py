"""Sentiment of headlines, sentences and documents: macro F1 over negative, neutral and positive (``sent_*``).

Labels are mapped by word or number; a row about several targets counts only if they agree, because kabar judges a
text and not a target. Where agreement levels nest (Financial PhraseBank), only ``AllAgree`` is used. Baselines:
VADER on English, and always the most frequent label.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from bench.quality.analysis import kabar_analyse, language_of_texts
from bench.quality.layout import DataSet, Row, field, language_of, sample
from bench.quality.notes import Notes
from bench.quality.scoring import classes
from bench.quality.systems import KABAR, Scores, Systems, beside, library, run

ROWS = 1_000
TEXT = ("text", "headline", "sentence_normalized", "sentence", "Title", "title", "DOCUMENT", "document")
LABELS = {
    "negative": "negative", "negatif": "negative", "neg": "negative", "-1": "negative", "2.0": "negative",
    "neutral": "neutral", "netral": "neutral", "neu": "neutral", "0": "neutral", "4.0": "neutral",
    "positive": "positive", "positif": "positive", "pos": "positive", "1": "positive", "6.0": "positive",
}  # fmt: skip
STRICTEST = "AllAgree"
MAJORITY = "majority"

Judge = Callable[[str, str], str]
Item = tuple[str, str, str]
"""``(text, language, label)``"""


def default_systems(notes: Notes) -> Systems:
    analyse = kabar_analyse()

    def kabar(text: str, language: str) -> str:
        found = analyse(text, language).sentiment
        return "neutral" if found is None else str(found.label)

    systems: dict[str, Judge] = {KABAR: kabar}
    vader = library("vaderSentiment.vaderSentiment", notes)
    if vader is not None:
        systems["vader"] = _vader(vader)
    return systems


def _vader(module: Any) -> Judge:
    analyser = module.SentimentIntensityAnalyzer()

    def judge(text: str, _: str) -> str:
        compound = analyser.polarity_scores(text)["compound"]
        if abs(compound) < 0.05:  # the thresholds of VADER's authors
            return "neutral"
        return "positive" if compound > 0 else "negative"

    return judge


def score(sets: Sequence[DataSet], notes: Notes, *, systems: Systems | None = None) -> Scores:
    systems = default_systems(notes) if systems is None else systems
    out: Scores = {}
    for data in sets:
        items = load(data, notes)
        if not items:
            continue
        gold = [label for _, _, label in items]
        figures = {}
        for name, judge in systems.items():
            if name == "vader" and items[0][1] != "en":
                continue
            answers = run(name, judge, [item[:2] for item in items], notes, where=data.name, failed="neutral")
            figures[name] = classes(gold, answers.outputs)
            figures[name]["texts_per_second"] = answers.per_second()
        common = Counter(gold).most_common(1)[0][0]
        figures[MAJORITY] = classes(gold, [common] * len(gold))
        out[data.name] = beside(figures, len(items))
        notes.remark(f"{data.name}: {dict(sorted(Counter(gold).items()))}")
    return out


def load(data: DataSet, notes: Notes) -> list[Item]:
    """A sample of the labelled texts."""
    rows = list(data.rows(notes))
    strict = [(path, row) for path, row in rows if row.get("set") == STRICTEST]
    if strict:
        notes.remark(f"{data.name}: rows of {STRICTEST} only")
    found: list[Item] = []
    for path, row in strict or rows:
        text, label = field(row, TEXT), label_of(row)
        if text and label:
            found.append((text, language_of(row, data.name), label))
        else:
            notes.skip(f"{data.name}/{path.name}", "no text, no label or targets that disagree")
    if len(found) > ROWS:
        notes.remark(f"{data.name}: sample of {ROWS} of {len(found)} rows")
    items = sample(found, ROWS)
    if items and not items[0][1]:
        language = language_of_texts([text for text, _, _ in items])
        items = [(text, language, label) for text, _, label in items]
    return items


def label_of(row: Row) -> str:
    """The one label of a row in our words, '' where there is none or several."""
    targets, decisions = row.get("targets"), row.get("Decisions")
    said: list[object] = [row.get("label", row.get("TRUE_SENTIMENT", row.get("sentiment")))]
    if isinstance(targets, list):
        said = [target.get("polarity") for target in targets if isinstance(target, dict)]
    elif isinstance(decisions, dict):
        said = list(decisions.values())
    labels = {LABELS.get(str(value).strip().casefold(), "") for value in said}
    return labels.pop() if len(labels) == 1 else ""
