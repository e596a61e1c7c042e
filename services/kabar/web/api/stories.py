"""``/api/stories``."""

from __future__ import annotations

from litestar import Controller, get
from litestar.di import NamedDependency

from kabar.index.api import StoriesRequest
from kabar.web.api.articles import BAD_QUERY, UNKNOWN
from kabar.web.api.parameters import Cursor, OpenOnly, Query, Size, StoriesSort, StoryId
from kabar.web.api.shapes import Stories, StoryDetail, in_story
from kabar.web.context import WebContext
from kabar.web.faults import NoSuch


class StoriesApi(Controller):
    """Stories: articles about one event."""

    path = "/api/stories"
    tags = ("stories",)

    @get(sync_to_thread=True, summary="Find stories", responses={400: BAD_QUERY})
    def find(
        self,
        context: NamedDependency[WebContext],
        *,
        q: Query = "",
        sort: StoriesSort = "newest",
        size: Size = 20,
        cursor: Cursor = "",
        open_only: OpenOnly = False,
    ) -> Stories:
        """One page of the stories with an article the query finds; follow `next` for more."""
        request = StoriesRequest(
            query=q, sort=sort, size=size, cursor=cursor, open_only=open_only, now_ms=context.now_ms()
        )
        with context.open_index() as index:
            page = index.stories(request)
        return Stories(
            stories=page.stories, total=page.total, total_is_exact=page.total_is_exact, next=page.next
        )

    @get("/{story_id:str}", sync_to_thread=True, summary="One story", responses={404: UNKNOWN})
    def story(self, context: NamedDependency[WebContext], story_id: StoryId) -> StoryDetail:
        """A story with its articles in brief; of a merged one, the story it went into."""
        with context.open_index() as index:
            story = index.story(story_id)
            if story is None:
                raise no_story(story_id)
            articles = index.story_articles(story.id)
        return StoryDetail(story=story, articles=[in_story(document) for document in articles])


def no_story(story_id: str) -> NoSuch:
    """The error of an unknown id."""
    return NoSuch(f"there is no story '{story_id[:64]}'", hint="ids are in the answers of /api/stories")
