"""The account of the log, on digests: eight bytes of an id stand for it. Pure.

Ids are hashes, so their first half is as evenly spread as the whole: among ten million, the chance that any two
share it is about one in 400,000.
"""

from __future__ import annotations

from array import array
from typing import Final

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from kabar.contracts.letters import Ending
from kabar.contracts.outcomes import Outcome
from kabar.runtime.embedded.audit import Check
from kabar.runtime.letters import PURGED

Ids = NDArray[np.uint64]

EXAMPLES: Final = 5
_OUTCOMES: Final = tuple(str(one) for one in Outcome)
_CODES: Final = {name: code for code, name in enumerate(_OUTCOMES)}


class Bag:
    """Ids, eight bytes each."""

    def __init__(self) -> None:
        self._digests = array("Q")

    def add(self, identifier: str) -> None:
        """One id: 32 hexadecimal digits."""
        self._digests.append(int(identifier[:16], 16))

    def distinct(self) -> Ids:
        """Sorted, each once."""
        return np.unique(_numbers(self._digests))


class Endings:
    """How observations ended, nine bytes a record; the newest of an id counts."""

    def __init__(self) -> None:
        self._digests = array("Q")
        self._codes = array("B")
        self._purged = Bag()

    def add(self, ending: Ending) -> None:
        """In the order of the log. A purged letter is no new ending: its observation was dead, or ended since."""
        if ending.reason == PURGED:
            self._purged.add(ending.observation_id)
            return
        self._digests.append(int(ending.observation_id[:16], 16))
        self._codes.append(_CODES[ending.outcome])

    def newest(self) -> tuple[Ids, NDArray[np.uint8]]:
        """Distinct ids, sorted, and the code of each one's newest outcome."""
        digests = _numbers(self._digests)
        order = np.argsort(digests, kind="stable")
        digests, codes = digests[order], np.frombuffer(self._codes, np.uint8)[order]
        last = np.append(digests[1:] != digests[:-1], True) if digests.size else np.zeros(0, bool)
        return digests[last], codes[last]

    def purged(self) -> Ids:
        """Those whose letter was thrown away."""
        return self._purged.distinct()


class Account(Struct, frozen=True):
    """What was found in the log; see :class:`Audit` for what it adds up to."""

    accepted: Bag
    waiting: dict[str, Bag]
    """Stage -> what lies before it, unread."""
    endings: Endings
    letters: Bag
    """Observations with a dead letter, open or replayed."""
    without_version: Bag
    """Said to be indexed, and their version is not in the index."""
    without_document: Bag
    """Said to be indexed, and their article is not in the index."""
    doubled: set[str]
    """Articles in more than one index."""


class Audit(Struct, frozen=True, kw_only=True):
    """The account of the log: every accepted observation that the log still knows."""

    accepted: int
    outcomes: dict[str, int]
    """Of the accepted ones, by the newest outcome."""
    waiting_for: dict[str, int]
    """Of those without outcome: the stage that has yet to read them."""
    checks: list[Check]
    earlier: int
    """Outcomes of observations whose acceptance the log has forgotten: not part of the account."""
    too_old: int = 0
    """Accepted before the oldest outcome that is still known: nothing can be said about them."""
    since: int | None = None
    """When the oldest of the account was accepted, ms UTC."""
    index_checked: bool = True
    """False where no Elasticsearch is configured."""

    @property
    def waiting(self) -> int:
        """Not decided yet, and still on their way."""
        return sum(self.waiting_for.values())

    @property
    def unaccounted(self) -> int:
        """Accepted, and neither ended nor waiting."""
        return self.accepted - self.waiting - sum(self.outcomes.values())

    @property
    def gap(self) -> int:
        """How many observations do not balance; ``lost`` among the checks are the unaccounted ones."""
        return sum(check.count for check in self.checks)


def balance(
    account: Account, *, too_old: int = 0, since: int | None = None, index_checked: bool = True
) -> Audit:
    """Add it up."""
    accepted = account.accepted.distinct()
    ended, codes = account.endings.newest()
    places = np.searchsorted(ended, accepted)
    places[places == ended.size] = 0
    has_ended = ended[places] == accepted if ended.size else np.zeros(accepted.size, bool)
    counts = np.bincount(codes[places[has_ended]], minlength=len(_OUTCOMES)) if ended.size else ()
    waiting: dict[str, int] = {}
    left = accepted[~has_ended]
    for stage, bag in account.waiting.items():
        there = np.isin(left, bag.distinct())
        waiting[stage] = int(there.sum())
        left = left[~there]
    return Audit(
        accepted=accepted.size,
        outcomes={name: int(count) for name, count in zip(_OUTCOMES, counts, strict=False) if count},
        waiting_for=waiting,
        checks=[
            _check("lost", "accepted, and neither ended nor on its way to any stage", left),
            *_checks_of_endings(account, ended, codes),
        ],
        earlier=int(ended.size - has_ended.sum()),
        too_old=too_old,
        since=since,
        index_checked=index_checked,
    )


def _checks_of_endings(account: Account, ended: Ids, codes: NDArray[np.uint8]) -> list[Check]:
    """What outcomes claim."""
    dead = ended[codes == _CODES[Outcome.DEAD]]
    indexed = ended[codes == _CODES[Outcome.INDEXED]]
    excused = np.union1d(account.letters.distinct(), account.endings.purged())
    doubled = sorted(account.doubled)
    return [
        _check("dead_without_letter", "said to be dead, without a dead letter", np.setdiff1d(dead, excused)),
        _check(
            "indexed_without_version",
            "said to be indexed, and its version is not in the index",
            np.intersect1d(indexed, account.without_version.distinct()),
        ),
        _check(
            "indexed_without_document",
            "said to be indexed, and its article is not in the index",
            np.intersect1d(indexed, account.without_document.distinct()),
        ),
        Check("document_twice", len(doubled), "an article in more than one index", doubled[:EXAMPLES]),
    ]


def _check(name: str, means: str, ids: Ids) -> Check:
    return Check(name, ids.size, means, [f"{one:016x}" for one in ids[:EXAMPLES].tolist()])


def _numbers(digests: array[int]) -> Ids:
    return np.frombuffer(digests, np.uint64) if digests else np.zeros(0, np.uint64)
