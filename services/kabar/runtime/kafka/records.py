"""What travels beside articles, as Kafka records: dead letters, endings, stories, ticks.

A dead letter's value is the original bytes, untouched; its envelope is JSON in one header, its state in another.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from kabar.contracts.ids import observation_id
from kabar.contracts.letters import MAX_LETTER_BYTES, DeadLetter, Ending
from kabar.contracts.message import Message, Tick
from kabar.contracts.story import Story

ENVELOPE_HEADER = "kabar-envelope"
STATE_HEADER = "kabar-state"
TICK_KEY = b"tick"

Headers = list[tuple[str, bytes]]


class Record(NamedTuple):
    """Something to be produced; ``topic`` without prefix."""

    topic: str
    key: bytes
    value: bytes | None
    headers: Headers = []  # noqa: RUF012 - never changed in place

    @property
    def size(self) -> int:
        """Bytes of key, value and headers."""
        return (
            len(self.key)
            + len(self.value or b"")
            + sum(len(name) + len(value) for name, value in self.headers)
        )


def position(topic: str, partition: int, offset: int) -> str:
    """Where a message lies: ``news.raw/0/1234``, topic without prefix."""
    return f"{topic}/{partition}/{offset}"


def foreign_observation(where: str) -> str:
    """The observation id of a message that is none of ours: a function of its position."""
    return observation_id("log", where)


def message_record(topic: str, message: Message) -> Record:
    """An article message, by article id."""
    return Record(topic, message.header.article_id.encode(), message.encode())


def ending_record(ending: Ending) -> Record:
    """How an observation ended, by observation id."""
    return Record("news.outcomes", ending.observation_id.encode(), msgspec.json.encode(ending))


def story_record(story: Story) -> Record:
    """A story, by its id."""
    return Record("news.stories", story.id.encode(), msgspec.json.encode(story))


def tick_record(tick: Tick) -> Record:
    """Time, for the stateful stage."""
    return Record("news.clean", TICK_KEY, msgspec.json.encode(tick))


def letter_record(letter: DeadLetter, original: bytes, *, state: str = "open") -> Record:
    """A dead letter, by its id."""
    headers = [(ENVELOPE_HEADER, msgspec.json.encode(letter)), (STATE_HEADER, state.encode())]
    return Record("news.dead", letter.id.encode(), original[:MAX_LETTER_BYTES], headers)


def read_letter(headers: Headers) -> tuple[DeadLetter, str]:
    """Envelope and state of a record of ``news.dead``.

    Raises:
        msgspec.MsgspecError: the envelope is missing or no envelope.
    """
    found = dict(headers)
    letter = msgspec.json.decode(found.get(ENVELOPE_HEADER, b""), type=DeadLetter)
    return letter, found.get(STATE_HEADER, b"open").decode("ascii", "replace")
