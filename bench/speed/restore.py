"""Taking over dedupe: how fast its memory is replayed from Kafka, what it weighs, and how long nobody works.

Wants ``KABAR_KAFKA_BOOTSTRAP``; works under a topic prefix of its own and takes its topics away again.

``python -m bench.speed.restore replay`` and ``... ledger N`` are the children that are weighed; they say in JSON what
it took.
"""

from __future__ import annotations

import gc
import json
import os
import re
import resource
import secrets
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from kafka import TopicPartition

from bench.speed.engine import ROOT
from bench.speed.memory import Mix, memory, message
from bench.speed.statistic import median
from bench.speed.throughput import Say
from kabar.contracts.topics import TOPICS
from kabar.dedupe.stage import DedupeStage
from kabar.dedupe.state import LEDGER
from kabar.runtime.kafka import clients, topics
from kabar.runtime.kafka.records import Record, message_record
from kabar.runtime.kafka.stateful.changelog import replay
from kabar.runtime.kafka.stateful.dedupe import CHANGELOG
from kabar.runtime.kafka.stateful.transactions import Transactions
from kabar.settings import Settings, load

BAR_PER_SECOND = 50_000
TRANSACTION_RECORDS = 5_000
PATIENCE_SECONDS = 120.0
POLL_SECONDS = 0.05
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Sizes:
    """How much is measured."""

    per_day: int = 10_000
    """Articles a day; :class:`bench.speed.memory.Mix` says how many days of what are remembered."""
    rounds: int = 3
    takeovers: int = 1


@dataclass(frozen=True)
class Replay:
    """One process that replayed and restored."""

    entries: int
    articles: int
    changelog_bytes: int
    replay_seconds: float
    """From the broker into a table of the newest record of each key."""
    restore_seconds: float
    """From that table into the stage."""
    cpu_seconds: float
    """Of both parts: on a busy machine the wall says less."""
    memory_bytes: int
    """Resident, beyond what the process had before, after the table was let go."""
    peak_bytes: int
    """Resident at most, while table and stage were both there."""

    @property
    def per_second(self) -> float:
        """Entries, both parts together."""
        return self.entries / (self.replay_seconds + self.restore_seconds)


@dataclass(frozen=True)
class Takeover:
    """SIGKILL of the active process."""

    seconds: float
    """Until the standby had committed what it made of a message."""
    replay_seconds: float
    """Of these, fencing, replaying and restoring; most of the rest is the time after which the broker gives a
    silent member up."""


@dataclass(frozen=True)
class Measured:
    """All figures."""

    per_day: int
    mix: dict[str, float]
    rounds: list[Replay]
    ledger_bytes_per_article: float
    """Of the ledger alone: what an article costs for as long as the index lives, Python's own share included."""
    takeovers: list[Takeover]

    def as_dict(self) -> dict[str, Any]:
        """For ``--json``; medians of the rounds."""
        one = self.rounds[0]
        replays = [each.entries / each.replay_seconds for each in self.rounds]
        restores = [each.entries / each.restore_seconds for each in self.rounds]
        weight = median([float(each.memory_bytes) for each in self.rounds])
        return {
            "articles_per_day": self.per_day,
            "days_remembered": self.mix,
            "entries": one.entries,
            "articles": one.articles,
            "changelog_mb": one.changelog_bytes / 1e6,
            "entries_per_second": median([each.per_second for each in self.rounds]),
            "bar_entries_per_second": BAR_PER_SECOND,
            "replay_entries_per_second": median(replays),
            "restore_entries_per_second": median(restores),
            "cpu_us_per_entry": median([each.cpu_seconds / each.entries * 1e6 for each in self.rounds]),
            "memory_mb": weight / 1e6,
            "peak_mb": median([each.peak_bytes / 1e6 for each in self.rounds]),
            "memory_bytes_per_article": weight / one.articles,
            "ledger_bytes_per_article": self.ledger_bytes_per_article,
            "takeover": [asdict(each) for each in self.takeovers],
        }


def run(sizes: Sizes, say: Say) -> Measured:
    """Measure.

    Raises:
        ConfigError: no Kafka is configured.
        BrokerError: it does not answer.
        RuntimeError: a process ended or did not get through.
    """
    mix = Mix()
    with _place() as settings:
        say(f"writing a memory of {sum(mix.entries(sizes.per_day).values()):,} entries")
        _write(settings, mix, sizes.per_day)
        rounds = []
        for number in range(sizes.rounds):
            say(f"replay {number + 1}/{sizes.rounds}")
            rounds.append(Replay(**_weighed(settings, "replay")))
        say("the ledger alone")
        ledger = _weighed(settings, "ledger", str(mix.entries(sizes.per_day)[LEDGER]))
        takeovers = []
        for number in range(sizes.takeovers):
            say(f"take-over {number + 1}/{sizes.takeovers}")
            takeovers.append(_takeover(settings, number))
    return Measured(sizes.per_day, asdict(mix), rounds, ledger["bytes_per_article"], takeovers)


