"""The fields of every index: one table, from which the mappings are generated and against which they are checked.

Three kinds of fields stand in an article's index:

- the document of :mod:`kabar.contracts.document`, as readers, dashboards and rules see it. Arrays of objects are
  kept but not indexed (nobody can query them well); flat fields stand beside them.
- ``search``: what kabar's own query language asks. Words are those of :func:`kabar.query.analysis.word_column`,
  split at blanks only, so that every engine finds the same. It is not part of ``_source``: it can be computed.
- :data:`STORED` ones, which are in ``_source`` and cost nothing else.

Only field types that the smallest distribution of Elasticsearch has.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

from kabar.index.elasticsearch.names import FAMILIES, Family
from kabar.query.fields import DEFAULT_FIELDS, FIELDS

Definition = Mapping[str, Any]
Dynamic = Literal["false", "strict"]

IGNORE_ABOVE: Final = 1_024
"""UTF-16 units. A longer value is kept and not indexed; Lucene refuses a whole document for a term of 32,766 bytes."""

KEYWORD: Final[Definition] = {"type": "keyword", "ignore_above": IGNORE_ABOVE}
DATE: Final[Definition] = {"type": "date"}
MILLIS: Final[Definition] = {"type": "date", "format": "epoch_millis"}
INTEGER: Final[Definition] = {"type": "integer"}
LONG: Final[Definition] = {"type": "long"}
DOUBLE: Final[Definition] = {"type": "double"}
FLOAT: Final[Definition] = {"type": "float"}
TEXT: Final[Definition] = {"type": "text", "analyzer": "text_standard"}
LANGUAGES: Final[Definition] = {
    **TEXT,
    "fields": {
        "id": {"type": "text", "analyzer": "text_id"},
        "en": {"type": "text", "analyzer": "text_en"},
    },
}
"""Searched as it stands, or by Indonesian or English stems: the reader knows the language, the index does not."""
OBJECTS: Final[Definition] = {"type": "object", "enabled": False}
STORED: Final[Definition] = {"type": "keyword", "index": False, "doc_values": False}
BINARY: Final[Definition] = {"type": "binary"}


def _words(name: str) -> Definition:
    """Lengths of fields are kept where a word without a field is looked for: they weigh in the relevance."""
    lengths = {} if name in DEFAULT_FIELDS else {"norms": False}
    return {"type": "text", "analyzer": "whitespace", **lengths}


def _search() -> dict[str, Definition]:
    """What the query language asks, by the name of its field."""
    found: dict[str, Definition] = {}
    for field in FIELDS:
        if field.holds_words:
            found[f"search.{field.name}"] = _words(field.name)
        else:
            found[f"search.{field.name}"] = DOUBLE if field.name == "sentiment_score" else LONG
    return {**found, "search.copy_group": KEYWORD, "search.version_key": LONG}


TABLE: Final[Mapping[Family, Mapping[str, Definition]]] = {
    "articles": {
        "@timestamp": DATE,
        "event.id": KEYWORD,
        "event.created": DATE,
        "event.ingested": DATE,
        "event.dataset": KEYWORD,
        "url.original": KEYWORD,
        "url.canonical": KEYWORD,
        "url.domain": KEYWORD,
        "article.id": KEYWORD,
        "article.version": INTEGER,
        "article.status": KEYWORD,
        "article.title": LANGUAGES,
        "article.text": LANGUAGES,
        "article.summary": TEXT,
        "article.authors": KEYWORD,
        "article.published_at": DATE,
        "article.published_claimed": KEYWORD,
        "article.modified_at": DATE,
        "article.first_seen_at": DATE,
        "article.language": KEYWORD,
        "article.language_confidence": FLOAT,
        "article.word_count": INTEGER,
        "article.image": STORED,
        "article.content_hash": KEYWORD,
        "source.name": KEYWORD,
        "source.domain": KEYWORD,
        "source.feed": KEYWORD,
        "source.country": KEYWORD,
        "source.collections": KEYWORD,
        "dateline.source": KEYWORD,
        "dateline.place": KEYWORD,
        "dateline.text": KEYWORD,
        "dateline.rule": KEYWORD,
        "dateline.start": INTEGER,
        "dateline.end": INTEGER,
        "attributions": OBJECTS,
        "related": OBJECTS,
        "removed": OBJECTS,
        "change.kind": KEYWORD,
        "change.similarity": FLOAT,
        "change.added": INTEGER,
        "change.removed": INTEGER,
        "duplicate.kind": KEYWORD,
        "duplicate.of": KEYWORD,
        "duplicate.similarity": FLOAT,
        "duplicate.differs": KEYWORD,
        "story.id": KEYWORD,
        "entities": OBJECTS,
        "places": OBJECTS,
        "quotes": OBJECTS,
        "keywords": OBJECTS,
        "topic": KEYWORD,
        "sentiment.label": KEYWORD,
        "sentiment.score": FLOAT,
        "trace.id": KEYWORD,
        "trace.origin": KEYWORD,
        "trace.annotators": OBJECTS,
        "trace.notes": KEYWORD,
        "schema_version": INTEGER,
        "persons": KEYWORD,
        "organizations": KEYWORD,
        "place_names": KEYWORD,
        "place_countries": KEYWORD,
        "place_points": {"type": "geo_point"},
        "speakers": KEYWORD,
        "quote_texts": TEXT,
        "keyword_terms": KEYWORD,
        "attribution_outlets": KEYWORD,
        "rule_ids": KEYWORD,
        **_search(),
    },
    "versions": {
        "article_id": KEYWORD,
        "observation_id": KEYWORD,
        "version_key": LONG,
        "version": INTEGER,
        "observed_at": MILLIS,
        "first_seen_at": MILLIS,
        "status": KEYWORD,
        "title": STORED,
        "text": STORED,
        "change": OBJECTS,
        "message": BINARY,
    },
    "stories": {
        "schema_version": INTEGER,
        "id": KEYWORD,
        "revision": INTEGER,
        "title": TEXT,
        "size": INTEGER,
        "sources": KEYWORD,
        "first_at": MILLIS,
        "last_at": MILLIS,
        "names": KEYWORD,
        "velocity": DOUBLE,
        "state": KEYWORD,
        "merged_into": KEYWORD,
    },
}
"""Family -> path of a field -> its definition."""

NOT_IN_SOURCE: Final[Mapping[Family, tuple[str, ...]]] = {
    "articles": ("search",),
    "versions": (),
    "stories": (),
}


def mappings(family: Family, *, dynamic: Dynamic = "false") -> dict[str, Any]:
    """The mappings of a family's indices, as Elasticsearch takes them.

    Args:
        family: which indices.
        dynamic: what becomes of fields that are not in the table: ``false`` keeps them unindexed, ``strict``
            refuses the document (for tests).
    """
    found: dict[str, Any] = {"dynamic": dynamic, "properties": _nested(TABLE[family])}
    if NOT_IN_SOURCE[family]:
        found["_source"] = {"excludes": list(NOT_IN_SOURCE[family])}
    return found


def fields_in(mapping: Mapping[str, Any]) -> dict[str, Definition]:
    """The inverse of :func:`mappings`: path -> definition, of any mapping."""
    return dict(_flat(mapping.get("properties", {}), ""))


def _nested(flat: Mapping[str, Definition]) -> dict[str, Any]:
    root: dict[str, Any] = {}
    for path, definition in flat.items():
        *parents, name = path.split(".")
        level = root
        for parent in parents:
            level = level.setdefault(parent, {"properties": {}})["properties"]
        level[name] = dict(definition)
    return root


def _flat(properties: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Definition]]:
    for name, definition in properties.items():
        inner = definition.get("properties")
        if inner is None:
            yield f"{prefix}{name}", definition
        else:
            yield from _flat(inner, f"{prefix}{name}.")


assert set(TABLE) == set(FAMILIES)
