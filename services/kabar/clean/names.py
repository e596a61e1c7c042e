"""Names of authors out of bylines and credit lines."""

from __future__ import annotations

import re
from collections.abc import Iterable

_SEPARATOR = re.compile(r"\s*(?:[,;/|&\n•·]|\s(?:dan|and|und|et|y|e|with|bersama|via)\s)\s*")
_LEAD = re.compile(
    r"^(?:by|oleh|penulis|reporter|editor|pewarta|kontributor|wartawan|jurnalis|laporan|author|writer|from)\b[\s:]*",
    re.IGNORECASE,
)
_URL = re.compile(r"(?:https?://|www\.)\S+|\S+@\S+\.\S+")
_DEGREE = re.compile(r"(?:S\.?\w{1,5}|M\.?\w{1,5}|Ph\.?D|Dr|Prof|Ir|Jr|Sr|II|III|MD|MA|BA)\.?")
_EDGES = ' \t.:-–—()[]*_"“”'
_TIMES = re.compile(r"\d{1,2}[:.]\d{2}|\d{4}")

MAX_NAME = 120
MAX_NAMES = 200


def split_names(text: str) -> list[str]:
    """The names in one byline: "Oleh Budi Santoso dan Ana Brook" → two names; addresses and links are no names."""
    out: list[str] = []
    for part in _SEPARATOR.split(_URL.sub(" ", text[:2_000])):
        name = _LEAD.sub("", part.strip(_EDGES + "'")).strip(_EDGES)
        if out and _DEGREE.fullmatch(part.strip()):
            continue  # "Budi Santoso, S.H." is one person
        if (
            name
            and any(char.isalpha() for char in name)
            and len(name) <= MAX_NAME
            and not _TIMES.search(name)
        ):
            out.append(name)
    return out


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
