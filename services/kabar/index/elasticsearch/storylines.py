"""Stories: one, a page of them, their articles. A merged story answers as the one it went into."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial
from typing import Any, Final

import msgspec

from kabar.contracts.document import Document
from kabar.contracts.story import Story
from kabar.errors import IndexUnavailable
from kabar.index.api import TOTAL_CAP, StoriesRequest
from kabar.index.elasticsearch import counting
from kabar.index.elasticsearch.cursors import SortValue
from kabar.index.elasticsearch.listing import DATE, ID, document_in
from kabar.index.elasticsearch.names import IndexNames
from kabar.index.elasticsearch.searching import Asking, too_expensive
from kabar.query.elasticsearch import Query

MAX_ARTICLES: Final = 200
MAX_STORIES: Final = 60_000
"""Of the articles a query finds; Elasticsearch takes at most 65,536 values to look for."""
_MAX_MERGES: Final = 100
"""Longer chains, or a circle, are damage; the story reached so far is the answer."""
_ORDER: Final = {"newest": "last_at", "largest": "size", "fastest": "velocity"}


class Storylines:
    """The stories of one index, within the time limit of one call."""

    def __init__(self, asking: Asking, names: IndexNames) -> None:
        self._asking = asking
        self._stories = names.alias("stories")
        self._articles = names.alias("articles")

    def story(self, story_id: str) -> Story | None:
        """The story itself, or where it was merged to; a merge into an unknown story ends before it."""
        found: Story | None = None
        for _ in range(_MAX_MERGES):
            hits = self._hits(query={"term": {"id": story_id}}, size=1)
            if not hits:
                break
            found = _story_in(hits[0])
            if not found.merged_into:
                break
            story_id = found.merged_into
        return found

    def articles(self, story_id: str) -> list[Document]:
        """Articles of the story and of all that were merged into it, oldest first; the latest of them.

        An article keeps the story id it was indexed with; the merge is followed here.
        """
        head = self.story(story_id)
        family = self._closure({head.id if head else story_id}, known_by="merged_into", named_in="id")
        answer = self._asking.search(
            self._articles,
            query={"terms": {"story.id": sorted(family)}},
            sort=[{DATE: "desc"}, {ID: "desc"}],
            size=MAX_ARTICLES,
            track_total_hits=False,
        )
        return [document_in(hit) for hit in reversed(answer["hits"]["hits"])]

    def page(
        self, request: StoriesRequest, query: Query | None, after: Sequence[SortValue]
    ) -> tuple[list[tuple[Story, list[SortValue]]], int]:
        """The stories of a page and one more if there is one, each with where the listing goes on behind it.

        And how many there are, at most one more than the cap. ``query`` None = whatever their articles. Else stories
        with an article the query finds; the article of a merged story counts for the one it was merged into.
        """
        conditions: list[Query] = []
        if query is not None:
            conditions.append({"terms": {"id": sorted(self._of_articles(query))}})
        if request.open_only:
            conditions.append({"term": {"state": "open"}})
        listed = {"bool": {"filter": conditions, "must_not": [{"term": {"state": "merged"}}]}}
        going_on = {"search_after": list(after)} if after else {}
        order = [{_ORDER[request.sort]: "desc"}, {"id": "desc"}]
        hits = self._hits(query=listed, sort=order, size=request.size + 1, **going_on)
        total = counting.total(partial(self._asking.search, self._stories), listed, cap=TOTAL_CAP)
        return [(_story_in(hit), hit["sort"]) for hit in hits], total

    def _of_articles(self, query: Query) -> set[str]:
        """Ids of the stories of the articles found, and of those they were merged into."""
        found = counting.values(partial(self._asking.search, self._articles), query, "story.id")
        return self._closure(set(found), known_by="id", named_in="merged_into")

    def _closure(self, begun: set[str], *, known_by: str, named_in: str) -> set[str]:
        """Ids reached from story to story: those named in stories that are known by an id reached so far."""
        reached, fresh = set(begun), begun
        while fresh:
            if len(reached) > MAX_STORIES:
                raise too_expensive()
            fresh = self._merged(fresh, known_by, named_in) - reached
            reached |= fresh
        return reached

    def _merged(self, ids: Collection[str], known_by: str, named_in: str) -> set[str]:
        query = {
            "bool": {"filter": [{"terms": {known_by: sorted(ids)}}, {"exists": {"field": "merged_into"}}]}
        }
        return set(counting.values(partial(self._asking.search, self._stories), query, named_in))

    def _hits(self, **body: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._asking.search(self._stories, track_total_hits=False, **body)[
            "hits"
        ]["hits"]
        return found


def _story_in(hit: dict[str, Any]) -> Story:
    try:
        return msgspec.convert(hit["_source"], Story)
    except msgspec.ValidationError as error:
        raise IndexUnavailable(
            f"the story {hit['_id']} of {hit['_index']} cannot be read: {error}",
            hint="was it written by a newer kabar?",
        ) from error
