"""Learns what the written valence lists miss from labelled headlines and sentences: ``learned_{id,en}.txt``.

Two logistic regressions (positive or not, negative or not) over the words of a text, beside the sum of the written
list, with class weights that make the three answers equally dear. The difference of the two weights of a word, in
units of the weight of that sum, is its learned valence. Every text whose hash falls into the held-out share is left
out, so that the figures can be measured on it. ``NOTICE`` names the sets and their licences.

Run as ``python -m kabar.enrich.wordlists.learn_valences DATA FOLDER``; the result is the same every time.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from kabar.enrich import sentiment
from kabar.enrich.wordlists import Valences, frequencies, lines
from kabar.text.tokens import words

HELD_OUT = 77
"""Texts whose first hash byte is below this (three in ten) are never learned from."""
LEAST_TEXTS = 5
"""A word in fewer texts teaches nothing."""
MOST_WORDS = 900
COMMONEST = 6.2
"""Words from this Zipf frequency on are grammar: what they seem to feel is an accident of the sample."""
STEPS, RATE, RIDGE = 400, 0.5, 0.001
HEADER = """\
# Learned valence, to be added to the written list: a score, a tab, words divided by commas.
# Word weights of a logistic regression by learn_valences.py; sets and licences in NOTICE.
"""

Floats = npt.NDArray[np.float64]
Row = tuple[str, int]


def held_out(text: str) -> bool:
    """Whether a text belongs to the share that is only measured on."""
    return hashlib.blake2b(text.encode(), digest_size=2).digest()[0] < HELD_OUT


def indonesian(data: Path) -> Iterator[Row]:
    """Finance headlines (CNBC Indonesia) and reviews and posts (SmSA)."""
    names = {"positif": 1, "netral": 0, "negatif": -1, "positive": 1, "neutral": 0, "negative": -1}
    for row in _rows(data / "sent_cnbci_id/headlines.jsonl"):
        yield row["headline"], names[row["label"]]
    for row in _rows(data / "sent_smsa_id/rows.jsonl"):
        yield row["text"], names[row["label"]]


def english(data: Path) -> Iterator[Row]:
    """Finance headlines (SEntFiN) and political sentences (NewsMTSC) whose targets agree."""
    names = {"positive": 1, "neutral": 0, "negative": -1}
    for row in _rows(data / "sent_sentfin/headlines.jsonl"):
        labels = set(row["Decisions"].values())
        if len(labels) == 1:
            yield row["Title"], names[labels.pop()]
    for row in _rows(data / "sent_newsmtsc/train.jsonl"):
        polarities = {target["polarity"] for target in row["targets"]}
        if len(polarities) == 1:
            yield row["sentence_normalized"], int(polarities.pop()) // 2 - 2


def learn(rows: Sequence[Row], language: str) -> dict[str, float]:
    """Word → learned valence, the heaviest :data:`MOST_WORDS`."""
    texts = [words(text) for text, _ in rows]
    counts = Counter(word for text in texts for word in set(text))
    usual = frequencies(language) or {}
    vocabulary = sorted(
        word
        for word, count in counts.items()
        if count >= LEAST_TEXTS and word.isalpha() and len(word) > 2 and usual.get(word, 0) < COMMONEST
    )
    column = {word: index for index, word in enumerate(vocabulary, start=1)}
    features = np.zeros((len(rows), len(vocabulary) + 1))
    written = _written(language)
    for place, text in enumerate(texts):
        features[place, 0] = sentiment.squeeze(sentiment.weigh(text, language, written)) * 3
        for word in text:
            if word in column:
                features[place, column[word]] = 1.0
    truth = np.array([label for _, label in rows])
    difference = _fit(features, truth == 1, truth) - _fit(features, truth == -1, truth)
    unit = difference[0]
    learned = {word: float(difference[column[word]] / unit) for word in vocabulary}
    heaviest = sorted(learned, key=lambda w: (-abs(learned[w]), w))[:MOST_WORDS]
    return {word: learned[word] for word in heaviest}


def _written(language: str) -> Valences:
    table: dict[str, float] = {}
    for line in lines(f"valence_{language}.txt"):
        score, _, terms = line.partition("\t")
        table.update(dict.fromkeys(terms.split(", "), float(score)))
    return Valences.of(table)


def _fit(features: Floats, target: npt.NDArray[np.bool_], truth: npt.NDArray[np.int64]) -> Floats:
    """Weights of a ridge-penalised logistic regression, each of the three labels weighing the same in all."""
    share = {label: len(truth) / (3 * max(1, int((truth == label).sum()))) for label in (-1, 0, 1)}
    weight = np.array([share[int(label)] for label in truth])
    weights, bias = np.zeros(features.shape[1]), 0.0
    velocity, bias_velocity = np.zeros_like(weights), 0.0
    penalty = np.full(features.shape[1], RIDGE)
    penalty[0] = 0.0
    for _ in range(STEPS):
        error = weight * (1 / (1 + np.exp(-(features @ weights + bias))) - target)
        velocity = 0.9 * velocity - RATE * (features.T @ error / len(truth) + penalty * weights)
        bias_velocity = 0.9 * bias_velocity - RATE * float(error.mean())
        weights, bias = weights + velocity, bias + bias_velocity
    return weights


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open("rb") as file:
        for line in file:
            yield json.loads(line)


def main(data: Path, folder: Path) -> None:
    """Learn both languages and write both tables."""
    for language, read in (("id", indonesian), ("en", english)):
        rows = [(text, label) for text, label in read(data) if not held_out(text)]
        by_score: dict[str, list[str]] = defaultdict(list)
        for word, valence in learn(rows, language).items():
            by_score[f"{valence:.1f}"].append(word)
        body = "".join(
            f"{score}\t{', '.join(sorted(found))}\n"
            for score, found in sorted(by_score.items(), key=lambda item: float(item[0]))
            if float(score)
        )
        (folder / f"learned_{language}.txt").write_text(HEADER + body, "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
