"""When dead letters pile up: pause the stage, or stop trying one sick source.

A stage that suddenly buries half of what it sees, whoever published it, is itself what is sick: going on would turn
the whole log into dead letters. One source of which nearly everything fails has changed its pages: its messages are
buried untried, so that they cost nothing and hide nothing else.

Pure: no clock, no messages, no I/O. A loop books what it tried and asks for the verdict before the next batch. One
thread uses it.
"""

from __future__ import annotations

from collections import Counter, deque
from typing import Final

from msgspec import Struct

from kabar.contracts.message import Message
from kabar.errors import BadMessage

WINDOW: Final = 200
"""Results looked at: a few batches, so that a burst shows and an old one is forgotten."""
ENOUGH_DEAD: Final = 20
"""Fewer dead letters are nothing abnormal, whatever their share: small windows lie."""
SICK_SHARE: Final = 0.5
SICK_SOURCES: Final = 3
"""Fewer sources failing together is a matter of those sources."""
PAUSE_MS: Final = 30_000
LONGEST_PAUSE_MS: Final = 300_000
TRIAL: Final = 20
"""Results after a pause that decide whether it was enough."""
CULPRIT_OF_ALL: Final = 0.9
"""A source is quarantined that makes this much of all dead letters ..."""
CULPRIT_OF_ITS_OWN: Final = 0.8
"""... and of which this much fails."""
QUARANTINE_MS: Final = 900_000


class Verdict(Struct, frozen=True):
    """What the loop should do now. ``reason`` is for the readiness probe and the log; '' = all is well."""

    pause: bool = False
    trial: bool = False
    """A pause is just over: go on with at most :data:`TRIAL` messages, then ask again."""
    quarantined: frozenset[str] = frozenset()
    """Sources whose messages become dead letters ``quarantined`` without being tried."""
    reason: str = ""


class Breaker:
    """Closed, paused, or on trial after a pause; and the sources in quarantine."""

    def __init__(self) -> None:
        self._window: deque[tuple[str, bool]] = deque(maxlen=WINDOW)
        self._paused_until = 0
        self._next_pause = PAUSE_MS
        self._on_trial = False
        self._reason = ""
        self._quarantined: dict[str, int] = {}

    def book(self, source: str, dead: bool, now_ms: int) -> None:  # noqa: FBT001 - the one fact about a result
        """Count one message that was tried. What a pause or quarantine began with is not counted again."""
        if now_ms < self._paused_until or now_ms < self._quarantined.get(source, 0):
            return  # was under way when the verdict fell
        self._window.append((source, dead))
        if dead:
            self._judge(now_ms)
        if self._on_trial and len(self._window) >= TRIAL:
            self._on_trial = False
            self._next_pause = PAUSE_MS

    def verdict(self, now_ms: int) -> Verdict:
        """Whether to go on, and with whom."""
        quarantined = frozenset(name for name, until in self._quarantined.items() if now_ms < until)
        paused = now_ms < self._paused_until
        reasons = [self._reason] if paused else []
        if quarantined:
            reasons.append(f"in quarantine, nearly everything of it fails: {', '.join(sorted(quarantined))}")
        return Verdict(
            pause=paused,
            trial=self._on_trial and not paused,
            quarantined=quarantined,
            reason="; ".join(reasons),
        )

    def _judge(self, now_ms: int) -> None:
        dead = Counter(source for source, died in self._window if died)
        culprit, own = dead.most_common(1)[0]
        tried = sum(source == culprit for source, _ in self._window)
        if own >= CULPRIT_OF_ALL * dead.total() and own >= CULPRIT_OF_ITS_OWN * tried:
            if own >= ENOUGH_DEAD:
                self._quarantine(culprit, now_ms)
            return  # its matter alone, though it may take some more to be sure
        needed = TRIAL * SICK_SHARE if self._on_trial else ENOUGH_DEAD
        share = dead.total() / len(self._window)
        if dead.total() >= needed and len(dead) >= SICK_SOURCES and share >= SICK_SHARE:
            self._pause(dead, now_ms)

    def _quarantine(self, culprit: str, now_ms: int) -> None:
        self._quarantined[culprit] = now_ms + QUARANTINE_MS
        # Its failures must not pause the others, nor condemn it again when it comes back.
        self._window = deque((one for one in self._window if one[0] != culprit), maxlen=WINDOW)

    def _pause(self, dead: Counter[str], now_ms: int) -> None:
        self._reason = (
            f"paused for {self._next_pause // 1000} s: {dead.total()} of the last {len(self._window)} messages, "
            f"of {len(dead)} sources, became dead letters"
        )
        self._paused_until = now_ms + self._next_pause
        self._next_pause = min(2 * self._next_pause, LONGEST_PAUSE_MS)
        self._on_trial = True
        self._window.clear()


def source_of(message: Message) -> str:
    """The name a message is booked under; '' where it names no source or cannot be read."""
    try:
        return message.raw.source.name or message.raw.source.domain
    except BadMessage:
        return ""