@contextmanager
def _place() -> Iterator[Settings]:
    """Topics of our own; no index, which has nothing to say here."""
    given = {"KABAR_TOPIC_PREFIX": f"bench{secrets.token_hex(3)}-", "KABAR_ELASTICSEARCH_URL": ""}
    settings = load({**os.environ, **given})
    topics.create(settings)
    try:
        yield settings
    finally:
        with closing(clients.admin(settings)) as admin:
            named = clients.names(settings)
            admin.delete_topics([named.topic(topic.name) for topic in TOPICS], raise_errors=False)


def _environment(prefix: str) -> dict[str, str]:
    given = {"KABAR_TOPIC_PREFIX": prefix, "KABAR_ELASTICSEARCH_URL": "", "KABAR_PROBE_PORT": "0"}
    return {**os.environ, **given, "KABAR_LOG_FORMAT": "json"}


def _write(settings: Settings, mix: Mix, per_day: int) -> None:
    """As dedupe would: in transactions, whose markers lie between the records."""
    transactions = Transactions(settings, "dedupe")
    batch: list[Record] = []
    for key, value in memory(mix, per_day):
        batch.append(Record(CHANGELOG, key, value))
        if len(batch) >= TRANSACTION_RECORDS:
            transactions.commit(batch, {}, None)
            batch = []
    transactions.commit(batch, {}, None)
    transactions.close()


# ---------------------------------------------------------------- replay


def _weighed(settings: Settings, *what: str) -> dict[str, Any]:
    """In a process of its own, so that nothing else is weighed."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.speed.restore", *what], cwd=ROOT, text=True, check=True,
        env=_environment(settings.topic_prefix), stdout=subprocess.PIPE, timeout=PATIENCE_SECONDS * 5,
    )  # fmt: skip
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _replayed() -> dict[str, Any]:
    """As a process that takes over does it."""
    settings = load(os.environ)
    stage = DedupeStage()
    before, cpu = _resident(), time.process_time()
    found = replay(settings, CHANGELOG)
    started = time.perf_counter()
    stage.restore(found.records.items())
    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    read, size, took = found.read, found.bytes, found.seconds
    del found
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - before
    articles = stage.sizes()["articles"]
    return asdict(Replay(read, articles, size, took, seconds, cpu, _resident() - before, peak))


def _ledger(articles: int) -> dict[str, Any]:
    """Nothing but entries, and nothing left over from reading them."""
    stage = DedupeStage()
    entries = memory(Mix(1, 0, 0, 0, 0), articles)
    first = next(entries)  # the articles that are copied are decided on
    before = _resident()
    stage.restore(chain([first], entries))
    return {"bytes_per_article": (_resident() - before) / articles}


def _resident() -> int:
    gc.collect()
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * PAGE_BYTES


# ---------------------------------------------------------------- take-over


class _Worker:
    """``kabar work dedupe``."""

    def __init__(self, settings: Settings) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "kabar.cli.main", "work", "dedupe"], cwd=ROOT, text=True,
            env=_environment(settings.topic_prefix), stderr=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        assert self.process.stderr is not None
        for line in self.process.stderr:
            if found := re.search(r'"kabar.port": (\d+)', line):
                self._port = int(found[1])
                return
        raise RuntimeError("the worker of 'dedupe' did not start")

    def get(self, path: str) -> str:
        """What a probe says, whatever its status."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._port}{path}", timeout=5) as answer:
                return str(answer.read().decode())
        except urllib.error.HTTPError as error:
            return error.read().decode()
        except OSError:
            return ""

    def close(self) -> None:
        """End it at once."""
        self.process.kill()
        self.process.communicate()


def _takeover(settings: Settings, number: int) -> Takeover:
    active = _Worker(settings)
    try:
        _until(lambda: active.get("/readyz") == "ok\n", "nobody became active")
        standby = _Worker(settings)
        try:
            _until(lambda: standby.get("/readyz").startswith("standing by"), "nobody stands by")
            return _killed(settings, active, standby, number)
        finally:
            standby.close()
    finally:
        active.close()


def _killed(settings: Settings, active: _Worker, standby: _Worker, number: int) -> Takeover:
    named = clients.names(settings)
    reader = clients.consumer(settings)
    with closing(clients.producer(settings)) as sender, closing(reader):
        output = named.topic("news.deduped")
        places = [TopicPartition(output, one) for one in reader.partitions_for_topic(output)]
        reader.assign(places)
        reader.seek_to_end()
        for place in places:
            reader.position(place)
        os.killpg(active.process.pid, signal.SIGKILL)
        killed = time.monotonic()
        record = message_record("news.clean", message(1_000_000 + number, f"Kapal nomor {number} kandas"))
        sender.send(named.topic(record.topic), record.value, record.key)
        sender.flush()
        _until(lambda: bool(reader.poll(timeout_ms=20)), "the standby did not take over")
        seconds = time.monotonic() - killed
    rows = re.findall(r"^kabar_state_restore_seconds (\S+)$", standby.get("/metrics"), re.MULTILINE)
    return Takeover(seconds, float(rows[0]))


def _until(holds: Callable[[], bool], why: str) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        if time.monotonic() > until:
            raise RuntimeError(why)
        time.sleep(POLL_SECONDS)


if __name__ == "__main__":
    print(json.dumps(_replayed() if sys.argv[1] == "replay" else _ledger(int(sys.argv[2]))))
