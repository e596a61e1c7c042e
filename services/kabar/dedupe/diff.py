"""What changed between two sequences of words: counts, and the places where they differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from msgspec import Struct

MAX_EDITS = 64
"""Words inserted and deleted up to which the shortest edit is searched: its cost grows with their square."""
MAX_MIDDLE = 4_000
"""Words between the common beginning and the common end up to which it is searched."""


class Hunk(Struct, frozen=True):
    """One place where the sequences differ; either side may be empty. Starts count words from 0."""

    removed: Sequence[str]
    added: Sequence[str]
    start_before: int
    start_after: int


class Diff(Struct, frozen=True):
    """How two sequences differ.

    ``hunks`` is None where the difference is too large to be searched; the counts are then of words that came and
    went, and a passage that only moved counts for nothing.
    """

    added: int
    removed: int
    similarity: float
    """2 x common words / all words, as in ``difflib``; 4 decimals."""
    hunks: list[Hunk] | None


def compare(before: Sequence[str], after: Sequence[str]) -> Diff:
    """Difference of two sequences of words, in time linear in their length."""
    start, end = _common_ends(before, after)
    old, new = before[start : len(before) - end], after[start : len(after) - end]
    hunks = _shortest_edit(old, new) if max(len(old), len(new)) <= MAX_MIDDLE else None
    if hunks is None:
        gone, came = Counter(old), Counter(new)
        removed, added = (gone - came).total(), (came - gone).total()
    else:
        hunks = [Hunk(h.removed, h.added, h.start_before + start, h.start_after + start) for h in hunks]
        removed, added = sum(len(h.removed) for h in hunks), sum(len(h.added) for h in hunks)
    total = len(before) + len(after)
    similarity = 1.0 - (removed + added) / total if total else 1.0
    return Diff(added=added, removed=removed, similarity=round(similarity, 4), hunks=hunks)


def _common_ends(before: Sequence[str], after: Sequence[str]) -> tuple[int, int]:
    shorter = min(len(before), len(after))
    start = 0
    while start < shorter and before[start] == after[start]:
        start += 1
    end = 0
    while end < shorter - start and before[-1 - end] == after[-1 - end]:
        end += 1
    return start, end


def _shortest_edit(old: Sequence[str], new: Sequence[str]) -> list[Hunk] | None:
    """E. W. Myers, "An O(ND) difference algorithm and its variations" (1986), given up beyond ``MAX_EDITS``.

    ``furthest[k]`` is how far into ``old`` one can get on diagonal k = x - y with the edits so far.
    """
    furthest, trace = {1: 0}, []
    for edits in range(min(MAX_EDITS, len(old) + len(new)) + 1):
        trace.append(dict(furthest))
        for k in range(-edits, edits + 1, 2):
            x = _step(furthest, k, edits)
            y = x - k
            while x < len(old) and y < len(new) and old[x] == new[y]:
                x, y = x + 1, y + 1
            furthest[k] = x
            if x >= len(old) and y >= len(new):
                return _hunks(old, new, trace)
    return None


def _step(furthest: dict[int, int], k: int, edits: int) -> int:
    """Where diagonal k starts: one down from k + 1 (an insertion) or one right from k - 1 (a deletion)."""
    if k == -edits or (k != edits and furthest[k - 1] < furthest[k + 1]):
        return furthest[k + 1]
    return furthest[k - 1] + 1


def _hunks(old: Sequence[str], new: Sequence[str], trace: list[dict[int, int]]) -> list[Hunk]:
    """Walk the trace back and join neighbouring edits."""
    x, y = len(old), len(new)
    edits: list[tuple[int, int, int, int]] = []  # x0, x1, y0, y1 of each insertion or deletion
    for depth in range(len(trace) - 1, 0, -1):
        k = x - y
        down = k == -depth or (k != depth and trace[depth][k - 1] < trace[depth][k + 1])
        x0 = trace[depth][k + 1 if down else k - 1]
        y0 = x0 - (k + 1 if down else k - 1)
        edits.append((x0, x0, y0, y0 + 1) if down else (x0, x0 + 1, y0, y0))
        x, y = x0, y0
    joined: list[tuple[int, int, int, int]] = []
    for x0, x1, y0, y1 in reversed(edits):
        if joined and joined[-1][1] == x0 and joined[-1][3] == y0:
            x0, y0 = joined.pop()[::2]  # noqa: PLW2901 - the hunk grows
        joined.append((x0, x1, y0, y1))
    return [Hunk(old[x0:x1], new[y0:y1], x0, y0) for x0, x1, y0, y1 in joined]
