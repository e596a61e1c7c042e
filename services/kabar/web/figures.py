"""What ``/health`` shows: the account, whichever runtime keeps it."""

from __future__ import annotations

from msgspec import Struct


class Counted(Struct, frozen=True):
    """How many, of what kind."""

    name: str
    detail: str
    count: int


class Figures(Struct, frozen=True, kw_only=True):
    """The account, without the expensive checks of ``kabar audit``. None = this runtime does not know."""

    documents: int
    stories: int
    versions: int
    outcomes: list[Counted]
    letters: list[Counted]
    """Open ones by stage and reason."""
    waiting: int
    """Messages before a stage; in the embedded runtime observations without an outcome."""
    queues: list[Counted] = []
    """What waits, by stage and topic; empty where there is one queue."""
    accepted: int | None = None
    pruned: int = 0
    oldest_waiting: int | None = None
    """When it was accepted, ms UTC."""
    store_bytes: int | None = None
    newest: int | None = None
    """When an observation last got its outcome, ms UTC."""

    @property
    def unaccounted(self) -> int:
        """Accepted, and neither waiting, nor ended, nor pruned; must be 0. 0 where it is not known here."""
        if self.accepted is None:
            return 0
        ended = sum(one.count for one in self.outcomes)
        return self.accepted - self.pruned - self.waiting - ended

    @property
    def open_letters(self) -> int:
        """Dead letters not replayed."""
        return sum(one.count for one in self.letters)
