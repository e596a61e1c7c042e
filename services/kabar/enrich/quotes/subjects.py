"""The subject before a verb of speech: ``Namun, pejabat itu mengatakan`` · ``John Smith, 43, said``.

One person, a pronoun, or a role. As soon as the words could mean somebody else there is no answer.
"""

from __future__ import annotations

from kabar.enrich.quotes.phrases import (
    MAX_PHRASE,
    MAX_ROLE,
    Speaker,
    bearers,
    is_role,
    kin,
    named,
    past_titles,
    role,
)
from kabar.enrich.quotes.scene import Mention, Scene


def subject(scene: Scene, start: int, verb: int) -> Speaker | None:
    """Whoever stands before a verb in tokens ``[start, verb)``: one person, a pronoun, or a role."""
    cues = scene.cues
    cue = scene.lower(verb)
    end = verb
    while end > start and (scene.lower(end - 1) in cues.fillers or scene.form(end - 1) == ","):
        end -= 1
    start = _last_name(scene, skip_openers(scene, start, end), end)
    if end <= start:
        return None
    if end - start <= 2 and scene.lower(end - 1) in cues.pronouns:
        return Speaker("", 0, 0, cue, pronoun=True)
    if any(scene.lower(i) in cues.group for i in (start, end - 1)):
        return None
    found = _subject_person(scene, start, end) or _subject_role(scene, start, end)
    return found._replace(cue=cue) if found else None


def _last_name(scene: Scene, start: int, end: int) -> int:
    """Start of a bare name between the last comma and the verb: ``The talks may fail, Kall said:``."""
    index = end
    while index > start and end - index < 3 and scene.capital(index - 1):
        index -= 1
    follows = index > start and index < end and scene.form(index - 1) == ","
    return index if follows and end - start > MAX_PHRASE // 2 else start


def skip_openers(scene: Scene, start: int, end: int) -> int:
    """Past ``Namun,`` and ``In a statement on Friday,``: only where the clause opens with such a word."""
    if scene.lower(start) not in scene.cues.openers:
        return start
    for index in range(start, min(start + 15, end)):
        if scene.form(index) == ",":
            return index + 1
    return start + 1


def _subject_person(scene: Scene, start: int, end: int) -> Speaker | None:
    """The one person of the subject. Several names, a name behind a preposition, somebody's lawyer: none."""
    first, last = scene.tokens[start].start, scene.tokens[end - 1].end
    persons = bearers(scene, scene.persons(first, last))
    if not persons or (not scene.capital(start) and scene.lower(end - 1) in scene.cues.pointers):
        return None
    adjacent = [p for p in persons if p.end >= last]
    names = {p.name for p in persons}
    if len(names) > 1 and not adjacent:
        return None
    chosen = adjacent[-1] if adjacent else persons[0]
    index = scene.doc.token_at(chosen.start) - 1
    while index >= start and scene.lower(index) in scene.cues.titles:
        index -= 1
    if index >= start and (scene.lower(index) in scene.cues.prepositions | scene.cues.joints):
        return None
    if kin(scene, start, chosen) or (not adjacent and not _only_apposition(scene, chosen, end)):
        return None
    return named(scene, chosen)


def _only_apposition(scene: Scene, person: Mention, end: int) -> bool:
    """Whether only a bracket, an age or an office between commas stands between a name and the verb."""
    index = scene.doc.token_at(person.end)
    return end - index <= MAX_PHRASE and scene.form(index) in (",", "(", "–", "—")


def _subject_role(scene: Scene, start: int, end: int) -> Speaker | None:
    """A nameless subject: ``pejabat itu``, ``a spokesman for the ministry``, ``Kapolresta``."""
    if scene.persons(scene.tokens[start].start, scene.tokens[end - 1].end):
        whole = not scene.capital(start) and scene.lower(end - 1) in scene.cues.pointers
        return role(scene, start, end) if whole else None
    start = past_titles(scene, start, end)
    if end - start > MAX_ROLE or any(scene.form(i) in (",", ":", "(", ")") for i in range(start, end)):
        return None
    words = [scene.lower(i) for i in range(start, end)]
    if any(word in scene.cues.subject_first or word in scene.cues.weak or word == "yang" for word in words):
        return None
    first = start + (words[0] in ("the", "sang", "para", "si"))
    if not all(scene.capital(i) for i in range(first, end)) and not is_role(scene, start, end):
        return None
    return role(scene, start, end)
