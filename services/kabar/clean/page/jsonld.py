"""What a page says about its article in JSON-LD (https://schema.org/NewsArticle).

Publishers fill it by machine, mostly well; but it may describe a list of articles, hold several articles, be broken
JSON, or have nothing to do with the page. So: broken scripts are skipped, lists of other articles are not entered, and
of several articles the one whose headline or address is the page's is taken.
"""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterable, Iterator
from html import unescape
from typing import Any, NamedTuple

_LARGEST = 2_000_000
"""Characters of one script; more is not the description of one article."""
_NODES = 5_000
_DEPTH = 12

_ARTICLE_TYPES = frozenset(
    {
        "advertisercontentarticle",
        "analysisnewsarticle",
        "article",
        "askpublicnewsarticle",
        "backgroundnewsarticle",
        "blogposting",
        "liveblogposting",
        "newsarticle",
        "opinionnewsarticle",
        "report",
        "reportagenewsarticle",
        "reviewnewsarticle",
        "satiricalarticle",
        "socialmediaposting",
        "techarticle",
    }
)
# Below these keys stand other articles, readers' comments, or the parts of a live blog.
_ELSEWHERE = frozenset(
    {
        "itemlistelement",
        "mentions",
        "citation",
        "comment",
        "ispartof",
        "haspart",
        "review",
        "relatedlink",
        "breadcrumb",
    }
)
_TAG = re.compile(r"<[^<>]{1,1000}>")
_BREAK = re.compile(r"<(?:br|/p|/div|/h\d|/li)\b[^<>]{0,200}>", re.IGNORECASE)


class LinkedArticle(NamedTuple):
    """An article as JSON-LD describes it; '' = not said. ``body`` has its paragraphs, if any, on lines."""

    headline: str = ""
    body: str = ""
    description: str = ""
    authors: tuple[str, ...] = ()
    published: str = ""
    modified: str = ""
    image: str = ""
    language: str = ""
    publisher: str = ""
    url: str = ""


def read(scripts: Iterable[str], *, title: str = "", url: str = "") -> LinkedArticle | None:
    """The page's own article among all that its scripts describe.

    Args:
        scripts: contents of the ``<script type="application/ld+json">`` elements, in order.
        title: the page's title, ``url`` its address: they settle which of several articles it is.
        url: see ``title``.
    """
    articles = [_article(node) for script in scripts for node in _nodes(_load(script)) if _is_article(node)]
    if not articles:
        return None
    if len(articles) == 1:
        return articles[0]
    return max(enumerate(articles), key=lambda pair: (_agreement(pair[1], title, url), -pair[0]))[1]


def _agreement(article: LinkedArticle, title: str, url: str) -> tuple[bool, int]:
    """How well an article fits the page; then how much it says."""
    about_this = bool(article.headline and article.headline.casefold() in title.casefold()) or bool(
        url and article.url and article.url.rstrip("/") == url.rstrip("/")
    )
    return about_this, bool(article.body) + bool(article.published) + bool(article.authors)


def _load(script: str) -> Any:
    if len(script) > _LARGEST:
        return None
    script = script.strip().removeprefix("<!--").removesuffix("-->").strip()
    script = script.removeprefix("//<![CDATA[").removeprefix("<![CDATA[").strip().rstrip(";")
    script = script.removesuffix("//]]>").removesuffix("]]>")
    try:
        return json.loads(script, strict=False)
    except (ValueError, RecursionError):
        return None


def _nodes(data: Any) -> Iterator[dict[str, Any]]:
    """All objects, outer ones first; bounded."""
    waiting: deque[tuple[Any, int]] = deque([(data, 0)])
    seen = 0
    while waiting and seen < _NODES:
        value, depth = waiting.popleft()
        seen += 1
        if isinstance(value, dict):
            yield value
            inner = [item for key, item in value.items() if key.lower() not in _ELSEWHERE]
        elif isinstance(value, list):
            inner = value[:_NODES]
        else:
            continue
        if depth < _DEPTH:
            waiting.extend((item, depth + 1) for item in inner if isinstance(item, dict | list))


def _is_article(node: dict[str, Any]) -> bool:
    types = node.get("@type")
    names = types if isinstance(types, list) else [types]
    return any(isinstance(name, str) and name.rpartition("/")[2].lower() in _ARTICLE_TYPES for name in names)


def _article(node: dict[str, Any]) -> LinkedArticle:
    lowered = {key.lower(): value for key, value in node.items()}
    return LinkedArticle(
        headline=_line(lowered.get("headline")) or _line(lowered.get("name")),
        body=_body(lowered),
        description=_line(lowered.get("description")),
        authors=tuple(dict.fromkeys(_names(lowered.get("author")) or _names(lowered.get("creator")))),
        published=_line(lowered.get("datepublished")) or _line(lowered.get("datecreated")),
        modified=_line(lowered.get("datemodified")),
        image=_address(lowered.get("image")) or _address(lowered.get("thumbnailurl")),
        language=_line(lowered.get("inlanguage")),
        publisher=next(iter(_names(lowered.get("publisher"))), ""),
        url=_address(lowered.get("mainentityofpage")) or _address(lowered.get("url")),
    )


def _body(node: dict[str, Any]) -> str:
    """``articleBody``; of a live blog that has none, its updates."""
    updates = node.get("liveblogupdate")
    own = _prose(node.get("articlebody"))
    if isinstance(updates, dict):
        updates = [updates]
    if not isinstance(updates, list):
        return own
    parts = [own]
    for update in updates[:_NODES]:
        if isinstance(update, dict):
            parts += [_line(update.get("headline")), _prose(update.get("articleBody"))]
    return "\n".join(part for part in parts if part)


def _prose(value: Any) -> str:
    """Text that may hold HTML or entities, paragraphs on lines."""
    if isinstance(value, list):
        return "\n".join(_prose(item) for item in value if isinstance(item, str))
    if not isinstance(value, str):
        return ""
    for _ in range(2):  # entities are often escaped twice
        if "<" in value:
            value = _TAG.sub(" ", _BREAK.sub("\n", value))
        if "&" in value:
            value = unescape(value)
    lines = (" ".join(line.split()) for line in value.splitlines())
    return "\n".join(line for line in lines if line)


def _line(value: Any) -> str:
    if isinstance(value, list):
        value = value[0] if value else ""
    if isinstance(value, dict):
        value = value.get("@value") or value.get("name")
    return " ".join(_prose(value).split()) if isinstance(value, str) else ""


def _names(value: Any) -> list[str]:
    """Names of persons or organisations, however they are nested."""
    values = value if isinstance(value, list) else [value]
    names: list[str] = []
    for item in values[:50]:
        name = item.get("name") if isinstance(item, dict) else item
        found = [_line(part) for part in name[:50]] if isinstance(name, list) else [_line(name)]
        names += [text for text in found if text and not text.startswith(("http://", "https://"))]
    return names


def _address(value: Any) -> str:
    if isinstance(value, list):
        value = value[0] if value else ""
    if isinstance(value, dict):
        value = value.get("url") or value.get("@id") or value.get("contentUrl")
        return _address(value) if isinstance(value, list) else _address_text(value)
    return _address_text(value)


def _address_text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""
