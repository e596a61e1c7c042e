"""The opening "JAKARTA, KOMPAS.com - ": which part is the outlet, which the place.

The head of the article up to its separator is cut into parts, each part becomes a letter by what it is (a listed
outlet, a domain name, a listed place, a date, a word in capitals ...), and the rules are patterns over these letters:
what a part is decides, not where it stands, because outlets differ in the order.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import NamedTuple

from kabar.clean import lexicon
from kabar.clean.lines.provenance import Cut, Line
from kabar.clean.rulebook import Rule, rules, table

MAX_HEAD = 110
"""Characters a dateline may take."""
MIN_COMPOUND = 7
"""Letters a word in capitals has at least to be read as one of "HALMAHERA" and "POS"."""
SEARCHED_LINES = 4
"""A caption or a summary may stand before a dateline that names its outlet."""

_SEPARATOR = re.compile(
    r"(?P<dash>\s*\.?\s?(?:-{2,3}|[–—]{1,2}|-\s-)\s{0,3}|\s{1,3}-\s{0,3}|\s{0,3}\.?-\s{1,3}|\)\.?\s?-\s{0,3}|\.-)"
    r"|(?P<colon>\s{0,2}:\s{1,3})"
    r"|(?P<bar>\s{1,3}\|\s{1,3})"
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
_SURE_DATE = re.compile(rf"{_MONTH}\s{{0,2}}\d{{1,2}}|\d{{1,2}} {_MONTH} \d{{4}}$", re.IGNORECASE)
"""What behind an unlisted name in title case makes a town of it."""
_DOMAIN_LIKE = re.compile(r"[A-Za-z0-9\-]{3,30}(?:\.[A-Za-z]{2,12}){1,2}")
"""Also of endings nobody listed: a single word with a dot inside."""
_UNLISTED = frozenset({"dateline.capitals", "dateline.place_unlisted", "dateline.unlisted_place"})
"""The rules by which a word in capitals that no list holds is the outlet."""
_PLACES_ONLY = frozenset({"dateline.place", "dateline.place_date"})
"""The rules by which no part is: "NEWPORT NEWS, Va., April 1 -"."""
_REPEATED_WITHIN = 600
_UNDASHED = re.compile(r"(?P<source>[A-Za-z0-9][\w\-]{1,30}(?:\.\w{2,12}){1,2})(?P<comma>,?)\s{1,2}(?=\S)")


class Part(NamedTuple):
    """One part of the head and the letter that says what it is."""

    letter: str
    text: str


def find(lines: Sequence[Line], own_names: Iterable[str]) -> Cut | None:
    """The dateline among the first kept lines; ``own_names`` are names and domains of the article's own source."""
    own = frozenset(form for name in own_names for form in _forms(name))
    for index, line in enumerate(lines[:SEARCHED_LINES]):
        for rule, end, parts in _readings(line.text, own):
            if index == 0 or (rule.zone == "any" and any(part.letter == "S" for part in parts)):
                return _cut(rule, line, end, parts)
    return None


def _forms(name: str) -> set[str]:
    """A name by its letters and digits alone, and a domain also without its ending: "Kabar Pagi" is KABARPAGI.EXAMPLE.

    Of several labels the longest is the name: "news.kabarpagi.co.id".
    """
    labels = name.casefold().split(".")
    stem = max(labels[:-1], key=len) if _DOMAIN_LIKE.fullmatch(name.removeprefix("www.")) else ""
    letters = ("".join(filter(str.isalnum, form)) for form in (name.casefold(), stem))
    return {form for form in letters if len(form) > 1}


def _cut(rule: Rule, line: Line, end: int, parts: list[Part]) -> Cut:
    sources = _sources(rule, line.text[end:], parts)
    places = [part.text for part in parts if part.letter in "KPRCMTNB" and part.text not in sources]
    return Cut(
        start=line.start,
        end=line.start + end,
        rule=rule.id,
        kind="dateline",
        strength=rule.strength,
        source=sources[0] if sources else "",
        place=", ".join(places),
    )


