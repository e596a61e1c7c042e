"""The document pass: every further mention of a name that the article has named once.

A whole name is found wherever it stands; one word of a person's name ("Putin") where it is a whole run of capitals.
"""

from __future__ import annotations

from collections import defaultdict

from kabar.enrich.entities.draft import Draft, Kind, Mention
from kabar.enrich.entities.roles import is_head, is_role_word
from kabar.enrich.gazetteer import gazetteer
from kabar.enrich.lexicon import lexicon

Needle = tuple[tuple[str, ...], Kind, float, bool]
"""Forms, type, score, whether it is only a part of a name."""


def place_repeats(draft: Draft, person_hints: frozenset[int]) -> None:
    """Finds the further mentions of known names among the tokens nobody owns.

    Args:
        draft: The mentions so far; gets the new ones.
        person_hints: Tokens that the tagger nearly took for persons.
    """
    needles = _needles(draft, person_hints)
    for first in draft.capitals:
        if draft.at(first) is not None:
            continue
        for words, kind, score, part in needles.get(draft.forms[first], ()):
            last = first + len(words)
            if tuple(draft.forms[first:last]) == words and draft.free(first, last):
                if (len(words) == 1 or part) and not _whole(draft, first, last):
                    continue
                draft.add(Mention(first, last, kind, score))
                break


def _needles(draft: Draft, person_hints: frozenset[int]) -> dict[str, list[Needle]]:
    """What to look for, by first form: surfaces of mentions, and single words of persons' names, longest first."""
    surfaces: dict[tuple[str, ...], tuple[Kind, float, bool]] = {}
    for mention in draft:
        words = tuple(draft.forms[mention.first : mention.last])
        surfaces.setdefault(words, (mention.kind, mention.score, False))
    doubtful = _doubtful_parts(draft, person_hints)
    for mention in draft:
        if mention.kind == "person" and len(mention) > 1:
            for token in range(mention.first, mention.last):
                if _name_part(draft, token) and draft.forms[token] not in doubtful:
                    surfaces.setdefault((draft.forms[token],), ("person", mention.score, True))
    out: dict[str, list[Needle]] = defaultdict(list)
    for words, (kind, score, part) in sorted(surfaces.items(), key=lambda item: (-len(item[0]), item[0])):
        out[words[0]].append((words, kind, score, part))
    return out


def _doubtful_parts(draft: Draft, person_hints: frozenset[int]) -> set[str]:
    """Words that stand alone often and never look like a person there: brands, whatever a longer name says."""
    alone: dict[str, list[int]] = defaultdict(list)
    for token in draft.capitals:
        if draft.at(token) is None:
            alone[draft.forms[token]].append(token)
    return {
        form for form, tokens in alone.items() if len(tokens) > 2 and not person_hints.intersection(tokens)
    }


def _name_part(draft: Draft, token: int) -> bool:
    """Whether one word of a person's name is used alone for the person."""
    form = draft.forms[token]
    lowered = form.lower()
    words = lexicon()
    if len(form) < 3 or not draft.capital(token) or lowered in words.common or words.is_plain(lowered):
        return False
    return not (
        is_role_word(form) or lowered in words.connectives or gazetteer().trusted(form, draft.doc.language)
    )


def _whole(draft: Draft, first: int, last: int) -> bool:
    """Whether a match is a whole run of capitals, roles and other mentions apart, and not a part of another name."""
    left, right = first - 1, last
    joined_left = draft.capital(left) and draft.at(left) is None and draft.same_line(left, first)
    joined_left = joined_left and left not in draft.openers and not is_head(draft.forms[left])
    joined_right = draft.capital(right) and draft.at(right) is None and draft.same_line(right - 1, right)
    return not (joined_left or joined_right)
