"""Whether a credit can leave its sentence: what to cut so that a whole sentence stays.

Three forms can: a lead-in before a comma, semicolon or colon behind which a sentence begins; a clause that ends its
sentence; a sentence of its own. A credit with a date stays: the date belongs to the news.
"""

from __future__ import annotations

import re

from kabar.clean import lexicon
from kabar.clean.lines.headlines import word_count
from kabar.clean.lines.provenance import Line, Page
from kabar.clean.lines.search import at_sentence_start

SEPARATOR = re.compile(r"\s{0,2}[,;:]\s{1,3}|\s{0,2}[;:]\s{0,3}")
"""What ends a lead-in."""
DATE = re.compile(
    r"[\s,]{0,3}(?:(?:pada|edisi|on|hari)\s){0,2}(?:(?:senin|selasa|rabu|kamis|jum['’]?at|sabtu|minggu|ahad)\b|\(?\s?\d{1,2}"
    r"(?:\s?[/.\-]\s?\d|\s(?:jan|feb|mar|apr|mei|jun|jul|agu|sep|okt|nov|des)))",
    re.IGNORECASE,
)
"""A date right behind a credit."""
_SENTENCE_OPENS = re.compile(r"[\"“”'‘’«(]{0,2}[A-ZÀ-Þ0-9]")
_SENTENCE_ENDS = re.compile(
    r"\s{0,2}(?P<stop>[.!])[\"”’)]{0,2}(?:\s{0,3}$|\s{1,3}(?=[\"“‘'(\[]?[A-ZÀ-Þ0-9]|[(\[]))|[\"”’)]{0,2}\s{0,3}$"
)
_ABBREVIATION = re.compile(r"(?:^|\s)(?:[A-Z]|Prof|Drs?|Ir|Hj?|Inc|Ltd|Co|Corp|No|St)$")


def detach(page: Page, line: Line, start: int, end: int, lead: str) -> tuple[int, int] | None:
    """What to cut so that a whole sentence stays; None where none would.

    Args:
        page: the text.
        line: the line the credit stands in.
        start: where the credit's clause begins, with ``lead``.
        end: where the outlet's name ends.
        lead: what ties the clause to its sentence; "yang" makes it part of a noun phrase, which needs it.
    """
    text = page.text
    if lead.strip() == "yang" or DATE.match(text, end, line.end):
        return None
    opens = at_sentence_start(text, line.start, start, strict=True)
    stops = _SENTENCE_ENDS.match(text, end, line.end)
    if stops is not None and not (stops["stop"] and _ABBREVIATION.search(text[start:end])):
        after = stops.end("stop") if stops["stop"] else end
        return (start, after) if opens else _trailing(text, line, start, end)
    return _lead_in(text, line, start, end) if opens else None


def _trailing(text: str, line: Line, start: int, end: int) -> tuple[int, int] | None:
    """A clause at the end of its sentence goes, where something stands before it to end."""
    begin = _comma_before(text, line.start, start)
    before = text[max(line.start, begin - 200) : begin]
    return (begin, end) if word_count(before) >= 2 and before[-1] not in "(,;:" else None


def _lead_in(text: str, line: Line, start: int, end: int) -> tuple[int, int] | None:
    """A clause at the start of its sentence goes, where a sentence begins behind its comma."""
    separator = SEPARATOR.match(text, end, line.end)
    if separator is None:
        return None
    following = text[separator.end() : min(line.end, separator.end() + 40)]
    if not _SENTENCE_OPENS.match(following) or _continues_list(following):
        return None
    return start, len(text[: separator.end()].rstrip())


def _comma_before(text: str, floor: int, start: int) -> int:
    """A trailing clause goes with the comma before it, unless the comma closes a quotation."""
    begin = start
    while begin > floor and text[begin - 1] == " ":
        begin -= 1
    return begin - 1 if begin > floor and text[begin - 1] == "," else start


def _continues_list(following: str) -> bool:
    """Whether a second outlet follows, not a sentence: "Dikutip dari Reuters, BBC, dan CNN, ..."."""
    words = re.findall(r"[\w.&]+", following)[:3]
    return any(lexicon.is_outlet(" ".join(words[:count]).rstrip(".")) for count in (1, 2, 3))
