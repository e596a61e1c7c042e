"""Listed names in an article: added where the tagger saw nothing, preferred where the list is certain of the type."""

from __future__ import annotations

from dataclasses import replace

from kabar.enrich.entities.draft import Draft, Mention
from kabar.enrich.entities.known import Found, known_names
from kabar.enrich.entities.refine import SURE, is_listed_place, is_ordinary
from kabar.enrich.entities.roles import is_head, is_role_word
from kabar.enrich.lexicon import lexicon

_AND = frozenset({"and", "dan"})


def place_known(draft: Draft) -> None:
    """Adds the listed names, in place of the tagger's mentions where the list knows better."""
    language = draft.doc.language
    for found in known_names().scan(draft.forms, draft.capitals, language):
        known = found.known
        score = 1.0 if known.firm else 0.9
        mention = Mention(found.first, found.last, known.kind, score, known.name(language))
        rivals = draft.overlapping(found.first, found.last)
        if not rivals:
            if known.firm or (_stands_alone(draft, found) and not is_ordinary(draft, found.first)):
                draft.add(_with_outlet_tail(draft, mention))
        elif _list_wins(draft, found, rivals) or _divided(draft, found, rivals):
            draft.replace(_with_outlet_tail(draft, mention))


def _list_wins(draft: Draft, found: Found, rivals: list[Mention]) -> bool:
    first, last, known = found
    if not known.english:  # an outlet; "The Times Literary Supplement" is more than one
        return not any(rival.first == first and rival.last > last for rival in rivals)
    inside = all(first <= rival.first and rival.last <= last for rival in rivals)
    if inside:
        exact = len(rivals) == 1 and (rivals[0].first, rivals[0].last) == (first, last)
        tagger_sure = exact and rivals[0].kind == "person" and rivals[0].score >= SURE
        return known.firm or not tagger_sure
    rival = rivals[0]
    if known.kind == "organization" and len(rivals) == 1 and rival.last == last and rival.first < first:
        return is_listed_place(draft, rival.first, first)  # "US Federal Reserve"
    before = draft.forms[first - 1] if first else ""
    office = (
        known.kind == "place"
        and known.firm
        and (is_head(before) or (before[:1].isupper() and is_role_word(before)))
    )
    if len(rivals) > 1 or rival.first != first or not office:
        return False
    # "Presiden | Rusia Vladimir Putin": the country at the front of the name belongs to the office before it.
    draft.remove(rivals)
    if rival.kind == "person":
        draft.add(replace(rival, first=last))
    return True


def _divided(draft: Draft, found: Found, rivals: list[Mention]) -> bool:
    """Two organisations that the tagger took for one: "European Union and the U.N. Security Council"."""
    rival = rivals[0]
    if len(rivals) > 1 or found.known.kind != "organization" or found.first != rival.first:
        return False
    rest = found.last
    if rest >= rival.last or draft.forms[rest] not in _AND:
        return False
    while rest < rival.last and not draft.capital(rest):
        rest += 1
    draft.remove(rivals)
    if rest < rival.last:
        draft.add(replace(rival, first=rest))
    return True


def _stands_alone(draft: Draft, found: Found) -> bool:
    """Whether no free capitalised word touches a listed city, which would make it a part of another name."""
    before, after = found.first - 1, found.last
    left = draft.capital(before) and draft.at(before) is None and before not in draft.openers
    left = left and not is_role_word(draft.forms[before]) and draft.same_line(before, found.first)
    right = draft.capital(after) and draft.at(after) is None and draft.same_line(after - 1, after)
    return not left and not right


def _with_outlet_tail(draft: Draft, mention: Mention) -> Mention:
    """An outlet goes on with its edition: "FRANCE 24 English"."""
    if mention.name or mention.last >= len(draft.forms):
        return mention
    tail = draft.forms[mention.last]
    joined = tail.lower() in lexicon().outlet_tails and draft.capital(mention.last)
    return replace(mention, last=mention.last + 1) if joined else mention
