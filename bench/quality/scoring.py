"""The arithmetic of the metrics, without any idea of kabar or of the data."""

from __future__ import annotations

import math
import re
import statistics
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass

_WORD = re.compile(r"\w+")


@dataclass
class Tally:
    """True positives, false positives and false negatives; fractions of 0 are 0."""

    hit: float = 0
    wrong: float = 0
    missed: float = 0

    def add(self, other: Tally) -> None:
        """Sum up."""
        self.hit += other.hit
        self.wrong += other.wrong
        self.missed += other.missed

    @property
    def precision(self) -> float:
        """Share of what was answered that is right."""
        return share(self.hit, self.hit + self.wrong)

    @property
    def recall(self) -> float:
        """Share of what was asked for that was found."""
        return share(self.hit, self.hit + self.missed)

    @property
    def f1(self) -> float:
        """Harmonic mean of the two."""
        return harmonic(self.precision, self.recall)

    def figures(self) -> dict[str, float]:
        """Under the names of the report."""
        return {"f1": self.f1, "precision": self.precision, "recall": self.recall}


def share(part: float, whole: float) -> float:
    """``part / whole``; 0 of nothing is 0."""
    return part / whole if whole else 0.0


def harmonic(precision: float, recall: float) -> float:
    """F1 of a precision and a recall."""
    return share(2 * precision * recall, precision + recall)


def mean(values: Sequence[float]) -> float:
    """Arithmetic mean; 0 of nothing."""
    return statistics.fmean(values) if values else 0.0


def word_list(text: str) -> list[str]:
    r"""Runs of ``\w``, as article-extraction-benchmark cuts them (case kept)."""
    return _WORD.findall(text or "")


def normal(text: str) -> str:
    """Words in lower case with single blanks: how titles, names and lines are compared."""
    return " ".join(_WORD.findall((text or "").casefold()))


def shingles(text: str, size: int = 4) -> Counter[tuple[str, ...]]:
    """The multiset of word n-grams; a text shorter than ``size`` is one shingle."""
    tokens = word_list(text)
    if not tokens:
        return Counter()
    return Counter(tuple(tokens[i : i + size]) for i in range(max(1, len(tokens) - size + 1)))


def shingle_tally(gold: str, predicted: str, size: int = 4) -> Tally:
    """Common, superfluous and missing 4-grams, divided by their sum so that long pages weigh no more.

    Source: ``string_shingle_matching`` in evaluate.py of scrapinghub/article-extraction-benchmark.
    """
    wanted, found = shingles(gold, size), shingles(predicted, size)
    hit = (wanted & found).total()
    wrong, missed = found.total() - hit, wanted.total() - hit
    whole = hit + wrong + missed
    return Tally(share(hit, whole), share(wrong, whole), share(missed, whole))


def mean_of_pages(tallies: Sequence[Tally]) -> dict[str, float]:
    """The aggregate of article-extraction-benchmark.

    Mean precision over the pages with an answer, mean recall over the pages with a gold text, and the harmonic mean
    of the two.
    """
    precision = mean([t.precision for t in tallies if t.hit + t.wrong > 0])
    recall = mean([t.recall for t in tallies if t.hit + t.missed > 0])
    return {"f1": harmonic(precision, recall), "precision": precision, "recall": recall}


def mean_f1(tallies: Sequence[Tally]) -> dict[str, float]:
    """Means over pages of each page's own F1, precision and recall; no answer counts 0 in all three."""
    return {
        "f1": mean([t.f1 for t in tallies]),
        "precision": mean([t.precision for t in tallies]),
        "recall": mean([t.recall for t in tallies]),
    }


def set_tally(gold: Iterable[Hashable], predicted: Iterable[Hashable]) -> Tally:
    """Exact matches between two sets."""
    wanted, found = set(gold), set(predicted)
    hit = len(wanted & found)
    return Tally(hit, len(found) - hit, len(wanted) - hit)


