"""Sending at a steady speed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeVar

STEP_SECONDS: Final = 0.1
"""Portions of a tenth of a second: larger ones are bursts, smaller ones cost a transaction each."""
CATCH_UP_SECONDS: Final = 1.0
"""After a pause this much is made up for; more would be the burst that a steady speed is to avoid."""

T = TypeVar("T")


class Pace:
    """So many items a second, at most; 0 = as fast as it goes."""

    def __init__(
        self,
        per_second: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._per_second = per_second
        self._clock = clock
        self._sleep = sleep
        self._due: float | None = None

    def portions(self, items: Sequence[T]) -> Iterator[Sequence[T]]:
        """Parts of ``items``, each when it is due."""
        if not self._per_second:
            if items:
                yield items
            return
        size = max(1, round(self._per_second * STEP_SECONDS))
        for start in range(0, len(items), size):
            part = items[start : start + size]
            self._wait()
            yield part
            assert self._due is not None
            self._due += len(part) / self._per_second

    def _wait(self) -> None:
        now = self._clock()
        self._due = now if self._due is None else max(self._due, now - CATCH_UP_SECONDS)
        if self._due > now:
            self._sleep(self._due - now)
