"""Everything the index holds, as canonical lines: equal dumps mean equal indexes.

Left out are exactly processing times and trace ids: a document's ``event.ingested`` and ``trace.id``, and of a
version's message header ``accepted_at`` and ``trace_id``. Row numbers are left out, they are no content.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from typing import Any

import msgspec

from kabar.index.sqlite.faults import store_errors
from kabar.index.sqlite.packing import unpack
from kabar.query.fields import VALUE_FIELDS

LEFT_OUT_OF_DOCUMENTS = ("event.ingested", "trace.id")
LEFT_OUT_OF_MESSAGES = ("accepted_at", "trace_id")
_COMPARED = [name for name in VALUE_FIELDS if name != "ingested"]


def dump(connection: sqlite3.Connection) -> Iterator[str]:
    """JSON lines, keys sorted: articles by id, versions by article and observation, stories by id.

    Reads whatever snapshot the connection is in: begin a transaction first where others write.
    """
    with store_errors():
        yield from _articles(connection)
        yield from _versions(connection)
        yield from _stories(connection)


def _line(table: str, record: dict[str, Any]) -> str:
    return msgspec.json.encode({"table": table, **record}, order="sorted").decode()


def _articles(connection: sqlite3.Connection) -> Iterator[str]:
    columns = ", ".join(f"a.{name}" for name in ("id", "version_key", "copy_group", "story_id", *_COMPARED))
    rows = connection.execute(
        f"SELECT document, b.words, facets, {columns} FROM articles a "  # noqa: S608 - own names
        "JOIN article_bodies b ON b.doc = a.doc JOIN article_facets f ON f.doc = a.doc "
        "ORDER BY a.id"
    )
    for packed, packed_words, facets, *compared in rows:
        document = msgspec.json.decode(unpack(packed))
        del document["event"]["ingested"], document["trace"]["id"]
        yield _line(
            "articles",
            {
                "columns": compared,
                "document": document,
                "facets": msgspec.json.decode(facets),
                "words": hashlib.blake2b(unpack(packed_words), digest_size=16).hexdigest(),
            },
        )


def _versions(connection: sqlite3.Connection) -> Iterator[str]:
    rows = connection.execute(
        "SELECT article_id, observation_id, version_key, version, observed_at, status, change, message "
        "FROM versions ORDER BY article_id, observation_id"
    )
    for *columns, change, packed in rows:
        message = msgspec.json.decode(unpack(packed))
        for name in LEFT_OUT_OF_MESSAGES:
            message.pop(name, None)
        yield _line(
            "versions", {"change": msgspec.json.decode(change), "columns": columns, "message": message}
        )


def _stories(connection: sqlite3.Connection) -> Iterator[str]:
    for (record,) in connection.execute("SELECT record FROM stories ORDER BY id"):
        yield _line("stories", {"record": msgspec.json.decode(record)})
