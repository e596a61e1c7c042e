"""Cheap counts of the log for the page: how far each stage is behind, how observations ended, open dead letters.

Cheap by going on where the last look stopped, by a bound on the seconds of one look, and by not looking more often
than every few seconds, however many ask. The first look at a long topic is spread over several; ``complete`` says
whether one reached the end. ``kabar audit`` is the one that counts exactly: here an observation delivered twice
counts twice, and the sum goes back as far as ``news.outcomes`` did at the first look.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Final

import msgspec
from msgspec import Struct

from kabar.contracts.letters import Ending
from kabar.runtime.kafka.cluster import Cluster
from kabar.runtime.kafka.lag import lags
from kabar.runtime.kafka.letters import KafkaLetters
from kabar.runtime.kafka.names import INPUT
from kabar.runtime.kafka.scan import Scan
from kabar.runtime.letters import PURGED
from kabar.settings import Settings

OUTCOMES: Final = "news.outcomes"
LOOK_SECONDS: Final = 2.0
"""Reads about 100,000 outcomes."""
FRESH_SECONDS: Final = 5.0


class LogFigures(Struct, frozen=True, kw_only=True):
    """What one look found."""

    behind: dict[str, int]
    """Stage -> messages before it, at most; exact where it is 0."""
    outcomes: dict[tuple[str, str], int]
    """(outcome, reason) -> endings read so far."""
    letters: dict[tuple[str, str], int]
    """(stage, reason) -> open dead letters."""
    newest: int | None
    """When an observation last got its outcome, ms UTC."""
    complete: bool
    """Whether ``outcomes`` reach to the end of the topic."""


class FigureReader:
    """Looks at the log. Threads share one; keep it for as long as the process lives.

    Args:
        settings: where Kafka is.
        letters: shared with whoever lists them.
        clock: seconds, for the bounds.
    """

    def __init__(
        self, settings: Settings, letters: KafkaLetters, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._settings = settings
        self._letters = letters
        self._clock = clock
        self._lock = threading.Lock()
        self._outcomes: Counter[tuple[str, str]] = Counter()
        self._newest: int | None = None
        self._read_to: dict[int, int] = {}
        self._last: LogFigures | None = None
        self._fresh_until = 0.0

    def figures(self) -> LogFigures:
        """The figures, at most a few seconds old.

        Raises:
            EnvironmentError_: no broker answers, or topics are missing.
        """
        with self._lock:
            if self._last is None or self._clock() >= self._fresh_until:
                self._last = self._look()
                self._fresh_until = self._clock() + FRESH_SECONDS
            return self._last

    def _look(self) -> LogFigures:
        with Cluster(self._settings) as cluster:
            complete = self._read_outcomes(cluster)
            behind = self._behind(cluster)
        found = self._letters.find(limit=1_000_000)
        return LogFigures(
            behind=behind,
            outcomes=dict(self._outcomes),
            letters=dict(Counter((one.letter.stage, one.letter.reason) for one in found)),
            newest=self._newest,
            complete=complete,
        )

    def _behind(self, cluster: Cluster) -> dict[str, int]:
        topics = sorted(set(INPUT.values()))
        places = [
            (topic, number)
            for topic, there in cluster.found(topics).items()
            if there is not None
            for number in range(there.partitions)
        ]
        behind = dict.fromkeys(INPUT, 0)
        for one in lags(self._settings, cluster, cluster.offsets(places)):
            if one.stage in behind:
                behind[one.stage] += one.behind
        return behind

    def _read_outcomes(self, cluster: Cluster) -> bool:
        """Read on; whether the end was reached in time."""
        until = self._clock() + LOOK_SECONDS
        with Scan(self._settings, cluster, OUTCOMES) as scan:
            end = scan.end()
            start = {number: max(at, self._read_to.get(number, 0)) for number, at in scan.first().items()}
            for count, record in enumerate(scan.read(start, end), start=1):
                self._note(record.value)
                self._read_to[record.partition] = record.offset + 1
                if count % 1_000 == 0 and self._clock() > until:
                    return False
        self._read_to = end
        return True

    def _note(self, value: bytes | None) -> None:
        try:
            ending = msgspec.json.decode(value or b"", type=Ending)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return
        if ending.reason != PURGED:
            self._outcomes[ending.outcome, ending.reason] += 1
            self._newest = max(ending.ended_at, self._newest or 0)
