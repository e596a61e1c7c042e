"""Boxes that are not the article, known by what publishers call them; removed before extraction."""

from __future__ import annotations

import re
from functools import lru_cache

from lxml.html import HtmlElement

# Whole words of a class or id ("baca-juga", "related_news"); Indonesian, Malay, and the English everybody uses.
_NAMES = (
    "baca[-_]?juga|bacajuga|baca[-_]?lainnya|baca[-_]?inline|lihat[-_]?juga|lihatjg|linksisip|link[-_]?sisip|simak[-_]?juga|artikel[-_]?terkait"
    "|berita[-_]?terkait|terkait|artikel[-_]?lain(?:nya)?|berita[-_]?lain(?:nya)?|terpopuler|populer|rekomendasi|read[-_]?terkait"
    "|related|related[-_]?(?:posts?|articles?|news|links?|stories|content|items?|topics?|box)|read[-_]?(?:also|next|more)"
    "|also[-_]?read|see[-_]?also|more[-_]?(?:from|stories|on)|you[-_]?may[-_]?(?:also[-_]?)?like|recommended|recommendations?|recirculation"
    "|newsletter|newsletter[-_]?(?:signup|form|box|promo)|subscribe|most[-_]?(?:read|popular|viewed)|trending|taboola|outbrain"
    "|share[-_]?(?:bar|buttons?|tools?|links?|box)|social[-_]?(?:share|links|media)|breadcrumbs?|disqus|comments[-_]?(?:area|list)"
    "|promo|promobox|ads?[-_]?(?:box|slot|container)|advertisement|sponsored"
)
_NAMED = re.compile(
    rf"(?:^|[\s_]|--|(?<=[a-z])__)(?:[a-z0-9]{{1,12}}[-_]{{1,2}}){{0,2}}(?:{_NAMES})(?:$|[\s_]|--|-\d)",
    re.IGNORECASE,
)
_COMMENTS = re.compile(
    r"(?:^|[\s_-])(?:comments|comment-?list|comments?-?area|kolom-?komentar|komentar|disqus_thread)(?=$|[\s_-])"
    r"|(?:^|[\s_-])comment_list(?=$|\s)",
    re.IGNORECASE,
)
"""What readers wrote; of any length, as long as it is not most of the page."""
_MOST_COMMENTS = 0.8
_BOXES = ("div", "section", "aside", "ul", "ol", "table", "figure", "p", "blockquote", "nav", "form")

_MOST_TEXT = 1_500
"""Characters a box may hold: a page builder's "content-related" wrapper around the article holds more."""
_MOST_SHARE = 0.3
"""Of the page's text."""


def prune(tree: HtmlElement) -> int:
    """Remove related links, newsletters and their like, in place. Returns how many boxes went."""
    page = len(tree.text_content())
    found = [(element, kind) for element in tree.iter(*_BOXES) if (kind := _kind(element))]
    gone = 0
    for element, kind in found:
        parent = element.getparent()
        if parent is None:
            continue
        length = len(" ".join(element.text_content().split()))
        if length <= min(_MOST_TEXT, _MOST_SHARE * page) or (
            kind == "comments" and length <= _MOST_COMMENTS * page and element.find(".//h1") is None
        ):
            element.drop_tree()
            gone += 1
    return gone


def _kind(element: HtmlElement) -> str:
    """What its class or id calls it: ``comments``, ``box`` or ''."""
    names = f"{element.get('class') or ''} {element.get('id') or ''}"
    return _kind_of(names) if 1 < len(names) < 400 else ""


@lru_cache(maxsize=4_096)
def _kind_of(names: str) -> str:
    if _COMMENTS.search(names):
        return "comments"
    return "box" if _NAMED.search(names) else ""
