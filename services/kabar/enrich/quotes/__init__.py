"""Quotes: the words in quote marks, who says them, and whether they are speech at all.

A wrong speaker costs more than none, so each pattern gives up when unsure. The order: words behind the quote
("...," kata Budi), words before it (Budi mengatakan, "..."), the same speaker going on in the same paragraph, the
sentence before. Pronouns are resolved last. Own rules; the traps they know are rows of their tests.

In languages without word lists the words in marks are found, and no speaker.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from kabar.contracts.sections import Entity, Quote, Span
from kabar.enrich.document import Text
from kabar.enrich.quotes import antecedents as antecedents
from kabar.enrich.quotes import speakers as speakers
from kabar.enrich.quotes.antecedents import NOBODY, Talker
from kabar.enrich.quotes.cues import Cues, cues_of
from kabar.enrich.quotes.marks import Piece, scan
from kabar.enrich.quotes.phrases import Speaker
from kabar.enrich.quotes.scene import Scene
from kabar.enrich.quotes.speech import is_direct, is_name, is_sentence, is_titled

VERSION = "rules-1"
MAX_QUOTES = 1_000
MAX_CHARS = 300_000
"""Quotes are looked for in this many characters of a text."""

STRONG, CHAINED, TOLD, FRAGMENT, UNNAMED = 0.95, 0.85, 0.7, 0.6, 0.5
"""Scores by how the speaker was found; a resolved pronoun costs a tenth."""


def find(doc: Text, entities: Sequence[Entity]) -> list[Quote]:
    """Quotes in order, at most :data:`MAX_QUOTES`. Each paragraph of a longer speech is a quote of its own."""
    pieces = scan(doc.text[:MAX_CHARS])[:MAX_QUOTES]
    cues = cues_of(doc.language)
    if cues is None:
        return [_quote(doc, piece, None, direct=is_sentence(doc.text, piece)) for piece in pieces]
    pieces = [piece for piece in pieces if piece.closed or not _narrates(doc, piece, cues)]
    return _Reader(Scene(doc, entities, pieces, cues)).read()


def _narrates(doc: Text, piece: Piece, cues: Cues) -> bool:
    """Whether an unclosed paragraph tells its own speaker ("Kami siap, kata Budi."): then its end was forgotten."""
    first, last = doc.token_at(piece.start), doc.token_at(piece.end)
    words = [token.text for token in doc.tokens[first:last]]
    return any(
        left == "," and (right in cues.verb_first or right in cues.suffixed)
        for left, right in pairwise(words)
    )


class _Reader:
    """One pass over the pieces of one article, remembering who spoke last."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.talker = NOBODY
        self.previous: Piece | None = None
        self.spoken: Speaker | None = None
        """Whose words the previous piece were."""
        self.behind = False
        """Whether the previous piece was told by words behind it."""

    def read(self) -> list[Quote]:
        """All quotes; pieces of one speech share the speaker of whichever tells it."""
        out: list[Quote] = []
        pieces = self.scene.pieces
        index = 0
        while index < len(pieces):
            stop = index + 1
            while stop < len(pieces) and pieces[stop].group == pieces[index].group:
                stop += 1
            out.extend(self._speech(pieces[index:stop]))
            index = stop
        return out

    def _speech(self, parts: Sequence[Piece]) -> list[Quote]:
        """The quotes of one speech."""
        first, last = parts[0], parts[-1]
        floor = self.previous.outer_end if self.previous and self.previous.line_end == first.line_end else 0
        behind = speakers.behind(self.scene, last)
        told = behind or speakers.before(self.scene, first, floor)
        score = STRONG if told and told.strong else FRAGMENT
        if told is None:
            told, score = self._carried(first, floor)
        named = self._resolved(told, first) if told else None
        if told and told.pronoun:
            score = round(score - 0.1, 2)
        direct = len(parts) > 1 or is_direct(self.scene, first, told)
        titled = not direct and (is_name(self.scene, first) or (not behind and is_titled(self.scene, first)))
        if titled:
            named = told = None
        self._remember(last, named, direct=direct, behind=behind)
        return [_quote(self.scene.doc, part, named, direct=direct, score=score) for part in parts]

    def _carried(self, piece: Piece, floor: int) -> tuple[Speaker | None, float]:
        """The speaker of the quote before in the same paragraph, or of the sentence before."""
        previous, spoken = self.previous, self.spoken
        text = self.scene.text
        if previous and spoken and previous.line_end == piece.line_end:
            between = text[max(previous.outer_end, spoken.tail if self.behind else 0) : piece.outer_start]
            if (self.behind or not between.strip()) and self._same_breath(previous, piece):
                return spoken, CHAINED
        if self._new_paragraph(piece):
            return spoken, TOLD
        if is_sentence(text, piece) and (told := antecedents.told_before(self.scene, piece, floor)):
            return told._replace(strong=False), TOLD
        return None, UNNAMED

    def _new_paragraph(self, piece: Piece) -> bool:
        """Whether a paragraph of nothing but speech follows one that ended with a quote and its speaker."""
        text, spoken = self.scene.text, self.spoken
        if not (spoken and spoken.name and self.previous and self.behind):
            return False
        alone = not (
            text[piece.line_start : piece.outer_start] + text[piece.outer_end : piece.line_end]
        ).strip()
        gap = text[min(self.talker.until, piece.outer_start) : piece.outer_start]
        return alone and piece.line_start > self.previous.line_end and not gap.strip()

    def _same_breath(self, previous: Piece, piece: Piece) -> bool:
        """Whether only the sentence that tells the speaker stands between two quotes of a paragraph."""
        scene = self.scene
        start, end = scene.doc.token_at(previous.outer_end), scene.doc.token_at(piece.outer_start)
        ends = [i for i in range(start, min(end, start + 60)) if scene.ends_sentence(i)]
        return end - start <= 60 and (not ends or (len(ends) == 1 and ends[0] == end - 1))

    def _resolved(self, told: Speaker, piece: Piece) -> Speaker | None:
        """With the name behind a pronoun; a speaker with name '' where that is not certain."""
        if not told.pronoun or told.name:
            return told
        meant = antecedents.resolve(self.scene, piece, self.talker)
        if meant is None:
            return told
        return told._replace(name=meant.name, start=meant.start, end=meant.end)

    def _remember(self, piece: Piece, named: Speaker | None, *, direct: bool, behind: Speaker | None) -> None:
        """Who spoke last, for the next pronoun and the next quote of the paragraph."""
        self.previous, self.spoken, self.behind = piece, named, behind is not None
        if not direct and behind is None:
            return
        anchor = max(piece.outer_end, behind.tail if behind else 0)
        last = self.scene.doc.token_at(anchor)
        index = self.scene.clause_end(max(0, last - 1)) if behind else last
        until = self.scene.tokens[index - 1].end if 0 < index <= len(self.scene.tokens) else anchor
        until = max(until, piece.outer_end)
        self.talker = Talker(named.name, named.start, named.end, until) if named else Talker("", 0, 0, until)


def _quote(doc: Text, piece: Piece, told: Speaker | None, *, direct: bool, score: float = UNNAMED) -> Quote:
    named = told is not None and bool(told.name)
    return Quote(
        text=doc.text[piece.start : piece.end],
        speaker=told.name if told and named else "",
        speaker_span=Span(told.start, told.end) if told and named else None,
        cue=told.cue if told else "",
        start=piece.start,
        end=piece.end,
        direct=direct,
        score=score if named else UNNAMED,
    )
