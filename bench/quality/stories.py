"""Stories: articles about one event under one id.

- Rows with ``story`` beside a text (``cluster_*``): streamed through the dedupe stage in three seeded orders among
  the set's unlabelled texts (at most 2,000); B³ over the labelled ones, mean of the orders.
- Rows with ``first_text``, ``second_text`` and ``same_story``: all texts in one stream; F1 and accuracy of "same
  story" over the pairs.

The baseline is single-pass clustering on TF-IDF centroids; it knows the word counts of the whole stream
beforehand, which kabar does not.
"""

from __future__ import annotations

import math
import random
import time
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from bench.quality.articles import Article, stream
from bench.quality.layout import SEED, DataSet, field, language_of, sample, text_of, title_of
from bench.quality.notes import Notes
from bench.quality.scoring import Tally, b_cubed, mean, normal, share
from bench.quality.systems import KABAR, Figures, Scores, Systems, beside, run

ORDERS = 3
UNRELATED = 2_000
EVERY_MS = 20_000
"""An article every twenty seconds: 2,200 of them in half a day, inside any window for stories."""
DIMENSIONS = 4_096
THRESHOLD = 0.3

Cluster = Callable[[Sequence[Article]], "dict[str, str]"]


@dataclass(frozen=True)
class Labelled:
    """Articles with a known story among others."""

    articles: list[Article]
    stories: dict[str, str]


@dataclass(frozen=True)
class Judged:
    """Two articles and whether they tell one story."""

    first: Article
    second: Article
    same: bool


def kabar_stories(articles: Sequence[Article], notes: Notes) -> dict[str, str]:
    """The dedupe stage."""
    found = stream(articles, every_ms=EVERY_MS)
    notes.skip("dedupe stage", "article it raised on", found.failed)
    return found.stories


def tfidf_centroids(articles: Sequence[Article]) -> dict[str, str]:
    """Baseline: each article joins the nearest centroid above a cosine of .3, else it starts a cluster.

    Words are hashed to 4,096 dimensions, weighted 1 + log tf times idf; centroids are running sums, normalised.
    """
    vectors = _vectors(articles)
    sums = np.zeros_like(vectors)
    units = np.zeros_like(vectors)
    found: dict[str, str] = {}
    used = 0
    for article, vector in zip(articles, vectors, strict=True):
        likeness = units[:used] @ vector
        best = int(likeness.argmax()) if used else -1
        if best < 0 or likeness[best] < THRESHOLD:
            best, used = used, used + 1
        sums[best] += vector
        units[best] = sums[best] / (float(np.linalg.norm(sums[best])) or 1.0)
        found[article.id] = str(best)
    return found


def _vectors(articles: Sequence[Article]) -> npt.NDArray[np.float32]:
    counts = [Counter(zlib.crc32(w.encode()) % DIMENSIONS for w in normal(_all(a)).split()) for a in articles]
    documents = Counter(bucket for count in counts for bucket in count)
    vectors = np.zeros((len(articles), DIMENSIONS), np.float32)
    for row, count in enumerate(counts):
        for bucket, times in count.items():
            vectors[row, bucket] = (1 + math.log(times)) * math.log(len(articles) / documents[bucket] + 1)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors /= np.where(lengths == 0, 1, lengths)
    return vectors


def _all(article: Article) -> str:
    return f"{article.title}\n{article.text}"


def default_systems(notes: Notes) -> Systems:
    return {KABAR: partial(kabar_stories, notes=notes), "tfidf-centroids": tfidf_centroids}


def score(sets: Sequence[DataSet], notes: Notes, *, systems: Systems | None = None) -> Scores:
    systems = default_systems(notes) if systems is None else systems
    out: Scores = {}
    for data in sets:
        labelled, pairs = load(data, notes)
        if labelled.stories:
            figures = {
                name: clusters(data.name, name, find, labelled, notes) for name, find in systems.items()
            }
            out[data.name] = beside(figures, len(labelled.stories))
        if pairs:
            name = f"{data.name}/pairs" if labelled.stories else data.name
            figures = {
                system: same_story(name, system, find, pairs, notes) for system, find in systems.items()
            }
            out[name] = beside(figures, len(pairs))
    return out


def load(data: DataSet, notes: Notes) -> tuple[Labelled, list[Judged]]:
    """Both layouts a set may hold; rows of neither are unlabelled texts, or skipped where they have none."""
    known: list[Article] = []
    others: list[Article] = []
    stories: dict[str, str] = {}
    pairs: list[Judged] = []
    for path, row in data.rows(notes):
        language = language_of(row, data.name)
        if "same_story" in row:
            texts = [field(row, (f"{side}_text",)) for side in ("first", "second")]
            if not all(texts) or not isinstance(row["same_story"], bool):
                notes.skip(f"{data.name}/{path.name}", "pair without texts or answer")
                continue
            sides = zip(("first", "second"), texts, strict=True)
            made = [
                Article(f"{len(pairs)}-{side}", text, field(row, (f"{side}_title",)), side, language)
                for side, text in sides
            ]
            pairs.append(Judged(made[0], made[1], row["same_story"]))
            continue
        text = text_of(row)
        if not text or "category" in row:
            notes.skip(f"{data.name}/{path.name}", "no text, or gold of another kind")
            continue
        number = len(known) + len(others)
        article = Article(f"{path.stem}-{number}", text, title_of(row), f"outlet{number % 20}", language)
        if row.get("story") is None:
            others.append(article)
        else:
            known.append(article)
            stories[article.id] = str(row["story"])
    unrelated = sample(others, UNRELATED)
    if stories:
        sizes = Counter(stories.values())
        notes.remark(
            f"{data.name}: {len(known)} articles in {len(sizes)} stories among {len(unrelated)} unlabelled ones, "
            f"{ORDERS} orders"
        )
    return Labelled(known + unrelated, stories), pairs


def clusters(where: str, system: str, find: Cluster, labelled: Labelled, notes: Notes) -> Figures:
    """B³ of one system, mean over the orders; ids of the stream are its own, so nothing leaks into them."""
    results: list[Figures] = []
    start = time.process_time()
    for order in range(ORDERS):
        articles = list(labelled.articles)
        random.Random(SEED + order).shuffle(articles)
        answer = run(system, find, [(articles,)], notes, where=where, failed={}, warm=False).outputs[0]
        results.append(b_cubed(labelled.stories, {k: v for k, v in answer.items() if k in labelled.stories}))
    seconds = time.process_time() - start
    figures = {name: mean([result[name] for result in results]) for name in results[0]}
    return figures | {"articles_per_second": share(ORDERS * len(labelled.articles), seconds)}


def same_story(where: str, system: str, find: Cluster, pairs: Sequence[Judged], notes: Notes) -> Figures:
    """F1 and accuracy of "one story" over judged pairs."""
    articles = [article for pair in pairs for article in (pair.first, pair.second)]
    random.Random(SEED).shuffle(articles)
    found = run(system, find, [(articles,)], notes, where=where, failed={}, warm=False).outputs[0]
    tally, right = Tally(), 0
    for pair in pairs:
        story = found.get(pair.first.id)
        said = story is not None and story == found.get(pair.second.id)
        right += said == pair.same
        tally.add(Tally(said and pair.same, said and not pair.same, pair.same and not said))
    return tally.figures() | {"accuracy": share(right, len(pairs))}
