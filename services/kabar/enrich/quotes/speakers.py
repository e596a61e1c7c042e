"""Who speaks, from the words right behind or right before a quote.

Precision comes first: every pattern answers None as soon as something unexpected stands in its way.
"""

from __future__ import annotations

from kabar.enrich.quotes.marks import Piece
from kabar.enrich.quotes.phrases import MAX_PHRASE, Speaker, of_range, phrase
from kabar.enrich.quotes.scene import MARKS, Scene
from kabar.enrich.quotes.subjects import subject

MAX_TAIL = 12
"""So many tokens may stand between a verb and the mark: ``mengatakan kepada wartawan di Jakarta, Senin:``."""
MAX_SIGNATURE = 5
DASHES = ("-", "–", "—", "―")


def behind(scene: Scene, piece: Piece) -> Speaker | None:
    """The speaker named behind the closing mark."""
    limit = scene.doc.token_at(piece.line_end)
    index = first = scene.doc.token_at(piece.outer_end)
    while index < limit and scene.form(index) in (",", *DASHES):
        index += 1
    if index >= limit:
        return None
    if scene.form(index - 1) in DASHES and index > first and _signed(scene, index, limit):
        return of_range(scene, index, limit, limit)
    if scene.lower(index) in ("begitu", "demikian", "so") and scene.lower(index + 1) in scene.cues.verb_first:
        index += 1
    ended = scene.text[piece.end - 1]
    if scene.form(index).islower() or ended in ",?!":
        found = _verb_first(scene, index, limit)
        if found is not None:
            return found
    return _verb_last(scene, piece, index, limit)


def _signed(scene: Scene, index: int, limit: int) -> bool:
    """Whether nothing but a name follows a dash to the end of the line: ``"..." - Maria Lopez``."""
    return limit - index <= MAX_SIGNATURE and all(scene.capital(i) for i in range(index, limit))


def _verb_first(scene: Scene, index: int, limit: int) -> Speaker | None:
    """``kata Budi``, ``katanya``, ``said Smith``, ``menurut Budi``, ``according to Smith``."""
    cues = scene.cues
    word = scene.lower(index)
    if word in cues.suffixed:
        return Speaker("", 0, 0, word, pronoun=True, tail=scene.tokens[index].end)
    if word == cues.by:
        source = index + (2 if scene.lower(index + 1) == "to" else 1)
        return phrase(
            scene, source, limit, scene.text[scene.tokens[index].start : scene.tokens[source - 1].end]
        )
    return phrase(scene, index + 1, limit, word) if word in cues.verb_first else None


def _verb_last(scene: Scene, piece: Piece, index: int, limit: int) -> Speaker | None:
    """``Cannavaro menuturkan``, ``he said``; not where the quote ended its sentence and a new one begins."""
    cues = scene.cues
    ended, comma = scene.text[piece.end - 1], scene.text[piece.outer_end : piece.outer_end + 1] == ","
    fresh = ended in ".;" or (ended in "?!" and scene.lower(index) in cues.pronouns)
    if fresh and not comma and scene.capital(index):
        return None
    verbs = cues.subject_first | cues.weak if comma or ended == "," else cues.subject_first
    verb = _verb_behind(scene, index, limit, verbs)
    if verb is None or (ended in "?!" and _leads_on(scene, verb)):
        return None
    found = subject(scene, index, verb)
    return found._replace(tail=scene.tokens[verb].end) if found else None


def _verb_behind(scene: Scene, index: int, limit: int, verbs: frozenset[str]) -> int | None:
    """The verb of ``Cannavaro menuturkan``, ``he said``, ``John Smith, a spokesman for the mill, told reporters``."""
    if scene.lower(index) in scene.cues.openers:
        return None  # the sentence goes on about something else: "...," when Clinton criticised him
    end = min(limit, index + MAX_PHRASE)
    verb = index
    while verb < end and scene.lower(verb) not in verbs:
        if scene.ends_sentence(verb) or scene.form(verb) in MARKS or scene.form(verb) == ":":
            return None
        verb = scene.past_bracket(verb, end) + 1
    return verb if index < verb < end else None


def _leads_on(scene: Scene, verb: int) -> bool:
    """Whether the verb already leads to the next quote: ``"Kapan?" Ia menjawab, "Besok."``."""
    return scene.capital(verb - 1) and scene.form(verb + 1) in (",", ":") and scene.form(verb + 2) in MARKS


def before(scene: Scene, piece: Piece, floor: int) -> Speaker | None:
    """The speaker named before the opening mark, in the same sentence and not before offset ``floor``."""
    mark = scene.doc.token_at(piece.outer_start)
    bottom = scene.doc.token_at(max(piece.line_start, floor))
    start = scene.clause_start(mark, bottom)
    if start >= mark:
        return None
    return _by_marker(scene, start, mark) or _by_verb(scene, start, mark)


def _by_marker(scene: Scene, start: int, mark: int) -> Speaker | None:
    """``Menurut Budi, "..."`` and ``According to Smith, "..."``; a comma must close it right before the mark."""
    cues = scene.cues
    if scene.lower(start) != cues.by or scene.form(mark - 1) not in (",", ":"):
        return None
    index = start + (2 if scene.lower(start + 1) == "to" else 1)
    cue = scene.text[scene.tokens[start].start : scene.tokens[index - 1].end].lower()
    found = phrase(scene, index, mark, cue)
    return found._replace(tail=0) if found else None


def _by_verb(scene: Scene, start: int, mark: int) -> Speaker | None:
    """``Putin mengatakan, "..."``; without comma or colon the words in marks are a fragment of reported speech."""
    cues = scene.cues
    pointed = scene.form(mark - 1) in (",", ":")
    verb = mark - 1
    while verb > start and scene.lower(verb) not in cues.subject_first:
        if pointed and scene.lower(verb) in cues.weak:
            break
        if scene.form(verb) in MARKS or mark - verb > MAX_TAIL * 2:
            return None
        verb -= 1
    if verb <= start:
        return None
    gap = mark - verb - 1
    joined = gap == 0 or (gap == 1 and scene.lower(mark - 1) in ("bahwa", "that"))
    strong = joined or (pointed and gap <= MAX_TAIL)
    found = subject(scene, start, verb)
    return found._replace(strong=strong, tail=0) if found else None
