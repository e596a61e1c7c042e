"""Offices and titles before a name: "Perdana Menteri Hongaria | Viktor Orban".

A role begins with a head ("Perdana", "Menteri", "President") and goes on with further role words, and with the
places and organisations it is about. It is split off the name and kept beside it.
"""

from __future__ import annotations

from kabar.enrich.entities.draft import Draft, Mention
from kabar.enrich.gazetteer import gazetteer
from kabar.enrich.lexicon import lexicon

MAX_ROLE_TOKENS = 10
"""Longer stretches before a name are sentences, not offices."""
_INNER_MARKS = frozenset({".", "-"})
_LINKS = frozenset({"of", "the", "for", "and", "dan", "bidang", "di"})


def is_head(form: str) -> bool:
    """Whether a word begins a role."""
    return form.lower() in lexicon().role_heads


def is_role_word(form: str) -> bool:
    """Whether a word begins or continues a role."""
    lowered = form.lower()
    words = lexicon()
    return lowered in words.role_heads or lowered in words.role_rest or lowered in gazetteer().people


def leading_role(draft: Draft, first: int, last: int) -> int:
    """How many tokens at the beginning of a stretch are a role, the places inside it included.

    "Presiden Rusia Vladimir Putin" → 2; "Vladimir Putin" → 0; "Pemimpin Rusia" → 2.
    """
    forms = draft.forms
    if not _opens(forms[first]):
        return 0
    count = 1
    while first + count < last:
        form = forms[first + count]
        listed = _place_words(draft, first + count, last)
        if listed:
            count += listed
        elif is_role_word(form) or form in _INNER_MARKS:
            count += 1
        else:
            break
    return count


def _opens(form: str) -> bool:
    return is_head(form) or form.lower() in gazetteer().people


def _place_words(draft: Draft, first: int, last: int) -> int:
    """Tokens of a listed place at ``first``, at most three; 0 = none."""
    for length in (3, 2, 1):
        if first + length <= last:
            name = draft.surface(first, first + length)
            sites = gazetteer().lookup(name, draft.doc.language)
            if sites and sites[0].trusted and sites[0].kind in ("country", "region", "area"):
                return length
    return 0


def role_before(draft: Draft, first: int) -> int:
    """Where the role right before a name begins; ``first`` when there is none.

    Walks left over role words, over places and organisations found already, and over the words that link them, and
    goes back to the leftmost head seen.
    """
    best = at = first
    while at > 0 and first - at < MAX_ROLE_TOKENS and draft.same_line(at - 1, at):
        left = at - 1
        form = draft.forms[left]
        mention = draft.at(left)
        if mention is not None and mention.kind != "person":
            at = mention.first
            if is_head(draft.forms[at]):
                best = at
            continue
        if mention is not None or not (is_role_word(form) or form in _LINKS or _abbreviated(draft, left)):
            break
        at = left
        if is_head(form) or (best == at + 1 and form.lower() in gazetteer().people):
            best = at
        if left in draft.openers:
            break
    return best


def _abbreviated(draft: Draft, token: int) -> bool:
    """Whether a token is the dot of an abbreviated title ("Dr.", "Ir.")."""
    return draft.forms[token] == "." and token > 0 and is_head(draft.forms[token - 1])


def with_role(draft: Draft, mention: Mention) -> str:
    """The words of the role before a mention, '' = none. A trailing dot of an abbreviation is kept."""
    start = role_before(draft, mention.first)
    return " ".join(draft.surface(start, mention.first).split()) if start < mention.first else ""
