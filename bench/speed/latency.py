"""Accepted -> searchable: from the durable commit of an article's acceptance until a reader finds it.

The writer runs in another process, as ``kabar run`` has it. A reader polls for the oldest probe that is not there
yet; probes go through the inbox in order. What is found by its id must then be found by a word of its title.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass

from bench.speed import engine
from bench.speed.inputs import Corpus, Record
from bench.speed.load import Load, Probe, Prober, fresh
from bench.speed.statistic import percentile
from bench.speed.store import Acceptor, directory, settings
from bench.speed.throughput import Say
from kabar.clean.stage import CleanStage
from kabar.contracts.observation import accept
from kabar.contracts.outcomes import Forward
from kabar.index.api import SearchRequest
from kabar.index.sqlite.reader import SqliteReader
from kabar.runtime.embedded.store import open_reader
from kabar.settings import Settings

POLL_SECONDS = 0.001
LOST_SECONDS = 120.0
"""A probe that is not searchable by then was lost; a full inbox of large pages takes half a minute."""
LOAD_SHARE = 0.7
"""Of the measured throughput: busy, with room for what comes unevenly."""
IDLE_INTERVAL = (0.2, 0.4)
BUSY_INTERVAL = (0.15, 0.3)
SATURATED_INTERVAL = (0.1, 0.2)
BYTES_ON_THE_WIRE = 4 / 3
"""A page travels as base64."""
WARM_UP = 40
"""Articles; enough chunks for every worker to get one."""
SETTLE_SECONDS = 30.0
"""The longest that is waited for a load to be steady before the probes begin."""


@dataclass(frozen=True)
class Latencies:
    """What the probes of one situation met. All times are wall milliseconds."""

    probes: int
    searchable_ms: list[float]
    acceptance_ms: list[float]
    poll_gap_p99_ms: float
    """How finely was looked; the error of each latency is at most this, upwards."""
    load_per_second: float = 0.0
    """Articles per second accepted beside the probes."""
    deepest_inbox: int = 0

    def p(self, share: float) -> float:
        """A percentile of accepted -> searchable, milliseconds."""
        return percentile(self.searchable_ms, share)

    def acceptance(self, share: float) -> float:
        """A percentile of the acceptance itself, milliseconds."""
        return percentile(self.acceptance_ms, share)


def measure(corpus: Corpus, *, per_second: float, probes: int, say: Say) -> dict[str, Latencies]:
    """Latencies while idle, at :data:`LOAD_SHARE` of ``per_second``, and with two batches always waiting.

    The load is the sample again and again, for that is what ``per_second`` was measured on: pages differ so much
    that the share of a rate measured on others would mean little. Its later laps are copies, which take as long.

    Raises:
        RuntimeError: a probe did not become searchable, or cannot be found by its word.
    """
    load_records = fresh(corpus.sample, "load")
    with ExitStack() as stack:
        path = stack.enter_context(directory())
        loaded = settings(path)
        stack.enter_context(engine.running(path))
        connection = stack.enter_context(closing(open_reader(path)))
        station = _Station(loaded, connection, fresh(articles(corpus.others, probes), "probe"), probes)
        station.warm_up(load_records)
        say(f"latency, idle: {probes} probes")
        found = {"idle": station.take(IDLE_INTERVAL)}
        rate, depth = LOAD_SHARE * per_second, 2 * batch_articles(corpus, loaded)
        say(f"latency at {rate:.1f} articles/s")
        load = Load(loaded, load_records, depth=2 * depth, per_second=rate)
        found["load"] = station.take(BUSY_INTERVAL, load)
        if load.deepest >= 2 * depth:
            say("the machine carried less than when its throughput was measured: that was no steady load")
        station.drained()
        say(f"latency with {depth} articles always waiting")
        found["saturation"] = station.take(SATURATED_INTERVAL, Load(loaded, load_records, depth=depth))
    return found


def batch_articles(corpus: Corpus, loaded: Settings) -> int:
    """How many articles of this size a batch holds: it is bounded in number and in bytes."""
    by_bytes = loaded.batch_max_bytes / (corpus.mean_bytes * BYTES_ON_THE_WIRE)
    return max(1, min(int(loaded.batch_max), int(by_bytes)))


def articles(records: Sequence[Record], wanted: int) -> list[Record]:
    """The first records that *clean* takes for articles: what is dropped never becomes searchable.

    Raises:
        RuntimeError: there is none.
    """
    stage = CleanStage()
    found: list[Record] = []
    for record in records:
        message = accept(record, observation_id="0" * 32, observed_at=0, accepted_at=0, origin="bench")
        if any(isinstance(effect, Forward) for effect in stage.process(message)):
            found.append(record)
        if len(found) == wanted:
            break
    if not found:
        raise RuntimeError("none of the records is an article")
    return found


class _Station:
    """Where probes are sent from and looked for."""

    def __init__(
        self, loaded: Settings, connection: sqlite3.Connection, records: Iterator[Record], probes: int
    ) -> None:
        self._settings = loaded
        self._reader = SqliteReader(connection)
        self._connection = connection
        self._records = records
        self._probes = probes

    def warm_up(self, records: Iterator[Record]) -> None:
        """Let every worker load its models."""
        with closing(Acceptor(self._settings, name="warm-up")) as acceptor:
            acceptor.accept([next(records) for _ in range(WARM_UP)])
        self.drained()

    def drained(self) -> None:
        """Wait until the inbox is empty.

        Raises:
            RuntimeError: it is not for :data:`LOST_SECONDS`.
        """
        start = time.perf_counter()
        while self._connection.execute("SELECT EXISTS (SELECT 1 FROM inbox)").fetchone()[0]:
            if time.perf_counter() - start > LOST_SECONDS:
                raise RuntimeError("the engine does not empty its inbox; its reason stands above")
            time.sleep(0.05)

    def take(self, interval: tuple[float, float], load: Load | None = None) -> Latencies:
        """Send the probes ``interval`` seconds apart, look for them, and say what they met."""
        prober = Prober(self._settings, self._records, probes=self._probes, interval=interval)
        with ExitStack() as stack:
            if load is not None:
                stack.enter_context(load)
                load.settled.wait(SETTLE_SECONDS)
            stack.enter_context(prober)
            found, gaps = self._look_for(prober, load)
        return Latencies(
            probes=len(found),
            searchable_ms=[(at - probe.accepted_at) * 1000 for probe, at in found],
            acceptance_ms=[probe.acceptance_seconds * 1000 for probe, _ in found],
            poll_gap_p99_ms=percentile(gaps, 0.99) * 1000,
            load_per_second=load.measured_per_second if load is not None else 0.0,
            deepest_inbox=load.deepest if load is not None else 0,
        )

    def _look_for(self, prober: Prober, load: Load | None) -> tuple[list[tuple[Probe, float]], list[float]]:
        """Each probe with the time it was found at, and the seconds between polls."""
        found: list[tuple[Probe, float]] = []
        gaps: list[float] = []
        last = time.perf_counter()
        while not (prober.done.is_set() and not prober.sent):
            for sender in (prober, load):
                if sender is not None:
                    sender.check()
            now = time.perf_counter()
            gaps.append(now - last)
            last = now
            while prober.sent and self._is_searchable(prober.sent[0]):
                found.append((prober.sent.popleft(), time.perf_counter()))
            if prober.sent and now - prober.sent[0].accepted_at > LOST_SECONDS:
                raise RuntimeError(f"a probe is not searchable after {LOST_SECONDS:g} s")
            time.sleep(POLL_SECONDS)
        for probe, _ in found:
            self._confirm(probe)
        return found, gaps

    def _is_searchable(self, probe: Probe) -> bool:
        return self._reader.get(probe.article_id) is not None

    def _confirm(self, probe: Probe) -> None:
        """It is there by its id; it must be there for a search, too."""
        hits = self._reader.search(SearchRequest(query=probe.marker)).hits
        if [hit.document.article.id for hit in hits] != [probe.article_id]:
            raise RuntimeError(f"a search for {probe.marker} does not find the probe")
