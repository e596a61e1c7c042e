"""A page to its article: text with one paragraph per line, and what the page says about itself.

JSON-LD, `trafilatura <https://github.com/adbar/trafilatura>`_ in its fast mode, and a fallback of our own each give a
text; ``choice`` says which. Pages that would keep a tree builder busy (size, number of elements, depth) go
to the fallback alone, so the time is bounded whatever comes in.
"""

from __future__ import annotations

import logging
import re
from functools import partial
from itertools import islice
from urllib.parse import urlsplit

import trafilatura
from lxml import etree
from lxml.html import HtmlElement, HTMLParser, document_fromstring
from msgspec import Struct, field
from trafilatura.metadata import extract_metadata

from kabar.clean.page import charset as charsets
from kabar.clean.page import fallback, jsonld, metadata, pruning, whitespace
from kabar.clean.page.choice import Choice, choose, squash
from kabar.clean.page.recognition import is_article

_LARGEST = 5_000_000
"""Characters of a page that is parsed; the largest real page seen has 3 million, most of them scripts."""
_MOST_ELEMENTS = 15_000
_HEAD = 300_000
"""Characters at the start of an oversized page in which its metadata are looked for."""
_BINARY = re.compile(r"[\x00-\x08\x0e-\x1f\ufffd]")
_BINARY_SHARE = 0.02
"""Of the first characters; with more control characters it is no text, whatever it was called."""
_JUDGED = 50_000
_LONG_PIECE = 40
"""Characters of a piece of text between two tags that is counted as prose."""
_MOST_LINKS = 2_000
_MOST_PIECES = 20
"""Of text in one link."""
_GUESSED = 200_000
"""Bytes without scripts: the library's search for dates takes time in more than proportion to the page."""
_TOO_DEEP = "XML_ERR_RESOURCE_LIMIT"

_NOT_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")

# It reports pages without an article as errors; here that is an ordinary answer.
logging.getLogger("trafilatura").setLevel(logging.CRITICAL)


class Extracted(Struct, frozen=True, kw_only=True):
    """What a page holds. '' = not found; dates are as the page wrote them."""

    text: str = ""
    """Paragraphs separated by newlines; '' = the page is no article."""
    title: str = ""
    authors: list[str] = field(default_factory=list)
    published: str = ""
    modified: str = ""
    image: str = ""
    canonical_url: str = ""
    language: str = ""
    """As declared by the page; declared languages lie."""
    site_name: str = ""
    method: str = ""
    """Which extractor the text is from: ``trafilatura``, ``trafilatura-thorough``, ``json-ld``, ``density``."""
    notes: list[str] = field(default_factory=list)


def extract(page: str | bytes, *, url: str = "", charset: str = "") -> Extracted:
    """Extract the article of a page.

    Args:
        page: HTML; bytes are decoded by ``clean.charset``.
        url: address of the page, to resolve relative addresses.
        charset: what the transport declared about bytes; '' = nothing.

    Returns:
        Always; with text '' when there is no article. Takes a bounded time for any input.
    """
    notes: list[str] = []
    if isinstance(page, bytes):
        page, name = charsets.decode(page, charset)
        if name != "utf-8":
            notes.append(f"charset:{name}")
    if len(_BINARY.findall(page[:_JUDGED])) > _BINARY_SHARE * min(len(page), _JUDGED):
        return Extracted(notes=[*notes, "page:binary"])
    page = _NOT_TEXT.sub("", page)
    head = _parse(page) if len(page) <= _LARGEST else None
    tree = head if head is not None and head.xpath("count(//*)") <= _MOST_ELEMENTS else None
    if tree is None:  # its metadata are in its head, which is small
        notes.append("page:oversized")
        head = _parse(page[:_HEAD])
    linked = jsonld.read(_scripts(head), title=_page_title(head), url=url) if head is not None else None
    about = _about(head, linked, url) if head is not None else metadata.Metadata()
    found = _choose(page, tree, linked.body if linked else "", notes)
    text = _without_title(found.text, (about.title, about.heading))
    declared = linked is not None or about.is_article
    if _is_front(url) or not is_article(text, declared=declared, links=partial(_links, head)):
        text = ""
    if text:
        notes.append(f"extractor:{found.method}")
    return Extracted(
        text=text,
        title=about.title,
        authors=list(about.authors),
        published=about.published,
        modified=about.modified,
        image=about.image,
        canonical_url=about.canonical_url,
        language=about.language,
        site_name=about.site_name,
        method=found.method if text else "",
        notes=notes,
    )


