"""The reading side: :class:`kabar.index.api.Reader` over SQLite."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from kabar.contracts.document import Document
from kabar.contracts.story import Story
from kabar.errors import UsageError
from kabar.index.api import (
    INTERVAL_MS,
    TOTAL_CAP,
    Hit,
    Interval,
    Received,
    SearchPage,
    SearchRequest,
    StoriesPage,
    StoriesRequest,
    VersionRow,
    visible,
)
from kabar.index.cursors import belonging
from kabar.index.snippets import highlights, snippets
from kabar.index.sqlite import chronicle, listing, storylines
from kabar.index.sqlite.cursors import Cursor, decode_cursor
from kabar.index.sqlite.faults import store_errors
from kabar.index.sqlite.packing import unpack_document
from kabar.query.fts5 import compile_sql
from kabar.query.nodes import All, Node
from kabar.query.parser import parse

TIME_LIMIT_S = 5.0
"""Pages over 15,000 articles took 4 to 50 ms; a person does not wait longer than this, and a thread is held."""
_STEPS_BETWEEN_CHECKS = 4_000
"""Virtual machine steps: some tens of microseconds."""


class SqliteReader:
    """Reads one connection; safe beside a writer of the same WAL database.

    Each call is one snapshot: it begins a read transaction (unless the connection is inside one) and ends it.
    Threads may share a reader; they take turns. SQLite is asked to stop a query at ``time_limit_s``.
    """

    def __init__(self, connection: sqlite3.Connection, *, time_limit_s: float = TIME_LIMIT_S) -> None:
        self._connection = connection
        self._time_limit_s = time_limit_s
        self._lock = Lock()

    @contextmanager
    def _snapshot(self) -> Iterator[sqlite3.Connection]:
        connection = self._connection
        with self._lock, store_errors():
            own = not connection.in_transaction
            if own:
                connection.execute("BEGIN")
            deadline = time.monotonic() + self._time_limit_s
            connection.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS_BETWEEN_CHECKS)
            try:
                yield connection
            finally:
                connection.set_progress_handler(None, 0)
                if own and connection.in_transaction:
                    connection.execute("ROLLBACK")

    # ---------------------------------------------------------------- articles

    def search(self, request: SearchRequest) -> SearchPage:
        """One page of articles. See :class:`kabar.index.api.Reader`."""
        check = belonging(request.query, request.sort, request.collapse_copies)
        after = decode_cursor(request.cursor, check)
        node = parse(request.query, after.now_ms if after else request.now_ms)
        query = compile_sql(visible(node))
        with self._snapshot() as connection:
            newest = after.newest_doc if after else listing.newest_doc(connection)
            matching = listing.Matching(query, newest)
            rows = listing.page(connection, request, matching, after)
            total = listing.count(connection, matching)
            hits = [self._hit(connection, row, node, request) for row in rows[: request.size]]
            facets = listing.facets(connection, request.facets, matching, request.facet_size)
        more = len(rows) > request.size
        return SearchPage(
            hits=hits,
            total=min(total, TOTAL_CAP),
            total_is_exact=total <= TOTAL_CAP,
            next=_next(request, matching, rows[: request.size], after, check) if more else "",
            facets=facets,
        )

    @staticmethod
    def _hit(connection: sqlite3.Connection, row: listing.Row, node: Node, request: SearchRequest) -> Hit:
        packed = connection.execute(
            "SELECT document FROM article_bodies WHERE doc = ?", (row.doc,)
        ).fetchone()
        document = unpack_document(packed[0])
        article = document.article
        return Hit(
            document=document,
            snippets=snippets(article.text, node) if request.snippets else [],
            title_marks=highlights(article.title, node, "title") if request.snippets else [],
            copies=listing.copies(connection, row.copy_group),
            score=round(row.score, 6),
        )

    def count(self, query: str = "", *, now_ms: int | None = None) -> int:
        """How many articles a query finds, exactly."""
        compiled = compile_sql(visible(parse(query, now_ms)))
        with self._snapshot() as connection:
            matching = listing.Matching(compiled, listing.newest_doc(connection))
            return listing.count(connection, matching, cap=None)

    def histogram(
        self, query: str, interval: Interval, *, now_ms: int | None = None
    ) -> list[tuple[int, int]]:
        """Articles by ``@timestamp``: (start in ms UTC, count), in order, without empty ones."""
        step = INTERVAL_MS.get(interval)
        if step is None:
            raise UsageError(f"there is no interval '{interval}'", hint=f"known: {', '.join(INTERVAL_MS)}")
        compiled = compile_sql(visible(parse(query, now_ms)))
        with self._snapshot() as connection:
            matching = listing.Matching(compiled, listing.newest_doc(connection))
            return listing.histogram(connection, matching, step)

    def get(self, article_id: str) -> Document | None:
        """The newest document of an article, killed or not."""
        with self._snapshot() as connection:
            row = connection.execute(
                "SELECT document FROM articles a JOIN article_bodies b ON b.doc = a.doc WHERE a.id = ?",
                (article_id,),
            ).fetchone()
        return unpack_document(row[0]) if row else None

    # ---------------------------------------------------------------- versions

    def received(self, article_id: str) -> Received | None:
        """What came in for it, latest version."""
        with self._snapshot() as connection:
            return chronicle.received(connection, article_id)

    def versions(self, article_id: str) -> list[VersionRow]:
        """Its versions, oldest first; the latest 200 of them."""
        with self._snapshot() as connection:
            return chronicle.versions(connection, article_id)

    def version(self, article_id: str, observation_id: str) -> VersionRow | None:
        """One version."""
        with self._snapshot() as connection:
            return chronicle.version(connection, article_id, observation_id)

    # ---------------------------------------------------------------- stories

    def story(self, story_id: str) -> Story | None:
        """A story, or the one it was merged into."""
        with self._snapshot() as connection:
            return storylines.story(connection, story_id)

    def story_articles(self, story_id: str) -> list[Document]:
        """Articles of a story and of those merged into it, oldest first; the latest 200 of them."""
        with self._snapshot() as connection:
            return storylines.articles(connection, story_id)

    def stories(self, request: StoriesRequest) -> StoriesPage:
        """One page of stories."""
        check = belonging("stories", request.query, request.sort, request.open_only)
        after = decode_cursor(request.cursor, check)
        now_ms = after.now_ms if after else request.now_ms
        node = parse(request.query, now_ms)
        query = None if isinstance(node, All) else compile_sql(visible(node))
        with self._snapshot() as connection:
            found, total = storylines.page(connection, request, query, after)
        shown = found[: request.size]
        following = ""
        if len(found) > request.size:
            last = shown[-1]
            key = storylines.sort_key(request, last)
            following = Cursor(check=check, key=key, id=last.id, now_ms=now_ms).encode()
        return StoriesPage(
            stories=shown, total=min(total, TOTAL_CAP), total_is_exact=total <= TOTAL_CAP, next=following
        )


def _next(
    request: SearchRequest,
    matching: listing.Matching,
    rows: list[listing.Row],
    after: Cursor | None,
    check: str,
) -> str:
    """The cursor behind a page; '' where a listing by relevance ends."""
    last = rows[-1]
    seen: list[int] = []
    if request.sort == "relevance" and matching.query.ranking:
        seen = [*(after.seen if after else []), *(row.doc for row in rows)]
        if len(seen) >= listing.MAX_RELEVANT:
            return ""
    return Cursor(
        check=check,
        key=last.date,
        id=last.id,
        newest_doc=matching.newest_doc,
        now_ms=after.now_ms if after else request.now_ms,
        seen=seen,
    ).encode()
