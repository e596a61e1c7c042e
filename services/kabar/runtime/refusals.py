"""Records that cannot be observations: dead letters from the start, and what a replay makes of them."""

from __future__ import annotations

import json
import sqlite3

import msgspec
from msgspec import Struct

from kabar.contracts.letters import DeadLetter
from kabar.contracts.message import Message
from kabar.contracts.observation import accept
from kabar.errors import BadMessage
from kabar.producers.files import Record
from kabar.producers.files.fields import FieldMapper
from kabar.runtime.clock import wall_ms
from kabar.runtime.embedded import jobs
from kabar.runtime.embedded.jobs import JobOptions
from kabar.runtime.envelopes import letter


class Refused(Struct, frozen=True):
    """Something that came in and cannot be an observation: it is a dead letter from the start."""

    letter: DeadLetter
    original: bytes


def refused(
    record: Record, observation: str, origin: str, observed_at: int, now: int, reason: str, error: str,
    *, options: JobOptions | None = None,
) -> Refused:  # fmt: skip
    """A record that cannot be an observation: a dead letter with its original bytes.

    ``options`` travel with the letter where no store remembers the job.
    """
    envelope = letter(
        record.raw, observation_id=observation, stage="accept", reason=reason, error=error,
        died_at=now, origin=origin, observed_at=observed_at,
    )  # fmt: skip
    if record.sha256:  # the bytes at hand are only the beginning
        envelope = msgspec.structs.replace(envelope, size=record.size, sha256=record.sha256, cut=True)
    if options is not None:
        envelope = msgspec.structs.replace(envelope, options=options.encode())
    return Refused(envelope, record.raw)


def reread(connection: sqlite3.Connection, envelope: DeadLetter, original: bytes) -> Message:
    """Try again to make an observation of something refused at acceptance, read as its job was told.

    Raises:
        BadMessage: it is still impossible; the text says why.
    """
    assert envelope.observation_id is not None
    return reread_with(jobs.options_of(connection, envelope.observation_id), envelope, original)


def reread_with(options: JobOptions, envelope: DeadLetter, original: bytes) -> Message:
    """As :func:`reread`, with the options at hand."""
    assert envelope.observation_id is not None
    try:
        fields = json.loads(original)
    except (ValueError, RecursionError) as error:
        raise BadMessage(
            f"its original is no JSON record: {error}", hint="correct the file it came from and ingest that"
        ) from error
    if not isinstance(fields, dict):
        raise BadMessage(
            "its original is no JSON object", hint="correct the file it came from and ingest that"
        )
    now = wall_ms()
    return accept(
        FieldMapper(options.mapping, check=False)(fields),
        observation_id=envelope.observation_id,
        observed_at=envelope.observed_at or now,
        accepted_at=now,
        origin=envelope.origin,
        default_source=options.default_source,
        event_time=options.event_time,
    )
