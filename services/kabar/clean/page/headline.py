"""Which of the titles a page gives itself is the article's.

A page names its article up to five times: the headline in JSON-LD, ``og:title``, ``twitter:title``, ``<title>`` and an
``<h1>``. They differ: ``<title>`` is written for search engines, ``og:title`` for people who share, and both carry the
outlet's name; an ``<h1>`` may be the outlet's logo or carry a kicker. Measured on 78 pages of 41 countries and 43
older American ones: the headline of JSON-LD is the editors' most often, then the visible heading.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import NamedTuple

from lxml.html import HtmlElement

from kabar.clean.page.choice import squash

_SHORTEST = 12
"""Characters of a heading; a shorter one is a desk or the outlet's logo. Scripts without spaces need fewer."""
_SHORTEST_DENSE = 9
_FEWEST_WORDS = 4
"""Words of a heading that is believed although nothing else on the page says the same."""
_SEPARATOR = re.compile(r"\s{0,3}(?:\s[-–—:»•·/]{1,2}\s|[|｜ㅣ│：»]|--)")
"""Between a title and the name of a site. A colon alone, or a hyphen between letters, is part of a title."""
_MOST_HEADINGS = 20
_MOST_PIECES = 50
_LONGEST = 500
"""Characters of a heading that is looked at."""


class PageTitle(NamedTuple):
    """The title, and the visible <h1> that is it; '' = none."""

    title: str = ""
    heading: str = ""


class Claims(NamedTuple):
    """What the page calls its article outside the text; '' = nothing."""

    linked: str = ""
    """The headline in JSON-LD."""
    shared: str = ""
    """``og:title``, or in its absence that of another service."""
    window: str = ""
    """``<title>``, or ``<meta name="title">``."""
    site: str = ""
    """The name of the site."""

    @property
    def best(self) -> str:
        """The first there is, in the order in which they are right most often."""
        return self.linked or self.shared or self.window


def headings_of(tree: HtmlElement) -> list[str]:
    """The texts of the <h1> elements, in order."""
    found = (_spaced(element) for element in islice(tree.iter("h1"), _MOST_HEADINGS))
    return [text for text in found if 0 < len(text) <= _LONGEST]


def _spaced(element: HtmlElement) -> str:
    """Its text; a kicker in an element of its own, glued to the title by the markup, is set apart."""
    text = ""
    for piece in islice(element.itertext(), _MOST_PIECES):
        glued = text[-1:].islower() and piece[:1].isupper()
        text += f" {piece}" if glued else piece
    return " ".join(text.split())


def choose_title(claims: Claims, headings: list[str]) -> PageTitle:
    """The article's title among what the page claims and shows."""
    heading = _own_heading(claims, headings)
    if not claims.best:
        only = headings[0] if len(headings) == 1 else ""
        return PageTitle(heading or only, heading or only)
    if not heading:
        return PageTitle(claims.best)
    return PageTitle(_title(claims, heading), heading)


def _title(claims: Claims, heading: str) -> str:
    """The claim, or the heading that is the same without additions, or closer to the editors."""
    if claims.linked:
        return heading if _is_for_search_engines(claims, heading) else _without_site(claims.linked, heading)
    inner = next((claim for claim in (claims.shared, claims.window) if claim and _holds(heading, claim)), "")
    if inner and _is_long_enough(inner):
        return inner  # the heading has a kicker before it
    return heading


def _is_for_search_engines(claims: Claims, heading: str) -> bool:
    """The headline is that of the window, while the page shows and shares another one."""
    linked, shown = squash(claims.linked), squash(heading)
    return (
        linked != shown
        and squash(claims.window).startswith(linked)
        and squash(claims.shared).startswith(shown)
    )


def _without_site(claim: str, heading: str) -> str:
    """The heading, where the claim is the heading and an addition behind a separator."""
    same = claim[: len(heading)]
    return heading if squash(same) == squash(heading) and _SEPARATOR.match(claim[len(heading) :]) else claim


def _own_heading(claims: Claims, headings: list[str]) -> str:
    """The <h1> that is the article's; '' = none, or none that can be told."""
    site = squash(claims.site)
    usable = [text for text in headings if _is_long_enough(text) and not (site and squash(text) == site)]
    stated = [claim for claim in claims if claim]
    same = [text for text in usable if any(_is_same(text, claim) for claim in stated[:3])]
    if same:
        return same[0]
    if len(usable) == 1 and _says_much(usable[0]) and not (site and site in squash(usable[0])):
        return usable[0]
    return ""


def _is_same(heading: str, claim: str) -> bool:
    """Whether heading and claim are one title but for an addition shorter than it, or set apart at the end."""
    short, long = squash(heading), squash(claim)
    if not short or not long:
        return False
    if short in long:
        return 2 * len(short) >= len(long) or _without_site(claim, heading) == heading
    return long in short and 2 * len(long) >= len(short)


def _holds(whole: str, part: str) -> bool:
    return squash(part) != squash(whole) and squash(part) in squash(whole)


def _is_long_enough(text: str) -> bool:
    return len(text) >= (_SHORTEST if text[0] < "\u2e80" else _SHORTEST_DENSE)


def _says_much(text: str) -> bool:
    """Long enough to be no name of a desk, by words, or by characters where words are not spaced."""
    return len(text.split()) >= _FEWEST_WORDS or (text > "\u2e80" and len(text) > _SHORTEST_DENSE)
