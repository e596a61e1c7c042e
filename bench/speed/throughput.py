"""Articles per second through the embedded pipeline with its worker processes, against the bare loop.

Laps of both alternate, so that a machine that is slower for a while is slower for both; ratios are formed within
a round. The workers are started once and warmed by a lap that does not count.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.speed.bare import Bare, Loop
from bench.speed.inputs import Record
from bench.speed.machine import busy_seconds, cpu_seconds
from bench.speed.statistic import median
from bench.speed.store import Acceptor, directory, portions, settings
from kabar.runtime.embedded import audit
from kabar.runtime.embedded.engine import Embedded
from kabar.runtime.pool import WorkerPool

Say = Callable[[str], None]


@dataclass(frozen=True)
class Lap:
    """One pass of the articles through a fresh store, from acceptance to the last commit."""

    articles: int
    seconds: float
    cpu_seconds: float
    """Of the writer and its workers."""
    outcomes: dict[str, int]
    foreign_cores: float = 0.0
    """Cores that other programs kept busy meanwhile: wall times of a shared machine say little without it."""


class LastingPool(WorkerPool):
    """Workers that the end of an engine does not stop: the next lap wants the same warm ones."""

    def close(self) -> None:
        """Leave them running, with nothing to do."""
        self.reset()

    def end(self) -> None:
        """Stop them."""
        super().close()


def lap(records: Sequence[Record], pool: LastingPool) -> Lap:
    """Accept and process everything, as ``kabar ingest`` does: at most three batches wait in the inbox."""
    with directory() as path:
        loaded = settings(path)
        with Embedded(loaded, pool=pool) as engine:
            acceptor = Acceptor(loaded, name="lap")
            wall, cpu, busy = time.perf_counter(), cpu_seconds(pool.pids()), busy_seconds()
            for portion in portions(records, loaded.batch_max):
                acceptor.accept(portion)
                while acceptor.depth() >= 3 * loaded.batch_max:
                    engine.step()
            engine.drain()
            seconds, used = time.perf_counter() - wall, cpu_seconds(pool.pids()) - cpu
            foreign = max(0.0, busy_seconds() - busy - used) / seconds
            acceptor.close()
            account = audit.audit(engine.acceptance)
    if account.gap or account.waiting:
        raise RuntimeError(f"the account of a lap does not balance: {account}")
    return Lap(len(records), seconds, used, account.outcomes, foreign)


@dataclass(frozen=True)
class Comparison:
    """Laps of kabar and of the bare loop, a pair per round."""

    loop: str
    workers: int
    laps: list[Lap]
    bare: list[Bare]

    @property
    def per_second(self) -> float:
        """Articles per second of wall time through kabar, median of the rounds."""
        return median([_rate(one) for one in self.laps])

    @property
    def foreign_cores(self) -> float:
        """Cores kept busy by other programs during kabar's laps, median of the rounds."""
        return median([one.foreign_cores for one in self.laps])

    @property
    def cpu_ms(self) -> float:
        """Processor milliseconds per article in kabar, over all processes, median of the rounds."""
        return median([_cpu_ms(one) for one in self.laps])

    @property
    def bare_per_second(self) -> float:
        """Articles per second of wall time through the bare loop, median of the rounds."""
        return median([_rate(one) for one in self.bare])

    @property
    def bare_cpu_ms(self) -> float:
        """Processor milliseconds per article in the bare loop, median of the rounds."""
        return median([_cpu_ms(one) for one in self.bare])

    @property
    def wall_ratio(self) -> float:
        """Articles per second of kabar over those of the bare loop: median of the rounds' ratios."""
        return median([_rate(one) / _rate(other) for one, other in zip(self.laps, self.bare, strict=True)])

    @property
    def cpu_ratio(self) -> float:
        """Processor time per article of kabar over that of the bare loop: median of the rounds' ratios."""
        return median(
            [_cpu_ms(one) / _cpu_ms(other) for one, other in zip(self.laps, self.bare, strict=True)]
        )


def _rate(one: Lap | Bare) -> float:
    """Articles per second of wall time."""
    return one.articles / one.seconds


def _cpu_ms(one: Lap | Bare) -> float:
    """Processor milliseconds per article."""
    return one.cpu_seconds / one.articles * 1000


def compare(records: Sequence[Record], loop: Loop, *, rounds: int, say: Say) -> Comparison:
    """``rounds`` pairs of laps over the same records, the order within a pair alternating."""
    laps: list[Lap] = []
    bare: list[Bare] = []
    with directory() as path:
        loaded = settings(path)
    pool = LastingPool(
        loaded.worker_count,
        deadline_seconds=loaded.article_deadline_seconds,
        memory_mb=loaded.worker_memory_mb,
    )
    try:
        say("warming up")
        lap(records[: max(1, len(records) // 3)], pool)
        loop.run(records[: max(1, len(records) // 3)])
        for number in range(rounds):
            if number % 2:
                bare.append(loop.run(records))
            laps.append(lap(records, pool))
            if not number % 2:
                bare.append(loop.run(records))
            say(f"round {number + 1} of {rounds}: {_rate(laps[-1]):,.1f}/s, bare {_rate(bare[-1]):,.1f}/s")
    finally:
        pool.end()
    return Comparison(loop.name, loaded.worker_count, laps, bare)
