"""Copies: the articles of a corpus streamed in order through the dedupe stage, against exhaustive pair lists.

A list (``neardup_*``) holds every pair of a corpus with a word-5-gram Jaccard of at least .3, or a containment of
at least .8; the corpus is every set in DIR that one of its ids is from. A system's answer is the groups its "copy
of" links make.

- ``recall``: share of the pairs with a Jaccard of at least .9 that are in one group, pooled over the lists.
- ``false_per_million``: pairs in one group that are on no list, per million pairs that are on no list. Listed pairs
  below .9 are neither wanted nor wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench.quality.articles import Article, stream
from bench.quality.layout import DataSet, language_of, number, read_jsonl, sample, text_of, title_of
from bench.quality.minhash import exact_copies, minhash_copies
from bench.quality.notes import Notes
from bench.quality.scoring import Groups, share
from bench.quality.systems import KABAR, Figures, Run, Scores, Systems, beside, run

PREFIX = "neardup_"
MUST = 0.9
ARTICLES = 6_000
"""Per corpus; all articles of pairs that must be found are kept, the others are a sample."""
EVERY_MS = 2_000

FindCopies = Callable[[Sequence[Article]], "list[tuple[str, str]]"]
Pair = tuple[str, str]


@dataclass(frozen=True)
class Corpus:
    """Articles and what is known about their pairs."""

    name: str
    articles: list[Article]
    must: set[Pair]
    listed: set[Pair]


@dataclass
class Counts:
    """Sums over corpora."""

    found: int = 0
    must: int = 0
    false: int = 0
    unlisted: int = 0
    articles: int = 0
    seconds: float = 0.0

    def add(self, other: Counts) -> None:
        """Pool."""
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)

    def figures(self) -> Figures:
        """Under the names of the report."""
        return {
            "recall": share(self.found, self.must),
            "false_per_million": 1e6 * share(self.false, self.unlisted),
            "articles_per_second": share(self.articles, self.seconds),
        }


def kabar_copies(articles: Sequence[Article], notes: Notes) -> list[Pair]:
    """The dedupe stage, an article every two seconds."""
    found = stream(articles, every_ms=EVERY_MS)
    notes.skip("dedupe stage", "article it raised on", found.failed)
    return found.copies


def default_systems(notes: Notes) -> Systems:
    return {
        KABAR: partial(kabar_copies, notes=notes),
        "minhash-128": minhash_copies,
        "exact-hash": exact_copies,
    }


def score(sets: Sequence[DataSet], notes: Notes, *, systems: Systems | None = None) -> Scores:
    systems = default_systems(notes) if systems is None else systems
    out: Scores = {}
    for data in sets:
        if not data.name.startswith(PREFIX):
            continue
        pooled: dict[str, Counts] = {name: Counts() for name in systems}
        for corpus in load(data, sets, notes):
            figures = {}
            for name, find in systems.items():
                answer = run_once(name, find, corpus, notes)
                counts = measure(corpus, answer.outputs[0])
                counts.seconds = answer.seconds
                pooled[name].add(counts)
                figures[name] = counts.figures()
            out[f"{data.name}/{corpus.name}"] = beside(figures, len(corpus.must)) | {
                "articles": len(corpus.articles)
            }
        if any(counts.must for counts in pooled.values()):
            whole = {name: counts.figures() for name, counts in pooled.items()}
            first = next(iter(pooled.values()))
            out[data.name] = beside(whole, first.must) | {"articles": first.articles}
    return out


def run_once(name: str, find: FindCopies, corpus: Corpus, notes: Notes) -> Run:
    """A whole corpus is one input; it is not asked twice, because a stream has no cheap first item."""
    notes.progress(f"{corpus.name}: {len(corpus.articles)} articles")
    return run(name, find, [(corpus.articles,)], notes, where=corpus.name, failed=[], warm=False)


def load(data: DataSet, sets: Sequence[DataSet], notes: Notes) -> list[Corpus]:
    """One corpus per pair list, with the texts that are in DIR."""
    lists = {path: _pairs(path, notes) for path in data.files()}
    wanted = {name for pairs in lists.values() for pair in pairs for name in pair}
    homes, articles = _articles(
        wanted, [s for s in sets if not s.name.startswith((PREFIX, "loadtest_"))], notes
    )
    corpora = []
    for path, pairs in lists.items():
        names = {homes[name] for pair in pairs for name in pair if name in homes}
        found = [article for home in sorted(names) for article in articles[home]]
        there = {article.id for article in found}
        resolved = {pair: value for pair, value in pairs.items() if there.issuperset(pair)}
        notes.skip(f"{data.name}/{path.name}", "a text of the pair is in no set", len(pairs) - len(resolved))
        must = {pair for pair, value in resolved.items() if value >= MUST}
        corpora.append(Corpus(path.stem, _kept(found, must), must, set(resolved)))
        notes.remark(
            f"{path.stem}: {len(corpora[-1].articles)} of {len(found)} articles, {len(must)} pairs ≥ {MUST}"
        )
    return corpora


def _pairs(path: Path, notes: Notes) -> dict[Pair, float]:
    pairs = {}
    for row in read_jsonl(path, notes):
        first, second, jaccard = row.get("a"), row.get("b"), number(row.get("jaccard5"))
        if isinstance(first, str) and isinstance(second, str) and jaccard is not None and first != second:
            pairs[(min(first, second), max(first, second))] = jaccard
        else:
            notes.skip(f"{path.parent.name}/{path.name}", "no pair")
    return pairs


def _articles(
    wanted: set[str], sets: Sequence[DataSet], notes: Notes
) -> tuple[dict[str, str], dict[str, list[Article]]]:
    """The home set of each wanted id, and all articles of the sets that are a home."""
    homes: dict[str, str] = {}
    articles: dict[str, list[Article]] = {}
    for data in sets:
        here: dict[str, Article] = {}
        for _, row in data.rows(notes):
            text = text_of(row)
            name = _listed_name(row, data.name, wanted)
            if text and name:
                source = row.get("source") if isinstance(row.get("source"), str) else data.name
                language = language_of(row, data.name)
                here.setdefault(name, Article(name, text, title_of(row), str(source), language))
        owned = wanted & here.keys()
        if owned:
            homes |= dict.fromkeys(owned, data.name)
            articles[data.name] = list(here.values())
    return homes, articles


def _listed_name(row: dict[str, object], home: str, wanted: set[str]) -> str:
    """The id as the lists write it: some put a word of the set's name in front of the row's own id."""
    name = row.get("id", row.get("article_id"))
    if not isinstance(name, str) or not name:
        return ""
    prefixed = f"{home.rsplit('_', 1)[-1]}-{name}"
    return prefixed if name not in wanted and "id" not in row else name


def _kept(articles: list[Article], must: set[Pair]) -> list[Article]:
    """All articles of pairs that must be found and a sample of the others, in their order."""
    needed = {name for pair in must for name in pair}
    others = [article for article in articles if article.id not in needed]
    chosen = {article.id for article in sample(others, max(0, ARTICLES - len(needed)))} | needed
    return [article for article in articles if article.id in chosen]


def measure(corpus: Corpus, copies: Sequence[Pair]) -> Counts:
    """Count the pairs found and the pairs invented."""
    groups = Groups()
    for copy, original in copies:
        groups.join(original, copy)
    there = [article.id for article in corpus.articles]
    together = groups.pairs(there)
    known = {pair for pair in corpus.listed if set(there).issuperset(pair)}
    everything = len(there) * (len(there) - 1) // 2
    return Counts(
        found=len(corpus.must & together),
        must=len(corpus.must),
        false=len(together - corpus.listed),
        unlisted=everything - len(known),
        articles=len(there),
    )
