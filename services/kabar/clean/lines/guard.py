"""The guard: no set of rules may take more than a stated share of a text.

A rule that fires too often is more likely wrong than the text is made of furniture. What is refused stays in the
article and is named in the notes.
"""

from __future__ import annotations

from collections.abc import Sequence

from kabar.clean.lines.provenance import Cut, Page
from kabar.contracts.types import MAX_SPANS

MAX_SHARE = 0.4
"""Of the words of the received text."""
SHORT_ALLOWANCE = 60
"""Words that may always go: a brief of 80 words with four related links is ordinary ..."""
SHORT_SHARE = 0.75
"""... but most of the words stay even then."""


def budget(words: int) -> int:
    """How many words may go from a text of so many."""
    return int(max(words * MAX_SHARE, min(SHORT_ALLOWANCE, words * SHORT_SHARE)))


def check(page: Page, cuts: Sequence[Cut]) -> tuple[list[Cut], list[str]]:
    """The cuts that may go ahead, and a note for every rule that was refused.

    Rules are given up whole, the weakest first; of equally weak ones the one that takes most.
    """
    kept = list(cuts[:MAX_SPANS])
    notes = ["guard:refused too_many_spans"] if len(cuts) > MAX_SPANS else []
    total = sum(len(line.text.split()) for line in page.lines)
    sizes = [len(page.text[cut.start : cut.end].split()) for cut in kept]
    taken = sum(sizes)
    allowed = budget(total)
    while taken > allowed and kept:
        weights: dict[str, int] = {}
        strengths: dict[str, int] = {}
        for cut, size in zip(kept, sizes, strict=True):
            weights[cut.rule] = weights.get(cut.rule, 0) + size
            strengths[cut.rule] = cut.strength
        refused = min(weights, key=lambda rule: (strengths[rule], -weights[rule], rule))
        notes.append(f"guard:refused {refused}")
        taken -= weights[refused]
        pairs = [(cut, size) for cut, size in zip(kept, sizes, strict=True) if cut.rule != refused]
        kept = [cut for cut, _ in pairs]
        sizes = [size for _, size in pairs]
    return kept, notes
