"""Waiting: how long until the next try, and one budget of time shared by all steps of an ending."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Final

FIRST_SECONDS: Final = 0.5
LONGEST_SECONDS: Final = 30.0
"""An index that comes back is noticed within this; asking more often helps nobody."""


class Backoff:
    """Pauses between tries: doubling, the upper half left to chance, so that workers do not come back together."""

    def __init__(self, *, chance: Callable[[], float] = random.random) -> None:
        self._chance = chance
        self._tries = 0

    def next_seconds(self) -> float:
        """The pause after one more failure."""
        whole = min(LONGEST_SECONDS, FIRST_SECONDS * 2.0 ** min(self._tries, 20))
        self._tries += 1
        return whole * (0.5 + self._chance() / 2)

    def reset(self) -> None:
        """It worked."""
        self._tries = 0


class Deadline:
    """One budget of seconds, handed down from step to step."""

    def __init__(self, seconds: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._until = clock() + seconds

    def left(self) -> float:
        """Seconds left, never negative."""
        return max(0.0, self._until - self._clock())

    def passed(self) -> bool:
        """Whether nothing is left."""
        return self.left() <= 0.0
