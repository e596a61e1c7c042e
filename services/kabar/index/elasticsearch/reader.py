"""The reading side: :class:`kabar.index.api.Reader` over Elasticsearch.

Where it differs from the embedded index:

- What was written is found after the next refresh (setting ``index_refresh_seconds``).
- The pages of a listing show the articles as they were at its first page, with the totals and scores of then; a
  listing left lying for ten minutes is no more. Pages of stories show what is there at the time.
- A story that articles of the query belong to is looked for among at most 60,000; a wider query is too expensive.
- Relevance is Elasticsearch's BM25: other numbers, the same weights of title and text.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Final

import elasticsearch
from msgspec import Struct

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
from kabar.index.cursors import belonging, encode_cursor
from kabar.index.elasticsearch import chronicle, counting
from kabar.index.elasticsearch.client import connect
from kabar.index.elasticsearch.cursors import Cursor, decode_cursor
from kabar.index.elasticsearch.listing import ID, Listing, Row, document_in
from kabar.index.elasticsearch.names import Family, IndexNames
from kabar.index.elasticsearch.searching import TIME_LIMIT_S, Asking, Snapshot
from kabar.index.elasticsearch.storylines import Storylines
from kabar.index.snippets import highlights, snippets
from kabar.query.elasticsearch import Query, compile_dsl
from kabar.query.nodes import All, Node
from kabar.query.parser import parse
from kabar.settings import Settings

_COUNTED: Final[dict[Family, Query]] = {
    "articles": {"match_all": {}},
    "versions": {"match_all": {}},
    "stories": {"bool": {"must_not": [{"term": {"state": "merged"}}]}},
}


class Sizes(Struct, frozen=True):
    """How many documents the index holds, by kind."""

    articles: int
    versions: int
    stories: int


class ElasticsearchReader:
    """Reads the indices of one prefix through a client that others may share; keeps nothing between calls."""

    def __init__(
        self,
        client: elasticsearch.Elasticsearch,
        names: IndexNames,
        *,
        time_limit_s: float = TIME_LIMIT_S,
    ) -> None:
        self._client = client
        self._names = names
        self._time_limit_s = time_limit_s

    def _asking(self) -> Asking:
        return Asking(self._client, time_limit_s=self._time_limit_s)

    # ---------------------------------------------------------------- articles

    def search(self, request: SearchRequest) -> SearchPage:
        """One page of articles. See :class:`kabar.index.api.Reader`."""
        check = belonging(request.query, request.sort, request.collapse_copies)
        after = decode_cursor(request.cursor, check)
        now_ms = after.now_ms if after else request.now_ms
        node = parse(request.query, now_ms)
        query = compile_dsl(visible(node))
        with self._asking().snapshot(self._names.alias("articles"), after.pit if after else "") as snapshot:
            rows = Listing(snapshot, query, request).page(after.after if after else ())
            total = counting.total(snapshot.search, query.filter)
            facets = counting.facets(snapshot.search, query.filter, request.facets, request.facet_size)
            shown = rows[: request.size]
            hits = _hits(snapshot, shown, node, request)
            following = ""
            if len(rows) > request.size:
                cursor = Cursor(check=check, after=shown[-1].after, pit=snapshot.keep(), now_ms=now_ms)
                following = encode_cursor(cursor)
        return SearchPage(
            hits=hits,
            total=min(total, TOTAL_CAP),
            total_is_exact=total <= TOTAL_CAP,
            next=following,
            facets=facets,
        )

    def count(self, query: str = "", *, now_ms: int | None = None) -> int:
        """How many articles a query finds, exactly."""
        compiled = compile_dsl(visible(parse(query, now_ms)))
        return counting.total(self._articles(), compiled.filter, cap=None)

    def histogram(
        self, query: str, interval: Interval, *, now_ms: int | None = None
    ) -> list[tuple[int, int]]:
        """Articles by ``@timestamp``: (start in ms UTC, count), in order, without empty ones."""
        step = INTERVAL_MS.get(interval)
        if step is None:
            raise UsageError(f"there is no interval '{interval}'", hint=f"known: {', '.join(INTERVAL_MS)}")
        compiled = compile_dsl(visible(parse(query, now_ms)))
        return counting.histogram(self._articles(), compiled.filter, step)

    def get(self, article_id: str) -> Document | None:
        """The newest document of an article, killed or not."""
        answer = self._articles()(query={"term": {ID: article_id}}, size=1, track_total_hits=False)
        hits = answer["hits"]["hits"]
        return document_in(hits[0]) if hits else None

    def _articles(self) -> counting.Asks:
        return partial(self._asking().search, self._names.alias("articles"))

    # ---------------------------------------------------------------- versions

    def received(self, article_id: str) -> Received | None:
        """What came in for it, latest version."""
        return chronicle.received(self._asking(), self._names.alias("versions"), article_id)

    def versions(self, article_id: str) -> list[VersionRow]:
        """Its versions, oldest first; the latest 200 of them."""
        return chronicle.versions(self._asking(), self._names.alias("versions"), article_id)

    def version(self, article_id: str, observation_id: str) -> VersionRow | None:
        """One version."""
        return chronicle.version(self._asking(), self._names.alias("versions"), article_id, observation_id)

    # ---------------------------------------------------------------- stories

    def story(self, story_id: str) -> Story | None:
        """A story, or the one it was merged into."""
        return self._storylines().story(story_id)

    def story_articles(self, story_id: str) -> list[Document]:
        """Articles of a story and of those merged into it, oldest first; the latest 200 of them."""
        return self._storylines().articles(story_id)

    def stories(self, request: StoriesRequest) -> StoriesPage:
        """One page of stories."""
        check = belonging("stories", request.query, request.sort, request.open_only)
        after = decode_cursor(request.cursor, check)
        now_ms = after.now_ms if after else request.now_ms
        node = parse(request.query, now_ms)
        query = None if isinstance(node, All) else compile_dsl(visible(node)).filter
        found, total = self._storylines().page(request, query, after.after if after else ())
        shown = found[: request.size]
        following = ""
        if len(found) > request.size:
            following = encode_cursor(Cursor(check=check, after=shown[-1][1], now_ms=now_ms))
        return StoriesPage(
            stories=[story for story, _ in shown],
            total=min(total, TOTAL_CAP),
            total_is_exact=total <= TOTAL_CAP,
            next=following,
        )

    # ---------------------------------------------------------------- sizes

    def sizes(self) -> Sizes:
        """How much there is, killed articles and all versions included, merged stories not."""
        search = self._asking().search
        counted = {
            family: counting.total(partial(search, self._names.alias(family)), query, cap=None)
            for family, query in _COUNTED.items()
        }
        return Sizes(**counted)

    def _storylines(self) -> Storylines:
        return Storylines(self._asking(), self._names)


def _hits(snapshot: Snapshot, rows: list[Row], node: Node, request: SearchRequest) -> list[Hit]:
    copies = counting.copies(snapshot.search, {row.copy_group for row in rows})
    return [_hit(row, node, request, copies[row.copy_group]) for row in rows]


def _hit(row: Row, node: Node, request: SearchRequest, copies: int) -> Hit:
    article = row.document.article
    return Hit(
        document=row.document,
        snippets=snippets(article.text, node) if request.snippets else [],
        title_marks=highlights(article.title, node, "title") if request.snippets else [],
        copies=copies,
        score=round(row.score, 6),
    )


@contextmanager
def opened(settings: Settings) -> Iterator[ElasticsearchReader]:
    """A reader with a client of its own, which is closed at the end.

    Raises:
        ConfigError: no Elasticsearch is configured, or its URL cannot be used.
    """
    client = connect(settings)
    try:
        yield ElasticsearchReader(client, IndexNames(settings.index_prefix))
    finally:
        client.close()
