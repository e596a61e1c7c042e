"""The opening "JAKARTA, KOMPAS.com - ": which part is the outlet, which the place.

The head of the article up to its separator is cut into parts, each part becomes a letter by what it is (a listed
outlet, a domain name, a listed place, a date, a word in capitals ...), and the rules are patterns over these letters:
what a part is decides, not where it stands, because outlets differ in the order.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from kabar.clean import lexicon
from kabar.clean.provenance import Cut, Line
from kabar.clean.rulebook import Rule, rules

MAX_HEAD = 110
"""Characters a dateline may take."""
SEARCHED_LINES = 4
"""A caption or a summary may stand before a dateline that names its outlet."""

_SEPARATOR = re.compile(
    r"(?P<dash>\s*\.?\s?(?:-{2,3}|[–—]{1,2}|-\s-)\s{0,3}|\s{1,3}-\s{0,3}|\s{0,3}\.?-\s{1,3}|\)\.?\s?-\s{0,3}|\.-)"
    r"|(?P<colon>\s{0,2}:\s{1,3})"
    r"|(?P<stop>/\.?\s{1,3})"
)
_PIECE = re.compile(r"(?P<bracket>[(\[]?)(?P<text>[^,|()\[\]/]+)")
_EXTENSION = re.compile(
    r"(?P<place>[A-ZÀ-Þ][A-ZÀ-Þ.'’\- ]{2,30}?)(?P<end>[.,:]\s{1,3}|\s{0,2}[-–—]{1,2}\s{0,2})(?=[\"“'‘]?[A-ZÀ-Þ0-9])"
)
_OPENING = re.compile(r"[\"“”'‘’«(\[<]{0,2}\s?[A-ZÀ-Þ0-9<]")
_MONTH = (
    r"(?:jan(?:uary|uari)?|feb(?:ruary|ruari)?|mar(?:ch|et)?|apr(?:il)?|ma[yi]|mei|june?i?|jul[yi]?|aug(?:ust)?|agu(?:stus)?"
    r"|sept?(?:ember)?|[ou][ck]t(?:ober)?|nov(?:ember)?|de[cs](?:ember)?|fev|févr?|ene|abr|ago|set|out|dez|dic|janv|juin"
    r"|juil|août|déc|mac|ogos|disember)\.?"
)
_WEEKDAY = (
    r"(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?"
    r"|senin|selasa|rabu|kamis|jum['’]?at|sabtu|minggu|ahad|isnin|khamis"
)
_DATE = re.compile(
    rf"(?:(?:{_WEEKDAY})\b,?\s{{0,2}})?"
    rf"(?:\d{{1,2}}(?:st|nd|rd|th)?[ .]{{1,2}}{_MONTH}|{_MONTH}\s{{0,2}}\d{{1,2}}(?:st|nd|rd|th)?)"
    rf"(?:[ ,.]{{1,3}}\d{{4}})?|(?:{_WEEKDAY})|\d{{1,2}}\s?[/.\-]\s?\d{{1,2}}(?:\s?[/.\-]\s?\d{{2,4}})?|(?:19|20)\d\d",
    re.IGNORECASE,
)
_PLACE_DATE = re.compile(
    rf"(?P<place>[A-ZÀ-Þ]{{3,20}}(?: [A-ZÀ-Þ]{{2,20}}){{0,2}}) (?P<date>{_MONTH} \d{{1,2}})", re.IGNORECASE
)
_CAPITALS = re.compile(r"[A-ZÀ-Þ][A-ZÀ-Þ0-9.'’&\-]{1,24}")
_NAME_WORD = re.compile(r"[A-ZÀ-Þ][\w.'’\-]*|(?:de|del|la|le|al|el|of|the|da|do|di|d['’]\w+)")
_UNDASHED = re.compile(r"(?P<source>[A-Za-z0-9][\w\-]{1,30}(?:\.\w{2,12}){1,2})(?P<comma>,?)\s{1,2}(?=\S)")


class Part(NamedTuple):
    """One part of the head and the letter that says what it is."""

    letter: str
    text: str


def find(lines: Sequence[Line], own_names: frozenset[str]) -> Cut | None:
    """The dateline among the first kept lines; ``own_names`` are folded names of the article's own source."""
    for index, line in enumerate(lines[:SEARCHED_LINES]):
        for rule, end, parts in _readings(line.text, own_names):
            if index == 0 or (rule.zone == "any" and any(part.letter == "S" for part in parts)):
                return _cut(rule, line, end, parts)
    return None


def _cut(rule: Rule, line: Line, end: int, parts: list[Part]) -> Cut:
    sources = [part.text for part in parts if part.letter == "S" or (part.letter == "C" and len(parts) == 1)]
    places = [part.text for part in parts if part.letter in "KPCMT" and part.text not in sources]
    return Cut(
        start=line.start,
        end=line.start + end,
        rule=rule.id,
        kind="dateline",
        strength=rule.strength,
        source=sources[0] if sources else "",
        place=", ".join(places),
    )


def _readings(text: str, own_names: frozenset[str]) -> Iterator[tuple[Rule, int, list[Part]]]:
    """Each separator in the head that makes a dateline of what stands before it, with the rule that says so."""
    head = text[:MAX_HEAD]
    for match in _SEPARATOR.finditer(head):
        parts = _parts(head[: match.start() + (match.group().startswith(")"))], own_names)
        if not parts:
            continue
        end, parts = _extend(text, match.end(), parts)
        mark = "-" if match["dash"] else ":" if match["colon"] else "."
        rule = _rule_for(parts, mark)
        if rule and _opens_sentence(text, end, parts, spaced=match.group() != match.group().strip()):
            yield rule, len(text[:end].rstrip()), parts
            return
    yield from _undashed(text, own_names)


