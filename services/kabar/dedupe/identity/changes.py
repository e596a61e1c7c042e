"""What kind of change a new version is: typo, correction, or update."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Literal

from msgspec import Struct

from kabar.contracts.sections import Change
from kabar.dedupe.diff import Diff, Hunk, compare
from kabar.text.tokens import fold, words

MAX_TYPO_HUNKS = 3
"""Places touched: more is an edit, even if each is small."""
MIN_TYPO_SIMILARITY = 0.9
_MARKED_LINES = 400  # lines looked at, from the beginning and from the end: a notice stands at either
_LINE_CHARS = 300


class CorrectionRule(Struct, frozen=True):
    """One way of saying "we were wrong"; see ``corrections.toml``."""

    id: str
    language: str
    pattern: str
    reason: str
    matches: list[str]
    keeps: list[str]


@cache
def correction_rules() -> tuple[CorrectionRule, ...]:
    """The rules, in the order of the file."""
    data = tomllib.loads(resources.files(__package__).joinpath("corrections.toml").read_text("utf-8"))
    return tuple(CorrectionRule(**rule) for rule in data["rule"])


@cache
def _marker() -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{rule.pattern})" for rule in correction_rules()))


def correction_marks(title: str, text: str) -> int:
    """How many lines say that they correct; at most 255."""
    lines = [title, *text.split("\n")]
    if len(lines) > 2 * _MARKED_LINES:
        lines = lines[:_MARKED_LINES] + lines[-_MARKED_LINES:]
    pattern = _marker()
    return min(255, sum(1 for line in lines if pattern.match(fold(line[:_LINE_CHARS]).strip())))


def classify(before: str, after: str, *, cut: bool, newly_marked: bool) -> Change:
    """The change from one text (title, line break, text) to the next.

    Args:
        before: the version known.
        after: the new one.
        cut: one of them was too long to be kept whole, so that equal words do not mean an equal text.
        newly_marked: the publisher says in the new one, and did not in the old one, that it corrects.
    """
    old, new = words(before), words(after)
    diff = compare(old, new)
    kind: Literal["typo", "update", "correction"] = "update"
    if newly_marked:
        kind = "correction"
    elif not cut and _is_typo(diff, old, _capitalised(before) | _capitalised(after)):
        kind = "typo"
    return Change(kind=kind, similarity=max(0.0, diff.similarity), added=diff.added, removed=diff.removed)


def _is_typo(diff: Diff, old: Sequence[str], names: set[str]) -> bool:
    """Nothing but spelling changed. No words at all (punctuation, case, spacing) is a typo too."""
    if diff.hunks is None or len(diff.hunks) > MAX_TYPO_HUNKS:
        return False
    if diff.hunks and diff.similarity < MIN_TYPO_SIMILARITY:
        return False
    return all(_is_spelling(hunk, old, names) for hunk in diff.hunks)


def _is_spelling(hunk: Hunk, old: Sequence[str], names: set[str]) -> bool:
    """Whether one place differs in spelling alone.

    A number never does. A name does only in six letters or more, where "Vladmir" is a slip and "Andi" for "Ardi"
    is not. A word set twice ("the the") and words run together ("di jual") are slips.
    """
    before, after = "".join(hunk.removed), "".join(hunk.added)
    if any(c.isdigit() for c in before + after):
        return False
    if before == after:
        return True
    if not before or not after:
        return _is_doubled(hunk, old)
    least = 6 if names & {*hunk.removed, *hunk.added} else 5
    longest = max(len(before), len(after))
    return _swapped(before, after) or (longest >= least and _one_letter_apart(before, after))


def _is_doubled(hunk: Hunk, old: Sequence[str]) -> bool:
    """Words that only repeat, or no longer repeat, those just before or after them."""
    extra = list(hunk.removed or hunk.added)
    at, after = hunk.start_before, hunk.start_before + len(hunk.removed)
    return list(old[max(0, at - len(extra)) : at]) == extra or list(old[after : after + len(extra)]) == extra


def _one_letter_apart(left: str, right: str) -> bool:
    if abs(len(left) - len(right)) > 1:
        return False
    start = 0
    while start < min(len(left), len(right)) and left[start] == right[start]:
        start += 1
    rest = (left[start + (len(left) >= len(right)) :], right[start + (len(right) >= len(left)) :])
    return rest[0] == rest[1]


def _swapped(left: str, right: str) -> bool:
    """Two neighbouring letters changed places."""
    if len(left) != len(right):
        return False
    odd = [i for i, (a, b) in enumerate(zip(left, right, strict=True)) if a != b]
    return (
        len(odd) == 2
        and odd[1] == odd[0] + 1
        and left[odd[0]] == right[odd[1]]
        and left[odd[1]] == right[odd[0]]
    )


_CAPITALISED = re.compile(r"(?<=[a-z0-9,;] )[A-ZÀ-ÖØ-ÞА-ЯІЇЄ]\w*")


def _capitalised(text: str) -> set[str]:
    """Folded words with a capital inside a sentence."""
    return {part for word in _CAPITALISED.findall(text) for part in words(word)}
