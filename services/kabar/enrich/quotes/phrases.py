"""The words of a speaker behind a verb: which name they hold, or which role where they hold none.

``kata Direktur Reserse Siber Polda Sumut Kombes Doni Sembiring, Rabu`` · ``ujar hakim`` · ``said 22-year-old student
Maria Lopez`` · ``jelas pengacara Lisa Mariana, Jhony Boy, kepada wartawan``.
"""

from __future__ import annotations

from typing import NamedTuple

from kabar.enrich.quotes.scene import Mention, Scene

MAX_PHRASE = 16
"""A speaker with all titles and offices is no longer than this, in tokens."""
MAX_ROLE = 9
"""A speaker without a name ("seorang pejabat Departemen Luar Negeri") is no longer than this, in tokens."""
MAX_ROLE_CHARS = 200
RELATIVES = frozenset(("yang", "dari", "asal", "who", "from"))


class Speaker(NamedTuple):
    """Whose words they are. ``pronoun``: still to be resolved; ``name`` is then ''."""

    name: str
    start: int
    end: int
    cue: str
    pronoun: bool = False
    strong: bool = True
    """The pattern itself says that this is speech; False: a fragment within somebody's reported words."""
    tail: int = 0
    """Where the words of the pattern end, as an offset; 0 for those before the quote."""


def phrase(scene: Scene, index: int, limit: int, cue: str) -> Speaker | None:
    """The speaker whose words start at token ``index``, behind a verb."""
    cues = scene.cues
    if scene.lower(index) in cues.pronouns:
        return Speaker("", 0, 0, cue, pronoun=True, tail=scene.tokens[index].end)
    if scene.lower(index) in cues.group:
        return None
    end = _phrase_end(scene, index, min(limit, index + MAX_PHRASE))
    if end == index:
        return None
    found = of_range(scene, index, end, limit)
    return found._replace(cue=cue) if found else None


def _phrase_end(scene: Scene, index: int, limit: int) -> int:
    """Where the words of a speaker end: at punctuation, at a word that starts something else, at a joint of names."""
    cues = scene.cues
    start = index
    named = False
    while index < limit:
        form, word = scene.form(index), scene.lower(index)
        inside = scene.within(scene.tokens[index].start, scene.tokens[index].end)
        named = named or any(mention.type == "person" for mention in inside)
        if form == "(":
            close = scene.past_bracket(index, limit)
            if close == index or named:
                return index
            index = close + 1
            continue
        if form == "." and not scene.ends_sentence(index):
            index += 1
            continue
        if not (form[0].isalnum() or form in "-/'’&@." or form in ("'s", "’s")) or scene.ends_sentence(index):
            return index
        if word in cues.stops and index > start and not _in_name(scene, index):
            return index
        if word in cues.stops and index == start:
            return index
        if word in cues.joints and (named or not scene.capital(index + 1)):
            return index
        index += 1
    return index


def _in_name(scene: Scene, index: int) -> bool:
    """Whether a token stands within a mention, not at its start ("Bank of America")."""
    token = scene.tokens[index]
    return any(m.start < token.start < m.end for m in scene.within(max(0, token.start - 80), token.start))


def of_range(scene: Scene, start: int, end: int, limit: int) -> Speaker | None:
    """Choose among the names of a phrase behind a verb; then its role; then nothing."""
    first, last = scene.tokens[start].start, scene.tokens[end - 1].end
    persons = bearers(scene, scene.persons(first, last))
    follower = _apposed(scene, end, limit)
    if scene.lower(end) in scene.cues.joints and (follower or scene.capital(end + 1)):
        return None  # two speakers
    whole = not scene.capital(start) and scene.lower(end - 1) in scene.cues.pointers
    if persons and not whole:
        chosen = persons[-1]
        if kin(scene, start, chosen):
            if follower is not None:
                return named(scene, follower)
        else:
            return named(scene, chosen)
    elif follower is not None and not whole:
        return named(scene, follower)
    return role(scene, start, end)


