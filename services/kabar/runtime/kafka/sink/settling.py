"""What the index said about a batch becomes outcomes, and the records that tell them. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from kabar.contracts.outcomes import Outcome
from kabar.index.entry import Refused
from kabar.runtime.kafka.endings import burial, ending
from kabar.runtime.kafka.records import Record, ending_record
from kabar.runtime.kafka.sink.flight import Answer
from kabar.runtime.kafka.sink.items import Death, Item


class Settled(Struct, frozen=True):
    """A batch whose fate is known, not yet told."""

    batch: Sequence[Item]
    records: list[Record]
    """Endings and dead letters."""
    outcomes: list[tuple[Item, str, str]]
    """Outcome and reason of each observation; a story that was written is none."""


def settle(batch: Sequence[Item], answers: Mapping[int, Answer], now_ms: int) -> Settled:
    """Endings and letters of a batch.

    Args:
        batch: items; each is an article or a story with an answer, or carries a death.
        answers: position in the batch -> what the index said.
        now_ms: milliseconds UTC.
    """
    records: list[Record] = []
    outcomes: list[tuple[Item, str, str]] = []
    for position, item in enumerate(batch):
        answer = answers.get(position)
        death = item.death or (Death(answer.reason, answer.error) if isinstance(answer, Refused) else None)
        if death is not None:
            records += burial(item.origin, now_ms, reason=death.reason, error=death.error)
            outcomes.append((item, Outcome.DEAD, death.reason))
        elif item.story is None:
            outcome = Outcome.SUPERSEDED if answer == "superseded" else Outcome.INDEXED
            assert answer is not None, "an article that nobody wrote"
            records.append(ending_record(ending(item.origin, outcome, now_ms)))
            outcomes.append((item, outcome, ""))
    return Settled(batch, records, outcomes)
