"""Whom ``ujarnya`` and ``he said`` mean: the last one who spoke, unless somebody else came between.

The narration before the quote is walked backwards, sentence by sentence. Whoever is said to speak there is meant;
where nobody has spoken yet, the only person there. Two candidates are none. (A person who only appears between two
quotes of somebody else was the right one in five of twenty cases looked at.)
"""

from __future__ import annotations

from typing import NamedTuple

from kabar.enrich.quotes.marks import Piece
from kabar.enrich.quotes.phrases import Speaker, phrase
from kabar.enrich.quotes.scene import MAX_REACH, Mention, Scene
from kabar.enrich.quotes.subjects import skip_openers, subject

MAX_SENTENCES = 4
MAX_DISTANCE = 1_500
"""A talker further back than this, in characters, is no longer meant."""


class Talker(NamedTuple):
    """Who spoke last. ``name`` '' = somebody, but we do not know who. ``until``: where that sentence ends."""

    name: str
    start: int
    end: int
    until: int


NOBODY = Talker("", 0, 0, 0)


def resolve(scene: Scene, piece: Piece, talker: Talker) -> Talker | None:
    """The person meant by a pronoun beside ``piece``; None where more than one could be meant."""
    seen: dict[str, Mention] = {}
    floor = scene.doc.token_at(talker.until)
    end = scene.doc.token_at(piece.outer_start)
    for _ in range(MAX_SENTENCES):
        if end <= floor:
            break
        start = scene.clause_start(end - 1, floor)
        if _goes_on(scene, start, end):
            end = start
            continue
        persons = scene.narrated_persons(scene.tokens[start].start, scene.tokens[end - 1].end)
        told = _told(scene, start, end)
        if told is not None and not told.pronoun:
            certain = told.name and not (seen.keys() - {told.name}) and not _is_body(scene, told)
            return Talker(told.name, told.start, told.end, 0) if certain else None
        seen.update({person.name: person for person in persons})
        if len(seen) > 1:
            return None
        if (
            persons
            and _leads(scene, start, persons[0])
            and (talker is NOBODY or talker.name == persons[0].name)
        ):
            return _talker(persons[0])
        end = start
    return _fallback(seen, talker, piece, stopped=end <= floor)


def _goes_on(scene: Scene, start: int, end: int) -> bool:
    """Whether a pronoun is the subject: the sentence tells of the same person, whoever else it names."""
    first = skip_openers(scene, start, end)
    return first < end and scene.lower(first) in scene.cues.pronouns


def _is_body(scene: Scene, told: Speaker) -> bool:
    """Whether an organisation spoke: a pronoun for one person cannot mean it."""
    known = scene.within(told.start, told.start + 1)
    return any(m.type != "person" for m in known) or (
        not known and len(told.name) > 2 and told.name.isupper()
    )


def _fallback(seen: dict[str, Mention], talker: Talker, piece: Piece, *, stopped: bool) -> Talker | None:
    """The narration named nobody as speaking: the last talker, or the only person there is."""
    if talker is NOBODY:
        return _talker(next(iter(seen.values()))) if len(seen) == 1 else None
    near = piece.outer_start - talker.until <= MAX_DISTANCE
    if talker.name and stopped and near and not (seen.keys() - {talker.name}):
        return talker
    return None


def _talker(person: Mention) -> Talker:
    return Talker(person.name, person.start, person.end, 0)


def _leads(scene: Scene, start: int, person: Mention) -> bool:
    """Whether the sentence is about the person: named among its first words, not behind a preposition."""
    index = scene.doc.token_at(person.start)
    return index - start <= 8 and scene.lower(index - 1) not in scene.cues.prepositions


UNCLEAR = Speaker("", 0, 0, "")


def _told(scene: Scene, start: int, end: int) -> Speaker | None:
    """Who speaks in a sentence of narration; :data:`UNCLEAR` where it has a verb of speech and no clear subject."""
    cues = scene.cues
    if scene.lower(start) == cues.by:
        return phrase(scene, start + (2 if scene.lower(start + 1) == "to" else 1), end, cues.by) or UNCLEAR
    for index in range(start + 1, min(end, start + MAX_REACH)):
        word = scene.lower(index)
        if scene.quoted(scene.tokens[index].start):
            continue
        if word in cues.subject_first or word in cues.weak:
            return subject(scene, start, index) or UNCLEAR
        if scene.form(index - 1) == "," and (word in cues.verb_first or word == cues.by):
            return phrase(scene, index + 1, end, word) or UNCLEAR
    return None


def told_before(scene: Scene, piece: Piece, floor: int) -> Speaker | None:
    """Who speaks in the sentence right before a quote in the same line: ``Eko menyebut ... . "Saat ini ..."``."""
    end = scene.doc.token_at(piece.outer_start)
    bottom = scene.doc.token_at(max(floor, piece.line_start))
    if end <= bottom:
        return None
    start = scene.clause_start(end - 1, bottom)
    found = _told(scene, start, end)
    return found if found and (found.name or found.pronoun) else None
