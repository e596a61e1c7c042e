"""How much to send at once, learned from the answers. Pure: no clock, no chance of its own."""

from __future__ import annotations

from typing import Final

FIRST_DELAY_SECONDS: Final = 0.01
"""A full queue of Elasticsearch empties in milliseconds, and a batch waits for its last document."""
LONGEST_DELAY_SECONDS: Final = 5.0
LEAST_BYTES: Final = 65_536
"""Smaller requests cost more than they spare."""
_GROWTH: Final = 1.1


class Pace:
    """Requests in flight and bytes per request.

    Requests in flight grow by about one per round of answers without refusals, and shrink by half the share of
    documents refused in an answer (the rule of DCTCP). Halving at each refusal would stay at one request when a
    few documents in a hundred are refused all the time; this settles near the square root of 2 / share.

    Args:
        concurrency: requests in flight at most, and to begin with.
        max_bytes: bytes per request at most, and to begin with.
    """

    def __init__(self, *, concurrency: int, max_bytes: int) -> None:
        self._most = concurrency
        self._window = float(concurrency)
        self._ceiling = float(max_bytes)
        self._bytes = float(max_bytes)

    @property
    def concurrency(self) -> int:
        """Requests that may be in flight."""
        return int(self._window)

    @property
    def max_bytes(self) -> int:
        """Bytes that a request may have; a single document may have more."""
        return int(self._bytes)

    def answered(self, refused_share: float) -> None:
        """A request was answered, and this share (0 to 1) of its documents was refused for load."""
        if refused_share > 0:
            self._window = max(1.0, self._window * (1 - refused_share / 2))
        else:
            self._bytes = min(self._ceiling, self._bytes * _GROWTH)
        if refused_share < 1:
            self._window = min(self._most, self._window + 1 / self._window)

    def out_of_memory(self) -> None:
        """A circuit breaker opened: half the bytes, growing again with good answers."""
        self._bytes = max(LEAST_BYTES, self._bytes / 2)

    def too_large(self, size: int) -> None:
        """A request of ``size`` bytes was refused for its size: that limit is somebody's setting and stays."""
        self._ceiling = max(1.0, min(self._ceiling, size / 2))
        self._bytes = min(self._bytes, self._ceiling)


def delay_seconds(attempt: int, chance: float) -> float:
    """How long to wait before sending something again.

    Doubles from :data:`FIRST_DELAY_SECONDS` to :data:`LONGEST_DELAY_SECONDS`; the upper half is left to chance, so
    that workers refused together do not come back together.

    Args:
        attempt: how often it was sent, 1 or more.
        chance: 0 to 1, uniform.
    """
    whole = min(LONGEST_DELAY_SECONDS, FIRST_DELAY_SECONDS * 2.0 ** min(attempt - 1, 20))
    return whole * (0.5 + chance / 2)
