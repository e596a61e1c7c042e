"""Whom the article credits: "Dilansir kanal Youtube X;", "dikutip dari X", "according to X".

A clause goes from the text only when the sentence is whole without it (``detachment``). Otherwise the words stay and
are annotated.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from kabar.clean import lexicon
from kabar.clean.lines.detachment import DATE, SEPARATOR, detach
from kabar.clean.lines.headlines import word_count
from kabar.clean.lines.provenance import Cut, Line, Page
from kabar.clean.lines.search import at_sentence_start
from kabar.clean.rulebook import Rule, rules, table
from kabar.contracts.types import MAX_SPANS

_BACK = 40
"""How far before the cue its clause may begin ("Demikian seperti yang ")."""
_TAIL_LINES = 6
_CHANNELS = {"x": "twitter"}
_CALENDAR = frozenset(table("words")["calendar"])
_NOT_OUTLETS = frozenset(table("words")["not_outlets"])
_SPACE = re.compile(r"\s+")
_LIST = re.compile(r"\s{0,3}(?:,|;|/|&|\bdan\b|\band\b)\s{0,3}")


class Credit(NamedTuple):
    """A credit found: its clause, and what to cut where it can go; ``cut`` None = annotate."""

    start: int
    end: int
    rule: Rule
    outlet: str
    channel: str
    cut: tuple[int, int] | None


def find(page: Page) -> list[Credit]:
    """Credits in order of the rules, at most ``MAX_SPANS``; overlapping ones are left to the caller."""
    return list(islice(_credits(page), MAX_SPANS))


def _credits(page: Page) -> Iterator[Credit]:
    for rule in rules("attribution"):
        if rule.form == "source":
            yield from _source_lines(page, rule)
            continue
        seen: set[int] = set()
        for cue in rule.cues:
            for at in page.places(cue):
                credit = _read(page, rule, at, at + len(cue))
                if credit and credit.start not in seen:
                    seen.add(credit.start)
                    yield credit


def as_cut(credit: Credit, start: int, end: int) -> Cut:
    """The cut of a credit that goes."""
    return Cut(
        start=start,
        end=end,
        rule=credit.rule.id,
        kind="attribution",
        strength=credit.rule.strength,
        outlet=credit.outlet,
        channel=credit.channel,
    )


def _read(page: Page, rule: Rule, at: int, cue_end: int) -> Credit | None:
    """The credit whose cue stands at an offset."""
    line = page.line_at(at)
    match = _match_around(page, rule, line, at, cue_end)
    if match is None:
        return None
    name = _trim(match["outlet"])
    start, end = match.start(), match.start("outlet") + len(name)
    if rule.title == "exact":
        end = match.end()
    elif end <= at:
        return None
    outlet = _SPACE.sub(" ", name.strip("\"“”'‘’"))
    groups = match.groupdict()
    channel = (groups.get("channel") or "").casefold()
    medium = bool(groups.get("medium") or channel)
    leads = _is_lead_in(page, line, start, end)
    if not (_may_be_outlet(outlet, medium=medium) and _is_credited(rule, outlet, medium=medium, leads=leads)):
        return None
    cut = detach(page, line, start, end, groups.get("lead") or "") if rule.form == "clause" else None
    return Credit(start, end, rule, outlet, _CHANNELS.get(channel, channel), cut)


def _match_around(page: Page, rule: Rule, line: Line, at: int, cue_end: int) -> re.Match[str] | None:
    """The match that covers the cue, with as much before it as the rule takes."""
    begin = max(line.start, at - _BACK)
    for candidate in rule.regex.finditer(page.text, begin, min(line.end, cue_end + 160)):
        if candidate.start() <= at < candidate.end():
            return candidate
        if candidate.start() > at:
            break
    return None


def _trim(outlet: str) -> str:
    """Words that cannot belong to the name go from its end, with all that follows: weekdays, dates, full stops."""
    words = list(re.finditer(r"\S+", outlet))
    kept = 0
    for index, word in enumerate(words):
        folded = word.group().casefold().strip(".,'’\"")
        ends = folded in _CALENDAR or (not folded.isdigit() and DATE.match(outlet, word.start()))
        if index and ends:
            break
        kept = word.end()
        if word.group().endswith((".", ",", "’s")) and not re.fullmatch(
            r"(?:[A-Z]\.)+|St\.|Dr\.", word.group()
        ):
            break
    return outlet[:kept].rstrip(".,:;'’/-& ")


def _is_lead_in(page: Page, line: Line, start: int, end: int) -> bool:
    """Whether the clause opens a sentence and a comma ends it."""
    opens = at_sentence_start(page.text, line.start, start, strict=True)
    return opens and SEPARATOR.match(page.text, end, line.end) is not None


def _may_be_outlet(outlet: str, *, medium: bool) -> bool:
    """Not a weekday, a number or a single letter; a person or an office only with a medium ("laman Kementerian X")."""
    folded = outlet.casefold().strip("\"“”'‘’@")
    first = folded.partition(" ")[0]
    if len(folded) < 2 or folded.isdigit() or first in _CALENDAR:
        return False
    return medium or first not in _NOT_OUTLETS


def _is_credited(rule: Rule, outlet: str, *, medium: bool, leads: bool) -> bool:
    """Whether the rule believes the name, by what it asks for."""
    if rule.title == "exact":
        return lexicon.is_listed_outlet(_without_article(outlet))
    if medium or _is_known(outlet):
        return True
    return rule.title == "names" or (rule.title == "lead_or_known" and leads)


def _is_known(outlet: str) -> bool:
    """Listed, a domain name, or a listed name and one more word ("Reuters TV")."""
    name = _without_article(outlet)
    head, _, _ = name.rpartition(" ")
    plain = "'" not in name and "’" not in name
    return lexicon.is_outlet(name) or (bool(head) and plain and lexicon.is_listed_outlet(head))


def _without_article(outlet: str) -> str:
    return outlet[4:] if outlet[:4] in ("The ", "the ") and not lexicon.is_outlet(outlet) else outlet


def _source_lines(page: Page, rule: Rule) -> Iterator[Credit]:
    for line in page.lines[-_TAIL_LINES:]:
        if len(line.text) > 160 or word_count(line.text) > rule.max_words:
            continue
        match = rule.regex.match(line.text)
        if match and (
            match["outlet"].strip()[:1].isupper() or lexicon.is_domain(match["outlet"].strip(" ."))
        ):
            yield from _split_sources(line, match, rule)


def _split_sources(line: Line, match: re.Match[str], rule: Rule) -> Iterator[Credit]:
    """One credit for each of "Sumber: Engadget dan The Next Web."; together they cover the line."""
    names = [name for name in _LIST.split(match["outlet"]) if name.strip()]
    names = [name for name in names if name.strip()[:1].isupper() or lexicon.is_domain(name.strip())]
    names = names or [match["outlet"]]
    begin = line.start
    at = line.start + match.start("outlet")
    for index, name in enumerate(names):
        at = line.start + line.text.index(name, at - line.start) + len(name)
        end = line.end if index == len(names) - 1 else at
        yield Credit(begin, end, rule, name.strip(' .()"“”'), "", (begin, end))
        begin = end
