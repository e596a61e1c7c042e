"""Finding where rules may match without trying every rule everywhere.

Line rules are looked up by the first word of a line, the others by a string the text must hold: plain substring
search costs a hundredth of a regular expression.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import NamedTuple

from kabar.clean.lines.provenance import Line, Page
from kabar.clean.rulebook import Rule, rules
from kabar.contracts.types import MAX_SPANS

MAX_LINE = 600
"""Longer lines are paragraphs: what stands in them is looked for by the inline rules."""

_FIRST = re.compile(r"[\W_]{0,8}?(©|#{2,5}|\w+)")
_STOP_BEFORE = re.compile(r"[.!?…][\"”’')\]]{0,2}\s{1,4}$")
_SENTENCE_BEFORE = re.compile(r"[.!?…:,;\"”’')\]]\s{0,4}$")


class LineForm(NamedTuple):
    """Which line rules to try."""

    family: str
    form: str


def firsts(page: Page) -> list[str]:
    """The first word of every line, lower case; '' where there is none."""
    out: list[str] = []
    for line in page.lines:
        match = _FIRST.match(page.lower, line.start, min(line.end, line.start + 60))
        out.append(match[1] if match else "")
    return out


def line_hits(
    page: Page, heads: list[str], form: LineForm, accept: Callable[[Rule, Line, re.Match[str]], bool]
) -> Iterator[tuple[Rule, Line, re.Match[str]]]:
    """Lines a rule of one family and form matches from their start; of several rules the first accepted one."""
    table = _rules_by_cue(*form)
    for head, line in zip(heads, page.lines, strict=True):
        if head not in table or len(line.text) > MAX_LINE:
            continue
        for rule in table[head]:
            match = rule.regex.match(line.text)
            if match is not None and accept(rule, line, match):
                yield rule, line, match
                break


@cache
def _rules_by_cue(family: str, form: str) -> dict[str, list[Rule]]:
    table: dict[str, list[Rule]] = {}
    for rule in rules(family):
        if rule.form == form:
            for cue in rule.cues:
                table.setdefault(cue, []).append(rule)
    return table


def inline_hits(page: Page, rule: Rule) -> Iterator[re.Match[str]]:
    """Matches of an inline rule, in its zone, never across a line break."""
    seen: set[int] = set()
    for cue in rule.cues:
        for at in page.places(cue):
            line = page.line_at(at)
            begin = _bracket_before(page.text, at, line.start)
            if begin in seen or (
                rule.zone == "sentence" and not at_sentence_start(page.text, line.start, begin)
            ):
                continue
            match = rule.regex.match(page.text, begin, line.end)
            if match is not None:
                seen.add(begin)
                yield match
            if len(seen) > MAX_SPANS:
                return


def _bracket_before(text: str, at: int, floor: int) -> int:
    """A cue in brackets begins at its bracket."""
    begin = at - 1
    while begin > floor and at - begin < 4 and text[begin] == " ":
        begin -= 1
    return begin if begin >= floor and text[begin] in "[(" else at


def at_sentence_start(text: str, line_start: int, at: int, *, strict: bool = False) -> bool:
    """Whether a sentence may begin here: the line begins, or a stop, a quote mark or a comma stands before.

    ``strict``: only the line, or a stop and a space.
    """
    before = _STOP_BEFORE if strict else _SENTENCE_BEFORE
    return at <= line_start or before.search(text, max(line_start, at - 6), at) is not None
