"""Who wrote the article, as its page says: JSON-LD, then <meta>, then the byline readers see.

Each source stands alone: what one names, another often names in other words, and some name the publishing house or the
outlet's account. So the first source that names somebody other than the outlet is believed, and the outlet itself only
where nobody else is named.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice

from lxml import etree
from lxml.html import HtmlElement

from kabar.clean.names import is_name, is_role, split_names
from kabar.clean.page.choice import squash

# Meta of the article before that of the site: <meta name="author"> often names the publishing house.
_META = (
    "article:author",
    "parsely-author",
    "content_author",
    "cxenseparse:author",
    "dc.creator",
    "byl",
    "article_author",
    "author",
    "qc:author",
    "twitter:misc:written by",
    "sailthru.author",
)
_OUTSIDE = "[not(ancestor::nav or ancestor::footer or ancestor::aside or ancestor::head)]"
_MARKED = './/*[contains(@class, "uthor") or contains(@class, "yline") or contains(@class, "enulis")]'
_STATED = './/*[@rel="author" or contains(@itemprop, "author")]'
"""In the words of HTML and of schema.org: any text in it is a name."""
_NAMED = re.compile(
    r"(?:^|[\s_-])(?:byline|authors?|penulis|reporters?)(?:names?|list|link)?(?=$|[\s_-])", re.IGNORECASE
)
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
_NOT_NAMED = re.compile(
    r"comment|avatar|image|img|photo|social|follow|teaser|card|related|more|recirc|popular|widget|sidebar|twitter",
    re.IGNORECASE,
)
_WRITTEN_BY = re.compile(
    r"written by|author|ditulis oleh|penulis|verfasst von|geschrieben von|écrit par|escrito por|scritto da"
    r"|geschreven door|skrevet av|skriven av",
    re.IGNORECASE,
)
"""How the commonest WordPress plug-in labels the author for Twitter."""
_SAID = re.compile(r"^(?:written\s)?(?:by|oleh|von|door|par|por|di)\s?:?\s", re.IGNORECASE)
"""The word before a name in a byline that nothing in the markup calls one."""
_SEPARATES = re.compile(
    r"^\W*(?:[,;/&|·•]|(?:and|und|dan|et|y|e|with|og|och|en)\b)|(?:[,;/&|]|\s(?:and|und|dan|et))\s*$"
)
_CODE = re.compile(r"\s?[(\[][^()\[\]]{0,40}[)\]]")
"""A desk's code or a place: "Sari Dewi (sd)"."""
_ADDRESS = re.compile(r"https?://|www\.|@|^\W*[\d\W]*$")
_MOST_ELEMENTS = 60
_MOST_PIECES = 40
_SEARCHED = 3_000
"""Elements in which a byline without any markup is looked for."""
_LONGEST = 80
_LONGEST_BYLINE = 70
"""Characters of a line beside the names in it."""
_SHORT_PIECE = 12
_LONGEST_SIGN = 12
_MOST_LEADS = 20
"""Lines beginning with "By" that are looked at."""
_MOST_AUTHORS = 50


def read(
    linked: Sequence[str], said: dict[str, str], tree: HtmlElement, *, site: Sequence[str] = ()
) -> tuple[str, ...]:
    """The authors' names.

    Args:
        linked: names in JSON-LD.
        said: contents of the <meta> elements by name in lower case.
        tree: the page.
        site: what the outlet is called: its name, its domain.

    Returns:
        Names in the order of the byline, each once; () = nobody is named.
    """
    outlets = frozenset(filter(None, map(squash, site)))
    outlet: tuple[str, ...] = ()
    for names in chain(_stated(linked, said), _shown(tree)):
        people = tuple(name for name in names if not _is_outlet(name, outlets) and not is_role(name))
        if people:
            return people[:_MOST_AUTHORS]
        outlet = outlet or names[:1]
    return outlet or _unmarked(tree)


def _is_outlet(name: str, outlets: frozenset[str]) -> bool:
    """The outlet, or one of its desks: "Kabar Nusa", "MDR Thüringen" on mdr.de."""
    first, _, rest = name.partition(" ")
    return squash(name) in outlets or (bool(rest) and first.isupper() and squash(first) in outlets)


def _stated(linked: Sequence[str], said: dict[str, str]) -> Iterator[tuple[str, ...]]:
    yield _cleaned(linked)
    for name in _META:
        if name in said:
            yield _cleaned(said[name].split(";"))
    if _WRITTEN_BY.fullmatch(said.get("twitter:label1", "")):
        yield _cleaned([said.get("twitter:data1", "")])