def _sources(rule: Rule, rest: str, parts: list[Part]) -> list[str]:
    """The names of the outlet; what is surer about it comes first."""
    if rule.id == "dateline.capitals" and parts[0].letter in "CM" and _repeats(rest, parts[0].text):
        return []
    if rule.id in _PLACES_ONLY:
        return []
    for letters in ("S", "NB", "CM" if rule.id in _UNLISTED else ""):
        named = [part.text for part in parts if part.letter in letters]
        if named:
            return named
    return []


def _repeats(rest: str, name: str) -> bool:
    """Whether the article speaks of what its head names, as of a town and not as of whom somebody told something."""
    return bool(re.search(rf"(?<!kepada )(?<!told )\b{re.escape(name.title())}\b", rest[:_REPEATED_WITHIN]))


def _readings(text: str, own: frozenset[str]) -> Iterator[tuple[Rule, int, list[Part]]]:
    """Each separator in the head that makes a dateline of what stands before it, with the rule that says so."""
    head = text[:MAX_HEAD]
    for match in _SEPARATOR.finditer(head):
        parts = _parts(head[: match.start() + (match.group().startswith(")"))], own)
        if not parts:
            continue
        end, parts = _extend(text, match.end(), parts)
        mark = {"dash": "-", "colon": ":", "bar": "|"}.get(match.lastgroup or "", ".")
        rule = _rule_for(parts, mark)
        if rule and _opens_sentence(text, end, parts, spaced=match.group() != match.group().strip()):
            yield rule, len(text[:end].rstrip()), parts
            return
    yield from _undashed(text, own)


def _rule_for(parts: list[Part], mark: str) -> Rule | None:
    letters = "".join(part.letter for part in parts) + mark
    return next((rule for rule in rules("dateline") if rule.regex.fullmatch(letters)), None)


def _parts(head: str, own: frozenset[str]) -> list[Part]:
    """The parts of a head; empty where one of them is nothing a dateline holds."""
    out: list[Part] = []
    for piece in _PIECE.finditer(head):
        text = piece["text"].strip(" .*_\t")
        for name in _split_date(text):
            letter = _letter(name, own, bracketed=bool(piece["bracket"]))
            if letter in {"K", "P"} and out and lexicon.key(name) in _regions():
                letter = "R"
            if not letter or len(out) == 5:
                return []
            out.append(Part(letter, name))
    return out


def _split_date(text: str) -> list[str]:
    """Split "JOHANNESBURG March 13" into place and date."""
    match = _PLACE_DATE.fullmatch(text)
    return [match["place"], match["date"]] if match else [text] if text else []


def _letter(text: str, own: frozenset[str], *, bracketed: bool) -> str:
    if len(text) > 40 or len(text.split()) > 5:
        return ""
    if _DATE.fullmatch(text):
        return "D"
    if lexicon.is_outlet(text) or not own.isdisjoint(_forms(text)):
        # "Metro" and "Pa." are places as well as outlets: the place is likelier, but for a name in brackets.
        return "S" if bracketed or not lexicon.is_place(text) else _place(text)
    if lexicon.is_place(text) and text[0].isupper():
        return _place(text)
    return "" if lexicon.is_label(text) else _unlisted(text, bracketed=bracketed)


def _place(text: str) -> str:
    return "K" if text.upper() == text else "P"


def _unlisted(text: str, *, bracketed: bool) -> str:
    """The letter of a name that no list holds."""
    if _DOMAIN_LIKE.fullmatch(text):
        return "N"
    words = text.split()
    capitals = text.upper() == text
    if capitals and all(_CAPITALS.fullmatch(word) for word in words):
        letter = "M" if len(words) > 1 else "C" if len(text) > 2 else ""
        letter = "" if _holds_label(words) else letter
    else:
        letter = "T" if text[0].isupper() and all(_NAME_WORD.fullmatch(word) for word in words) else ""
    if letter and bracketed and len(words) < 3:
        return "B"
    return "N" if letter and _sounds_like_outlet(text) else letter


