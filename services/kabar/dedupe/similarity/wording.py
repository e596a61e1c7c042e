"""Facts of a copy that differ in a single word: a weekday, a month, a number in words, the spelling of a name.

What :mod:`kabar.dedupe.similarity.facts` reads by shape cannot see these; an alignment of the two texts word by word
can, because a word then stands in another's place.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib import resources

from kabar.dedupe.diff import compare
from kabar.dedupe.vocabulary import is_common, word_shares

MAX_SUBSTITUTED = 3
"""Words replaced at one place: beyond, a passage was rewritten, and its words do not stand for one another."""
_WORD = re.compile(r"\w[\w']*")
_BRITISH = re.compile(r"(?<=i)s(?=e|ing|ation)")  # "realising", "realizing"
_LEAST_NAME = 4  # letters; shorter names are too near one another to be spellings
_LONG_NAME = 8  # letters from which two may differ
_ENDS_SENTENCE = frozenset('.!?:;"“”‘(–—-\n•*|')


def word_differences(before: str, after: str) -> list[str]:
    """``date: Senin -> Selasa``, ``number: three -> four``, ``name: Ikram -> Ikhram``, in order of appearance.

    Nothing is found where the texts differ in more words than :data:`kabar.dedupe.diff.MAX_EDITS`.
    """
    old, new = _Words(before), _Words(after)
    found: list[str] = []
    for hunk in compare(old.words, new.words).hunks or []:
        if not len(hunk.removed) == len(hunk.added) <= MAX_SUBSTITUTED:
            continue
        for i in range(len(hunk.removed)):
            kind = _kind(old, hunk.start_before + i, new, hunk.start_after + i)
            if kind:
                found.append(f"{kind}: {hunk.removed[i]} -> {hunk.added[i]}")
    return list(dict.fromkeys(found))


class _Words:
    """The words of a text, and what stands before each."""

    def __init__(self, text: str) -> None:
        text = self._text = text.replace("’", "'")  # another apostrophe is no other spelling
        matches = list(_WORD.finditer(text))
        self.words = [match.group() for match in matches]
        self._starts = [match.start() for match in matches]

    def is_name(self, index: int) -> bool:
        """Whether a word has a capital that it does not owe to the beginning of a sentence."""
        word = self.words[index]
        if not word[0].isupper() or is_common(word.lower()):
            return False
        start = self._starts[index]
        before = self._text[max(0, start - 3) : start].rstrip(" \t")
        opens = not before or before[-1] in _ENDS_SENTENCE
        return not (opens and (word.lower() in word_shares() or word.lower() in self.words))


def _kind(old: _Words, i: int, new: _Words, j: int) -> str:
    """What sort of fact differs, '' for none."""
    one, other = old.words[i].lower(), new.words[j].lower()
    for table, kind in (("weekdays", "date"), ("months", "date"), ("numbers", "number")):
        values = _values(table)
        mine, theirs = _value(one, values, table), _value(other, values, table)
        if mine is not None and theirs is not None:
            return kind if mine != theirs and not (one.isdigit() and other.isdigit()) else ""
    return "name" if _respelled(one, other) and old.is_name(i) and new.is_name(j) else ""


def _value(word: str, values: dict[str, int], table: str) -> int | None:
    if table == "numbers" and word.isascii() and word.isdigit() and len(word) <= 2:
        return int(word)
    return values.get(word)


@cache
def _values(table: str) -> dict[str, int]:
    text = resources.files(__package__).joinpath("fact_words.toml").read_text("utf-8")
    rows: list[str] = tomllib.loads(text)[table]
    return {word: value for value, row in enumerate(rows) for word in row.split()}


def _respelled(one: str, other: str) -> bool:
    """Two spellings of one name: a letter apart, two in a long name; an ending ("American", "Americans") is none."""
    shorter, longer = sorted((one, other), key=len)
    if _BRITISH.sub("z", one) == _BRITISH.sub("z", other):
        return False
    if len(shorter) < _LEAST_NAME or one == other or one[0] != other[0] or longer.startswith(shorter):
        return False
    allowed = 2 if len(shorter) >= _LONG_NAME else 1
    return len(longer) - len(shorter) <= allowed and _distance(shorter, longer) <= allowed


def _distance(one: str, other: str) -> int:
    """Letters to insert, delete or replace (Levenshtein 1966)."""
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        diagonal, row[0] = row[0], i
        for j, counterpart in enumerate(other, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (letter != counterpart))
    return row[-1]