def _cleaned(values: Iterable[str]) -> tuple[str, ...]:
    """Names out of values that hold a name each, or a byline."""
    found: list[str] = []
    for value in values:
        plain = " ".join(_CODE.sub("", value[:2_000]).split())
        if _ADDRESS.search(plain) and not re.search(r"[|,]", plain):
            continue  # the address of a profile
        found += [name for name in split_names(plain) if 2 <= len(name) <= _LONGEST]
    return tuple(dict.fromkeys(found))


def _shown(tree: HtmlElement) -> Iterator[tuple[str, ...]]:
    """What the page marks as bylines; one source for each group of neighbours, in document order."""
    stated = tree.xpath(f"{_STATED}[not(ancestor::head or ancestor::footer)]")[:_MOST_ELEMENTS]
    yield from _groups(stated, stated=True)
    marked = islice(filter(_is_byline, tree.xpath(_MARKED + _OUTSIDE)[: _MOST_ELEMENTS * 5]), _MOST_ELEMENTS)
    yield from _groups(list(marked), stated=False)


def _groups(elements: Sequence[HtmlElement], *, stated: bool) -> Iterator[tuple[str, ...]]:
    seen: set[HtmlElement] = set()
    for element in elements:
        if element in seen:
            continue
        group = [other for other in elements if other is element or _is_beside(element, other)]
        seen.update(group)
        names = [name for other in group for name in _names_in(other, stated=stated)]
        if names:
            yield tuple(dict.fromkeys(names))


def _is_byline(element: HtmlElement) -> bool:
    name = element.get("class") or ""
    return (
        len(name) < 400
        and _NOT_NAMED.search(name) is None
        and _NAMED.search(_HUMP.sub("-", name)) is not None
    )


def _is_beside(element: HtmlElement, other: HtmlElement) -> bool:
    """Whether it stands in the same list or line."""
    return other.tag == element.tag and other.getparent() is element.getparent()


def _names_in(element: HtmlElement, *, stated: bool) -> list[str]:
    """The names a byline begins with. What follows without a link, a comma or an "and" is no other name."""
    names: list[str] = []
    joined = True
    for piece, linked in islice(_pieces(element), _MOST_PIECES):
        text = _CODE.sub("", " ".join(piece[:500].split()))
        joined = joined or linked or _SEPARATES.search(text) is not None
        found = [name for name in split_names(text) if _is_believed(name, stated=stated)]
        if names and not (joined and (found or len(text) < _SHORT_PIECE)):
            break
        names += found
        joined = _SEPARATES.search(text[-6:]) is not None
    return names


def _pieces(element: HtmlElement) -> Iterator[tuple[str, bool]]:
    """The texts in an element, in order, and whether each stands directly in a link; without white space alone."""
    for event, inner in etree.iterwalk(element, events=("start", "end")):
        if event == "start" and inner.text and not inner.text.isspace():
            yield inner.text, inner.tag == "a"
        elif event == "end" and inner is not element and inner.tail and not inner.tail.isspace():
            yield inner.tail, False


def _is_believed(name: str, *, stated: bool) -> bool:
    """Whether it reads like a name; where the markup says that it is one, a short sign will do: "ab/cde"."""
    if stated and name.islower() and " " not in name:
        return len(name) <= _LONGEST_SIGN
    return is_name(name) and (stated or not _is_short(name))


def _is_short(name: str) -> bool:
    """One word: a name in Indonesia, a button everywhere."""
    return " " not in name and name < "\u2e80"


def _unmarked(tree: HtmlElement) -> tuple[str, ...]:
    """A line "By Sari Dewi" that nothing in the markup calls a byline."""
    tried = 0
    for element in islice(tree.iter("p", "div", "span", "li", "address", "h4", "h5", "h6"), _SEARCHED):
        lead = (element.text or "")[:_LONGEST_BYLINE].strip()
        if not _SAID.match(f"{lead} "):
            continue
        tried += 1
        if tried > _MOST_LEADS:
            break
        line = element.getparent() if len(element) == 0 and _SAID.fullmatch(f"{lead} ") else element
        names = [] if line is None else _names_in(line, stated=False)
        rest = sum(map(len, islice(line.itertext(), _MOST_PIECES))) if names else 0
        if names and rest <= _LONGEST_BYLINE + sum(map(len, names)):
            return tuple(dict.fromkeys(names))
    return ()