def _rule_for(parts: list[Part], mark: str) -> Rule | None:
    letters = "".join(part.letter for part in parts) + mark
    return next((rule for rule in rules("dateline") if rule.regex.fullmatch(letters)), None)


def _parts(head: str, own_names: frozenset[str]) -> list[Part]:
    """The parts of a head; empty where one of them is nothing a dateline holds."""
    out: list[Part] = []
    for piece in _PIECE.finditer(head):
        text = piece["text"].strip(" .*_\t")
        for name in _split_date(text):
            letter = _letter(name, own_names, bracketed=bool(piece["bracket"]))
            if not letter or len(out) == 5:
                return []
            out.append(Part(letter, name))
    return out


def _split_date(text: str) -> list[str]:
    """Split "JOHANNESBURG March 13" into place and date."""
    match = _PLACE_DATE.fullmatch(text)
    return [match["place"], match["date"]] if match else [text] if text else []


def _letter(text: str, own_names: frozenset[str], *, bracketed: bool) -> str:
    if len(text) > 40 or len(text.split()) > 5:
        return ""
    if _DATE.fullmatch(text):
        return "D"
    if lexicon.is_outlet(text) or lexicon.key(text) in own_names:
        # "Metro" and "Pa." are places as well as outlets: the place is likelier, but for a name in brackets.
        return "S" if bracketed or not lexicon.is_place(text) else _place(text)
    if lexicon.is_place(text) and text[0].isupper():
        return _place(text)
    return "" if lexicon.is_label(text) else _unknown(text, capitals=text.upper() == text)


def _place(text: str) -> str:
    return "K" if text.upper() == text else "P"


def _unknown(text: str, *, capitals: bool) -> str:
    words = text.split()
    if capitals and all(_CAPITALS.fullmatch(word) for word in words):
        return "M" if len(words) > 1 else "C" if len(text) > 2 else ""
    return "T" if text[0].isupper() and all(_NAME_WORD.fullmatch(word) for word in words) else ""


def _extend(text: str, end: int, parts: list[Part]) -> tuple[int, list[Part]]:
    """A place in capitals behind the first dash belongs to the dateline: "KONTAN.CO.ID - JAKARTA. Presiden"."""
    if not any(part.letter == "S" for part in parts) or any(part.letter in "KPCM" for part in parts):
        return end, parts
    match = _EXTENSION.match(text, end)
    if match is None or not lexicon.is_place(match["place"]):
        return end, parts
    return match.end(), [*parts, Part("K", match["place"])]


def _opens_sentence(text: str, end: int, parts: list[Part], *, spaced: bool) -> bool:
    """Whether an article may begin behind the dateline; the weaker the parts, the more is asked."""
    letters = "".join(part.letter for part in parts)
    if letters == "C" and not (spaced and parts[0].text.isalpha()):
        return False  # "COVID-19 - ...", "TOP-LEVEL"
    if letters == "S" and lexicon.is_word_outlet(parts[0].text) and not parts[0].text.isupper():
        return False
    named = [part.text for part in parts if part.letter == "S"]
    sure = "D" in letters or any(lexicon.is_domain(name) and lexicon.is_listed_outlet(name) for name in named)
    if end >= len(text) or sure:
        return True  # the dateline has a line of its own, or needs no second sign
    if not _OPENING.match(text, end):
        return False
    return bool(set(letters) - {"K", "P"}) or not _is_route(text[end : end + 40])


def _is_route(following: str) -> bool:
    """Whether a second place follows, not a sentence: "Jakarta - Bandung kini satu jam"."""
    words = re.findall(r"[\w'’.]+", following)[:2]
    return any(
        lexicon.is_place(" ".join(words[:count])) and words[0][:1].isupper() for count in (1, 2) if words
    )


def _undashed(text: str, own_names: frozenset[str]) -> Iterator[tuple[Rule, int, list[Part]]]:
    """Read "Liputan6.com, Jakarta Polda ..." and "AKURAT.CO, Indonesia ..."."""
    match = _UNDASHED.match(text)
    if match is None:
        return
    name = match["source"]
    trusted = name.upper() == name or lexicon.is_listed_outlet(name) or lexicon.key(name) in own_names
    if not trusted or not lexicon.is_domain(name):
        return
    place = _leading_place(text[match.end() :]) if match["comma"] else ""
    end = match.end() + len(place)
    parts = [Part("S", name)]
    if place and _OPENING.match(text[end:].lstrip()):
        parts.append(Part("P", place))
    elif place and name.upper() != name:
        return  # "Liputan6.com, Jakarta dan Bandung ...": the place is part of the sentence
    else:
        end = match.end()
    rule = _rule_for(parts, "_")
    if rule and _OPENING.match(text[end:].lstrip()):
        yield rule, len(text[:end].rstrip()), parts


def _leading_place(text: str) -> str:
    """The longest listed place the text begins with, directly before a space."""
    words = text[:60].split(" ")
    for count in (3, 2, 1):
        candidate = " ".join(words[:count])
        if len(words) > count and lexicon.is_place(candidate) and candidate[:1].isupper():
            return candidate
    return ""