def named(scene: Scene, mention: Mention) -> Speaker:
    """The speaker a mention stands for; the cue is filled in by whoever found the verb."""
    return Speaker(scene.name_of(mention), mention.start, mention.end, "", tail=mention.end)


def bearers(scene: Scene, persons: list[Mention]) -> list[Mention]:
    """Without the owners in ``Trump's spokesman``."""
    return [p for p in persons if scene.text[p.end : p.end + 2] not in ("'s", "’s")]


def kin(scene: Scene, start: int, person: Mention) -> bool:
    """Whether the name only tells whose lawyer, wife or spokesman speaks: "kuasa hukum Lisa"."""
    cues = scene.cues
    index = scene.doc.token_at(person.start) - 1
    while index > start and scene.lower(index) in cues.honorifics:
        index -= 1
    if index < start or scene.capital(index):
        return False
    compound = index > start and scene.lower(index) not in cues.titles and scene.lower(index - 1) in cues.kin
    return scene.lower(index) in cues.kin or compound


def _apposed(scene: Scene, index: int, limit: int) -> Mention | None:
    """The person right behind a comma: ``pengacara Lisa, Jhony Boy,`` or ``Kasubdit I Polri, Kombes Eko``."""
    if scene.form(index) != ",":
        return None
    probe = index + 1
    while probe < min(limit, index + 5) and scene.lower(probe) in scene.cues.titles:
        probe += 1
    if probe >= limit:
        return None
    for place in (index + 1, probe):
        start = scene.tokens[place].start if place < limit else -1
        for mention in scene.persons(start, start + 1):
            return mention
    return None


def role(scene: Scene, start: int, end: int) -> Speaker | None:
    """A speaker without a known name, in the words of the article; titles before a single word are left out."""
    start = past_titles(scene, start, end)
    if not scene.capital(start):
        end = _whole_role(scene, start, end)
    while end > start and not scene.form(end - 1)[0].isalnum() and scene.form(end - 1) != ")":
        end -= 1
    if not 0 < end - start <= MAX_ROLE:
        return None
    if not scene.capital(start) and not is_role(scene, start, end):
        return None
    first, last = scene.tokens[start].start, scene.tokens[end - 1].end
    mention = next((m for m in scene.within(first, last) if (m.start, m.end) == (first, last)), None)
    words = scene.text[first:last]
    name = mention.name if mention else scene.alias(words) if end - start == 1 else words
    if not 1 < len(words) <= MAX_ROLE_CHARS or "\n" in words:
        return None
    return Speaker(name, first, last, "", tail=last)


def _whole_role(scene: Scene, start: int, end: int) -> int:
    """Go on past ``yang``, ``dari``, ``who``, ``from``: "politisi dari partai itu" is not "politisi"."""
    if scene.lower(end) not in RELATIVES or end == start:
        return end
    stop = end + 1
    while stop < min(start + MAX_ROLE + 1, len(scene.tokens)) and scene.form(stop)[0].isalnum():
        if scene.lower(stop) in scene.cues.pointers:
            return stop + 1
        if scene.lower(stop) in scene.cues.stops:
            break
        stop += 1
    return stop if stop - start <= MAX_ROLE and stop - end > 1 else end


def past_titles(scene: Scene, start: int, end: int) -> int:
    """Past ``Mr.`` and ``Pak`` before up to three capitalised words; a title alone ("Kapolres") stays."""
    index = start
    while index < end and (
        scene.lower(index) in scene.cues.titles or (index > start and scene.form(index) == ".")
    ):
        index += 1
    named = 1 <= end - index <= 3 and all(scene.capital(i) for i in range(index, end))
    return index if named else start


def is_role(scene: Scene, start: int, end: int) -> bool:
    """Whether lower-case words name somebody: one of the first three is a role ("seorang mantan pejabat")."""
    return any(
        scene.lower(i) in scene.cues.roles or scene.lower(i).removesuffix("nya") in scene.cues.roles
        for i in range(start, min(start + 4, end))
    )
