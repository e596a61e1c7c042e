"""The fields a query may name: one table, read by the parser, every engine and the reference.

Two families. *Words* (``text`` and ``keyword``): the value is a list of strings, each a sequence of folded words;
a condition asks for words that stand next to each other inside one string. *Values* (``date``, ``number``,
``bool``): one value or none, compared. ``keyword`` differs from ``text`` only in what it is for (a name, a label,
an identifier): ``person:putin`` finds "Vladimir Putin" in every engine, ``person:="vladimir putin"`` only the
whole name.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from typing import Any, Literal

from msgspec import Struct

from kabar.contracts.document import Document
from kabar.errors import QueryError

FieldType = Literal["text", "keyword", "date", "number", "bool"]


class Field(Struct, frozen=True, kw_only=True):
    """One field.

    ``paths`` are places in the document by their wire names; a list there means all of its items.
    ``choices`` closes a keyword field: another value is a mistake worth telling. A comparison on a field with
    ``compares`` is one on that other field (``sentiment:<-0.3``).
    """

    name: str
    type: FieldType
    paths: tuple[str, ...]
    description: str
    aliases: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    compares: str = ""

    @property
    def holds_words(self) -> bool:
        """Whether conditions on it ask for words (else it holds one comparable value)."""
        return self.type in ("text", "keyword")


def _field(
    name: str,
    kind: FieldType,
    paths: str,
    description: str,
    *,
    aliases: str = "",
    choices: str = "",
    compares: str = "",
) -> Field:
    """A row of the table, lists written as words."""
    return Field(
        name=name,
        type=kind,
        paths=tuple(paths.split()),
        description=description,
        aliases=tuple(aliases.split()),
        choices=tuple(choices.split()),
        compares=compares,
    )


FIELDS: tuple[Field, ...] = (
    _field("title", "text", "article.title", "the headline", aliases="headline"),
    _field("text", "text", "article.text", "the article text", aliases="body content"),
    _field("quote", "text", "quote_texts", "the words in quote marks", aliases="quotes"),
    _field("source", "keyword", "source.name", "who published it", aliases="sources outlet publisher"),
    _field(
        "domain", "keyword", "source.domain url.domain", "domain or host it came from", aliases="host site"
    ),
    _field("feed", "keyword", "source.feed", "address of the feed it came from"),
    _field("collection", "keyword", "source.collections", "group of sources", aliases="collections"),
    _field("language", "keyword", "article.language", "ISO 639 code found from the text", aliases="lang"),
    _field("person", "keyword", "persons", "persons named", aliases="persons people"),
    _field(
        "organization",
        "keyword",
        "organizations",
        "organisations named",
        aliases="org organisation organizations",
    ),
    _field("place", "keyword", "place_names", "places named", aliases="places location"),
    _field("country", "keyword", "place_countries", "ISO 3166 code of a place named", aliases="countries"),
    _field("speaker", "keyword", "speakers", "who is quoted", aliases="speakers"),
    _field("keyword", "keyword", "keyword_terms", "key words and phrases", aliases="keywords"),
    _field("topic", "keyword", "topic", "what it is about", aliases="topics"),
    _field("author", "keyword", "article.authors", "who wrote it", aliases="authors byline"),
    _field("attribution", "keyword", "attribution_outlets", "outlet it credits", aliases="attributed credit"),
    _field("dateline", "keyword", "dateline.source dateline.place", "outlet or place of the dateline"),
    _field("story", "keyword", "story.id", "id of the story it belongs to", aliases="story_id"),
    _field("id", "keyword", "article.id", "id of the article", aliases="article_id"),
    _field("url", "keyword", "url.canonical url.original", "address; any run of its words", aliases="link"),
    _field("copy_of", "keyword", "duplicate.of", "id of the article it copies", aliases="duplicate_of"),
    _field("rule", "keyword", "rule_ids", "id of a rule that took something out", aliases="rules"),
    _field("status", "keyword", "article.status", "where it stands", choices="active updated killed"),
    _field(
        "change",
        "keyword",
        "change.kind",
        "how it differs from the version before",
        choices="first typo update correction kill",
    ),
    _field(
        "sentiment",
        "keyword",
        "sentiment.label",
        "tone: a label, or compared with a number from -1 to 1",
        choices="negative neutral positive",
        compares="sentiment_score",
    ),
    _field("sentiment_score", "number", "sentiment.score", "tone from -1 to 1"),
    _field(
        "words", "number", "article.word_count", "length of the text in words", aliases="word_count length"
    ),
    _field("version", "number", "article.version", "1 for the first version", aliases="versions"),
    _field(
        "date",
        "date",
        "@timestamp",
        "published, or first seen where no date is believable",
        aliases="@timestamp",
    ),
    _field("published", "date", "article.published_at", "as the publisher dates it"),
    _field("modified", "date", "article.modified_at", "last change as the publisher dates it"),
    _field("observed", "date", "event.created", "when this version was seen"),
    _field("first_seen", "date", "article.first_seen_at", "when its first version was seen", aliases="seen"),
    _field("ingested", "date", "event.ingested", "when this version was indexed", aliases="indexed"),
    _field("copy", "bool", "duplicate", "whether it copies another article", aliases="copies duplicate"),
)

DEFAULT_FIELDS = ("title", "text")
"""Where a word without a field is looked for."""
WORD_FIELDS: tuple[str, ...] = tuple(f.name for f in FIELDS if f.holds_words)
VALUE_FIELDS: tuple[str, ...] = tuple(f.name for f in FIELDS if not f.holds_words)

_BY_NAME = {name: field for field in FIELDS for name in (field.name, *field.aliases)}


def field_named(name: str, *, position: int = 0) -> Field:
    """The field of a name or alias, in any case.

    Raises:
        QueryError: there is none; the hint lists the nearest names.
    """
    field = _BY_NAME.get(name.lower())
    if field is not None:
        return field
    near = difflib.get_close_matches(name.lower()[:40], _BY_NAME, n=3, cutoff=0.6)
    listed = ", ".join(near) if near else ", ".join(f.name for f in FIELDS)
    raise QueryError(
        f"there is no field '{name[:40]}'",
        position=position,
        hint=f"{'did you mean' if near else 'fields are'}: {listed}; a colon that belongs to the words needs quotes",
    )


_ATTRIBUTES = {"@timestamp": "timestamp"}
"""Wire names that are no Python names."""


def values_at(path: str) -> Callable[[Document], Sequence[Any]]:
    """A function that lists the values at a path: those of a list, one, or none where the way there is absent."""
    names = [_ATTRIBUTES.get(name, name) for name in path.split(".")]

    def values(document: Document) -> Sequence[Any]:
        value: Any = document
        for name in names:
            value = getattr(value, name)
            if value is None:
                return ()
        return value if isinstance(value, list) else (value,)

    return values
