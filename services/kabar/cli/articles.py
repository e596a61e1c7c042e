"""``kabar search``, ``show``, ``explain`` and ``stories``: reading the index on a terminal."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, cast

import typer
from rich.table import Table
from rich.text import Text

from kabar.cli import render
from kabar.cli.context import AsJson, DataDir, index, out, print_json
from kabar.cli.explain import explain_article, explain_file
from kabar.contracts.document import Document
from kabar.errors import UsageError
from kabar.index.api import Hit, Reader, SearchRequest, Sort, StoriesRequest, StorySort
from kabar.runtime.clock import wall_ms

ID_DIGITS = 32
MIN_PREFIX = 4
_BEGINNING = re.compile(r"[0-9a-f]{1,32}")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (search, show, explain, stories):
        app.command(command.__name__)(command)


def search(
    query: Annotated[
        list[str] | None, typer.Argument(help='Words, "phrases", field:value, and/or/not.')
    ] = None,
    size: Annotated[int, typer.Option(min=1, max=200)] = 10,
    sort: Annotated[str, typer.Option(help="newest, oldest or relevance.")] = "newest",
    cursor: Annotated[str, typer.Option(help="The 'next' of the page before.")] = "",
    collapse: Annotated[bool, typer.Option("--collapse", help="Show copies of one article once.")] = False,
    facet: Annotated[
        list[str] | None, typer.Option(help="source, language, person, organization, place, …")
    ] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Search the index. Without a query: the newest articles."""
    request = SearchRequest(
        query=" ".join(query or []), size=size, sort=cast("Sort", sort), cursor=cursor, collapse_copies=collapse,
        facets=tuple(facet or ()), snippets=True, now_ms=wall_ms(),
    )  # fmt: skip
    with index(data_dir) as reader:
        page = reader.search(request)
    if as_json:
        print_json({"articles": [hit.document for hit in page.hits], "total": page.total, "next": page.next,
                    "total_is_exact": page.total_is_exact, "facets": page.facets})  # fmt: skip
        return
    for hit in page.hits:
        _print_hit(hit)
    more = "" if page.total_is_exact else " at least"
    out.print(
        f"{len(page.hits)} of{more} {page.total:,}"
        + (f"; --cursor {page.next} for more" if page.next else "")
    )
    for name, values in page.facets.items():
        out.print(f"{name}: " + ", ".join(f"{value} ({count})" for value, count in values), markup=False)


def _print_hit(hit: Hit) -> None:
    document = hit.document
    title = render.marked(document.article.title or "(untitled)", hit.title_marks, base="bold")
    out.print(title)
    copies = f" · {hit.copies} copies" if hit.copies else ""
    out.print(
        Text(
            f"  {document.article.id[:12]} · {document.timestamp[:16]} · {document.source.name or '-'}{copies}",
            "dim",
        )
    )
    for snippet in hit.snippets[:2]:
        out.print(Text("  ") + render.marked(snippet.text.replace("\n", " "), snippet.marks))


def show(
    article_id: Annotated[str, typer.Argument(help="Article id, or its unambiguous beginning.")],
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Show one article: the whole document with --json, else the text with names and quotes marked."""
    with index(data_dir) as reader:
        document = _find(reader, full_id(reader, article_id), article_id)
    if as_json:
        print_json(document)
    else:
        render.article(document)


def full_id(reader: Reader, beginning: str) -> str:
    """The article id that begins so.

    Raises:
        UsageError: no beginning of an id, too short, none, or several.
    """
    if not _BEGINNING.fullmatch(beginning):
        raise UsageError(
            f"'{beginning}' is no article id", hint="ids are hexadecimal; `kabar search` shows them"
        )
    if len(beginning) == ID_DIGITS:
        return beginning
    if len(beginning) < MIN_PREFIX:
        raise UsageError(
            f"'{beginning}' is too short for an article id", hint=f"give at least {MIN_PREFIX} digits"
        )
    found = reader.search(SearchRequest(query=f"id:{beginning}* status:*", size=2)).hits
    if len(found) != 1:
        said = "several articles begin" if found else "no article begins"
        raise UsageError(f"{said} with '{beginning}'", hint="`kabar search` shows ids")
    return found[0].document.article.id


def _find(reader: Reader, article_id: str, asked: str) -> Document:
    document = reader.get(article_id)
    if document is None:
        raise UsageError(f"there is no article '{asked}'", hint="`kabar search` shows ids")
    return document


def explain(
    what: Annotated[str, typer.Argument(help="Article id (or its beginning), or a file.")],
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Explain an article, indexed or still a file: what was removed or decided, by which rule, and why."""
    if Path(what).is_file():
        explained = explain_file(Path(what))
    else:
        with index(data_dir) as reader:
            explained = explain_article(reader, full_id(reader, what))
    if as_json:
        print_json(explained)
    else:
        render.explanations(explained)


def stories(
    query: Annotated[
        list[str] | None, typer.Argument(help="Only stories with an article that matches.")
    ] = None,
    size: Annotated[int, typer.Option(min=1, max=200)] = 20,
    sort: Annotated[str, typer.Option(help="largest, newest or fastest.")] = "largest",
    cursor: Annotated[str, typer.Option(help="The 'next' of the page before.")] = "",
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """List stories: articles about one event."""
    request = StoriesRequest(
        query=" ".join(query or []), size=size, sort=cast("StorySort", sort), cursor=cursor, now_ms=wall_ms()
    )
    with index(data_dir) as reader:
        page = reader.stories(request)
    if as_json:
        print_json({"stories": page.stories, "total": page.total, "next": page.next})
        return
    table = Table(title=f"{page.total:,} stories")
    for name in ("story", "articles", "sources", "last"):
        table.add_column(name, no_wrap=True)
    table.add_column("title")
    table.add_column("names")
    for story in page.stories:
        table.add_row(
            story.id[:12], str(story.size), str(len(story.sources)), render.when(story.last_at),
            Text(story.title), Text(", ".join(story.names[:4])),
        )  # fmt: skip
    out.print(table)
