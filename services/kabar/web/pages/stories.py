"""``/stories`` and ``/stories/{id}``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import groupby
from typing import Any, cast

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from kabar.contracts.document import Document, millis
from kabar.errors import QueryError, UsageError
from kabar.index.api import StoriesRequest, StorySort
from kabar.web.api.stories import no_story
from kabar.web.context import WebContext
from kabar.web.pages.forms import STORIES_SORTS, search_url, with_query
from kabar.web.timeline import HOUR_MS, Timeline, timeline
from kabar.web.views import Views

PAGE_SIZE = 30
MAX_SOURCES = 30


@get("/stories", include_in_schema=False, sync_to_thread=True)
def stories(
    request: Request[Any, Any, Any], context: NamedDependency[WebContext], views: NamedDependency[Views]
) -> Response[bytes]:
    """The list. Merged stories are left out."""
    asked = request.query_params
    sort = asked.get("sort", "")
    form = {
        "q": asked.get("q", "").strip(),
        "sort": sort if sort in STORIES_SORTS else "newest",
        "open": "1" if asked.get("open", "") else "",
    }
    shown: dict[str, Any] = {"form": form, "sorts": STORIES_SORTS}
    try:
        found = StoriesRequest(
            query=form["q"], sort=cast("StorySort", form["sort"]), size=PAGE_SIZE, cursor=asked.get("cursor", ""),
            open_only=bool(form["open"]), now_ms=context.now_ms(),
        )  # fmt: skip
        with context.open_index() as index:
            page = index.stories(found)
    except UsageError as error:
        mistake = {"error": error, "position": error.position if isinstance(error, QueryError) else None}
        return views.page("stories.html", status=400, page=None, mistake=mistake, next_href="", **shown)
    following = {**{name: value for name, value in form.items() if value}, "cursor": page.next}
    next_href = with_query("/stories", following) if page.next else ""
    return views.page("stories.html", page=page, mistake=None, next_href=next_href, **shown)


@get("/stories/{story_id:str}", include_in_schema=False, sync_to_thread=True)
def story(
    story_id: FromPath[str], context: NamedDependency[WebContext], views: NamedDependency[Views]
) -> Response[bytes] | Redirect:
    """One story: how it grew, who carried it, its articles by day. A merged one sends on to where it went."""
    with context.open_index() as index:
        found = index.story(story_id)
        if found is None:
            raise no_story(story_id)
        if found.id != story_id:
            return Redirect(f"/stories/{found.id}", status_code=301)
        articles = index.story_articles(found.id)
    sources = Counter(one.source.name for one in articles if one.source.name)
    return views.page(
        "story.html",
        story=found,
        days=[(day, list(group)) for day, group in groupby(articles, key=lambda one: one.timestamp[:10])],
        chart=_chart(articles),
        sources=[
            (name, count, search_url("source", name)) for name, count in sources.most_common(MAX_SOURCES)
        ],
        listed=len(articles),
    )


def _chart(articles: Sequence[Document]) -> Timeline | None:
    hours = Counter(moment - moment % HOUR_MS for moment in (millis(one.timestamp) for one in articles))
    return timeline(sorted(hours.items()), "hour")


ROUTES = (stories, story)
