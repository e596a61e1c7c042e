"""Names of authors out of bylines and credit lines."""

from __future__ import annotations

import re
from collections.abc import Iterable

_SEPARATOR = re.compile(
    r"\s*(?:[,;|&\n•·、，；]|/(?![a-z])|\s(?:dan|and|und|et|y|e|og|och|with|serta|bersama|via)\s)\s*"
)
"""A slash between small letters is part of a code: "abc/def"."""
_LEAD = re.compile(
    r"^(?:(?:written|reported|story|text|words|laporan)\s)?(?:by|oleh|von|par|por|penulis|reporter|editor|pewarta|kontributor"
    r"|wartawan|jurnalis|laporan|author|writer|from|text|redaktur|责编|記者|记者|文)(?:\s?[:：]\s*|\s+|$)",
    re.IGNORECASE,
)
_URL = re.compile(r"(?:https?://|www\.)\S+|\S+@\S+\.\S+")
_DEGREE = re.compile(r"(?:S\.?\w{1,5}|M\.?\w{1,5}|Ph\.?D|Dr|Prof|Ir|Jr|Sr|II|III|MD|MA|BA)\.?")
_TRAIL = re.compile(r"\s(?:기자|특파원|記者|记者)$")
_EDGES = ' \t.:-–—()[]（）*_"“”'
_TIMES = re.compile(r"\d{1,2}[:.]\d{2}|\d{4}")
_ROLE = re.compile(
    r"(?:(?:senior|staff|chief|deputy|associate|contributing|managing|guest|special|news|political|sports|tim|the)\s)?"
    r"(?:admin(?:istrator)?|editors?|editorial(?:\s(?:team|board|staff))?|redaksi|redaktion|autor(?:in|en)?|auteur|redaktur|rédaction|redaction"
    r"|redacción|reporters?|writers?|authors?|contributors?|correspondents?|journalists?|columnists?|staff|penulis"
    r"|wartawan|jurnalis|kontributor|pewarta|newsroom|news\sdesk|web\s?desk|newsdesk|guest|anonymous|unknown|user|xxx+)",
    re.IGNORECASE,
)
"""What somebody is rather than who."""
_NOT_NAME = re.compile(
    r"\d|[?!<>{}=#%]|\b(?:updated|published|posted|link|copied|share|follow|more|stories|read|comments?|by|on|min|ago"
    r"|photo|foto|image|video|news|biography|profile|view|all|subscribe|newsletter|sign|log|menu)\b",
    re.IGNORECASE,
)
_PARTICLES = frozenset(
    {
        "al",
        "bin",
        "bint",
        "binti",
        "da",
        "de",
        "del",
        "della",
        "den",
        "der",
        "di",
        "dos",
        "du",
        "el",
        "la",
        "le",
        "ten",
    }
    | {"ter", "van", "von", "zu"}
)
"""Words in names that have no capital."""
_MOST_WORDS = 5
_AGENCY = 5
"""Letters of a word in capitals alone that is an agency rather than a name."""

MAX_NAME = 120
MAX_NAMES = 200


def split_names(text: str) -> list[str]:
    """The names in one byline: "Oleh Budi Santoso dan Ana Brook" → two names; addresses and links are no names."""
    out: list[str] = []
    for part in _SEPARATOR.split(_URL.sub(" ", text[:2_000])):
        name = _LEAD.sub("", part.strip(_EDGES + "'")).strip(_EDGES)
        name = _TRAIL.sub("", name)
        if out and _DEGREE.fullmatch(part.strip()):
            continue  # "Budi Santoso, S.H." is one person
        if _is_possible(name) and not (out and is_role(name)):
            out.append(name)
    return out


def _is_possible(name: str) -> bool:
    return 0 < len(name) <= MAX_NAME and any(char.isalpha() for char in name) and not _TIMES.search(name)


def is_role(name: str) -> bool:
    """Whether this says what somebody is, not who: "Staff Writer", "Redaksi"."""
    return _ROLE.fullmatch(name.strip()) is not None


def is_name(text: str) -> bool:
    """Whether a piece of a byline reads like a person's name: a few words with capitals, no figures, no role."""
    words = text.split()
    if not 1 <= len(words) <= _MOST_WORDS or _NOT_NAME.search(text) or is_role(text):
        return False
    if len(words) == 1 and text.isupper() and text.isascii() and len(text) <= _AGENCY:
        return False
    return all(not word[0].islower() or word in _PARTICLES for word in words) and any(map(str.isalpha, text))


def merge_names(*groups: Iterable[str]) -> list[str]:
    """Names of all groups in order, each once (compared without case and extra white space)."""
    seen: set[str] = set()
    out: list[str] = []
    for group in groups:
        for entry in group:
            for name in split_names(entry):
                folded = " ".join(name.casefold().split())
                if folded not in seen and len(out) < MAX_NAMES:
                    seen.add(folded)
                    out.append(" ".join(name.split()))
    return out
