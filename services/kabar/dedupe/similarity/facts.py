"""Numbers, dates and names of a text, and where those of a copy differ from the original's.

A cheap reading by shape, for comparing two like texts; who is a person and what a place is the business of
enrichment.
"""

from __future__ import annotations

import re

from msgspec import Struct

from kabar.dedupe.diff import compare
from kabar.dedupe.vocabulary import is_common

MAX_FACTS = 300
"""Of each kind and text."""
MAX_DIFFERENCES = 20
_MAX_NAME_CHARS = 80
MAX_HEADLINE_WORDS = 30
_LEAST_HEADLINE_WORDS = 3
_SHOUTING = 0.6  # share of capitals from which letters say nothing about names (agency headlines)

_MONTHS = (
    "jan(?:uari|uary)?|feb(?:ruari|ruary)?|mar(?:et|ch)?|apr(?:il)?|mei|may|jun[ie]?|jul[iy]?|agu(?:stus)?|aug(?:ust)?"
    "|sep(?:t(?:ember)?)?|o[kc]t(?:ober)?|nov(?:ember)?|de[sc](?:ember)?"
)
_UPPER = "A-ZÀ-ÖØ-ÞĀĂĄĆĈĊČĎĐĒĘĚĞĢĪİŁŃŅŇŌŐŘŚŞŠŢŤŪŮŰŹŻŽА-ЯЁІЇЄ"
_NAME = rf"\b[{_UPPER}][\w'’-]*(?: (?!(?i:{_MONTHS})\b\.? \d)[{_UPPER}][\w'’-]*){{0,5}}"
_NAMES = re.compile(_NAME)
_FACT = re.compile(
    rf"(?P<date>\b\d{{1,2}}\.? (?i:{_MONTHS})\b\.?(?:,? \d{{4}}\b)?"
    rf"|\b(?i:{_MONTHS})\b\.? \d{{1,2}}\b(?!\.\d)(?:,? \d{{4}}\b)?"
    r"|\b\d{1,2}/\d{1,2}(?:/\d{2,4})?\b|\b\d{4}-\d{2}-\d{2}\b)"
    r"|(?P<number>\d+(?:[.,:]\d+)*%?)"
    rf"|(?P<name>{_NAME})"
)
_OPENING = frozenset(".!?:;\"“”‘'’(–—-\n•*|")


class Facts(Struct, frozen=True):
    """In order of appearance, repeats included; names folded to one spelling of blanks, not of case."""

    numbers: list[str]
    dates: list[str]
    names: list[str]


def find_facts(text: str) -> Facts:
    """The facts of a text; at most ``MAX_FACTS`` of each kind."""
    facts = Facts([], [], [])
    shouting = is_shouting(text)
    for match in _FACT.finditer(text):
        kind = match.lastgroup
        if kind == "name":
            name = "" if shouting else _name(text, match.start(), match.group())
            if name and len(facts.names) < MAX_FACTS:
                facts.names.append(name)
        elif kind == "number" and len(facts.numbers) < MAX_FACTS:
            facts.numbers.append(match.group().rstrip(".,:"))
        elif kind == "date" and len(facts.dates) < MAX_FACTS:
            facts.dates.append(" ".join(match.group().split()))
    return facts


def find_names(text: str) -> list[str]:
    """The names alone."""
    if is_shouting(text):
        return []
    named = (_name(text, match.start(), match.group()) for match in _NAMES.finditer(text))
    return [name for name in named if name][:MAX_FACTS]


def running_names(text: str) -> list[str]:
    """The distinct names of running text. In a headline every word has a capital, so its lines tell of no names."""
    lines = [line for line in text.split("\n") if not _is_headline(line)]
    return list(dict.fromkeys(find_names("\n".join(lines))))


def _is_headline(line: str) -> bool:
    """Whether a line is in title case: hardly a word without a capital, and no end of a sentence."""
    parts = line.split(None, MAX_HEADLINE_WORDS)
    if not _LEAST_HEADLINE_WORDS <= len(parts) <= MAX_HEADLINE_WORDS or line.rstrip()[-1] in '.!?"”':
        return False
    small = sum(part[0].islower() and not is_common(part.lower()) for part in parts)
    return small <= len(parts) // 6


def is_shouting(text: str) -> bool:
    """Whether most letters at the beginning are capitals."""
    head = text[:400]
    return sum(map(str.isupper, head)) > _SHOUTING * max(1, sum(map(str.isalpha, head)))


def _name(text: str, start: int, found: str) -> str:
    """The name without a common word in front; '' for a single word that has its capital from the sentence."""
    parts = found[:_MAX_NAME_CHARS].replace("’", "'").split(" ")
    opening = _opens_sentence(text, start)
    while parts and is_common(parts[0].lower()):
        parts.pop(0)
        opening = False
    if not parts or (opening and len(parts) == 1) or len(parts[0]) < 2 or parts == ["Rp"]:
        return ""
    return " ".join(part.removesuffix("'s").rstrip("-'") for part in parts)


def _opens_sentence(text: str, start: int) -> bool:
    before = text[max(0, start - 3) : start].rstrip(" \t")
    return not before or before[-1] in _OPENING


def agreement(left: list[str], right: list[str]) -> float:
    """Share of distinct facts that both have; 1 where neither has any."""
    one, other = set(left), set(right)
    return len(one & other) / len(one | other) if one | other else 1.0


def held(part: list[str], whole: list[str]) -> float:
    """Share of the distinct facts of ``part`` that ``whole`` has too; 1 where there are none."""
    one = set(part)
    return len(one & set(whole)) / len(one) if one else 1.0


def differences(original: Facts, copy: Facts) -> list[str]:
    """``number: 12 -> 15``: facts that stand in each other's place. What is only left out or added is not listed."""
    out: list[str] = []
    for kind, before, after in (
        ("number", original.numbers, copy.numbers),
        ("date", original.dates, copy.dates),
        ("name", original.names, copy.names),
    ):
        out += [f"{kind}: {old} -> {new}" for old, new in _replaced(before, after)]
    return list(dict.fromkeys(out))[:MAX_DIFFERENCES]


def _replaced(before: list[str], after: list[str]) -> list[tuple[str, str]]:
    """Pairs at the same place of both lists, of which neither occurs anywhere in the other list."""
    hunks = compare(before, after).hunks or []
    gone, come = set(before) - set(after), set(after) - set(before)
    pairs = (
        pair
        for hunk in hunks
        for pair in zip(hunk.removed, hunk.added, strict=False)
        if len(hunk.removed) == len(hunk.added)
    )
    return [(old, new) for old, new in pairs if old in gone and new in come]
