"""Persons, organisations and places: exact spans with the right type (``ner_*``, tokens with BIO or IOB tags).

Tokens are joined by blanks and each sentence is asked alone. The split named ``test`` is used, else ``valid`` or
``dev``, else all rows; the remark says which, because a model may have been trained on the others. Tags that are
neither of the three types are no gold; a catch-all tag (``IND`` of NERP: products and organisations alike) is
neither gold nor held against an answer that covers it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from bench.quality.analysis import Analyse, kabar_analyse, language_of_texts
from bench.quality.held_out import NAME as HELD_OUT
from bench.quality.held_out import held_out_figures
from bench.quality.layout import DataSet, Row, language_of, sample
from bench.quality.notes import Notes
from bench.quality.scoring import Tally, set_tally
from bench.quality.systems import KABAR, Figures, Scores, Systems, beside, compare

SENTENCES = 1_500
TYPES = ("person", "organization", "place")
TAGS = {
    "PER": "person", "PERSON": "person", "PPL": "person",
    "ORG": "organization", "ORGANISATION": "organization", "ORGANIZATION": "organization",
    "CORPORATION": "organization", "GROUP": "organization",
    "LOC": "place", "LOCATION": "place", "PLACE": "place", "PLC": "place", "GPE": "place",
}  # fmt: skip
UNSURE = frozenset({"IND"})
PREFERRED = ("test", "valid", "dev")

Mention = tuple[int, int, str]
"""``(start, end, type)`` in code points."""
Tag = Callable[[str, str], "list[Mention]"]


@dataclass(frozen=True)
class Sentence:
    """A text and its mentions."""

    text: str
    language: str
    gold: list[Mention]
    unsure: list[Mention] = field(default_factory=list)


def default_systems(_: Notes) -> Systems:
    analyse = kabar_analyse()
    return {KABAR: lambda text, language: mentions(analyse, text, language), "capitals": capitals}


def mentions(analyse: Analyse, text: str, language: str) -> list[Mention]:
    """Every span of every entity of the product's answer."""
    found = analyse(text, language).entities
    return [(span.start, span.end, entity.type) for entity in found for span in entity.spans]


def score(sets: Sequence[DataSet], notes: Notes, *, systems: Systems | None = None) -> Scores:
    held_out = held_out_figures(sets, notes) if systems is None else {}
    systems = default_systems(notes) if systems is None else systems
    out: Scores = {}
    for data in sets:
        sentences = load(data, notes)
        if not sentences:
            continue
        inputs = [(sentence.text, sentence.language) for sentence in sentences]
        judge = partial(measure, sentences)
        figures = compare(data.name, systems, inputs, notes, failed=[], measure=judge, unit="sentences")
        if data.name in held_out:
            figures[HELD_OUT] = held_out[data.name]
        out[data.name] = beside(figures, len(sentences))
    return out


def load(data: DataSet, notes: Notes) -> list[Sentence]:
    """A sample of the best split, as text with offsets."""
    by_split: dict[str, list[Sentence]] = {}
    for path, row in data.rows(notes):
        tokens, tags = row.get("tokens"), row.get("tags")
        if not _parallel(tokens, tags):
            notes.skip(f"{data.name}/{path.name}", "tokens and tags do not fit")
            continue
        by_split.setdefault(str(row.get("split")), []).append(sentence_of(row, data.name))
    name = next((split for split in PREFERRED if split in by_split), "")
    found = by_split[name] if name else [s for split in sorted(by_split) for s in by_split[split]]
    sentences = sample(found, SENTENCES)
    if sentences and not sentences[0].language:
        language = language_of_texts([sentence.text for sentence in sentences])
        sentences = [replace(sentence, language=language) for sentence in sentences]
    if found:
        warning = "" if name else "; a model may have been trained on such rows"
        used = name or "/".join(sorted(by_split))
        notes.remark(f"{data.name}: split {used}, {len(sentences)} of {len(found)} sentences{warning}")
    return sentences


