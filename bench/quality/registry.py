"""Every capability that can be scored: its sets, its metric in a sentence, its scorer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.quality import (
    attributions,
    datelines,
    dates,
    entities,
    extraction,
    keywords,
    language,
    later,
    lines,
    metadata,
    neardup,
    places,
    quotes,
    sentiment,
    stories,
    summaries,
    urls,
)
from bench.quality.systems import Scores

Score = Callable[..., Scores]


@dataclass(frozen=True)
class Capability:
    """One name of the command line."""

    name: str
    patterns: Sequence[str]
    """Of the set names the scorer wants to see; it takes those whose rows have a shape it knows."""
    metric: str
    score: Score


EVERYTHING = ("*",)
TEXTS = ("id_news_*", "en_news_*", "gold_*")

_ALL = (
    Capability(
        "extraction", ("html_*",),
        "F1, precision, recall of word 4-grams against the gold text; aggregated as evaluate.py does on its own "
        "layout, else mean over pages; pages per CPU second", extraction.score,
    ),
    Capability(
        "metadata", ("html_*",),
        "share of pages with the same title words, the same set of author names, the same day", metadata.score,
    ),
    Capability(
        "lines", TEXTS,
        "recall of the listed link lines (gone from the text), cue lines left, share of other words kept",
        lines.score,
    ),
    Capability(
        "datelines", TEXTS,
        "F1, precision, recall of datelines, half of the texts having none; silver recall where only a pattern "
        "guessed", datelines.score,
    ),
    Capability(
        "attributions", EVERYTHING, "F1, precision, recall of exact spans of hand-made gold", attributions.score
    ),
    Capability(
        "dates", EVERYTHING,
        "accuracy of the day where a set has the ISO form, share parsed elsewhere, agreement with the day in the URL",
        dates.score,
    ),
    Capability(
        "language", ("id_news_*", "en_news_*", "langid*"),
        "accuracy over pooled titles and bodies (id, ms, en, fr) and over sentences of other languages",
        language.score,
    ),
    Capability(
        "neardup", EVERYTHING,
        "pooled recall of the pairs with Jaccard ≥ .9 and false pairs per million pairs that are on no list",
        neardup.score,
    ),
    Capability(
        "stories", ("cluster_*",),
        "B³ F1, precision, recall over labelled articles, mean of three orders; F1 and accuracy over judged pairs",
        stories.score,
    ),
    Capability("entities", ("ner_*",), "F1, precision, recall of exact spans with the right type", entities.score),
    Capability("aliases", EVERYTHING, "none yet", later.aliases),
    Capability(
        "places", ("geo_*",), "share of gold place names put within 161 km, their spans given", places.score
    ),
    Capability(
        "quotes", ("quotes_*", "gold_*"),
        "F1, precision, recall of quotes that share half of their union with a gold one; precision of their speakers",
        quotes.score,
    ),
    Capability("keywords", ("kw_*",), "F1, precision, recall of the ten best against keys by people", keywords.score),
    Capability("sentiment", ("sent_*",), "macro F1 and accuracy over three classes", sentiment.score),
    Capability("topics", EVERYTHING, "none yet", later.topics),
    Capability(
        "summaries", ("id_news_*", "en_news_*", "sum_*"), "ROUGE-1 and ROUGE-L F1 against summaries", summaries.score
    ),
    Capability(
        "urls", EVERYTHING,
        "accuracy of the registrable domain, share of equivalent addresses under one key, share of keys that are "
        "fixed points", urls.score,
    ),
    Capability("feeds", EVERYTHING, "none yet", later.feeds),
)  # fmt: skip

CAPABILITIES = {capability.name: capability for capability in _ALL}
