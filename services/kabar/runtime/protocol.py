"""What the runtime asks of a stage, and what a worker answers for one message.

A stage is pure: one message or one tick in, effects out. No I/O, no client library, no clock. Decisions do not
depend on how messages were batched. A stage MUST

- answer every message with exactly one ``Forward`` or ``Ended``, or raise;
- raise :class:`kabar.errors.Poison` for a message that can never be processed (any other exception counts as one
  too, but says less);
- in a stateful stage, emit a ``StateChanged`` for everything it will need after a restart, and rebuild the same
  behaviour from those records in order of their last write.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, Protocol

from msgspec import Struct

from kabar.contracts.message import Message, Tick
from kabar.contracts.outcomes import Effect
from kabar.contracts.sections import CleanSection, EnrichSection, Section

StageName = Literal["clean", "dedupe", "enrich"]

WORKER_SECTIONS: dict[str, type[Section]] = {"clean": CleanSection, "enrich": EnrichSection}
"""Stateless stages run in worker processes, and the section each of them adds."""


class Stage(Protocol):
    """A stateless stage."""

    def process(self, message: Message) -> Sequence[Effect]:
        """Effects of one message."""


class StatefulStage(Stage, Protocol):
    """A stage with memory."""

    def tick(self, tick: Tick) -> Sequence[Effect]:
        """Effects of time passing."""

    def restore(self, records: Iterable[tuple[bytes, bytes]]) -> None:
        """Rebuild the memory from ``(key, value)`` in order of last write."""


class Result(Struct, frozen=True, array_like=True):
    """A worker's answer for one message.

    ``forward`` with the added section as JSON (empty: nothing to add, a kill), ``ended`` with outcome and reason,
    or ``dead`` with the reason and what happened, for a human.
    """

    kind: Literal["forward", "ended", "dead"]
    section: bytes = b""
    outcome: str = ""
    reason: str = ""
    error: str = ""
    seconds: float = 0.0
    """Wall seconds inside the stage."""


class Pool(Protocol):
    """Runs stateless stages over messages."""

    restarts: dict[str, int]
    """How many workers were replaced, by cause."""

    def submit(self, stage: str, messages: Sequence[Message], *, urgent: bool = False) -> int:
        """Queue messages; ``urgent`` goes before what is queued. Returns a ticket."""

    def collect(self, ticket: int) -> list[Result]:
        """Wait for a ticket; one result per message, in order."""

    def reset(self) -> None:
        """Forget everything submitted and not collected."""

    def cancel(self) -> None:
        """Make a waiting :meth:`collect` raise; any thread may call it."""

    def close(self) -> None:
        """Stop. Idempotent."""