def _about(tree: HtmlElement, linked: jsonld.LinkedArticle | None, url: str) -> metadata.Metadata:
    """Our own reading; what it lacks of date and authors, the library's guess (a day, from anywhere in the page)."""
    about = metadata.read(tree, linked, url)
    for element in tree.xpath("//script | //style | //noscript | //svg"):
        element.drop_tree()
    if about.published or len(etree.tostring(tree)) > _GUESSED:
        return about
    try:
        guess = extract_metadata(tree, default_url=url or None)
    except Exception:  # noqa: BLE001 - a page that breaks the library only lacks its guess
        return about
    return about._replace(published=guess.date or "")


def _is_front(url: str) -> bool:
    """Whether the address is that of a whole site: its text is teasers, however much prose they hold."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return bool(parts.netloc) and parts.path in {"", "/"} and not parts.query


def _parse(page: str) -> HtmlElement | None:
    """The tree, or None if there is none or it is too deep to work on."""
    parser = HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, collect_ids=False)
    try:
        tree = document_fromstring(page.encode("utf-8", "replace"), parser=parser)
    except (etree.LxmlError, ValueError):
        return None
    if any(entry.type_name == _TOO_DEEP or "depth" in entry.message for entry in parser.error_log):
        return None
    return tree


def _links(tree: HtmlElement | None) -> frozenset[str]:
    """What the page's links say, squashed."""
    found = () if tree is None else islice(tree.iter("a"), _MOST_LINKS)
    return frozenset(squash("".join(islice(element.itertext(), _MOST_PIECES))) for element in found)


def _scripts(tree: HtmlElement) -> list[str]:
    found = tree.xpath('//script[contains(@type, "ld+json")]')
    return [script.text or "" for script in found[:50]]


def _page_title(tree: HtmlElement) -> str:
    element = tree.find(".//title")
    return "" if element is None else " ".join((element.text or "").split())


def _choose(page: str, tree: HtmlElement | None, described: str, notes: list[str]) -> Choice:
    if tree is None:
        return Choice(fallback.extract(page), "density")
    gone = pruning.prune(tree)
    if gone:
        notes.append(f"boxes:{gone}")
    whitespace.collapse(tree)
    return choose(
        _trafilatura(tree),
        thorough=partial(_trafilatura, tree, fast=False, favor_precision=True),
        dense=partial(fallback.extract, page),
        described=described,
        prose=sum(len(piece) for piece in tree.itertext() if len(piece) >= _LONG_PIECE),
    )


def _trafilatura(tree: HtmlElement, *, fast: bool = True, favor_precision: bool = False) -> str:
    try:
        text = trafilatura.extract(tree, fast=fast, favor_precision=favor_precision, include_comments=False)
    except Exception:  # noqa: BLE001 - a page that breaks the library still has the other extractors
        return ""
    lines = (" ".join(line.split()) for line in (text or "").split("\n"))
    return "\n".join(line for line in lines if line)


def _without_title(text: str, titles: tuple[str, ...]) -> str:
    """The title is a field of its own; many layouts repeat it as the first line of the body."""
    first, _, rest = text.partition("\n")
    known = {squash(title) for title in titles if title}
    return rest if rest and squash(first) in known else text