def _sounds_like_outlet(text: str) -> bool:
    """Whether outlets are called so: "Halmahera Pos", "HALMAHERAPOS"."""
    words = text.casefold().split()
    if len(words) > 1:
        return words[0] in _outlet_words("first_words") or words[-1] in _outlet_words("last_words")
    long_enough = len(text) > MIN_COMPOUND and text.isupper()
    return long_enough and (
        words[0].startswith(_outlet_words("first_words")) or words[0].endswith(_outlet_words("last_words"))
    )


@cache
def _outlet_words(which: str) -> tuple[str, ...]:
    return tuple(table("outlets")[which])


def _holds_label(words: Sequence[str]) -> bool:
    return any(lexicon.is_label(word) or word.casefold() in _label_words() for word in words)


@cache
def _label_words() -> frozenset[str]:
    return frozenset(table("outlets")["label_words"])


@cache
def _regions() -> frozenset[str]:
    """Countries, provinces and states: what stands behind a town."""
    places = table("places")
    return frozenset(
        lexicon.key(name) for group in ("provinces", "regions", "countries") for name in places[group]
    )


def _extend(text: str, end: int, parts: list[Part]) -> tuple[int, list[Part]]:
    """A place in capitals behind the first dash belongs to the dateline: "KONTAN.CO.ID - JAKARTA. Presiden"."""
    if not any(part.letter == "S" for part in parts) or any(part.letter in "KPRCM" for part in parts):
        return end, parts
    match = _EXTENSION.match(text, end)
    if match is None or not lexicon.is_place(match["place"]):
        return end, parts
    return match.end(), [*parts, Part("K", match["place"])]


def _opens_sentence(text: str, end: int, parts: list[Part], *, spaced: bool) -> bool:
    """Whether an article may begin behind the dateline; the weaker the parts, the more is asked."""
    letters = "".join(part.letter for part in parts)
    if not set(letters) & {"S", "D"} and not all(
        _may_be_unlisted(part, parts, spaced=spaced) for part in parts
    ):
        return False
    if letters == "TD" and not _SURE_DATE.match(parts[1].text):
        return False  # "Rapat, 3 Maret - Presiden hadir"
    if letters == "S" and lexicon.is_word_outlet(parts[0].text) and not parts[0].text.isupper():
        return False
    named = [part.text for part in parts if part.letter == "S"]
    sure = "D" in letters or any(lexicon.is_domain(name) and lexicon.is_listed_outlet(name) for name in named)
    if end >= len(text) or sure:
        return True  # the dateline has a line of its own, or needs no second sign
    if not _OPENING.match(text, end):
        return False
    return bool(set(letters) - {"K", "P", "R"}) or not _is_route(text[end : end + 40])


def _may_be_unlisted(part: Part, parts: list[Part], *, spaced: bool) -> bool:
    """Whether nothing about an unlisted name speaks against it: "COVID-19 - ...", "TOP-LEVEL", "WIFI (IEEE) - ..."."""
    if part.letter in "CM":
        return spaced and len(part.text.split()) <= 3 and part.text.replace(" ", "").isalpha()
    if part.letter == "N":
        return spaced and (len(parts) > 1 or part.text.isupper())
    if part.letter == "B":
        known = any(other.letter in "KPR" for other in parts)
        return known or (part.text.isupper() if len(parts) == 1 else not part.text.isupper())
    return True


def _is_route(following: str) -> bool:
    """Whether a second place follows, not a sentence: "Jakarta - Bandung kini satu jam"."""
    words = re.findall(r"[\w'’.]+", following)[:2]
    return any(
        lexicon.is_place(" ".join(words[:count])) and words[0][:1].isupper() for count in (1, 2) if words
    )


def _undashed(text: str, own: frozenset[str]) -> Iterator[tuple[Rule, int, list[Part]]]:
    """Read "Liputan6.com, Jakarta Polda ..." and "AKURAT.CO, Indonesia ..."."""
    match = _UNDASHED.match(text)
    if match is None:
        return
    name = match["source"]
    is_own = not own.isdisjoint(_forms(name))
    trusted = name.upper() == name or lexicon.is_listed_outlet(name)
    if not is_own and not (trusted and lexicon.is_domain(name)):
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
