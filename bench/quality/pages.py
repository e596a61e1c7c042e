"""Pages with gold: what the ``html_*`` sets hold, in one shape.

Layouts known, by shape:

- one JSON object ``{page: {"articleBody": text}}`` beside ``html/`` (article-extraction-benchmark);
- one JSON object ``{page: {"body": [paragraph, …]}}`` beside ``html/`` (fundus-evaluation);
- rows ``{"file", "gold": {"title", "authors" | "author", "publishing_date" | "date_published", "body"}}``;
- rows ``{"file", "expected": {"title", "date", "content"}}`` (indonesian-news-scraper);
- rows ``{"html", "gold_text", "gold_meta"}`` (newspaper4k);
- rows ``{"html", "expected_html", "expected_metadata"}`` (Readability; its own output, so regression gold);
- rows ``{"html", "expected": {"expected": {"cleaned_text", "title", "authors", "publish_date"}}}`` (goose3;
  the text is only a prefix).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from lxml import html as lxml_html
from lxml.etree import LxmlError

from bench.quality.layout import DataSet, Row
from bench.quality.notes import Notes

Kind = Literal["aeb", "text", "prefix", "regression"]
_BLOCKS = frozenset({
    "p", "div", "section", "article", "li", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6",
    "blockquote", "pre", "table", "tr", "td", "br", "figure",
})  # fmt: skip
_BETWEEN_NAMES = re.compile(r"\s*(?:[,;·|\n]|\band\b|\bund\b|\bdan\b|&)\s*", re.IGNORECASE)


@dataclass(frozen=True)
class Page:
    """A page and what is known of it. Empty = no gold for that field."""

    id: str
    html: bytes | str
    url: str = ""
    text: str = ""
    kind: Kind = "text"
    optional: str = ""
    """Text that may or may not be given (a standfirst): neither wanted nor wrong."""
    title: str = ""
    authors: list[str] = field(default_factory=list)
    published: str | int = ""


def load_pages(data: DataSet, notes: Notes) -> list[Page]:
    """Every page of the set that has gold of some kind; the rest is counted as skipped."""
    pages = [*_from_objects(data, notes), *_from_rows(data, notes)]
    return [page for page in pages if page.text or page.title or page.authors or page.published]


def _from_objects(data: DataSet, notes: Notes) -> Iterator[Page]:
    for path, golds in data.objects(notes):
        for name, gold in golds.items():
            if not isinstance(gold, dict) or not ({"articleBody", "body"} & gold.keys()):
                notes.skip(f"{data.name}/{path.name}", "entry without articleBody or body")
                continue
            page = data.page(name)
            if page is None:
                notes.skip(f"{data.name}/{path.name}", "page is not there")
                continue
            kind: Kind = "aeb" if "articleBody" in gold else "text"
            text = _joined(gold.get("articleBody", gold.get("body")))
            yield Page(name, page, url=_string(gold.get("url")), text=text, kind=kind)


def _from_rows(data: DataSet, notes: Notes) -> Iterator[Page]:
    for path, row in data.rows(notes):
        where = f"{data.name}/{path.name}"
        gold = _gold(row)
        if gold is None:
            notes.skip(where, "no gold of a known shape")
            continue
        inline = row.get("html")
        page = inline if isinstance(inline, str) else data.page(_string(row.get("file")))
        if not page:
            notes.skip(where, "page is not there")
            continue
        # Strings travel as bytes: that is how a page arrives, and lxml refuses a str with an encoding declaration.
        raw = page.encode("utf-8", "surrogatepass") if isinstance(page, str) else page
        url = _string(row.get("url")) or _string(gold.pop("url", ""))
        gold.pop("url", None)
        yield Page(_string(row.get("id")) or _string(row.get("file")), raw, url=url, **gold)


def _gold(row: Row) -> dict[str, Any] | None:
    """The gold fields of a row under the names of :class:`Page`; None = a shape nobody knows."""
    expected, gold = row.get("expected"), row.get("gold")
    if isinstance(gold, dict):
        return _gold_of_publisher(gold)
    if "expected_html" in row:
        return _gold_of_readability(row)
    if "gold_text" in row:
        return _gold_of_newspaper(row)
    if isinstance(expected, dict) and isinstance(expected.get("expected"), dict):
        return _gold_of_goose(expected)
    if isinstance(expected, dict) and isinstance(expected.get("content"), str):
        return {
            "text": expected["content"],
            "title": _string(expected.get("title")),
            "published": _date(expected.get("date")),
            "url": _string(expected.get("url")),
        }
    return None


def _gold_of_publisher(gold: Row) -> dict[str, Any]:
    body = gold.get("body")
    sections = body.get("sections") if isinstance(body, dict) else None
    parts: list[str] = []
    for section in sections if isinstance(sections, list) else []:
        if isinstance(section, dict):
            parts += [_joined(section.get("headline")), _joined(section.get("paragraphs"))]
    return {
        "text": "\n".join(filter(None, parts)),
        "optional": _joined(body.get("summary")) if isinstance(body, dict) else "",
        "title": _string(gold.get("title")),
        "authors": names(gold.get("authors", gold.get("author"))),
        "published": _date(gold.get("publishing_date", gold.get("date_published"))),
    }


def _gold_of_readability(row: Row) -> dict[str, Any]:
    meta = row.get("expected_metadata")
    meta = meta if isinstance(meta, dict) else {}
    return {
        "text": text_of_html(_string(row.get("expected_html"))),
        "kind": "regression",
        "title": _string(meta.get("title")),
        "published": _date(meta.get("publishedTime")),
    }


def _gold_of_newspaper(row: Row) -> dict[str, Any]:
    meta = row.get("gold_meta")
    meta = meta if isinstance(meta, dict) else {}
    return {
        "text": _string(row.get("gold_text")),
        "title": _string(meta.get("title")),
        "published": _date(meta.get("publish_date")),
        "url": _string(meta.get("url")),
    }


def _gold_of_goose(outer: Row) -> dict[str, Any]:
    gold = outer["expected"]
    return {
        "text": _string(gold.get("cleaned_text")),
        "kind": "prefix",
        "title": _string(gold.get("title")),
        "authors": names(gold.get("authors")),
        "published": _date(gold.get("publish_date")),
        "url": _string(outer.get("url")),
    }


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""


def _date(value: object) -> str | int:
    return value if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _joined(value: object) -> str:
    if isinstance(value, list):
        return "\n".join(item for item in value if isinstance(item, str))
    return _string(value)


def names(value: object) -> list[str]:
    """Single names out of a list or out of a byline such as "A, B und C"."""
    parts = value if isinstance(value, list) else [value]
    out = []
    for part in parts:
        if isinstance(part, str):
            # One set holds a no-break space as the four characters of its Python escape.
            plain = part.replace("\\xa0", " ")
            out += [name.strip() for name in _BETWEEN_NAMES.split(plain) if name.strip()]
    return out


def text_of_html(fragment: str) -> str:
    """The visible text, a line per block; '' where it cannot be parsed."""
    try:
        root = lxml_html.fromstring(fragment or "<p></p>")
    except (LxmlError, ValueError):
        return ""
    for element in root.xpath("//script|//style"):
        element.drop_tree()
    for element in root.iter():
        if element.tag in _BLOCKS:
            element.tail = "\n" + (element.tail or "")
    return str(root.text_content())
