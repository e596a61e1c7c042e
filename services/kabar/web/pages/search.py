"""``/``: search, facets, timeline, results."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from msgspec import Struct

from kabar.errors import QueryError, UsageError
from kabar.index.api import Hit, Reader, SearchPage, SearchRequest
from kabar.web.context import WebContext
from kabar.web.marking import highlighted
from kabar.web.pages.forms import FILTERS, SORTS, SearchForm, with_query
from kabar.web.timeline import Timeline, timeline, wants_hours
from kabar.web.views import Views

PAGE_SIZE = 20
FACET_SIZE = 8
FACET_TITLES = {
    "source": "Sources", "person": "Persons", "organization": "Organisations", "place": "Places",
    "keyword": "Keywords", "topic": "Topics", "language": "Languages",
}  # fmt: skip


class FacetLink(Struct, frozen=True):
    """One value of a facet; ``href`` '' where it cannot narrow further."""

    value: str
    count: int
    href: str


class Found(Struct, frozen=True, kw_only=True):
    """What the template shows of an answer."""

    page: SearchPage
    query: str
    results: list[dict[str, Any]]
    facets: dict[str, list[FacetLink]]
    chart: Timeline | None
    next_href: str


@get("/", include_in_schema=False, sync_to_thread=True)
def search(
    request: Request[Any, Any, Any], context: NamedDependency[WebContext], views: NamedDependency[Views]
) -> Response[bytes]:
    """The page. A query that cannot be read is shown with the place of the mistake, and can be mended."""
    form = SearchForm.read(request.query_params)
    shown: dict[str, Any] = {
        "form": form,
        "sorts": SORTS,
        "titles": FACET_TITLES,
        "chips": [(FACET_TITLES[name], value, form.widened(name, value)) for name, value in form.filters],
    }
    try:
        with context.open_index() as index:
            found = _find(index, form, context.now_ms())
    except UsageError as error:
        mistake = {"error": error, "position": error.position if isinstance(error, QueryError) else None}
        return views.page("search.html", status=400, found=None, mistake=mistake, **shown)
    return views.page("search.html", found=found, mistake=None, **shown)


def _find(index: Reader, form: SearchForm, now_ms: int) -> Found:
    """Totals, timeline and facets are of the whole answer, so further pages leave them out."""
    query = form.query(now_ms)
    first = not form.cursor
    request = SearchRequest(
        query=query, sort=form.sort, size=PAGE_SIZE, cursor=form.cursor, collapse_copies=form.collapse,
        facets=FILTERS if first else (), facet_size=FACET_SIZE, snippets=True, now_ms=now_ms,
    )  # fmt: skip
    page = index.search(request)
    facets = {
        name: [FacetLink(value, count, form.narrowed(name, value)) for value, count in page.facets[name]]
        for name in FACET_TITLES
        if page.facets.get(name)
    }
    return Found(
        page=page,
        query=query,
        results=[result(hit) for hit in page.hits],
        facets=facets,
        chart=_chart(index, query, now_ms) if first else None,
        next_href=form.url(cursor=page.next) if page.next else "",
    )


def _chart(index: Reader, query: str, now_ms: int) -> Timeline | None:
    days = index.histogram(query, "day", now_ms=now_ms)
    if wants_hours(days):
        return timeline(index.histogram(query, "hour", now_ms=now_ms), "hour")
    return timeline(days, "day")


def result(hit: Hit) -> dict[str, Any]:
    """A hit as the template shows it."""
    document = hit.document
    title = document.article.title or "(untitled)"
    marks = hit.title_marks if document.article.title else []
    return {
        "document": document,
        "title": highlighted(title, marks),
        "snippets": [highlighted(snippet.text, snippet.marks) for snippet in hit.snippets],
        "copies": hit.copies,
        "copies_href": copies_href(document.duplicate.of if document.duplicate else document.article.id),
    }


def copies_href(original: str) -> str:
    """The search page with an article and all its copies."""
    return with_query("/", {"q": f"id:{original} or copy_of:{original}"})


ROUTES = (search,)
