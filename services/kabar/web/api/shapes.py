"""What the API answers with, beside the contracts themselves."""

from __future__ import annotations

from msgspec import Struct, field

from kabar.contracts.document import Document
from kabar.contracts.story import Story
from kabar.index.api import Hit, Mark, Snippet, VersionRow


class FoundArticle(Document, frozen=True, kw_only=True):
    """A document, and where the words of the query stand in it (with ``snippets=true``)."""

    snippets: list[Snippet] = field(default_factory=list)
    title_marks: list[Mark] = field(default_factory=list)
    copies: int = 0
    """Other articles in the index that copy the same one, or that this one copies."""


class FacetValue(Struct, frozen=True):
    """One value and how many of the articles found have it."""

    value: str
    count: int


class Articles(Struct, frozen=True, kw_only=True):
    """One page of articles. ``next`` is the ``cursor`` of the page behind it, '' at the end."""

    articles: list[FoundArticle]
    total: int
    """Exact up to 10,000; then ``total_is_exact`` is false and there are at least as many."""
    total_is_exact: bool = True
    next: str = ""
    facets: dict[str, list[FacetValue]] = {}
    """Most frequent first; only those asked for."""


class Versions(Struct, frozen=True, kw_only=True):
    """The versions of an article, oldest first; the latest 200 of them."""

    article_id: str
    versions: list[VersionRow]


class Stories(Struct, frozen=True, kw_only=True):
    """One page of stories. ``next`` is the ``cursor`` of the page behind it, '' at the end."""

    stories: list[Story]
    total: int
    total_is_exact: bool = True
    next: str = ""


class StoryArticle(Struct, frozen=True, kw_only=True):
    """An article of a story, in brief."""

    id: str
    timestamp: str
    title: str
    source: str
    url: str
    language: str
    copy_of: str | None = None


class StoryDetail(Struct, frozen=True, kw_only=True):
    """A story and its articles, oldest first; the latest 200 of them.

    Asked for a story that was merged, it is the one it went into: ``story.id`` then differs from the id asked for.
    """

    story: Story
    articles: list[StoryArticle]


class Alive(Struct, frozen=True):
    """The process answers."""

    alive: bool = True


class Ready(Struct, frozen=True, kw_only=True):
    """Whether observations are accepted and processed; the reason where they are not."""

    ready: bool
    reason: str = ""


def found(hit: Hit) -> FoundArticle:
    """A hit as the API shows it."""
    fields = {name: getattr(hit.document, name) for name in Document.__struct_fields__}
    return FoundArticle(**fields, snippets=hit.snippets, title_marks=hit.title_marks, copies=hit.copies)


def in_story(document: Document) -> StoryArticle:
    """A document in brief."""
    return StoryArticle(
        id=document.article.id,
        timestamp=document.timestamp,
        title=document.article.title,
        source=document.source.name,
        url=document.url.canonical or document.url.original,
        language=document.article.language,
        copy_of=document.duplicate.of if document.duplicate else None,
    )
