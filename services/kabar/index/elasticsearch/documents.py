"""Entries and stories as bulk actions: a header line and a source line, ready to be sent."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from functools import partial
from typing import Any, Final

import msgspec

from kabar.contracts.document import Document, millis
from kabar.contracts.story import Story
from kabar.index.elasticsearch.mapping import TABLE
from kabar.index.elasticsearch.names import Family
from kabar.index.entry import Entry, copy_group
from kabar.query.analysis import comparable, word_column
from kabar.query.elasticsearch import indexed
from kabar.query.fields import VALUE_FIELDS, WORD_FIELDS

_LEVEL: Final = 1
"""Of zlib: the higher levels gain 2 % and cost half as much again."""

_encode: Final = msgspec.json.Encoder().encode
Prune = Callable[[bytes], bytes]


def article_action(index: str, entry: Entry, prune: Prune | None = None) -> bytes:
    """Write the document of an article."""
    source = entry.document.encode()[:-1] + b',"search":' + _encode(search_fields(entry)) + b"}"
    if prune is not None:
        source = prune(source)
    return versioned(index, entry.document.article.id, entry.version_key, source)


def search_fields(entry: Entry) -> dict[str, Any]:
    """What the query language asks; what is empty is left out."""
    document = entry.document
    found: dict[str, Any] = {
        name: indexed(words) for name in WORD_FIELDS if (words := word_column(document, name))
    }
    for name in VALUE_FIELDS:
        value = comparable(document, name)
        if value is not None:
            found[name] = value
    found["copy_group"] = copy_group(document)
    found["version_key"] = entry.version_key
    return found


def version_id(document: Document) -> str:
    """The id of a version: one per article and observation, so that writing it again changes nothing."""
    return f"{document.article.id}-{document.event.id}"


def version_action(index: str, entry: Entry) -> bytes:
    """Write a version: texts as they were, and the whole message."""
    document, article = entry.document, entry.document.article
    source = {
        "article_id": article.id,
        "observation_id": document.event.id,
        "version_key": entry.version_key,
        "version": article.version,
        "observed_at": millis(document.event.created),
        "first_seen_at": millis(article.first_seen_at),
        "status": article.status,
        "title": article.title,
        "text": article.text,
        "change": document.change,
        "message": base64.b64encode(zlib.compress(entry.message, _LEVEL)).decode("ascii"),
    }
    return versioned(index, version_id(document), entry.version_key, _encode(source))


def story_action(index: str, story: Story) -> bytes:
    """Write a story, every field of it: what has its default must be found as well."""
    return versioned(index, story.id, story.revision, _encode(msgspec.structs.asdict(story)))


def versioned(index: str, id_: str, version: int, source: bytes) -> bytes:
    """Write a document under a version of ours: of two writes the higher stays, of equal ones the later."""
    header = _encode(
        {"index": {"_index": index, "_id": id_, "version": version, "version_type": "external_gte"}}
    )
    return b"%b\n%b\n" % (header, source)


def pruner(family: Family, installed: AbstractSet[str], left_out: Callable[[int], None]) -> Prune | None:
    """Leaves out the fields that the installed mapping lacks; None where it lacks none, which is the rule.

    Args:
        family: whose documents.
        installed: paths of the fields of the installed mapping.
        left_out: told how many fields were left out of a document.
    """
    missing = frozenset(TABLE[family]) - installed
    return partial(_prune, missing=missing, left_out=left_out) if missing else None


def _prune(source: bytes, *, missing: frozenset[str], left_out: Callable[[int], None]) -> bytes:
    plain = msgspec.json.decode(source)
    kept, count = _without(plain, missing, "")
    if count:
        left_out(count)
    return _encode(kept)


def _without(plain: Mapping[str, Any], missing: frozenset[str], prefix: str) -> tuple[dict[str, Any], int]:
    kept: dict[str, Any] = {}
    count = 0
    for name, value in plain.items():
        path = f"{prefix}{name}"
        if path in missing:
            count += 1
        elif isinstance(value, dict):
            kept[name], inner = _without(value, missing, f"{path}.")
            count += inner
        else:
            kept[name] = value
    return kept, count
