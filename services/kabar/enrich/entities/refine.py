"""What the tagger says is corrected by rules that see the whole document.

The tagger sees one sentence and errs where capitals mislead: "Pemimpin Rusia" and "Bayangkan Ukraina" look like
persons to it. Rules, in this order:

* roles and ordinary words are cut off the front of a name, and what remains is looked at again;
* a word that stands in lower case elsewhere in the text, or is an ordinary word of the language at the beginning of
  a sentence, is no name.

What the tagger missed is the work of :mod:`kabar.enrich.entities.supplement`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from kabar.enrich.entities.draft import Draft, Mention
from kabar.enrich.entities.known import known_names
from kabar.enrich.entities.roles import is_head, is_role_word, leading_role
from kabar.enrich.entities.tagger import Hint, Tagged
from kabar.enrich.gazetteer import gazetteer
from kabar.enrich.lexicon import lexicon

LEAST_PROBABILITY = 0.5
"""Below this the tagger's own words are not taken: measured, they are wrong more often than right."""
LEAST_AT_OPENING = 0.6
"""The same for a single word that stands once, at the beginning of a sentence."""
SURE = 0.85
"""From this the tagger overrules a listed city ("Sofia", "Washington" as persons)."""
LONGEST_NAME = 14
"""Tokens; a longer mention is a headline in capitals."""
_LONGEST_PERSON = 7
_PARTICLES = ("kah", "lah", "pun")
"""Endings of Indonesian words that stress or ask: "Haruskah", "Inilah"."""


def place_tagged(draft: Draft, tagged: Sequence[Tagged]) -> list[Hint]:
    """Takes over the tagger's mentions, refined; the ones it is too unsure of come back as hints."""
    unsure: list[Hint] = []
    for raw in _joined(tagged):
        if raw.probability < _least(draft, raw) or raw.last - raw.first > LONGEST_NAME:
            unsure.extend(Hint(token, raw.kind, raw.probability) for token in range(raw.first, raw.last))
            continue
        mention = Mention(raw.first, raw.last, raw.kind, raw.probability)
        refined = _person(draft, mention) if mention.kind == "person" else _thing(draft, mention)
        if refined is not None:
            draft.add(refined)
    return unsure


def _least(draft: Draft, raw: Tagged) -> float:
    """The probability a mention needs: more where a word stands once and the sentence's beginning capitalises it."""
    form = draft.forms[raw.first]
    if raw.last - raw.first > 1 or raw.first not in draft.openers or draft.doc.forms[form] > 1:
        return LEAST_PROBABILITY
    return LEAST_PROBABILITY if is_listed_name(form) else LEAST_AT_OPENING


def is_listed_name(form: str) -> bool:
    """Whether a word is in the lists of given and family names."""
    lowered = form.lower()
    return lowered in lexicon().given_names or lowered in lexicon().family_names


def _joined(tagged: Sequence[Tagged]) -> list[Tagged]:
    """Two persons that touch are one name the tagger took apart ("Hotman | Paris Hutapea")."""
    out: list[Tagged] = []
    for raw in tagged:
        if out and raw.kind == out[-1].kind == "person" and out[-1].last == raw.first:
            before = out.pop()
            raw = Tagged(before.first, raw.last, raw.kind, min(before.probability, raw.probability))  # noqa: PLW2901
        out.append(raw)
    return out


# ---------------------------------------------------------------- single mentions


def _person(draft: Draft, mention: Mention) -> Mention | None:
    """A person without role and ordinary words in front; None when nothing of a name remains."""
    if _surely_organization(draft, mention):
        return replace(mention, kind="organization")
    if draft.forms[mention.first].lower() in lexicon().calendar and not is_listed_name(
        draft.forms[mention.first]
    ):
        return None  # "Idul Adha"
    cut = mention.first + leading_role(draft, mention.first, mention.last)
    if (
        cut == mention.first
        and mention.first in draft.openers
        and len(mention) > 1
        and is_ordinary(draft, cut)
    ):
        cut += 1
    if cut == mention.first:
        cut += _place_of_office(draft, mention)
    if cut > mention.first:
        return _rest_of_person(draft, mention, cut)
    return mention if _nameable(draft, mention) else None


def _surely_organization(draft: Draft, mention: Mention) -> bool:
    """Whether the first or the last word of a name leaves no doubt: "Universitas ...", "... University"."""
    words = lexicon()
    first, last = draft.forms[mention.first].lower(), draft.forms[mention.last - 1].lower()
    return len(mention) > 1 and (first in words.organization_sure or last in words.organization_sure_tails)


