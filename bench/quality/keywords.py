"""Keywords: the ten best against keys chosen by people (``kw_*``: rows with ``text`` and ``keys``).

F1, precision and recall are at 10, over all texts of a file, and compare keys in lower case without punctuation
and without stemming ("ex-wife" is "exwife", as in KPCrowd). Keys that no text of ten words could yield keep
recall low for every system; compare the systems, not the figure with 1. Each file is also reported by itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from bench.quality.analysis import kabar_analyse
from bench.quality.layout import DataSet, language_of, sample, text_of
from bench.quality.notes import Notes
from bench.quality.scoring import Tally, set_tally
from bench.quality.systems import KABAR, Scores, Systems, beside, library, run

BEST = 10
TEXTS = 250
"""Per file; yake does some 25 texts a second."""
_MARK = re.compile(r"[^\w\s]")

Keywords = Callable[[str, str], "list[str]"]


@dataclass(frozen=True)
class Keyed:
    """A text and its keys, in the form they are compared in."""

    text: str
    language: str
    keys: frozenset[str]


def default_systems(notes: Notes) -> Systems:
    analyse = kabar_analyse()
    systems: dict[str, Keywords] = {
        KABAR: lambda text, language: [keyword.term for keyword in analyse(text, language).keywords]
    }
    yake = library("yake", notes)
    if yake is not None:
        systems["yake"] = _yake(yake)
    return systems


def _yake(module: Any) -> Keywords:
    extractors: dict[str, Any] = {}

    def keywords(text: str, language: str) -> list[str]:
        code = language or "en"
        if code not in extractors:
            extractors[code] = module.KeywordExtractor(lan=code, n=2, top=BEST)
        return [term for term, _ in extractors[code].extract_keywords(text)]

    return keywords


def comparable(key: str) -> str:
    """Lower case, no punctuation, single blanks."""
    return " ".join(_MARK.sub("", key.casefold()).split())


def score(sets: Sequence[DataSet], notes: Notes, *, systems: Systems | None = None) -> Scores:
    systems = default_systems(notes) if systems is None else systems
    out: Scores = {}
    for data in sets:
        pooled = {name: Tally() for name in systems}
        texts_in_all = 0
        for stem, texts in load(data, notes).items():
            where = f"{data.name}/{stem}"
            figures = {}
            for name, find in systems.items():
                inputs = [(item.text, item.language) for item in texts]
                answers = run(name, find, inputs, notes, where=where, failed=[])
                tally = measure(texts, answers.outputs)
                pooled[name].add(tally)
                figures[name] = tally.figures() | {"texts_per_second": answers.per_second()}
            out[where] = beside(figures, len(texts))
            texts_in_all += len(texts)
        if texts_in_all:
            out[data.name] = beside({name: tally.figures() for name, tally in pooled.items()}, texts_in_all)
    return out


def load(data: DataSet, notes: Notes) -> dict[str, list[Keyed]]:
    """By file, a sample of the texts with keys."""
    found: dict[str, list[Keyed]] = {}
    for path, row in data.rows(notes):
        text, keys = text_of(row), row.get("keys")
        good = (
            {comparable(key) for key in keys if isinstance(key, str)} - {""}
            if isinstance(keys, list)
            else set()
        )
        if not text or not good:
            notes.skip(f"{data.name}/{path.name}", "no text or no keys")
            continue
        found.setdefault(path.stem, []).append(Keyed(text, language_of(row, data.name), frozenset(good)))
    for stem, texts in found.items():
        if len(texts) > TEXTS:
            notes.remark(f"{data.name}/{stem}: sample of {TEXTS} of {len(texts)} texts")
    return {stem: sample(texts, TEXTS) for stem, texts in found.items()}


def measure(texts: Sequence[Keyed], answers: Sequence[Sequence[str]]) -> Tally:
    """Micro counts at ten: distinct answers, best first."""
    whole = Tally()
    for item, answer in zip(texts, answers, strict=True):
        best = list(dict.fromkeys(filter(None, map(comparable, answer))))[:BEST]
        whole.add(set_tally(item.keys, best))
    return whole
