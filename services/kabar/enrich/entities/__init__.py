"""Persons, organisations and places of an article, with every mention and one name for the aliases of each.

The way from text to entities:

1. the tagger's mentions (``tagger``), corrected by rules (``refine``);
2. listed names (``listing``), and others it missed: organisations by their first word, persons after a title,
   words that recur (``supplement``);
3. abbreviations explained in brackets become names;
4. one type per surface string, the likeliest;
5. the document pass: every further occurrence of a name, and the parts of persons' names (``repeats``);
6. aliases are unified (``aliases``), roles before persons' names read (``roles``).

Indonesian, Malay and English are tagged. In other languages nothing is: nothing here is right often enough there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from kabar.contracts.sections import Entity, Span
from kabar.contracts.types import MAX_SPANS
from kabar.enrich.document import Text
from kabar.enrich.entities import listing, refine, supplement
from kabar.enrich.entities.aliases import Key, abbreviates, bracketed, key_of, unify
from kabar.enrich.entities.draft import Draft, Kind, Mention
from kabar.enrich.entities.repeats import place_repeats
from kabar.enrich.entities.roles import with_role
from kabar.enrich.entities.tagger import tagger
from kabar.enrich.lexicon import lexicon

LANGUAGES = frozenset({"id", "ms", "en"})
MAX_ENTITIES = 2_000
_LONGEST_TEXT = 1_000
_UNKNOWN_NEEDS = 0.3
"""Text of unknown language is tagged when this share of its lower-case words is Indonesian or English."""


def find(doc: Text) -> list[Entity]:
    """The entities of an article, the most mentioned first, then in the order of the text.

    Every span is exact (``doc.text[start:end]`` is the mention as written), spans of one entity are in order, and no
    two mentions overlap. ``score`` is that of the surest mention: the tagger's probability, a rule's fixed score, or
    1.0 for a listed name. Reads at most :data:`kabar.enrich.document.MAX_TOKENS` tokens.
    """
    if not _readable(doc):
        return []
    draft = Draft.of(doc)
    tagged, hints = tagger().tag_text(doc)
    hints += refine.place_tagged(draft, tagged)
    listing.place_known(draft)
    supplement.place_organizations(draft, tagger().maker)
    supplement.place_titled(draft, hints)
    supplement.place_speakers(draft)
    supplement.place_recurring(draft, hints)
    _place_abbreviations(draft)
    _agree_on_types(draft)
    person_hints = frozenset(hint.token for hint in hints if hint.kind == "person")
    place_repeats(draft, person_hints)
    if supplement.place_companions(draft):
        place_repeats(draft, person_hints)
    return _entities(draft, list(draft))


def _readable(doc: Text) -> bool:
    if doc.language in LANGUAGES:
        return True
    if doc.language:
        return False
    lower = [form for form in doc.forms if form.islower()]
    return bool(lower) and sum(form in lexicon().common for form in lower) >= _UNKNOWN_NEEDS * len(lower)


def _place_abbreviations(draft: Draft) -> None:
    """An abbreviation in brackets after its expansion is a name of the same type."""
    for mention in list(draft):
        inner = bracketed(draft, mention.last)
        if inner is None:
            continue
        short = draft.surface(*inner)
        if abbreviates(short, draft.surface(mention.first, mention.last)):
            listed = next((m.name for m in draft.overlapping(*inner)), "")
            draft.replace(Mention(*inner, mention.kind, mention.score, listed or mention.name))


def _agree_on_types(draft: Draft) -> None:
    """The same words have one type in one article: the one with the larger sum of scores, listed names first."""
    weights: dict[str, dict[Kind, float]] = defaultdict(lambda: defaultdict(float))
    for mention in draft:
        surface = draft.surface(mention.first, mention.last)
        weights[surface][mention.kind] += mention.score + (1.0 if mention.name else 0.0)
        if mention.kind == "person" and len(mention) > 1:
            for token in range(mention.first, mention.last):  # "Hamm" is a person where "Mia Hamm" is
                weights[draft.forms[token]]["person"] += mention.score
    for mention in draft:
        votes = weights[draft.surface(mention.first, mention.last)]
        if len(votes) > 1 and not mention.name:
            best = max(sorted(votes), key=lambda kind: votes[kind])
            if best != mention.kind:
                draft.replace(replace(mention, kind=best, name=""))


# ---------------------------------------------------------------- from mentions to entities


def _entities(draft: Draft, mentions: Sequence[Mention]) -> list[Entity]:
    names = unify(draft, mentions)
    groups: dict[Key, list[Mention]] = defaultdict(list)
    for mention in mentions:
        key = key_of(draft, mention)
        groups[mention.kind, names[key]].append(mention)
    found = [_entity(draft, kind, name, members) for (kind, name), members in groups.items()]
    found.sort(key=lambda entity: (-entity.count, entity.spans[0].start))
    return found[:MAX_ENTITIES]


def _entity(draft: Draft, kind: Kind, name: str, members: Sequence[Mention]) -> Entity:
    tokens = draft.doc.tokens
    spans = [Span(tokens[m.first].start, tokens[m.last - 1].end) for m in members]
    first = draft.doc.text[spans[0].start : spans[0].end]
    return Entity(
        text=first[:_LONGEST_TEXT],
        type=kind,
        name=name[:_LONGEST_TEXT],
        count=len(spans),
        spans=spans[:MAX_SPANS],
        score=round(max(member.score for member in members), 3),
        role=_role(draft, members) if kind == "person" else "",
    )


def _role(draft: Draft, members: Iterable[Mention]) -> str:
    """The longest role before any mention; the earliest of equals."""
    roles = [with_role(draft, member) for member in members]
    return max(roles, key=len, default="")[:_LONGEST_TEXT]
