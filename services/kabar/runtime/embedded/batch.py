"""What one batch amounts to, gathered before anything is written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kabar.contracts.letters import MAX_LETTER_BYTES, DeadLetter
from kabar.contracts.message import Message
from kabar.contracts.outcomes import Effect, Ended, Forward, Outcome, StateChanged, StoryChanged
from kabar.contracts.story import Story
from kabar.index.entry import Entry, Written
from kabar.runtime.envelopes import letter


class End:
    """How one observation ended, with what the metrics want to know."""

    __slots__ = ("accepted_at", "message", "observation_id", "outcome", "reason")

    def __init__(self, message: Message, outcome: str, reason: str = "") -> None:
        self.message = message
        self.observation_id = message.header.observation_id
        self.accepted_at = message.header.accepted_at
        self.outcome = outcome
        self.reason = reason


class Batch:
    """The sum of effects. Later writes of one key or story replace earlier ones, in order of the last write."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self._indexed: list[End] = []
        self.stories: dict[str, Story] = {}
        self.state: dict[bytes, bytes | None] = {}
        self.letters: list[tuple[DeadLetter, bytes]] = []
        self.ends: list[End] = []

    def apply(self, effects: Iterable[Effect]) -> Forward | Ended | None:
        """Take in the lasting effects; returns the end of the message, None for a tick."""
        end: Forward | Ended | None = None
        for effect in effects:
            if isinstance(effect, StateChanged):
                self.state.pop(effect.key, None)
                self.state[effect.key] = effect.value
            elif isinstance(effect, StoryChanged):
                self.stories.pop(effect.story.id, None)
                self.stories[effect.story.id] = effect.story
            else:
                assert end is None, "a stage gave two ends for one message"
                end = effect
        return end

    def index(self, entry: Entry, end: End) -> None:
        """A document to write, and the outcome if the index takes it."""
        self.entries.append(entry)
        self._indexed.append(end)
        self.ends.append(end)

    def settle(self, answers: Sequence[Written]) -> None:
        """What the index answered: a document older than the one it holds (a late replay) was not taken."""
        for end, answer in zip(self._indexed, answers, strict=True):
            if answer == "superseded":
                end.outcome = Outcome.SUPERSEDED

    def bury(self, message: Message, stage: str, reason: str, error: str, now_ms: int) -> None:
        """A dead letter and the outcome ``dead``."""
        original = message.encode()
        header = message.header
        self.letters.append((
            letter(
                original, stage=stage, reason=reason, error=error, died_at=now_ms, origin=header.origin,
                observation_id=header.observation_id, article_id=header.article_id, observed_at=header.observed_at,
            ),
            original[:MAX_LETTER_BYTES],
        ))  # fmt: skip
        self.ends.append(End(message, Outcome.DEAD, reason))
