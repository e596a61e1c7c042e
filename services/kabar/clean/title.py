"""Titles without what the site added: its name, its domain, page numbers."""

from __future__ import annotations

import re

from kabar.clean import lexicon
from kabar.clean.rulebook import Rule, rules
from kabar.text.repair import repair
from kabar.text.tokens import words

MAX_TITLE = 4_096
_ROUNDS = 4
"""A title carries at most this many additions ("... - Page 2 | News | Site")."""
_SECTION = re.compile(r"\s{0,3}[|»]\s{0,3}\w{2,20}(?:\s\w{2,20})?$")


def clean_title(title: str, *, site_name: str = "", domain: str = "") -> tuple[str, str]:
    """Cut off what the site added.

    Args:
        title: as received.
        site_name: the site's name as it calls itself; '' = unknown.
        domain: its registrable domain; '' = unknown.

    Returns:
        The title on one line, repaired, and what was cut off ('' = nothing). A title is never cut to nothing.
    """
    whole = " ".join(repair(title[:MAX_TITLE]).text.split())
    names = _site_names(site_name, domain)
    kept = whole
    for _ in range(_ROUNDS):
        shorter = _cut_once(kept, names)
        if shorter == kept or not words(shorter):
            break
        kept = shorter
    if kept == whole:
        return whole, ""
    return kept, whole.removeprefix(kept) if whole.startswith(kept) else whole.removesuffix(kept)


def _site_names(site_name: str, domain: str) -> frozenset[str]:
    """What the site may be called: its name, its domain, and the domain without its suffix."""
    names = {lexicon.key(site_name), lexicon.key(domain), lexicon.key(domain).partition(".")[0]}
    names |= {name.replace(" ", "") for name in names}
    return frozenset(name for name in names if len(name) > 1)


def _cut_once(title: str, names: frozenset[str]) -> str:
    for rule in rules("title"):
        match rule.form:
            case "title":
                found = rule.regex.search(title)
                if found:
                    return title[: found.start("suffix")].rstrip()
            case "site":
                at = _site_suffix(rule, title, names)
                if at is not None:
                    return _without_section(title[:at].rstrip(), title[at:])
            case _:
                found = rule.regex.match(title)
                if found and _is_site(found["name"], names):
                    return title[found.end("suffix") :].lstrip()
    return title


def _site_suffix(rule: Rule, title: str, names: frozenset[str]) -> int | None:
    """Where the name of the site begins, with its separator; the last one that fits."""
    found = rule.regex.search(title)
    while found:
        if _is_site(found["name"], names):
            return found.start("suffix")
        found = rule.regex.search(title, found.start("suffix") + 1)
    return None


def _is_site(name: str, names: frozenset[str]) -> bool:
    folded = lexicon.key(name)
    own = folded in names or folded.replace(" ", "") in names or folded.removeprefix("www.") in names
    own = own or _is_section(name, names)
    return own or (lexicon.is_listed_outlet(name) and not lexicon.is_word_outlet(name))


def _is_section(name: str, names: frozenset[str]) -> bool:
    """The site's name with that of a section behind it: "Kabar.id Regional"."""
    site, _, section = name.strip().rpartition(" ")
    return section.istitle() and section.isalpha() and len(site) > 3 and lexicon.key(site) in names


def _without_section(title: str, suffix: str) -> str:
    """Between bars a short section name belongs to the site: "... | News | Site"."""
    found = _SECTION.search(title) if "|" in suffix or "»" in suffix else None
    return title[: found.start()].rstrip() if found and len(words(title[: found.start()])) >= 2 else title
