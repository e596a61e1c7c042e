"""Language of titles, bodies and sentences.

Pools, each under its own name in the report:

- ``titles`` and ``bodies``: Indonesian, Malay, English and French, at most so many of each, all counted once:
  accuracy over the pool, and per language. Titles are asked alone, without the text below.
- ``sentences``: every other labelled language of ``langid*`` (human-rights articles, translations, Leipzig).

What is left out, and why: Leipzig's Malay and Indonesian (its Malay holds Indonesian slang), ``id_news_danantara``
(Indonesian and English mixed without a label), and titles in capitals (Reuters), which say nothing about news today.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from bench.quality.layout import DataSet, Row, language_of, sample, text_of, title_of
from bench.quality.notes import Notes
from bench.quality.scoring import classes, mean, share
from bench.quality.systems import KABAR, Figures, Scores, Systems, beside, compare, library, product

POOLED = ("id", "ms", "en", "fr")
TITLES = 600
BODIES = 400
SENTENCES = 60
"""Per language."""
UNLABELLED = frozenset({"id_news_danantara"})
NOISY = frozenset({("lingua", "ms"), ("lingua", "id")})
SAME = {
    "no": "nb",
    "iw": "he",
    "in": "id",
    "jw": "jv",
    "fil": "tl",
    "sh": "sr",
}
"""Codes that mean one language here, so that no system loses for its spelling of a code."""

Detect = Callable[[str], str]
Labelled = tuple[str, str]
"""``(text, language)``"""


def default_systems(notes: Notes) -> Systems:
    detect = product("kabar.text.language", "detect")
    systems: dict[str, Detect] = {KABAR: lambda text: str(detect(text).language)}
    pycld2, py3langid = library("pycld2", notes), library("py3langid", notes)
    if pycld2 is not None:
        systems["pycld2"] = partial(_pycld2, pycld2)
    if py3langid is not None:
        systems["py3langid"] = lambda text: str(py3langid.classify(text)[0])
    return systems


def _pycld2(module: Any, text: str) -> str:
    # It raises on C1 control characters and lone surrogates, so they go first, as any caller must do.
    clean = "".join(char for char in text if char.isprintable() or char in "\n\t")
    return str(module.detect(clean.encode("utf-8", "ignore"))[2][0][1])


def score(sets: Sequence[DataSet], notes: Notes, *, systems: Systems | None = None) -> Scores:
    systems = default_systems(notes) if systems is None else systems
    out: Scores = {}
    for pool, (labelled, limit) in pools(sets, notes).items():
        rows = balanced(labelled, limit)
        if not rows:
            continue
        judge = partial(measure, rows, each=pool != "sentences")
        inputs = [(text,) for text, _ in rows]
        figures = compare(pool, systems, inputs, notes, failed="", measure=judge, unit=pool)
        out[pool] = beside(figures, len(rows))
        notes.remark(f"{pool}: {counts(rows)}")
    return out


def pools(sets: Sequence[DataSet], notes: Notes) -> dict[str, tuple[list[Labelled], int]]:
    """The labelled texts of every pool, before sampling."""
    titles: list[Labelled] = []
    bodies: list[Labelled] = []
    sentences: list[Labelled] = []
    for data in sets:
        if data.name in UNLABELLED:
            continue
        if data.name.startswith("langid"):
            for kind, text, language in _langid_rows(data, notes):
                {"title": titles, "body": bodies, "sentence": sentences}[kind].append((text, language))
        elif "_news_" in data.name:
            for _, row in data.rows(notes):
                language = language_of(row, data.name)
                _add(titles, title_of(row), language)
                _add(bodies, text_of(row), language)
    return {"titles": (titles, TITLES), "bodies": (bodies, BODIES), "sentences": (sentences, SENTENCES)}


def _langid_rows(data: DataSet, notes: Notes) -> Iterator[tuple[str, str, str]]:
    """``(kind, text, language)`` of language samples: headlines, paragraphs of the pooled languages, the rest."""
    for path, row in data.rows(notes):
        text, declared = row.get("text"), row.get("lang")
        if not isinstance(text, str) or not isinstance(declared, str) or not text.strip():
            notes.skip(f"{data.name}/{path.name}", "no text or no language")
            continue
        noisy = any(path.name.startswith(name) and declared == language for name, language in NOISY)
        if noisy or declared == "ms-Arab":
            continue
        language = canonical(declared)
        if row.get("kind") == "headline":
            if language in POOLED:
                yield "title", text, language
        elif row.get("kind") or (language == "ms" and _is_article(row)):
            yield ("body" if language in POOLED else "sentence"), text, language
        else:
            yield "sentence", text, language


def _is_article(row: Row) -> bool:
    """The articles of the declaration of human rights stand in for Malay bodies, which no news set here has."""
    return isinstance(row.get("code"), str)


def _add(pool: list[Labelled], text: str, language: str) -> None:
    language = canonical(language)
    if language in POOLED and len(text.split()) >= 3 and not text.isupper():
        pool.append((text, language))


def canonical(code: str) -> str:
    """One spelling per language: "jv-Java" is "jv", "no" is "nb"."""
    base = code.partition("-")[0]
    return SAME.get(base, base)


def balanced(labelled: Sequence[Labelled], limit: int) -> list[Labelled]:
    """At most ``limit`` distinct texts of each language."""
    by_language: dict[str, list[Labelled]] = {}
    for text, language in dict.fromkeys(labelled):
        by_language.setdefault(language, []).append((text, language))
    return [item for language in sorted(by_language) for item in sample(by_language[language], limit)]


def measure(rows: Sequence[Labelled], answers: Sequence[str], *, each: bool) -> Figures:
    """Accuracy over the pool, mean of the accuracies per language, and those one by one if asked for."""
    said = [canonical(answer) for answer in answers]
    gold = [language for _, language in rows]
    figures: Figures = {"accuracy": classes(gold, said)["accuracy"]}
    per_language = {}
    for language in sorted(set(gold)):
        hits = [answer == language for answer, wanted in zip(said, gold, strict=True) if wanted == language]
        per_language[f"accuracy_{language}"] = share(sum(hits), len(hits))
    figures["macro_accuracy"] = mean(list(per_language.values()))
    return figures | (per_language if each else {})


def counts(rows: Sequence[Labelled]) -> str:
    """How many of which, for the reader."""
    languages = [language for _, language in rows]
    names = sorted(set(languages))
    if len(names) > 10:
        return f"{len(rows)} texts in {len(names)} languages"
    return ", ".join(f"{languages.count(name)} {name}" for name in names)
