"""Query parameters that several routes share, with what OpenAPI says about them."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from litestar.openapi.spec import Example
from litestar.params import PathParameter, QueryParameter

from kabar.index.api import FACETS, MAX_SIZE, Sort, StorySort
from kabar.query.parser import MAX_CHARS

Query: TypeAlias = Annotated[
    str,
    QueryParameter(
        title="Query",
        description='Words, "phrases", `field:value`, `field:="whole value"`, ranges, `and`, `or`, `not`; empty = all.',
        max_length=MAX_CHARS,
        examples=[
            Example(summary="words, a phrase and a date", value='banjir "air pasang" date:>=2026-01-31')
        ],
    ),
]
Size: TypeAlias = Annotated[
    int,
    QueryParameter(
        title="Size", description="Items a page.", ge=1, le=MAX_SIZE, examples=[Example(value=20)]
    ),
]
Cursor: TypeAlias = Annotated[
    str,
    QueryParameter(
        title="Cursor",
        description="The `next` of the page before, of the same query, sort and collapse; empty = first page.",
        max_length=40_000,
    ),
]
Facets: TypeAlias = Annotated[
    str,
    QueryParameter(
        title="Facets",
        description=f"Which to count, separated by commas: {', '.join(FACETS)}.",
        max_length=200,
        examples=[Example(value="source,person")],
    ),
]
Collapse: TypeAlias = Annotated[
    bool, QueryParameter(title="Collapse", description="List an article and its copies once.")
]
Snippets: TypeAlias = Annotated[
    bool,
    QueryParameter(title="Snippets", description="Add the pieces of text around the words of the query."),
]
ArticleSort: TypeAlias = Annotated[
    Sort, QueryParameter(title="Sort", description="By time, or the best match first.")
]
StoriesSort: TypeAlias = Annotated[
    StorySort,
    QueryParameter(
        title="Sort", description="By last article, by articles, or by articles in the last hour."
    ),
]
OpenOnly: TypeAlias = Annotated[
    bool, QueryParameter(name="open", title="Open", description="Only stories that may still grow.")
]
ArticleId: TypeAlias = Annotated[
    str,
    PathParameter(
        title="Article id", description="32 hexadecimal digits.", max_length=64,
        examples=[Example(value="2f1d0c6e4b8a49d3a7f05e9c1b3d5f70")],
    ),
]  # fmt: skip
StoryId: TypeAlias = Annotated[
    str,
    PathParameter(
        title="Story id", description="32 hexadecimal digits; of a merged story as well.", max_length=64,
        examples=[Example(value="9a0b1c2d3e4f5061728394a5b6c7d8e9")],
    ),
]  # fmt: skip
