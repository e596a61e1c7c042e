"""Two versions of a text -> runs of words kept, added and removed; bounded on any input."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Literal, NamedTuple

MAX_WORDS = 1_500
"""Compared word by word, once the common beginning and end are set aside. difflib is quadratic at worst:
measured 0.3 s for words swapped in pairs, 20 ms for real revisions."""
MAX_SHOWN_CHARS = 60_000
"""Of one run; a version of ten million characters must not become a page of them."""
CONTEXT_CHARS = 400
"""Kept text around a change; what lies between is left out and counted."""

Kind = Literal["same", "added", "removed", "skipped"]

_PIECES = re.compile(r"\s*\w+|\s*[^\w\s]+|\s+")


class Change(NamedTuple):
    """A run of text; of ``skipped`` the text says how many words were left out."""

    kind: Kind
    text: str


def word_diff(before: str, after: str) -> list[Change]:
    """What became of ``before``: kept, removed and added words in order; blanks belong to the word behind them.

    More than :data:`MAX_WORDS` words on one side are shown as one replacement.
    """
    old, new = _words(before), _words(after)
    head = _common(old, new)
    tail = _common(old[head:][::-1], new[head:][::-1])
    middle_old, middle_new = old[head : len(old) - tail], new[head : len(new) - tail]
    changes = [Change("same", "".join(old[:head]))]
    if max(len(middle_old), len(middle_new)) > MAX_WORDS:
        changes += _replaced(middle_old, middle_new)
    else:
        changes += _compared(middle_old, middle_new)
    changes.append(Change("same", "".join(old[len(old) - tail :])))
    return _shortened([change for change in changes if change.text])


def _words(text: str) -> list[str]:
    """Words and punctuation, each with the blanks before it; joined they are the text."""
    return _PIECES.findall(text)


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """Length of the common beginning."""
    length = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        length += 1
    return length


def _replaced(old: Sequence[str], new: Sequence[str]) -> list[Change]:
    return [Change("removed", "".join(old)), Change("added", "".join(new))]


def _compared(old: Sequence[str], new: Sequence[str]) -> list[Change]:
    changes: list[Change] = []
    for code, a, b, c, d in SequenceMatcher(None, old, new).get_opcodes():
        if code == "equal":
            changes.append(Change("same", "".join(old[a:b])))
        else:
            changes += _replaced(old[a:b], new[c:d])
    return changes


def _shortened(changes: Sequence[Change]) -> list[Change]:
    """Long kept runs cut to what stands next to a change, long changes to what a page can show."""
    shown: list[Change] = []
    last = len(changes) - 1
    for number, change in enumerate(changes):
        if change.kind != "same":
            shown += _cut(change)
            continue
        lead = CONTEXT_CHARS if number > 0 else 0
        trail = CONTEXT_CHARS if number < last else 0
        if len(change.text) <= lead + trail + CONTEXT_CHARS:
            shown.append(change)
            continue
        left_out = len(change.text[lead : len(change.text) - trail].split())
        shown += [Change("same", change.text[:lead]), Change("skipped", f"{left_out:,} words the same")]
        shown.append(Change("same", change.text[len(change.text) - trail :] if trail else ""))
    return [change for change in shown if change.text]


def _cut(change: Change) -> list[Change]:
    if len(change.text) <= MAX_SHOWN_CHARS:
        return [change]
    rest = len(change.text) - MAX_SHOWN_CHARS
    return [
        Change(change.kind, change.text[:MAX_SHOWN_CHARS]),
        Change("skipped", f"{rest:,} characters more"),
    ]