def classes(gold: Sequence[str], predicted: Sequence[str]) -> dict[str, float]:
    """Accuracy, and the macro F1 over the classes that occur in the gold."""
    names = sorted(set(gold))
    each = []
    for name in names:
        pairs = list(zip(gold, predicted, strict=True))
        hit = sum(g == p == name for g, p in pairs)
        each.append(Tally(hit, sum(p == name for _, p in pairs) - hit, sum(g == name for g in gold) - hit).f1)
    right = sum(g == p for g, p in zip(gold, predicted, strict=True))
    return {"macro_f1": mean(each), "accuracy": share(right, len(gold))}


def b_cubed(gold: Mapping[str, Hashable], predicted: Mapping[str, Hashable]) -> dict[str, float]:
    """B³ of a clustering.

    For each item the share of its predicted cluster that belongs with it (precision), and of its true cluster that
    is there (recall); means over items. Items without a prediction stand alone. Source: Bagga and Baldwin, 1998.
    """
    clusters: dict[Hashable, list[str]] = {}
    for item in gold:
        clusters.setdefault(("found", predicted[item]) if item in predicted else ("alone", item), []).append(
            item
        )
    true_size = Counter(gold.values())
    precision = recall = 0.0
    for members in clusters.values():
        for story, common in Counter(gold[m] for m in members).items():
            precision += common * common / len(members)
            recall += common * common / true_size[story]
    precision, recall = share(precision, len(gold)), share(recall, len(gold))
    return {"f1": harmonic(precision, recall), "precision": precision, "recall": recall}


def longest_common(first: Sequence[str], second: Sequence[str]) -> int:
    """Length of the longest common subsequence; time is the product of the lengths."""
    row = [0] * (len(second) + 1)
    for item in first:
        previous = 0
        for column, other in enumerate(second, start=1):
            kept = row[column]
            row[column] = previous + 1 if item == other else max(kept, row[column - 1])
            previous = kept
    return row[-1]


def rouge(gold: str, predicted: str) -> dict[str, float]:
    """ROUGE-1 and ROUGE-L, F1, over lower-case words without stemming.

    Source: Lin, 2004; L is computed over the whole summary as one sequence.
    """
    wanted, found = normal(gold).split(), normal(predicted).split()
    common = (Counter(wanted) & Counter(found)).total()
    longest = longest_common(wanted, found)
    return {
        "rouge1": share(2 * common, len(wanted) + len(found)),
        "rougeL": share(2 * longest, len(wanted) + len(found)),
    }


def kilometres(first: tuple[float, float], second: tuple[float, float]) -> float:
    """Great-circle distance between two (latitude, longitude) in degrees, on a sphere of 6,371 km."""
    (lat1, lon1), (lat2, lon2) = (tuple(map(math.radians, point)) for point in (first, second))
    half = (
        math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    )
    return 2 * 6371.0 * math.asin(min(1.0, math.sqrt(half)))


class Groups:
    """Union-find over names: the smallest structure for "these are copies of one another"."""

    def __init__(self) -> None:
        self._parent: dict[str, str] = {}

    def find(self, item: str) -> str:
        """The representative of the item's group."""
        root = item
        while self._parent.get(root, root) != root:
            root = self._parent[root]
        while self._parent.get(item, item) != root:
            self._parent[item], item = root, self._parent[item]
        return root

    def join(self, first: str, second: str) -> None:
        """Put both into one group."""
        self._parent[self.find(second)] = self.find(first)

    def pairs(self, items: Iterable[str]) -> set[tuple[str, str]]:
        """All pairs of ``items`` that are in one group, each pair in alphabetical order."""
        groups: dict[str, list[str]] = {}
        for item in sorted(set(items)):
            groups.setdefault(self.find(item), []).append(item)
        return {(a, b) for group in groups.values() for i, a in enumerate(group) for b in group[i + 1 :]}
