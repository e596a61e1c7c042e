"""The sink: documents, versions and stories into SQLite, inside the caller's transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

import msgspec

from kabar.contracts.document import Document, millis
from kabar.contracts.story import Story
from kabar.index.api import FACETS
from kabar.index.entry import Entry, Written, copy_group
from kabar.index.sqlite.faults import store_errors
from kabar.index.sqlite.packing import pack, pack_words, unpack_words
from kabar.query.analysis import comparable, word_column
from kabar.query.fields import VALUE_FIELDS, WORD_FIELDS, values_at
from kabar.query.fts5 import TABLE as WORDS_TABLE

_ROW = ("id", "version_key", "copy_group", "story_id", "bytes", *VALUE_FIELDS)
_INSERT = f"INSERT INTO articles({', '.join(_ROW)}) VALUES({', '.join('?' * len(_ROW))})"
_UPDATE = f"UPDATE articles SET {', '.join(f'{name} = ?' for name in _ROW)} WHERE doc = ?"  # noqa: S608 - own names
_WORD_SLOTS = ", ".join("?" * len(WORD_FIELDS))
_ADD_WORDS = f"INSERT INTO {WORDS_TABLE}(rowid, {', '.join(WORD_FIELDS)}) VALUES(?, {_WORD_SLOTS})"
_TAKE_WORDS = (
    f"INSERT INTO {WORDS_TABLE}({WORDS_TABLE}, rowid, {', '.join(WORD_FIELDS)}) "
    f"VALUES('delete', ?, {_WORD_SLOTS})"
)
_ADD_VERSION = """
INSERT INTO versions(article_id, observation_id, version_key, version, observed_at, status, change, message)
VALUES(?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT(article_id, observation_id) DO UPDATE SET
  version_key = excluded.version_key, version = excluded.version, observed_at = excluded.observed_at,
  status = excluded.status, change = excluded.change, message = excluded.message
WHERE excluded.version_key >= versions.version_key"""
_ADD_STORY = """
INSERT INTO stories(id, revision, size, first_at, last_at, velocity, state, merged_into, record)
VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT(id) DO UPDATE SET
  revision = excluded.revision, size = excluded.size, first_at = excluded.first_at, last_at = excluded.last_at,
  velocity = excluded.velocity, state = excluded.state, merged_into = excluded.merged_into,
  record = excluded.record
WHERE excluded.revision >= stories.revision"""

_FACET_READERS = [values_at(path) for path in FACETS.values()]


class SqliteWriter:
    """Writes what it is given, in order. Never begins or ends a transaction: that is the caller's.

    The tables hold the same whatever the sizes of the batches: each entry is written by itself.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def write(self, entries: Sequence[Entry], stories: Sequence[Story] = ()) -> list[Written]:
        """Index articles and stories.

        An article whose stored ``version_key`` is higher is left as it is and not recorded as a version, but a
        version it has already is refreshed; an equal key overwrites, so that the same observation may be written
        again. A story of a lower revision is ignored.

        Returns:
            One answer per entry, in order.

        Raises:
            EnvironmentError_: the database cannot take it; the caller rolls back.
        """
        with store_errors():
            answers = [self._write(entry) for entry in entries]
            self._connection.executemany(_ADD_STORY, [_story_row(story) for story in stories])
        return answers

    def _write(self, entry: Entry) -> Written:
        article_id = entry.document.article.id
        known = self._connection.execute(
            "SELECT doc, version_key FROM articles WHERE id = ?", (article_id,)
        ).fetchone()
        if known and known[1] > entry.version_key:
            return self._refresh(known[0], entry)
        columns = [word_column(entry.document, name) for name in WORD_FIELDS]
        body, words, message = pack(entry.document.encode()), pack_words(columns), pack(entry.message)
        size = len(body) + len(words) + len(message) + (self._size_of_other_versions(entry) if known else 0)
        row = _article_row(entry, size)
        if known:
            doc = known[0]
            remove_contents(self._connection, doc)
            self._connection.execute(_UPDATE, (*row, doc))
        else:
            doc = self._connection.execute(_INSERT, row).lastrowid
        self._connection.execute("INSERT INTO article_bodies VALUES(?, ?, ?)", (doc, body, words))
        self._connection.execute(_ADD_WORDS, (doc, *columns))
        self._connection.execute("INSERT INTO article_facets VALUES(?, ?)", (doc, _facets(entry.document)))
        self._connection.execute(_ADD_VERSION, (*_version_row(entry), message))
        return "written"

    def _refresh(self, doc: int, entry: Entry) -> Written:
        """An older version of the article: if it was indexed once it is processed again, otherwise it came late."""
        row = _version_row(entry)
        old = self._connection.execute(
            "SELECT length(message) FROM versions WHERE article_id = ? AND observation_id = ?", row[:2]
        ).fetchone()
        if old is None:
            return "superseded"
        message = pack(entry.message)
        if self._connection.execute(_ADD_VERSION, (*row, message)).rowcount:
            self._connection.execute(
                "UPDATE articles SET bytes = bytes + ? WHERE doc = ?", (len(message) - old[0], doc)
            )
        return "written"

    def _size_of_other_versions(self, entry: Entry) -> int:
        found = self._connection.execute(
            "SELECT coalesce(sum(length(message)), 0) FROM versions WHERE article_id = ? AND observation_id != ?",
            (entry.document.article.id, entry.document.event.id),
        ).fetchone()
        return int(found[0])


def remove_contents(connection: sqlite3.Connection, doc: int) -> None:
    """Take an article's words, facet values and body out; its row in ``articles`` stays."""
    packed = connection.execute("SELECT words FROM article_bodies WHERE doc = ?", (doc,)).fetchone()
    if packed:
        connection.execute(_TAKE_WORDS, (doc, *unpack_words(packed[0])))
    connection.execute("DELETE FROM article_facets WHERE doc = ?", (doc,))
    connection.execute("DELETE FROM article_bodies WHERE doc = ?", (doc,))


def _article_row(entry: Entry, size: int) -> tuple[object, ...]:
    """The columns of :data:`_ROW`."""
    document = entry.document
    return (
        document.article.id,
        entry.version_key,
        copy_group(document),
        document.story.id,
        size,
        *(comparable(document, name) for name in VALUE_FIELDS),
    )


def _facets(document: Document) -> bytes:
    """Facet values, each once, one list per facet in the order of :data:`kabar.index.api.FACETS`."""
    return msgspec.json.encode(
        [[v for v in dict.fromkeys(values(document)) if v] for values in _FACET_READERS]
    )


def _version_row(entry: Entry) -> tuple[object, ...]:
    """The columns of :data:`_ADD_VERSION` but the message."""
    document = entry.document
    return (
        document.article.id,
        document.event.id,
        entry.version_key,
        document.article.version,
        millis(document.event.created),
        document.article.status,
        msgspec.json.encode(document.change),
    )


def _story_row(story: Story) -> tuple[object, ...]:
    return (
        story.id,
        story.revision,
        story.size,
        story.first_at,
        story.last_at,
        story.velocity,
        story.state,
        story.merged_into,
        msgspec.json.encode(story),
    )
