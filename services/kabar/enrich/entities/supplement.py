"""Names the tagger missed: organisations by their first word, persons by what stands beside them, recurring words.

Each rule wants something that is seldom true of anything else; what it finds has a moderate score.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from kabar.enrich.entities.draft import Draft, Kind, Mention
from kabar.enrich.entities.features import FeatureMaker
from kabar.enrich.entities.refine import LONGEST_NAME, SURE, is_listed_name, is_single_name
from kabar.enrich.entities.roles import MAX_ROLE_TOKENS, is_head, is_role_word
from kabar.enrich.entities.tagger import Hint
from kabar.enrich.gazetteer import gazetteer
from kabar.enrich.lexicon import lexicon

LEAST_RECURRING = 0.5
"""Sum of the chances of a recurring word, of the likeliest type, over two hints or more."""
LEAST_TITLED = 0.15
"""Chance of being a person that the tagger gives the first word after a title, where no list knows it as a name."""
_LONGEST_TITLED = 5
_TITLED_SCORE = 0.7
_BESIDE_SCORE = 0.5
_AND = frozenset({"dan", "and", "serta"})

# ---------------------------------------------------------------- organisations by their first word


def place_organizations(draft: Draft, maker: FeatureMaker) -> None:
    """Adds the names after words that always begin an organisation, joining what the tagger took apart."""
    sure = lexicon().organization_sure
    for token in draft.capitals:
        if draft.forms[token].lower() not in sure:
            continue
        holder = draft.at(token)
        if holder is not None and holder.first != token:
            continue
        last = _organization_end(draft, maker, token)
        settled = holder is not None and holder.kind == "organization" and len(holder) > 1
        if holder is not None and settled and not _goes_on(draft, holder, last):
            continue
        if last - token > 1:
            draft.replace(Mention(token, last, "organization", 0.8))


def _goes_on(draft: Draft, holder: Mention, last: int) -> bool:
    """Whether the tagger stopped at the "dan" inside a name: "Kementerian Hukum | dan Hak Asasi Manusia"."""
    return holder.last < last and draft.forms[holder.last] == "dan" and draft.free(holder.last, last)


def _organization_end(draft: Draft, maker: FeatureMaker, first: int) -> int:
    """Where the capitalised words after the first word of an organisation end."""
    limit = min(first + LONGEST_NAME, draft.sentence_end(first))
    forms = [maker.form(form) for form in draft.forms[first:limit]]
    start, end = next(maker.runs(forms), (0, 1))
    last = first + end if start == 0 else first + 1
    for token in range(first + 1, last):
        holder = draft.at(token)
        other = holder is not None and holder.first == token and _another(holder, token - first)
        if other or (is_head(draft.forms[token]) and token > first + 1):
            return _without_links(draft, first, token)
    return last


def _another(holder: Mention, distance: int) -> bool:
    """Whether a mention the tagger found is one of its own and no part of the organisation before it."""
    return holder.score >= SURE and (
        holder.kind == "person" or (holder.kind == "organization" and distance > 1)
    )


def _without_links(draft: Draft, first: int, last: int) -> int:
    while last > first + 1 and not draft.capital(last - 1):
        last -= 1
    return last


# ---------------------------------------------------------------- persons after a title


def place_titled(draft: Draft, hints: Sequence[Hint]) -> None:
    """Adds the names after an office or title: "Menlu Mesir **Sameh Shoukry**".

    The first word is a listed given or family name, or the tagger nearly took it for a person; or the title is in
    capitals and two words or more follow that are unheard of otherwise.
    """
    nearly = {hint.token for hint in hints if hint.kind == "person" and hint.probability >= LEAST_TITLED}
    titles = lexicon().titles
    for title, form in enumerate(draft.forms):
        if form.lower() not in titles:
            continue
        first = _after_role(draft, title)
        if not _continues(draft, first) or not is_single_name(draft, first):
            continue
        last = first + 1
        while last < min(first + _LONGEST_TITLED, draft.sentence_end(first)) and _continues(draft, last):
            last += 1
        named = first in nearly or is_listed_name(draft.forms[first])
        if named or (form[0].isupper() and last - first > 1 and _unheard(draft.forms[first:last])):
            draft.add(Mention(first, last, "person", _TITLED_SCORE if named else 0.5))


def _unheard(forms: Sequence[str]) -> bool:
    """Whether no word is one of the language, or belongs to names of organisations or places: so it is a name."""
    words = lexicon()
    known = (
        words.common,
        words.organization_heads,
        words.organization_tails,
        words.place_heads,
        words.outlets,
    )
    return all(form.isalpha() and not form.isupper() for form in forms) and not any(
        form.lower() in some for form in forms for some in known
    )


def _after_role(draft: Draft, title: int) -> int:
    """The first token after a role that begins with a title: past role words, places and organisations."""
    token = title + 1
    end = min(title + MAX_ROLE_TOKENS, draft.sentence_end(title))
    while token < end:
        holder = draft.at(token)
        if holder is not None and holder.kind != "person":
            token = holder.last
        elif holder is None and (is_role_word(draft.forms[token]) or draft.forms[token] == "."):
            token += 1
        else:
            break
    return token


def _continues(draft: Draft, token: int) -> bool:
    return draft.capital(token) and draft.at(token) is None and not is_role_word(draft.forms[token])


# ---------------------------------------------------------------- persons by what stands beside them


def place_speakers(draft: Draft) -> None:
    """Adds an unheard name next to a word of saying: "**Lavrov** mengatakan", "kata **Lavrov**", "said **Lavrov**"."""
    speech = lexicon().speech
    for token in draft.capitals:
        if draft.at(token) is None and (
            _form(draft, token - 1) in speech or _form(draft, token + 1) in speech
        ):
            _add_unheard(draft, token)


def place_companions(draft: Draft) -> bool:
    """Adds an unheard name joined to a person by "dan" or "and"; whether there was one."""
    found = False
    for mention in list(draft):
        if mention.kind != "person":
            continue
        if _form(draft, mention.last) in _AND and draft.at(mention.last) is None:
            found |= _add_unheard(draft, mention.last + 1)
        if _form(draft, mention.first - 1) in _AND and draft.at(mention.first - 1) is None:
            found |= _add_unheard(draft, mention.first - 2)
    return found


def _form(draft: Draft, token: int) -> str:
    return draft.forms[token] if 0 <= token < len(draft.forms) else ""


def _add_unheard(draft: Draft, token: int) -> bool:
    """Adds one word as a person, where it stands alone and nothing else is known of it."""
    if not draft.capital(token) or token in draft.openers or not _alone(draft, token):
        return False
    form = draft.forms[token]
    free = draft.at(token) is None and is_single_name(draft, token) and not is_role_word(form)
    if not free or not _unheard([form]) or gazetteer().lookup(form, draft.doc.language):
        return False
    return draft.add(Mention(token, token + 1, "person", _BESIDE_SCORE))


# ---------------------------------------------------------------- names the tagger nearly saw


def place_recurring(draft: Draft, hints: Sequence[Hint]) -> None:
    """A capitalised word that recurs, alone and inside sentences, and is nearly a name each time, is one.

    A news text repeats the names it is about, and nothing else in capitals. One doubtful occurrence proves nothing,
    and abbreviations recur whatever they mean.
    """
    by_form: dict[str, list[Hint]] = defaultdict(list)
    for hint in hints:
        if draft.at(hint.token) is None and _alone(draft, hint.token) and is_single_name(draft, hint.token):
            by_form[draft.forms[hint.token]].append(hint)
    found: dict[str, tuple[Kind, float]] = {}
    for form, some in by_form.items():
        kind, total = _likeliest(some)
        often = len(some) > 1 and total >= LEAST_RECURRING
        if often and not form.isupper() and not is_role_word(form):
            found[form] = kind, min(total / len(some), 0.5)
    for token in draft.capitals if found else ():
        answer = found.get(draft.forms[token])
        if answer is not None and draft.at(token) is None and _alone(draft, token):
            draft.add(Mention(token, token + 1, *answer))


def _likeliest(hints: Sequence[Hint]) -> tuple[Kind, float]:
    totals: dict[Kind, float] = defaultdict(float)
    for hint in hints:
        totals[hint.kind] += hint.probability
    return max(sorted(totals.items()), key=lambda item: item[1])


def _alone(draft: Draft, token: int) -> bool:
    return not (draft.capital(token - 1) and token not in draft.openers) and not draft.capital(token + 1)
