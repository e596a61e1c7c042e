"""One page of articles: the SQL of filter, order, collapse and continuation."""

from __future__ import annotations

import heapq
import sqlite3
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from kabar.index.api import FACETS, TOTAL_CAP, SearchRequest
from kabar.index.sqlite.cursors import Cursor
from kabar.query.fields import WORD_FIELDS
from kabar.query.fts5 import TABLE as WORDS_TABLE
from kabar.query.fts5 import Compiled, Parameter

MAX_RELEVANT = 1_000
"""A listing by relevance ends here: its cursor remembers what was shown, since scores shift as articles come."""
_WEIGHTS = ", ".join({"title": "4.0"}.get(name, "1.0") for name in WORD_FIELDS)
"""A word in the headline says four times as much; the usual ratio for news, not tuned."""


_FACET_VALUES = msgspec.json.Decoder(list[list[str]])


class Row(NamedTuple):
    """One article of a page."""

    doc: int
    id: str
    date: int
    copy_group: str
    score: float


class Matching(NamedTuple):
    """The articles of a listing: those of the query, up to the newest at its first page."""

    query: Compiled
    newest_doc: int

    @property
    def where(self) -> str:
        """A condition on ``articles a``."""
        return f"({self.query.where}) AND a.doc <= ?"

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Of :attr:`where`."""
        return (*self.query.parameters, self.newest_doc)


def newest_doc(connection: sqlite3.Connection) -> int:
    """The highest row number so far."""
    found: int = connection.execute("SELECT coalesce(max(doc), 0) FROM articles").fetchone()[0]
    return found


def count(connection: sqlite3.Connection, matching: Matching, *, cap: int | None = TOTAL_CAP) -> int:
    """Articles matching, at most one more than ``cap``."""
    limit = -1 if cap is None else cap + 1
    sql = f"SELECT count(*) FROM (SELECT 1 FROM articles a WHERE {matching.where} LIMIT ?)"  # noqa: S608 - own text
    found: int = connection.execute(sql, (*matching.parameters, limit)).fetchone()[0]
    return found


def page(
    connection: sqlite3.Connection, request: SearchRequest, matching: Matching, after: Cursor | None
) -> list[Row]:
    """The rows of a page and one more, if there is one."""
    if request.sort == "relevance" and matching.query.ranking:
        return _by_relevance(connection, request, matching, after)
    return _by_date(connection, request, matching, after)


def _by_date(
    connection: sqlite3.Connection, request: SearchRequest, matching: Matching, after: Cursor | None
) -> list[Row]:
    order, beyond = ("ASC", ">") if request.sort == "oldest" else ("DESC", "<")
    by = f"date {order}, id {order}"
    going_on, bound = ("1", ()) if after is None else (f"(date, id) {beyond} (?, ?)", (after.key, after.id))
    if request.collapse_copies:
        source = _first_of_each_group(f"SELECT a.*, 0.0 AS score FROM articles a WHERE {matching.where}", by)  # noqa: S608
        sql = f"SELECT doc, id, date, copy_group, score FROM {source} WHERE {going_on} ORDER BY {by} LIMIT ?"  # noqa: S608
    else:
        sql = (
            f"SELECT doc, id, date, copy_group, 0.0 FROM articles a "  # noqa: S608 - own text
            f"WHERE {matching.where} AND {going_on} ORDER BY {by} LIMIT ?"
        )
    return [Row(*row) for row in connection.execute(sql, (*matching.parameters, *bound, request.size + 1))]


def _first_of_each_group(matched: str, by: str) -> str:
    """Of each article and its copies the one that comes first in the order."""
    return (
        "(SELECT * FROM (SELECT *, row_number() OVER (PARTITION BY copy_group "  # noqa: S608 - own text
        f"ORDER BY {by}) AS place FROM ({matched})) WHERE place = 1)"
    )


def _by_relevance(
    connection: sqlite3.Connection, request: SearchRequest, matching: Matching, after: Cursor | None
) -> list[Row]:
    """Best first, among those not shown yet."""
    by = "score DESC, date DESC, id DESC"
    matched = (
        "SELECT a.doc, a.id, a.date, a.copy_group, coalesce(s.score, 0.0) AS score "  # noqa: S608 - own text
        f"FROM articles a LEFT JOIN scores s ON s.doc = a.doc WHERE {matching.where}"
    )
    source, unseen = f"({matched})", "doc NOT IN seen"
    if request.collapse_copies:
        source = _first_of_each_group(matched, by)
        unseen = "copy_group NOT IN (SELECT copy_group FROM articles WHERE doc IN seen)"
    sql = (
        f"WITH scores AS MATERIALIZED (SELECT rowid AS doc, -bm25({WORDS_TABLE}, {_WEIGHTS}) AS score "  # noqa: S608
        f"FROM {WORDS_TABLE} WHERE {WORDS_TABLE} MATCH ?), "
        "seen(doc) AS MATERIALIZED (SELECT value FROM json_each(?)) "
        f"SELECT doc, id, date, copy_group, score FROM {source} WHERE {unseen} ORDER BY {by} LIMIT ?"
    )
    seen = after.seen if after else []
    parameters = (
        matching.query.ranking,
        msgspec.json.encode(seen).decode(),
        *matching.parameters,
        request.size + 1,
    )
    return [Row(*row) for row in connection.execute(sql, parameters)]


def facets(
    connection: sqlite3.Connection, names: Sequence[str], matching: Matching, size: int
) -> dict[str, list[tuple[str, int]]]:
    """The most frequent values of each facet among the articles matching, in one pass over them."""
    if not names:
        return {}
    sql = f"SELECT facets FROM articles a JOIN article_facets f ON f.doc = a.doc WHERE {matching.where}"  # noqa: S608
    counters = [(list(FACETS).index(name), Counter[str]()) for name in names]
    for (packed,) in connection.execute(sql, matching.parameters):
        values = _FACET_VALUES.decode(packed)
        for number, counter in counters:
            counter.update(values[number])
    return {name: _most_frequent(counter, size) for name, (_, counter) in zip(names, counters, strict=True)}


def _most_frequent(counter: Counter[str], size: int) -> list[tuple[str, int]]:
    """Equal counts in order of value, as Elasticsearch is told to."""
    return heapq.nsmallest(size, counter.items(), key=lambda item: (-item[1], item[0]))


def copies(connection: sqlite3.Connection, group: str) -> int:
    """Other articles that copy the same one."""
    found: int = connection.execute(
        "SELECT count(*) - 1 FROM articles WHERE copy_group = ?", (group,)
    ).fetchone()[0]
    return found


def histogram(connection: sqlite3.Connection, matching: Matching, step_ms: int) -> list[tuple[int, int]]:
    """Articles per step of ``@timestamp``; floors times before 1970 as well."""
    sql = (
        f"SELECT a.date - ((a.date % ?) + ?) % ? AS start, count(*) FROM articles a WHERE {matching.where} "  # noqa: S608
        "GROUP BY start ORDER BY start"
    )
    return [(start, n) for start, n in connection.execute(sql, (step_ms,) * 3 + matching.parameters)]
