"""``/api/articles``."""

from __future__ import annotations

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec

from kabar.contracts.document import Document
from kabar.index.api import SearchRequest
from kabar.web.api.parameters import ArticleId, ArticleSort, Collapse, Cursor, Facets, Query, Size, Snippets
from kabar.web.api.shapes import Articles, FacetValue, Versions, found
from kabar.web.context import WebContext
from kabar.web.faults import PROBLEM_JSON, NoSuch, Problem


def problem(description: str) -> ResponseSpec:
    """How OpenAPI describes an error."""
    return ResponseSpec(Problem, description=description, media_type=PROBLEM_JSON, generate_examples=False)


BAD_QUERY = problem(
    "The query or a parameter cannot be read, or the query is too expensive; `position` points at it."
)
UNKNOWN = problem("There is no such article or story.")


class ArticlesApi(Controller):
    """Articles of the index."""

    path = "/api/articles"
    tags = ("articles",)

    @get(sync_to_thread=True, summary="Find articles", responses={400: BAD_QUERY})
    def find(
        self,
        context: NamedDependency[WebContext],
        *,
        q: Query = "",
        sort: ArticleSort = "newest",
        size: Size = 20,
        cursor: Cursor = "",
        collapse: Collapse = False,
        facets: Facets = "",
        snippets: Snippets = False,
    ) -> Articles:
        """One page of the articles a query finds; follow `next` for more."""
        request = SearchRequest(
            query=q, sort=sort, size=size, cursor=cursor, collapse_copies=collapse, snippets=snippets,
            facets=tuple(name for name in facets.split(",") if name), now_ms=context.now_ms(),
        )  # fmt: skip
        with context.open_index() as index:
            page = index.search(request)
        counted = {
            name: [FacetValue(value, count) for value, count in values]
            for name, values in page.facets.items()
        }
        return Articles(
            articles=[found(hit) for hit in page.hits],
            total=page.total, total_is_exact=page.total_is_exact, next=page.next, facets=counted,
        )  # fmt: skip

    @get("/{article_id:str}", sync_to_thread=True, summary="One article", responses={404: UNKNOWN})
    def article(self, context: NamedDependency[WebContext], article_id: ArticleId) -> Document:
        """The newest document of an article; of a killed one the stub that is left."""
        with context.open_index() as index:
            document = index.get(article_id)
        if document is None:
            raise no_article(article_id)
        return document

    @get("/{article_id:str}/versions", sync_to_thread=True, summary="Its versions", responses={404: UNKNOWN})
    def versions(self, context: NamedDependency[WebContext], article_id: ArticleId) -> Versions:
        """Every version of an article with its whole text, oldest first; the latest 200."""
        with context.open_index() as index:
            rows = index.versions(article_id)
        if not rows:
            raise no_article(article_id)
        return Versions(article_id=article_id, versions=rows)


def no_article(article_id: str) -> NoSuch:
    """The error of an unknown id."""
    return NoSuch(f"there is no article '{article_id[:64]}'", hint="ids are in the answers of /api/articles")