def _place_of_office(draft: Draft, mention: Mention) -> int:
    """Tokens of a place between a title and the name: 1 in "Bupati | Bogor Ade Yasin". The place becomes a mention."""
    first = mention.first
    if len(mention) < 2 or first == 0 or not is_head(draft.forms[first - 1]):
        return 0
    form = draft.forms[first]
    if is_listed_name(form) or not gazetteer().lookup(form, draft.doc.language):
        return 0
    draft.add(Mention(first, first + 1, "place", mention.score))
    return 1


def _rest_of_person(draft: Draft, mention: Mention, cut: int) -> Mention | None:
    while cut < mention.last and not draft.capital(cut):
        cut += 1
    if cut >= mention.last:
        return None
    rest = replace(mention, first=cut)
    if is_listed_place(draft, cut, mention.last):
        return replace(rest, kind="place")
    return rest if _nameable(draft, rest) else None


def is_listed_place(draft: Draft, first: int, last: int) -> bool:
    """Whether a stretch of tokens is a place of the hand-written lists."""
    return gazetteer().trusted(draft.surface(first, last), draft.doc.language)


def _nameable(draft: Draft, mention: Mention) -> bool:
    """Whether a stretch can be a person's name."""
    forms = draft.forms[mention.first : mention.last]
    if len(forms) > _LONGEST_PERSON or any(not form.isalpha() and _has_digit(form) for form in forms):
        return False
    if len(forms) > 1 and forms[0].isupper() and len(forms[0]) > 3 and not forms[1].isupper():
        return False  # an abbreviation and a word: "RADAR Nusantara"
    lowered = [form.lower() for form in forms]
    if len(forms) == 1:
        return is_single_name(draft, mention.first) and not _title_alone(lowered[0])
    if any(word in lexicon().calendar and word not in lexicon().given_names for word in lowered):
        return False
    if " ".join(lowered) in lexicon().outlets or all(is_role_word(form) for form in forms):
        return False
    return not all(is_ordinary(draft, token) for token in range(mention.first, mention.last))


def _has_digit(form: str) -> bool:
    return any(char.isdigit() for char in form)


def _title_alone(lowered: str) -> bool:
    """Whether a single word is a title; some titles are names as well ("Agung", "Putri")."""
    return is_role_word(lowered) and not is_listed_name(lowered)


def is_single_name(draft: Draft, token: int) -> bool:
    """Whether one word alone can be a name."""
    form = draft.forms[token]
    lowered = form.lower()
    if (
        len(form) < 2
        or not form[0].isalpha()
        or lowered in lexicon().calendar
        or lowered in gazetteer().people
    ):
        return False
    return not is_ordinary(draft, token)


def is_ordinary(draft: Draft, token: int) -> bool:
    """Whether a capitalised word is an ordinary one that only its place in the sentence, or a style, capitalises."""
    form = draft.forms[token]
    lowered = form.lower()
    words = lexicon()
    if lowered in words.never or lowered in words.calendar or lowered in words.speech:
        return True
    capitals, lower = draft.doc.forms[form], draft.doc.forms[lowered] if lowered != form else 0
    if lower:
        return lower >= capitals or token in draft.openers
    if token not in draft.openers or capitals > 1:
        return False
    return lowered in words.common or (lowered.endswith(_PARTICLES) and not is_listed_name(lowered))


def _thing(draft: Draft, mention: Mention) -> Mention | None:
    """An organisation or place, or None when it is an ordinary word, a role or a date."""
    first = mention.first
    form = draft.forms[first]
    if len(mention) == 1:
        known = known_names().get(form, draft.doc.language) is not None
        return mention if known or (not is_head(form) and is_single_name(draft, first)) else None
    if first in draft.openers and is_ordinary(draft, first) and not _begins_thing(form):
        return _thing(draft, replace(mention, first=first + 1)) if draft.capital(first + 1) else None
    head = _organization_inside(draft, mention)
    if head > first or (mention.kind == "place" and _surely_organization(draft, mention)):
        return replace(mention, first=head, kind="organization")
    if mention.kind == "place" and is_head(form) and is_listed_place(draft, first + 1, mention.last):
        return replace(mention, first=first + 1)
    return mention


def _organization_inside(draft: Draft, mention: Mention) -> int:
    """Where the organisation begins in "Utama PT Maju Jaya": after role words, at a word that always begins one."""
    token = mention.first
    while token < mention.last - 1 and is_role_word(draft.forms[token]):
        token += 1
    found = draft.forms[token].lower() in lexicon().organization_sure
    return token if found else mention.first


def _begins_thing(form: str) -> bool:
    lowered = form.lower()
    words = lexicon()
    return lowered in words.organization_heads or lowered in words.place_heads
