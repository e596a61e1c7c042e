"""How an observation ends in a stage, as records: the ending, and of a death the letter before it."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from kabar.contracts.letters import Ending
from kabar.contracts.message import Message
from kabar.contracts.outcomes import Outcome
from kabar.runtime.envelopes import letter
from kabar.runtime.kafka.records import Headers, Record, ending_record, foreign_observation, letter_record

ATTEMPTS_HEADER = "kabar-attempts"
"""On a message that was a dead letter: how often it had been tried."""


class Origin(Struct, frozen=True, kw_only=True):
    """A record a stage met: where it lay, and what it holds if it is a message of ours."""

    stage: str
    where: str
    """``news.raw/0/1234``."""
    value: bytes
    headers: Headers
    message: Message | None
    """None = no message of ours: an observation of its own, named after its place."""


def attempts(headers: Headers) -> int:
    """How often a message has been tried, this time included."""
    given = dict(headers).get(ATTEMPTS_HEADER, b"0")
    return min(int(given), 1_000_000) + 1 if given.isdigit() else 1


def ending(origin: Origin, outcome: str, now_ms: int, *, reason: str = "") -> Ending:
    """How it ends here."""
    header = origin.message.header if origin.message else None
    return Ending(
        observation_id=header.observation_id if header else foreign_observation(origin.where),
        article_id=header.article_id if header else None,
        outcome=outcome,  # type: ignore[arg-type]
        reason=reason,
        stage=origin.stage,  # type: ignore[arg-type]
        generation=header.generation if header else 0,
        accepted_at=header.accepted_at if header else 0,
        ended_at=now_ms,
    )


def burial(origin: Origin, now_ms: int, *, reason: str, error: str) -> list[Record]:
    """The letter and the ending ``dead``, in this order: no ending claims a letter that is not there."""
    end = ending(origin, Outcome.DEAD, now_ms, reason=reason)
    header = origin.message.header if origin.message else None
    envelope = msgspec.structs.replace(
        letter(
            origin.value, observation_id=end.observation_id, article_id=end.article_id, stage=origin.stage,
            reason=reason, error=error, died_at=now_ms,
            origin=header.origin if header else "", observed_at=header.observed_at if header else 0,
        ),
        position=origin.where,
        attempts=attempts(origin.headers),
    )  # fmt: skip
    return [letter_record(envelope, origin.value), ending_record(end)]
