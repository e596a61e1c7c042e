"""What a replay or a purge of a dead letter writes into the log. Pure, but for the clock of a new acceptance."""

from __future__ import annotations

import msgspec

from kabar.contracts.letters import DeadLetter, Ending
from kabar.contracts.message import Message, decode, decode_message
from kabar.contracts.outcomes import Outcome
from kabar.contracts.story import Story
from kabar.errors import BadMessage, UsageError
from kabar.runtime.embedded.jobs import JobOptions
from kabar.runtime.kafka.endings import ATTEMPTS_HEADER
from kabar.runtime.kafka.names import INPUT
from kabar.runtime.kafka.records import Record, ending_record, message_record, story_record
from kabar.runtime.letters import PURGED, Kept
from kabar.runtime.refusals import reread_with


def revived(letter: DeadLetter, original: bytes) -> Record:
    """The original as a record for the topic where it is tried again; it knows how often it was tried.

    Raises:
        KabarError: it cannot be tried again; the text says why.
    """
    if letter.cut:
        raise UsageError(
            f"its original was {letter.size:,} bytes and only the beginning is kept",
            hint="ingest a smaller one",
        )
    if letter.position.startswith("news.stories/"):
        record = story_record(decode(original, Story, what="story"))
    elif letter.stage == "accept":
        record = message_record("news.raw", _accepted(letter, original))
    elif letter.stage in INPUT:
        message = decode_message(original)
        record = Record(INPUT[letter.stage], message.header.article_id.encode(), original)
    else:
        raise UsageError(f"a letter of stage '{letter.stage}' cannot be replayed", hint="purge it")
    return record._replace(headers=[(ATTEMPTS_HEADER, str(letter.attempts).encode())])


def _accepted(letter: DeadLetter, original: bytes) -> Message:
    """An observation after all. What was a message already, and only too large for the log, stays what it was."""
    try:
        message = decode_message(original)
    except BadMessage:
        options = msgspec.json.decode(letter.options, type=JobOptions) if letter.options else JobOptions()
        return reread_with(options, letter, original)
    return message


def purged(kept: Kept, now_ms: int) -> list[Record]:
    """The tombstone, and for the account that no letter is missing."""
    letter = kept.letter
    gone = Record("news.dead", letter.id.encode(), None)
    if kept.state != "open" or letter.observation_id is None or letter.stage == "alert":
        return [gone]
    ending = Ending(
        observation_id=letter.observation_id,
        article_id=letter.article_id,
        outcome=Outcome.DEAD,  # type: ignore[arg-type]
        reason=PURGED,
        stage=letter.stage,
        ended_at=now_ms,
    )
    return [gone, ending_record(ending)]