def _parallel(tokens: object, tags: object) -> bool:
    return (
        isinstance(tokens, list)
        and isinstance(tags, list)
        and 0 < len(tokens) == len(tags)
        and all(isinstance(token, str) and token for token in tokens)
    )


def sentence_of(row: Row, name: str) -> Sentence:
    """Tokens joined by blanks, tags as spans."""
    offsets, position = [], 0
    for token in row["tokens"]:
        offsets.append((position, position + len(token)))
        position += len(token) + 1
    gold, unsure = [], []
    for first, last, tag in chunks([str(tag) for tag in row["tags"]]):
        start, end = offsets[first][0], offsets[last][1]
        if tag in TAGS:
            gold.append((start, end, TAGS[tag]))
        elif tag in UNSURE:
            unsure.append((start, end, tag))
    return Sentence(" ".join(row["tokens"]), language_of(row, name), gold, unsure)


def chunks(tags: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    """``(first token, last token, TYPE)``, in BIO, IOB1 and BIOES alike.

    A run ends where the type changes, at B or S, and after E or S.
    """
    start, current = 0, ""
    for index, tag in enumerate([*tags, "O"]):
        mark, _, kind = tag.partition("-")
        kind = kind.upper() if mark != "O" else ""
        closed = index > 0 and tags[index - 1][:2] in {"E-", "S-", "L-", "U-"}
        if current and (kind != current or mark in {"B", "S", "U"} or closed):
            yield start, index - 1, current
            current = ""
        if kind and not current:
            start, current = index, kind


def measure(sentences: Sequence[Sentence], answers: Sequence[Sequence[Mention]]) -> Figures:
    """Exact F1 over all types, per type, and with the type left out of sight (``untyped_f1``)."""
    whole, untyped = Tally(), Tally()
    each = {name: Tally() for name in TYPES}
    for sentence, said in zip(sentences, answers, strict=True):
        found = [mention for mention in said if not _covers_unsure(mention, sentence)]
        whole.add(set_tally(sentence.gold, found))
        untyped.add(set_tally({m[:2] for m in sentence.gold}, {m[:2] for m in found}))
        for name, tally in each.items():
            tally.add(
                set_tally((m for m in sentence.gold if m[2] == name), (m for m in found if m[2] == name))
            )
    figures = whole.figures() | {"untyped_f1": untyped.f1}
    return figures | {f"f1_{name}": tally.f1 for name, tally in each.items() if tally.hit + tally.missed}


def _covers_unsure(mention: Mention, sentence: Sentence) -> bool:
    return any(mention[0] < end and start < mention[1] for start, end, _ in sentence.unsure)


_RUN = re.compile(r"\b[A-Z][\w'’.&-]*(?:\s+(?:[A-Z][\w'’.&-]*|of|the|dan|bin))*(?<![\s.])")
_BEFORE_PLACE = re.compile(r"\b(?:di|ke|dari|in|at|near|kota|provinsi|kabupaten)\s+$", re.IGNORECASE)
_ORGANISATION = re.compile(
    r"\b(?:PT|Tbk|Bank|Partai|Universitas|Kementerian|Dewan|Badan|Komisi|Inc|Corp|Ltd|University|Party|Ministry|"
    r"Council|Committee|Association|FC|United)\b|^[A-Z]{2,6}$"
)


def capitals(text: str, _: str) -> list[Mention]:
    """Baseline: runs of capitalised words.

    A place after a preposition, an organisation by a few words or as an abbreviation, else a person. A single word
    at the start of the sentence is left out.
    """
    found: list[Mention] = []
    for match in _RUN.finditer(text):
        words = match.group()
        if match.start() == 0 and " " not in words:
            continue
        kind = "person"
        if _ORGANISATION.search(words):
            kind = "organization"
        elif _BEFORE_PLACE.search(text[max(0, match.start() - 12) : match.start()]):
            kind = "place"
        found.append((match.start(), match.end(), kind))
    return found
