"""What a page says about itself beside the article: title, authors, dates, image, address, language.

JSON-LD first, then OpenGraph and other <meta>, then the visible page. Dates stay as written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import islice
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

from lxml.html import HtmlElement

from kabar.clean.page import bylines
from kabar.clean.page.headline import Claims, choose_title, headings_of
from kabar.clean.page.jsonld import LinkedArticle

_SHARED_TITLE = ("og:title", "twitter:title", "dc.title")
_TITLE = ("title",)
_PUBLISHED = (
    "article:published_time",
    "og:article:published_time",
    "og:published_time",
    "datepublished",
    "publishdate",
    "pubdate",
    "publish-date",
    "publication_date",
    "parsely-pub-date",
    "sailthru.date",
    "cxenseparse:recs:publishtime",
    "content_publisheddate",
    "dtk:publishdate",
    "dc.date.issued",
    "dcterms.created",
    "dc.date",
    "article.published",
    "date",
)
_MODIFIED = (
    "article:modified_time",
    "og:updated_time",
    "datemodified",
    "lastmod",
    "last-modified",
    "dcterms.modified",
)
_IMAGE = (
    "og:image",
    "og:image:url",
    "og:image:secure_url",
    "twitter:image",
    "twitter:image:src",
    "thumbnailurl",
)
_DATE_AND_TIME = re.compile(
    r"\b\d{1,2}(?:[ ./-]{1,2}|\s?)[^\W\d_]{3,12}[ .,/-]{1,3}\d{4}\b.{1,20}?\b\d{1,2}[:.]\d{2}\b"
    r"|\b[^\W\d_]{3,12}\.? \d{1,2}, \d{4}\b.{1,20}?\b\d{1,2}[:.]\d{2}\b"
    r"|\b\d{1,2}[./-]\d{1,2}[./-]\d{4}\b.{1,15}?\b\d{1,2}[:.]\d{2}\b"
    r"|\b\d{4}-\d{2}-\d{2}\b.{1,15}?\b\d{1,2}[:.]\d{2}\b"
)
"""A date with a time of day. Without the time it is as likely today's date in the page's head."""
_DAY_IN_URL = re.compile(r"/((?:19|20)\d{2})[/-]?(0[1-9]|1[0-2])[/-]?(0[1-9]|[12]\d|3[01])(?=[/_-])")
_MOST = 2_000
"""Elements of one kind that are looked at."""
_MOST_PIECES = 20_000
_LONGEST_DATE = 200
"""Characters of a piece of text that may hold the date; a longer one is prose, which speaks of other days."""


class Metadata(NamedTuple):
    """What was found, '' = nothing; dates unparsed."""

    title: str = ""
    heading: str = ""
    """The <h1> that is the title, or the only one."""
    description: str = ""
    authors: tuple[str, ...] = ()
    published: str = ""
    modified: str = ""
    image: str = ""
    canonical_url: str = ""
    language: str = ""
    site_name: str = ""
    is_article: bool = False
    """Whether <meta> calls the page an article or gives it a time of publication."""


def read(tree: HtmlElement, linked: LinkedArticle | None, url: str = "") -> Metadata:
    """Collect the metadata of a parsed page."""
    article = linked or LinkedArticle()
    said = _meta(tree)
    site_name = _first(said, ("og:site_name", "application-name")) or article.publisher
    title, heading = choose_title(_claims(said, article, tree, site_name), headings_of(tree))
    return Metadata(
        title=title,
        heading=heading,
        description=article.description
        or _first(said, ("og:description", "description", "twitter:description")),
        authors=bylines.read(
            article.authors, said, tree, site=_site_names(site_name, article.publisher, url)
        ),
        published=article.published
        or _first(said, _PUBLISHED)
        or _marked_date(tree)
        or _unmarked_date(tree, url),
        modified=article.modified or _first(said, _MODIFIED),
        image=_absolute(_first(said, _IMAGE) or article.image, url),
        canonical_url=_absolute(_link(tree, "canonical") or _first(said, ("og:url",)), url),
        language=tree.get("lang")
        or tree.get("{http://www.w3.org/XML/1998/namespace}lang")
        or article.language,
        site_name=site_name,
        is_article="article" in said.get("og:type", "") or "article:published_time" in said,
    )


def _meta(tree: HtmlElement) -> dict[str, str]:
    """The first content of each <meta> name, names in lower case."""
    said: dict[str, str] = {}
    for number, element in enumerate(tree.iter("meta")):
        if number >= _MOST:
            break
        content = " ".join((element.get("content") or element.get("value") or "").split())
        for attribute in ("property", "name", "itemprop"):
            name = element.get(attribute)
            if not name or not content:
                continue
            name = name.strip().lower()
            if name not in said:
                said[name] = content
            elif "author" in name and len(said[name]) < _LONGEST_DATE:
                said[name] += f"; {content}"  # an outlet and a person, each in its own
    return said


def _first(said: dict[str, str], names: Iterable[str]) -> str:
    return next((said[name] for name in names if name in said), "")


def _claims(said: dict[str, str], article: LinkedArticle, tree: HtmlElement, site: str) -> Claims:
    return Claims(
        article.headline, _first(said, _SHARED_TITLE), _text(tree, "title") or _first(said, _TITLE), site
    )


def _text(tree: HtmlElement, name: str) -> str:
    element = tree.find(f".//{name}")
    return "" if element is None else " ".join(element.text_content().split())


def _site_names(*names_and_url: str) -> tuple[str, ...]:
    *names, url = names_and_url
    try:
        host = (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        host = ""
    return (*names, host, host.partition(".")[0])


def _link(tree: HtmlElement, relation: str) -> str:
    for number, element in enumerate(tree.iter("link")):
        if number >= _MOST:
            break
        if (element.get("rel") or "").lower() == relation:
            return (element.get("href") or "").strip()
    return ""


def _absolute(address: str, url: str) -> str:
    """Resolved against the page's address; '' unless it is http(s)."""
    if not address:
        return ""
    try:
        address = urljoin(url, address)
    except ValueError:
        return ""
    return address if address.startswith(("http://", "https://")) else ""


def _marked_date(tree: HtmlElement) -> str:
    """The first date that is marked up as one."""
    for element in tree.xpath('//*[@itemprop="datePublished"] | //time')[:_MOST]:
        value = (
            element.get("content") or element.get("datetime") or element.text_content()[: 2 * _LONGEST_DATE]
        )
        if any(map(str.isdigit, value)):
            return " ".join(value.split())[:_LONGEST_DATE]
    return ""


def _written_date(tree: HtmlElement) -> str:
    """The first date that a reader sees with a time of day."""
    body = tree.find("body")
    pieces = islice(() if body is None else body.itertext(), _MOST_PIECES)
    for piece in pieces:
        if 10 <= len(piece) <= _LONGEST_DATE and _DATE_AND_TIME.search(piece):
            return " ".join(piece.split())
    return ""


def _unmarked_date(tree: HtmlElement, url: str) -> str:
    """The date readers see; but the day in the address is the article's, and may speak against it."""
    written, day = _written_date(tree), _day_in(url)
    year = day[:4]
    return written if written and (not year or year in written) else day or written


def _day_in(url: str) -> str:
    """The day in the address, "2026-03-01" of ".../2026/03/01/..."; '' = none."""
    found = _DAY_IN_URL.search(url)
    return "-".join(found.groups()) if found else ""
