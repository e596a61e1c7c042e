"""One page of articles: order, collapse and continuation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct

from kabar.contracts.document import Document
from kabar.errors import IndexUnavailable
from kabar.index.api import SearchRequest
from kabar.index.elasticsearch.cursors import SortValue
from kabar.index.elasticsearch.searching import Snapshot
from kabar.query.elasticsearch import Compiled, Query, path

DATE: Final = path("date")
COPY_GROUP: Final = path("copy_group")
ID: Final = "article.id"
BLOCK: Final = 500
"""Articles looked at in one go for those that stand for their copies; more where a page is larger."""


class Row(Struct, frozen=True):
    """One article of a page."""

    document: Document
    copy_group: str
    score: float
    after: list[SortValue]
    """Where the listing goes on behind it."""


class _Found(Struct, frozen=True):
    """One article, before its document is fetched."""

    id: str
    copy_group: str
    after: list[SortValue]


class Listing:
    """The articles a request asks for, in its order, as they were at one moment."""

    def __init__(self, snapshot: Snapshot, query: Compiled, request: SearchRequest) -> None:
        self._snapshot = snapshot
        self._request = request
        self._ranked = request.sort == "relevance" and bool(query.ranking)
        self._query = query.scored() if self._ranked else query.filter

    def page(self, after: Sequence[SortValue]) -> list[Row]:
        """The rows of a page and one more, if there is one."""
        if self._request.collapse_copies:
            return self._collapsed(after)
        hits = self._hits(self._query, after, self._request.size + 1, _source=True)
        return [self._row(hit) for hit in hits]

    def _collapsed(self, after: Sequence[SortValue]) -> list[Row]:
        """Of each article and its copies the one that comes first in the whole order, wherever the page begins.

        Elasticsearch can collapse or go on behind a place, not both: so the listing goes on uncollapsed, and a
        collapsed search of the groups met says which article stands for each.
        """
        wanted = self._request.size + 1
        found: list[_Found] = []
        while len(found) < wanted:
            block = [
                _Found(hit["fields"][ID][0], hit["fields"][COPY_GROUP][0], hit["sort"])
                for hit in self._hits(self._query, after, max(BLOCK, wanted), _source=False)
            ]
            firsts = self._first_of_each({one.copy_group for one in block})
            found += [one for one in block if one.id in firsts]
            if len(block) < max(BLOCK, wanted):
                break
            after = block[-1].after
        return self._fetched(found[:wanted])

    def _first_of_each(self, groups: set[str]) -> set[str]:
        """Ids of the articles that come first in their groups."""
        if not groups:
            return set()
        query = {"bool": {"must": [self._query], "filter": [{"terms": {COPY_GROUP: sorted(groups)}}]}}
        hits = self._hits(query, (), len(groups), _source=False, collapse={"field": COPY_GROUP})
        return {hit["fields"][ID][0] for hit in hits}

    def _fetched(self, found: Sequence[_Found]) -> list[Row]:
        """The documents, in the order of what was found."""
        if not found:
            return []
        query = {"terms": {ID: [one.id for one in found]}}
        hits = self._snapshot.search(
            query=query, size=len(found), docvalue_fields=[ID, COPY_GROUP], track_total_hits=False
        )
        by_id = {hit["fields"][ID][0]: hit for hit in hits["hits"]["hits"]}
        return [self._row({**by_id[one.id], "sort": one.after}) for one in found]

    def _hits(self, query: Query, after: Sequence[SortValue], size: int, **more: Any) -> list[dict[str, Any]]:
        body: dict[str, Any] = {
            "query": query,
            "sort": self._order(),
            "size": size,
            "docvalue_fields": [ID, COPY_GROUP],
            "track_total_hits": False,
            **more,
        }
        if self._ranked:
            # Months are indices of their own: a word must weigh the same in all of them.
            body["search_type"] = "dfs_query_then_fetch"
        if after:
            body["search_after"] = list(after)
        found: list[dict[str, Any]] = self._snapshot.search(**body)["hits"]["hits"]
        return found

    def _order(self) -> list[dict[str, str]]:
        way = "asc" if self._request.sort == "oldest" else "desc"
        by_time = [{DATE: way}, {ID: way}]
        return [{"_score": "desc"}, *by_time] if self._ranked else by_time

    def _row(self, hit: dict[str, Any]) -> Row:
        return Row(
            document=document_in(hit),
            copy_group=hit["fields"][COPY_GROUP][0],
            score=float(hit["sort"][0]) if self._ranked else 0.0,
            after=hit["sort"],
        )


def document_in(hit: dict[str, Any]) -> Document:
    """The document of a hit.

    Raises:
        IndexUnavailable: it was written by something else.
    """
    try:
        return msgspec.convert(hit["_source"], Document)
    except msgspec.ValidationError as error:
        raise IndexUnavailable(
            f"the document {hit['_id']} of {hit['_index']} cannot be read: {error}",
            hint="was it written by a newer kabar?",
        ) from error
