"""Names that the tagger missed: listed ones, organisations by their first word, words that recur.

Lists win over the tagger where they are certain of the type.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace

from kabar.enrich.draft import Draft, Mention
from kabar.enrich.features import FeatureMaker
from kabar.enrich.known import Found, known_names
from kabar.enrich.lexicon import lexicon
from kabar.enrich.refine import LONGEST_NAME, SURE, is_listed_place, is_single_name
from kabar.enrich.roles import is_head, is_role_word
from kabar.enrich.tagger import Hint

LEAST_RECURRING = 0.5
"""Sum of the chances of a recurring word, of the likeliest type, over two hints or more."""

# ---------------------------------------------------------------- listed names


def place_known(draft: Draft) -> None:
    """Adds the listed names, in place of the tagger's mentions where the list knows better."""
    language = draft.doc.language
    for found in known_names().scan(draft.forms, draft.capitals, language):
        known = found.known
        mention = Mention(
            found.first, found.last, known.kind, 1.0 if known.firm else 0.9, known.name(language)
        )
        rivals = draft.overlapping(found.first, found.last)
        if not rivals:
            if known.firm or _stands_alone(draft, found):
                draft.add(_with_outlet_tail(draft, mention))
        elif _list_wins(draft, found, rivals):
            draft.replace(_with_outlet_tail(draft, mention))


def _list_wins(draft: Draft, found: Found, rivals: list[Mention]) -> bool:
    first, last, known = found
    if not known.english:  # an outlet; "The Times Literary Supplement" is more than one
        return not any(rival.first <= first and rival.last > last for rival in rivals)
    inside = all(first <= rival.first and rival.last <= last for rival in rivals)
    if inside:
        exact = len(rivals) == 1 and (rivals[0].first, rivals[0].last) == (first, last)
        tagger_sure = exact and rivals[0].kind == "person" and rivals[0].score >= SURE
        return known.firm or not tagger_sure
    rival = rivals[0]
    if known.kind == "organization" and len(rivals) == 1 and rival.last == last and rival.first < first:
        return is_listed_place(draft, rival.first, first)  # "US Federal Reserve"
    if len(rivals) > 1 or rival.kind != "person" or not known.firm or rival.first != first:
        return False
    # "Rusia Vladimir Putin": a country at the front of a person stands for the office before it.
    if known.kind == "place" and rival.last - last >= 1 and first > 0 and is_head(draft.forms[first - 1]):
        draft.remove(rivals)
        draft.add(replace(rival, first=last))
        return True
    return False


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


# ---------------------------------------------------------------- organisations by their first word


def place_organizations(draft: Draft, maker: FeatureMaker) -> None:
    """Adds the names after words that always begin an organisation, joining what the tagger took apart."""
    sure = lexicon().organization_sure
    for token in draft.capitals:
        if draft.forms[token].lower() not in sure:
            continue
        holder = draft.at(token)
        if holder is not None and (
            holder.first != token or (holder.kind == "organization" and len(holder) > 1)
        ):
            continue
        last = _organization_end(draft, maker, token)
        if last - token > 1:
            draft.replace(Mention(token, last, "organization", 0.8))


def _organization_end(draft: Draft, maker: FeatureMaker, first: int) -> int:
    """Where the capitalised words after the first word of an organisation end."""
    sentence_end = next((b for a, b in draft.doc.sentence_tokens if a <= first < b), first + 1)
    limit = min(first + LONGEST_NAME, sentence_end)
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


# ---------------------------------------------------------------- names the tagger nearly saw


def place_recurring(draft: Draft, hints: list[Hint]) -> None:
    """A capitalised word that recurs, alone and inside sentences, and is nearly a name each time, is one.

    A news text repeats the names it is about, and nothing else in capitals. One doubtful occurrence proves nothing.
    """
    chances: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    seen: Counter[str] = Counter()
    for hint in hints:
        if draft.at(hint.token) is None and _alone(draft, hint.token) and is_single_name(draft, hint.token):
            chances[draft.forms[hint.token]][hint.kind] += hint.probability
            seen[draft.forms[hint.token]] += 1
    for form, votes in chances.items():
        kind, total = max(sorted(votes.items()), key=lambda item: item[1])
        if seen[form] > 1 and total >= LEAST_RECURRING and not is_role_word(form):
            for token in draft.capitals:
                if draft.forms[token] == form and draft.at(token) is None and _alone(draft, token):
                    draft.add(Mention(token, token + 1, kind, min(total / seen[form], 0.5)))  # type: ignore[arg-type]


def _alone(draft: Draft, token: int) -> bool:
    return not (draft.capital(token - 1) and token not in draft.openers) and not draft.capital(token + 1)
