"""What was decided for each observation, so that a redelivery decides the same again."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from kabar.contracts.outcomes import Ended, Outcome, StateChanged
from kabar.contracts.sections import DedupeSection
from kabar.dedupe.options import DedupeOptions
from kabar.dedupe.state import DECISION, Clock, Window


class Decision(Struct, frozen=True, array_like=True, omit_defaults=True):
    """Either a section (the message goes on) or an end."""

    generation: int = 0
    section: DedupeSection | None = None
    outcome: str = ""
    reason: str = ""

    def ended(self) -> Ended:
        """The end it stands for; only where there is no section."""
        return Ended(Outcome(self.outcome), self.reason)  # type: ignore[arg-type]


def forwarded(section: DedupeSection) -> Decision:
    """The message goes on with this section."""
    return Decision(0, section)


def ended(outcome: Outcome, reason: str = "") -> Decision:
    """The observation ends here."""
    return Decision(0, None, outcome.value, reason)


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(Decision)


class Decisions:
    """Decisions by observation id, for the time in which observations may come again."""

    def __init__(self, options: DedupeOptions, clock: Clock) -> None:
        self._clock = clock
        self._limit = options.expire_per_tick
        self._window = Window(DECISION, length_ms=options.decision_window_ms, cap=options.max_decisions)

    def __len__(self) -> int:
        return len(self._window)

    def get(self, observation_id: str) -> Decision | None:
        """What was decided; None if it was never seen, or too long ago."""
        value = self._window.get(bytes.fromhex(observation_id), self._clock.now)
        return None if value is None else _DECODER.decode(value)

    def put(self, observation_id: str, decision: Decision, generation: int) -> list[StateChanged]:
        """Remember a decision."""
        payload = _ENCODER.encode(msgspec.structs.replace(decision, generation=generation))
        changes = [self._window.forget(key) for key in self._window.surplus()]
        return [*changes, self._window.put(bytes.fromhex(observation_id), self._clock.stamp(), payload)]

    def expire(self) -> list[StateChanged]:
        """Forget what is too old."""
        return [self._window.forget(key) for key in self._window.overdue(self._clock.now, self._limit)]

    def load(self, key: bytes, value: bytes) -> None:
        """Take a record of an earlier run, in order of stamps."""
        self._window.load(key, value)
