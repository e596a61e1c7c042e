"""Speech or not: titles, nicknames, scare quotes and fragments stand in quote marks as well."""

from __future__ import annotations

from kabar.enrich.quotes.marks import Piece
from kabar.enrich.quotes.phrases import Speaker
from kabar.enrich.quotes.scene import Scene


def is_name(scene: Scene, piece: Piece) -> bool:
    """Whether the words name a work or a person, whatever verb follows: `In his book "...",`, `Marcia "Cia" Price`."""
    if not _title_case(scene, piece):
        return False
    index = scene.doc.token_at(piece.outer_start) - 1
    if index >= 0 and scene.starts_line(index + 1):
        return False
    before = {scene.lower(index), scene.lower(index - 1) if scene.form(index) == "," else ""}
    named = before & (scene.cues.titled | scene.cues.prepositions | {"'s", "’s", "in", "di", "dalam"})
    following = scene.doc.token_at(piece.outer_end)
    joined = scene.text[piece.outer_end : piece.outer_end + 1] == " " and scene.capital(following)
    unended = scene.text[piece.end - 1].isalnum()
    return bool(named) or (scene.capital(index) and joined and unended)


def is_titled(scene: Scene, piece: Piece) -> bool:
    """Whether a word before the mark says that a title, a nickname or a word as such follows (or ``alias`` does)."""
    index = scene.doc.token_at(piece.outer_start)
    near = [scene.lower(i) for i in range(max(0, index - 2), index)]
    after = scene.lower(scene.doc.token_at(piece.outer_end))
    owned = scene.lower(index - 1) in ("'s", "’s")
    return (
        owned or bool(scene.cues.titled.intersection(near)) or after == "alias" or _title_case(scene, piece)
    )


def _title_case(scene: Scene, piece: Piece) -> bool:
    """Whether all words but short ones start with a capital: "State of the Union", "Sajadah Cinta"."""
    words = piece_words(scene.text, piece)
    long = [word for word in words if len(word) > 4 or len(words) == 1]
    return len(words) <= 8 and bool(long) and all(word[0].isupper() for word in [words[0], words[-1], *long])


def is_direct(scene: Scene, piece: Piece, told: Speaker | None) -> bool:
    """Whether somebody is heard to say this, as against a fragment, a title or words kept at arm's length."""
    words = len(piece_words(scene.text, piece))
    opening = scene.text[piece.start]
    if is_name(scene, piece) or (is_titled(scene, piece) and not (told and told.tail)):
        return False
    if _mid_clause(scene, piece) and not (told and told.strong and not told.tail):
        return False
    if told is None or not told.strong:
        return is_sentence(scene.text, piece)
    ended = scene.text[piece.end - 1] in ".,!?…"
    return words >= 3 or (opening.isupper() and ended)


def _mid_clause(scene: Scene, piece: Piece) -> bool:
    """Whether the mark opens in the middle of somebody else's clause: ``Diskusi "akan lebih baik ..."``."""
    index = scene.doc.token_at(piece.outer_start) - 1
    if index < 0 or scene.tokens[index].end <= piece.line_start:
        return False
    return scene.form(index)[-1].isalnum() and scene.text[piece.start].islower()


def is_sentence(text: str, piece: Piece) -> bool:
    """Whether the words are a sentence by themselves: a capital, four words, an end, and no clause around them."""
    words = piece_words(text, piece)
    before = text[piece.line_start : piece.outer_start].rstrip()
    free = not before or before[-1] in '.?!:;,…)”"»'
    ended = text[piece.end - 1] in ".,!?…" or text[piece.outer_end : piece.outer_end + 1] == "."
    return len(words) >= 4 and text[piece.start].isupper() and ended and free


def piece_words(text: str, piece: Piece) -> list[str]:
    """The words of a piece, as divided by blanks."""
    return text[piece.start : piece.end].split()
