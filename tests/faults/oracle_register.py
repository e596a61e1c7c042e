"""What was sent, what was acknowledged, and what has ended since."""

from __future__ import annotations

import threading
import time

from tests.faults.oracle import Expected, Registered

LONG_SECONDS = 3.0
"""An observation that waits longer is held up: from one end to the other takes well under a second."""


class Register:
    """Obligations and their state. Any thread may ask and tell."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._obligations: dict[str, Expected] = {}
        self._doubtful: dict[str, Expected] = {}
        self._since: dict[str, float] = {}
        self._ended: set[str] = set()
        self._flowed = 0.0
        self.in_flight = 0

    def sent(self) -> None:
        """Handed to the producer."""
        with self._lock:
            self.in_flight += 1

    def promise(self, expected: Expected) -> None:
        """Acknowledged."""
        with self._lock:
            self.in_flight -= 1
            self._obligations[expected.observation_id] = expected
            if (
                expected.observation_id not in self._ended
            ):  # an outcome may be faster than the acknowledgement
                self._since[expected.observation_id] = time.monotonic()

    def doubt(self, expected: Expected) -> None:
        """Not acknowledged; whether it arrived is not known."""
        with self._lock:
            self.in_flight -= 1
            self._doubtful[expected.observation_id] = expected

    def ended(self, observation: str) -> None:
        """It has an outcome."""
        with self._lock:
            self._ended.add(observation)
            self._flowed = max(self._flowed, self._since.pop(observation, 0.0))

    def waiting(self, before: float = float("inf")) -> list[Expected]:
        """Obligations from before a moment (monotonic s) that have no outcome yet."""
        with self._lock:
            return [self._obligations[name] for name, since in self._since.items() if since <= before]

    def flows(self, since: float) -> bool:
        """Whether something accepted after a moment (monotonic s) has ended, and nothing has waited for long."""
        with self._lock:
            oldest = min(self._since.values(), default=float("inf"))
            return self._flowed > since and oldest > time.monotonic() - LONG_SECONDS

    def registered(self) -> Registered:
        """For the judge."""
        with self._lock:
            return Registered(dict(self._obligations), dict(self._doubtful))
