"""What the publisher puts around the text: advertisements, page numbers, credits, promotion, sign-offs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kabar.clean import lexicon
from kabar.clean.lines.headlines import word_count
from kabar.clean.lines.provenance import Cut, Line, Page
from kabar.clean.lines.search import LineForm, inline_hits, line_hits
from kabar.clean.names import split_names
from kabar.clean.rulebook import Rule, rules, table
from kabar.text.tokens import words

TAIL_LINES = 12
"""Lines from the end that count as the tail for credits."""
SIGN_LINES = 8
"""A sign-off stands on one of the last lines: related links and credits may follow it."""
HEAD_LINES = 4

_NAMEISH = re.compile(
    r"[A-ZÀ-Þ@][^\s]{0,40}(?:\s(?:[A-ZÀ-Þ(][^\s]{0,40}|bin|binti|dan|and|de|van|al-\w+)){0,7}"
)
_DATED = frozenset(table("words")["dated"])
_STOP = (".", "!", "?", '"', "”", "’", "'", ")", "]", ",", "…")


def find(page: Page, heads: list[str]) -> Iterator[Cut]:
    """Furniture, surest forms first. ``heads``: the first words of the lines."""
    accepts = _Accepts(page)
    for form in ("line", "credit", "byline"):
        for rule, line, match in line_hits(page, heads, LineForm("furniture", form), accepts):
            yield _removed(rule, line.start, line.end, match)
    yield from _labels(page, heads)
    for rule in rules("furniture"):
        if rule.form == "inline":
            for match in inline_hits(page, rule):
                yield _removed(rule, match.start(), match.end(), match)
    yield from _signs(page)


def headline(page: Page, title: str) -> Iterator[Cut]:
    """The headline repeated as the first line of the body."""
    if title and page.lines and words(page.lines[0].text[:4_096]) == words(title):
        first = page.lines[0]
        yield Cut(start=first.start, end=first.end, rule="furniture.headline", kind="removed", strength=6)


def _removed(rule: Rule, start: int, end: int, match: re.Match[str]) -> Cut:
    return Cut(
        start=start,
        end=end,
        rule=rule.id,
        kind="removed",
        strength=rule.strength,
        authors=tuple(_names(match)),
    )


def _names(match: re.Match[str]) -> list[str]:
    """The persons a match credits; a place among them ("Kontributor Medan, Budi") is no person."""
    values = [value for group, value in match.groupdict().items() if group.startswith("name") and value]
    names = [name for value in values for name in split_names(value)]
    return [name for name in names if not lexicon.is_place(name)] or names


class _Accepts:
    """Whether a line rule may act on a line."""

    __slots__ = ("head", "tail")

    def __init__(self, page: Page) -> None:
        self.head = page.lines[min(HEAD_LINES, len(page.lines)) - 1].end if page.lines else 0
        self.tail = page.lines[max(0, len(page.lines) - TAIL_LINES)].start if page.lines else 0

    def __call__(self, rule: Rule, line: Line, match: re.Match[str]) -> bool:
        if word_count(line.text) > rule.max_words:
            return False
        if (rule.zone == "tail" and line.start < self.tail) or (rule.zone == "head" and line.end > self.head):
            return False
        return rule.title != "names" or _are_names(match)


def _are_names(match: re.Match[str]) -> bool:
    """Whether the groups are names: "By Monday" names nobody, "Editor: orang yang menyunting" neither."""
    values = [value for group, value in match.groupdict().items() if group.startswith("name") and value]
    return bool(values) and all(_is_names(value) for value in values)


def _is_names(value: str) -> bool:
    if value.split(" ", 1)[0].casefold() in _DATED:
        return False
    parts = [part for part in re.split(r"[,;/&|]|\s-\s", value) if part.strip()]
    short = all(
        part == part.lower() and len(part.strip()) <= 12 and " " not in part.strip() for part in parts
    )
    return short or all(_NAMEISH.fullmatch(part.strip(" .)(")) is not None for part in parts)


def _labels(page: Page, heads: list[str]) -> Iterator[Cut]:
    """Find "Editor:" with the name on the next line."""
    for rule in rules("furniture"):
        if rule.form != "label":
            continue
        cues = frozenset(rule.cues)
        first = max(0, len(page.lines) - TAIL_LINES)
        for index in range(first, len(page.lines)):
            line = page.lines[index]
            if heads[index] not in cues or len(line.text) > 60 or not rule.regex.match(line.text):
                continue
            yield Cut(start=line.start, end=line.end, rule=rule.id, kind="removed", strength=rule.strength)
            follower = page.lines[index + 1] if index + 1 < len(page.lines) else None
            if follower and word_count(follower.text) <= 5 and _is_names(follower.text):
                yield Cut(
                    start=follower.start,
                    end=follower.end,
                    rule=rule.id,
                    kind="removed",
                    strength=rule.strength,
                    authors=tuple(split_names(follower.text)),
                )


def _signs(page: Page) -> Iterator[Cut]:
    """Initials and agency marks at the end of one of the last lines, after a finished sentence."""
    signs = [rule for rule in rules("furniture") if rule.form == "sign"]
    for line in page.lines[-SIGN_LINES:]:
        if not line.text.endswith((")", "]", "*", ".")):
            continue
        begin = max(line.text.rfind("("), line.text.rfind("["), line.text.rfind("*") - 2)
        if begin < max(0, len(line.text) - 60):
            continue
        for rule in signs:
            match = rule.regex.match(line.text, _first_star(line.text, begin))
            before = line.text[: match.start()].rstrip() if match else ""
            if match and (not before or before.endswith(_STOP)):
                yield _removed(rule, line.start + match.start(), line.start + match.end(), match)
                break


def _first_star(text: str, begin: int) -> int:
    """Initials in stars ("***") begin at the first star."""
    while 0 <= begin < len(text) and text[begin] not in "([*":
        begin += 1
    return begin
