"""``/articles/{id}`` and its versions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from kabar.clean.explain import Decision, explain
from kabar.contracts.document import Document
from kabar.contracts.message import decode_message
from kabar.contracts.sections import CleanSection, Entity
from kabar.index.api import Reader, Received, SearchRequest, VersionRow
from kabar.web.api.articles import no_article
from kabar.web.context import WebContext
from kabar.web.diffs import Change, word_diff
from kabar.web.marking import MAX_CHARS, paragraphs, struck
from kabar.web.pages.forms import search_url
from kabar.web.pages.search import copies_href
from kabar.web.views import Views

MAX_COPIES = 12
MAX_DECISIONS = 200
MAX_ITEMS = 60
"""Of each list on the page; the API has all."""
MAX_RECEIVED_CHARS = 50_000
DIFFS_A_PAGE = 10
"""Each costs up to 0.3 s on a hostile pair."""
KINDS = {"person": "Persons", "organization": "Organisations", "place": "Places"}


class Removal(Struct, frozen=True):
    """What was decided about the text, and the text as received with what was taken out."""

    decisions: list[Decision]
    more: int
    pieces: list[tuple[str, bool]]
    cut: bool


class Comparison(Struct, frozen=True, kw_only=True):
    """One version against the one before."""

    row: VersionRow
    before: VersionRow
    title: list[Change]
    text: list[Change]


@get("/articles/{article_id:str}", include_in_schema=False, sync_to_thread=True)
def article(
    article_id: FromPath[str], context: NamedDependency[WebContext], views: NamedDependency[Views]
) -> Response[bytes]:
    """One article: its text with what was found in it, what was taken out and why, its copies."""
    with context.open_index() as index:
        document = index.get(article_id)
        if document is None:
            raise no_article(article_id)
        removal = _removal(index.received(article_id))
        copies = _copies(index, document)
    text = document.article.text
    return views.page(
        "article.html",
        document=document,
        paragraphs=paragraphs(text, document.entities, document.quotes),
        hidden_chars=max(0, len(text) - MAX_CHARS),
        entities={title: _named(document.entities, kind) for kind, title in KINDS.items()},
        keywords=[(one, search_url("keyword", one.term)) for one in document.keywords[:MAX_ITEMS]],
        direct_quotes=[quote for quote in document.quotes if quote.direct][:MAX_ITEMS],
        removal=removal,
        copies=copies,
        copies_href=copies_href(document.duplicate.of if document.duplicate else article_id),
        source_href=search_url("source", document.source.name),
        max_items=MAX_ITEMS,
    )


def _named(entities: Sequence[Entity], kind: str) -> list[tuple[Entity, str]]:
    """The entities of a type, most frequent first, with the address that finds more of each."""
    chosen = sorted((one for one in entities if one.type == kind), key=lambda one: -one.count)
    return [(one, search_url(kind, one.name)) for one in chosen[:MAX_ITEMS]]


def _removal(received: Received | None) -> Removal | None:
    """None for a kill, and where nothing was kept of what came in."""
    if received is None:
        return None
    message = decode_message(received.message)
    if not message.has(CleanSection):
        return None
    decisions = explain(message.clean, received.text)
    spans = [(one.start, one.end) for one in decisions if one.removed]
    return Removal(
        decisions=decisions[:MAX_DECISIONS],
        more=max(0, len(decisions) - MAX_DECISIONS),
        pieces=struck(received.text, spans, MAX_RECEIVED_CHARS) if spans else [],
        cut=len(received.text) > MAX_RECEIVED_CHARS,
    )


def _copies(index: Reader, document: Document) -> list[Document]:
    """Other articles of its group, the newest of them."""
    own = document.article.id
    original = document.duplicate.of if document.duplicate else own
    request = SearchRequest(query=f"id:{original} or copy_of:{original}", size=MAX_COPIES + 1)
    found = [hit.document for hit in index.search(request).hits]
    return [one for one in found if one.article.id != own][:MAX_COPIES]


@get("/articles/{article_id:str}/versions", include_in_schema=False, sync_to_thread=True)
def versions(
    article_id: FromPath[str],
    request: Request[Any, Any, Any],
    context: NamedDependency[WebContext],
    views: NamedDependency[Views],
) -> Response[bytes]:
    """All versions, and the changes of the latest few, newest first; ``?upto=N`` shows earlier ones."""
    with context.open_index() as index:
        rows = index.versions(article_id)
        document = index.get(article_id)
    if document is None or not rows:
        raise no_article(article_id)
    asked = request.query_params.get("upto", "")
    last = min(int(asked), len(rows)) if asked.isascii() and asked.isdigit() and len(asked) < 6 else len(rows)
    first = max(1, last - DIFFS_A_PAGE)
    return views.page(
        "versions.html",
        document=document,
        rows=rows[::-1],
        comparisons=[_compare(rows[at - 1], rows[at]) for at in range(last - 1, first - 1, -1)],
        earlier=first if first > 1 else 0,
    )


def _compare(before: VersionRow, row: VersionRow) -> Comparison:
    killed = row.status == "killed"
    return Comparison(
        row=row,
        before=before,
        title=[] if killed else word_diff(before.title, row.title),
        text=[] if killed else word_diff(before.text, row.text),
    )


ROUTES = (article, versions)
