"""Extraction for pages no tree builder should see: one pass over the tags, no tree, linear.

A page is a sequence of blocks of text (Kohlschütter et al., *Boilerplate Detection using Shallow Text Features*, WSDM
2010). Blocks of prose count for themselves, all others against; the stretch with the highest sum is the article. It
needs no nesting, so no nesting can hurt it: the tree builders stop at 256 levels (libxml2) or take time in proportion
to depth times elements (lexbor: 14 s for 100,000 nested elements).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import NamedTuple

_LARGEST = 6_000_000
"""Characters of a page that are read."""
_MOST_TAGS = 300_000

_TAG = re.compile(r"<(?:(/?)([a-zA-Z][a-zA-Z0-9:-]{0,30})|(!--|[!?]))")
_UNREAD = frozenset(
    {"script", "style", "noscript", "template", "svg", "iframe", "textarea", "select", "head", "object"}
)
_ASIDE = frozenset({"nav", "footer", "aside", "form", "button", "figcaption", "menu"})
"""Text in these is read, and counts as no prose."""
_INLINE = frozenset(
    (
        *(
            "a",
            "abbr",
            "acronym",
            "b",
            "bdi",
            "bdo",
            "big",
            "cite",
            "code",
            "data",
            "del",
            "dfn",
            "em",
            "font",
            "i",
            "img",
        ),
        *(
            "ins",
            "kbd",
            "label",
            "mark",
            "q",
            "rp",
            "rt",
            "ruby",
            "s",
            "samp",
            "small",
            "span",
            "strike",
            "strong",
            "sub",
        ),
        *("sup", "time", "tt", "u", "var", "wbr"),
    )
)
_CONTAINERS = frozenset({"div", "section", "ol", "ul", "aside"})
_HEADING = frozenset({"h2", "h3", "h4"})

_PROSE = 80
"""Characters. A shorter block is prose only if it ends like a sentence and stands between prose."""
_COST = 60
"""What a block that is no prose counts against the stretch, in characters of prose."""
_BARRIER = 100_000
"""What the start of the readers' comments counts against it: no stretch reaches across."""
_ENOUGH = 200
"""Characters of prose that make an article before the comments."""
_COMMENTS = re.compile(
    r"""(?:id|class)\s?=\s?["']?(?:[\w -]{0,60}[ _-])?"""
    r"""(?:comments|comment-?list|comments?-?area|komentar|kolom-?komentar|respond|disqus_thread)\b""",
    re.IGNORECASE,
)
_LINKED = 0.35
"""A block with a larger share of its characters in links is a list of links."""
_SENTENCE_END = re.compile(r"[.!?…。！？।॥။؟۔።][\"'”’»)\]]{0,2}$")


class _Block(NamedTuple):
    text: str
    linked: float
    heading: bool
    aside: bool
    barrier: bool = False

    @property
    def score(self) -> int:
        """For or against the stretch it stands in."""
        if self.barrier:
            return -_BARRIER
        return len(self.text) if self.prose else -_COST

    @property
    def prose(self) -> bool:
        if self.aside or self.heading or self.linked > _LINKED:
            return False
        return len(self.text) >= _PROSE or (
            len(self.text) >= 25 and _SENTENCE_END.search(self.text) is not None
        )


def extract(page: str) -> str:
    """The article of a page, paragraphs separated by newlines; '' if there is no stretch of prose."""
    blocks = [block for block in _blocks(page[:_LARGEST]) if block.text or block.barrier]
    # Readers may have written more than the journalist: what stands before their comments goes first.
    before = next((at for at, block in enumerate(blocks) if block.barrier), len(blocks))
    start, end, total = _densest([block.score for block in blocks[:before]])
    if total < _ENOUGH:
        start, end, _ = _densest([block.score for block in blocks])
    return "\n".join(
        block.text for block in blocks[start:end] if block.prose or (block.heading and not block.linked)
    )


def _densest(scores: list[int]) -> tuple[int, int, int]:
    """Start, end and sum of the stretch with the highest sum (Kadane)."""
    best = (0, 0, 0)
    total = start = 0
    for at, score in enumerate(scores):
        if total <= 0:
            total, start = 0, at
        total += score
        if total > best[2]:
            best = (start, at + 1, total)
    return best


def _blocks(page: str) -> Iterator[_Block]:
    """The text between block-level tags."""
    parts: list[str] = []
    linked = 0
    links = asides = 0
    heading = False
    for text, closing, name, barrier in _pieces(page):
        if text:
            parts.append(text)
            if links:
                linked += len(text)
        if name == "a":
            links = 0 if closing else 1  # links do not nest
        if name in _INLINE:
            continue
        yield _block(parts, linked, heading=heading, aside=asides > 0)
        parts, linked = [], 0
        if barrier:
            yield _Block("", 0.0, heading=False, aside=False, barrier=True)
        heading = name in _HEADING and not closing
        if name in _ASIDE:
            asides = max(0, asides - 1) if closing else asides + 1
        elif name in {"article", "main", "body"}:
            asides = 0  # an unclosed <nav> does not swallow the page
    yield _block(parts, linked, heading=heading, aside=asides > 0)


def _block(parts: list[str], linked: int, *, heading: bool, aside: bool) -> _Block:
    raw = "".join(parts)
    text = " ".join((unescape(raw) if "&" in raw else raw).split())
    return _Block(text, linked / max(1, len(raw)), heading, aside)


def _pieces(page: str) -> Iterator[tuple[str, bool, str, bool]]:
    """Text, and the tag behind it: does it close, its name ('' at the end), does it open the readers' comments."""
    position = 0
    for _ in range(_MOST_TAGS):
        match = _TAG.search(page, position)
        if match is None:
            break
        text = page[position : match.start()]
        if match[3]:
            position = _after(page, "-->" if match[3] == "!--" else ">", match.end())
            yield text, False, "span", False
            continue
        name = match[2].lower()
        position = _after(page, ">", match.end())
        barrier = not match[1] and name in _CONTAINERS and bool(_COMMENTS.search(page, match.end(), position))
        if name in _UNREAD and not match[1]:
            position = _after_element(page, name, position)
        yield text, bool(match[1]), name, barrier
    yield page[position : position + _PROSE * 100], False, "", False


def _after(page: str, mark: str, start: int) -> int:
    """Behind the next mark; an unclosed tag or comment ends with the page."""
    found = page.find(mark, start)
    return len(page) if found < 0 else found + len(mark)


def _after_element(page: str, name: str, start: int) -> int:
    """Behind the end tag. An unclosed <head> or <form> must not hide the page, an unclosed <script> does."""
    if name == "head":
        return start
    end = re.compile(rf"</{name}\b", re.IGNORECASE).search(page, start)
    return len(page) if end is None else _after(page, ">", end.end())
