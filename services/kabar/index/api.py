"""What every index serves, SQLite or Elasticsearch: requests, answers and the reader's protocol.

Common ground of all readers:

- Killed articles are found only by a query that names ``status``; :func:`visible` adds that to the tree, so no
  engine can forget it.
- ``total`` is exact up to :data:`TOTAL_CAP`; beyond it ``total`` is the cap and ``total_is_exact`` is false.
- Totals, facets and histograms count articles, also where copies are collapsed in the listing.
- A listing continues over the articles that were there at its first page: what is added meanwhile does not
  appear, and no article appears twice.
- An answer is one consistent snapshot.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

from msgspec import Struct

from kabar.contracts.document import Document
from kabar.contracts.sections import Change
from kabar.contracts.story import Story
from kabar.errors import UsageError
from kabar.query.nodes import And, Match, Node, Not, fields_of

MAX_SIZE = 200
"""Documents a page: they are whole articles."""
TOTAL_CAP = 10_000
"""Beyond it nobody reads on, and counting costs more than the page (Elasticsearch stops there as well)."""
MAX_FACET_VALUES = 100

Sort = Literal["newest", "oldest", "relevance"]
StorySort = Literal["newest", "largest", "fastest"]
Interval = Literal["hour", "day"]
INTERVAL_MS: dict[Interval, int] = {"hour": 3_600_000, "day": 86_400_000}

FACETS: dict[str, str] = {
    "source": "source.name",
    "language": "article.language",
    "person": "persons",
    "organization": "organizations",
    "place": "place_names",
    "story": "story.id",
    "keyword": "keyword_terms",
    "topic": "topic",
}
"""Facet -> path of its values in the document. ``field:="value"`` of the query language narrows to one."""


class SearchRequest(Struct, frozen=True, kw_only=True):
    """One page of articles.

    ``now_ms`` is what relative dates count back from; without it they are refused. ``cursor`` is the ``next`` of
    the page before, of the same query, sort and collapse.
    """

    query: str = ""
    sort: Sort = "newest"
    size: int = 20
    cursor: str = ""
    collapse_copies: bool = False
    facets: tuple[str, ...] = ()
    facet_size: int = 10
    snippets: bool = False
    now_ms: int | None = None

    def __post_init__(self) -> None:
        _check_size(self.size)
        _check_choice("sort", self.sort, ("newest", "oldest", "relevance"))
        if not 1 <= self.facet_size <= MAX_FACET_VALUES:
            raise UsageError(f"facet_size is {self.facet_size}", hint=f"ask for 1 to {MAX_FACET_VALUES}")
        for facet in self.facets:
            _check_choice("facet", facet, tuple(FACETS))


class StoriesRequest(Struct, frozen=True, kw_only=True):
    """One page of stories: those with at least one article the query finds. Merged stories are left out.

    ``fastest`` orders by articles in the last hour.
    """

    query: str = ""
    sort: StorySort = "newest"
    size: int = 20
    cursor: str = ""
    open_only: bool = False
    now_ms: int | None = None

    def __post_init__(self) -> None:
        _check_size(self.size)
        _check_choice("sort", self.sort, ("newest", "largest", "fastest"))


def _check_size(size: int) -> None:
    if not 1 <= size <= MAX_SIZE:
        raise UsageError(f"size is {size}", hint=f"ask for 1 to {MAX_SIZE} and follow 'next'")


def _check_choice(what: str, value: str, known: Sequence[str]) -> None:
    if value not in known:
        raise UsageError(f"there is no {what} '{value[:40]}'", hint=f"known: {', '.join(known)}")


class Mark(Struct, frozen=True, array_like=True):
    """``[start, end]`` in code points of the string it belongs to."""

    start: int
    end: int


class Snippet(Struct, frozen=True, kw_only=True):
    """A piece of the article text, exactly as it stands there, from code point ``start``.

    ``marks`` are offsets into ``text``. Plain text: whoever shows it escapes it.
    """

    text: str
    start: int
    marks: list[Mark] = []


class Hit(Struct, frozen=True, kw_only=True):
    """One article found."""

    document: Document
    snippets: list[Snippet] = []
    title_marks: list[Mark] = []
    copies: int = 0
    """Other articles in the index that copy the same one, or that this one copies; whatever the query."""
    score: float = 0.0
    """Relevance, higher is better; 0 where it was not asked for. Comparable within one answer only."""


class SearchPage(Struct, frozen=True, kw_only=True):
    """One page. ``next`` is '' at the end."""

    hits: list[Hit]
    total: int
    total_is_exact: bool = True
    next: str = ""
    facets: dict[str, list[tuple[str, int]]] = {}
    """Most frequent first, equal ones by value."""


class StoriesPage(Struct, frozen=True, kw_only=True):
    """One page of stories; ``next`` is '' at the end."""

    stories: list[Story]
    total: int
    total_is_exact: bool = True
    next: str = ""


class VersionRow(Struct, frozen=True, kw_only=True):
    """One version of an article; of a kill, title and text are ''."""

    article_id: str
    observation_id: str
    version: int
    observed_at: int
    status: str
    title: str
    text: str
    change: Change


class Received(Struct, frozen=True, kw_only=True):
    """What came in for an article, latest version: spans of removed material point into ``text``."""

    text: str
    message: bytes
    """The whole message, JSON."""


class Reader(Protocol):
    """The reading side of an index. Every method may raise QueryError (the query, or too expensive)."""

    def search(self, request: SearchRequest) -> SearchPage:
        """One page of articles."""
        ...

    def count(self, query: str = "", *, now_ms: int | None = None) -> int:
        """How many articles a query finds, exactly."""
        ...

    def histogram(
        self, query: str, interval: Interval, *, now_ms: int | None = None
    ) -> list[tuple[int, int]]:
        """Articles by ``@timestamp``: (start of the hour or day in ms UTC, count), in order, without empty ones."""
        ...

    def get(self, article_id: str) -> Document | None:
        """The newest document of an article, killed or not."""
        ...

    def received(self, article_id: str) -> Received | None:
        """What came in for it."""
        ...

    def versions(self, article_id: str) -> list[VersionRow]:
        """Its versions, oldest first; the latest 200 of them."""
        ...

    def version(self, article_id: str, observation_id: str) -> VersionRow | None:
        """One version."""
        ...

    def story(self, story_id: str) -> Story | None:
        """A story, or the one it was merged into."""
        ...

    def stories(self, request: StoriesRequest) -> StoriesPage:
        """One page of stories."""
        ...

    def story_articles(self, story_id: str) -> list[Document]:
        """Articles of a story and of those merged into it, oldest first; the latest 200 of them."""
        ...


def visible(node: Node) -> Node:
    """The query as every index runs it: without killed articles, unless it asks for a ``status``."""
    killed = Match("status", ("killed",))
    return node if "status" in fields_of(node) else And((node, Not(killed)))
