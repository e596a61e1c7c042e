"""The distributed mode on real servers: clean and enrich workers, what Faust costs, and publish -> searchable.

Wants ``KABAR_KAFKA_BOOTSTRAP``, for the last part ``KABAR_ELASTICSEARCH_URL`` as well; works under prefixes of its own
and takes its topics and indices away again.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from bench.quality.notes import Notes
from bench.speed.engine import ROOT
from bench.speed.inputs import Record, load_texts
from bench.speed.latency import articles
from bench.speed.load import fresh
from bench.speed.machine import process_cpu_seconds
from bench.speed.statistic import percentile
from bench.speed.throughput import Say
from kabar.clean.stage import CleanStage
from kabar.contracts.ids import observation_id
from kabar.contracts.message import Message
from kabar.contracts.observation import accept
from kabar.contracts.outcomes import Forward
from kabar.contracts.topics import TOPICS
from kabar.index.elasticsearch.client import connect
from kabar.index.elasticsearch.preparing import prepare
from kabar.runtime.clock import wall_ms
from kabar.runtime.inline import InlinePool
from kabar.runtime.kafka import clients, topics
from kabar.runtime.kafka.names import INPUT
from kabar.runtime.protocol import Stage
from kabar.runtime.stages import build
from kabar.settings import Settings, load

PARTITIONS = 4
PATIENCE_SECONDS = 180.0
POLL_SECONDS = 0.02
SEARCH_SECONDS = 0.05
"""Between two looks for what is searchable: the error of each latency is at most this, upwards."""
WARM_UP = 100
STAGES = ("clean", "enrich")
PIPELINE = ("clean", "dedupe", "enrich", "index")


@dataclass(frozen=True)
class Sizes:
    """How much is measured."""

    articles: int = 2_000
    loop_messages: int = 10_000
    per_second: float = 50.0
    seconds: float = 30.0
    """Of steady load."""


@dataclass(frozen=True)
class Throughput:
    """Workers of one stage, each with one process for the articles."""

    processes: int
    per_second: float
    cpu_ms: float
    """Of a message, over worker and its children."""


@dataclass
class Measured:
    """All figures."""

    origin: str
    inline_cpu_ms: dict[str, float] = field(default_factory=dict)
    """The stage alone, called in place on the same messages."""
    workers: dict[str, list[Throughput]] = field(default_factory=dict)
    faust_cpu_us: float = 0.0
    bare_cpu_us: float = 0.0
    searchable_ms: list[float] = field(default_factory=list)
    lost: int = 0

    def overhead(self, stage: str) -> float:
        """What a worker takes beyond its stage, as a share of the stage; of one process."""
        return self.workers[stage][0].cpu_ms / self.inline_cpu_ms[stage] - 1

    def as_dict(self) -> dict[str, Any]:
        """For ``--json``."""
        found: dict[str, Any] = {
            "origin": self.origin,
            "stages": {
                stage: {
                    "inline_cpu_ms": self.inline_cpu_ms[stage],
                    "workers": [asdict(one) for one in workers],
                    "overhead_share": self.overhead(stage),
                    "binding_share": self.faust_cpu_us / 1000 / self.inline_cpu_ms[stage],
                }
                for stage, workers in self.workers.items()
            },
            "faust_cpu_us_per_message": self.faust_cpu_us,
            "bare_aiokafka_cpu_us_per_message": self.bare_cpu_us,
            "faust_over_bare": self.faust_cpu_us / self.bare_cpu_us,
        }
        if self.searchable_ms:
            found["publish_to_searchable"] = {
                "articles": len(self.searchable_ms),
                "lost": self.lost,
                "p50_ms": percentile(self.searchable_ms, 0.5),
                "p99_ms": percentile(self.searchable_ms, 0.99),
            }
        return found


def run(directory: Path, sizes: Sizes, notes: Notes, say: Say) -> Measured | None:
    """Measure; None where the directory holds no articles.

    Raises:
        ConfigError: no Kafka is configured.
        RuntimeError: a worker ended or did not get through.
    """
    corpus = load_texts(directory, sizes.articles, notes)
    if corpus is None:
        notes.remark("stream: DIR holds no articles")
        return None
    found = Measured(corpus.origin)
    inputs = _inputs(corpus.sample)
    for stage in STAGES:
        say(f"{stage}, in place")
        found.inline_cpu_ms[stage] = _inline(stage, inputs[stage])
        found.workers[stage] = []
        for processes in (1, 2):
            say(f"{stage}, {processes} worker process(es)")
            found.workers[stage].append(_workers(stage, inputs[stage], processes))
    say("passing on untouched")
    found.faust_cpu_us = _loop("faust", inputs["clean"], sizes.loop_messages)
    found.bare_cpu_us = _loop("bare", inputs["clean"], sizes.loop_messages)
    if os.environ.get("KABAR_ELASTICSEARCH_URL"):
        say(f"publish -> searchable at {sizes.per_second:g}/s for {sizes.seconds:g} s")
        found.searchable_ms, found.lost = _searchable(articles(corpus.sample, 500), sizes)
    else:
        notes.remark("stream: KABAR_ELASTICSEARCH_URL is not set, so publish -> searchable is left out")
    return found


# ---------------------------------------------------------------- inputs


def _accepted(records: Sequence[Record]) -> list[Message]:
    now = wall_ms()
    return [
        accept(record, observation_id=observation_id("stream", number), observed_at=now + number,
               accepted_at=now, origin="bench")
        for number, record in enumerate(records)
    ]  # fmt: skip


def _inputs(records: Sequence[Record]) -> dict[str, list[Message]]:
    """What each stage reads: enrich gets what clean forwards."""
    raw = _accepted(records)
    stage = CleanStage()
    effects = [effect for message in raw for effect in stage.process(message)]
    return {"clean": raw, "enrich": [one.message for one in effects if isinstance(one, Forward)]}


def _inline(stage: str, messages: Sequence[Message]) -> float:
    stages: dict[str, Stage] = build()
    pool = InlinePool(stages)
    pool.collect(pool.submit(stage, messages[:WARM_UP]))
    started = time.process_time()
    pool.collect(pool.submit(stage, messages))
    return (time.process_time() - started) / len(messages) * 1000


# ---------------------------------------------------------------- workers


@contextmanager
def _place() -> Iterator[Settings]:
    """Topics and indices of our own."""
    prefix = f"bench{secrets.token_hex(3)}-"
    given = {"KABAR_TOPIC_PREFIX": prefix, "KABAR_INDEX_PREFIX": prefix, "KABAR_WORKERS": "1"}
    settings = load({**os.environ, **given})
    topics.create(settings, partitions={"news.raw": PARTITIONS, "news.deduped": PARTITIONS})
    if settings.elasticsearch_url:
        with closing(connect(settings)) as client:
            prepare(client, settings)
    try:
        yield settings
    finally:
        with closing(clients.admin(settings)) as admin:
            named = clients.names(settings)
            admin.delete_topics([named.topic(topic.name) for topic in TOPICS], raise_errors=False)
        if settings.elasticsearch_url:
            for row in _ask(settings, f"/_cat/indices/{prefix}*?format=json"):
                _ask(settings, f"/{row['index']}", method="DELETE")
            for kind in ("index_template", "component_template"):
                for one in _ask(settings, f"/_{kind}")[f"{kind}s"]:
                    if one["name"].startswith(prefix):
                        _ask(settings, f"/_{kind}/{one['name']}", method="DELETE")


class _Worker:
    """``kabar work STAGE``."""

    def __init__(self, settings: Settings, stage: str) -> None:
        self.stage = stage
        self._process = subprocess.Popen(
            [sys.executable, "-m", "kabar.cli.main", "work", stage],
            env=_environment(settings), cwd=ROOT, stderr=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip
        assert self._process.stderr is not None
        for line in self._process.stderr:
            if found := re.search(r'"kabar.port": (\d+)', line):
                self._port = int(found[1])
                return
        raise RuntimeError(f"the worker of '{stage}' did not start")

    def get(self, path: str) -> str:
        """A probe's text; '' while it answers otherwise than 200."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._port}{path}", timeout=5) as answer:
                return str(answer.read().decode())
        except OSError:
            if self._process.poll() is not None:
                raise RuntimeError(f"the worker of '{self.stage}' ended") from None
            return ""

    def done(self) -> int:
        """Messages through the stage so far."""
        rows = re.findall(r"^kabar_stage_messages_total\{.*\} (\S+)$", self.get("/metrics"), re.MULTILINE)
        return sum(int(float(row)) for row in rows)

    def cpu_seconds(self) -> float:
        """Of the process and its children."""
        pid = self._process.pid
        children = Path(f"/proc/{pid}/task").glob("*/children")
        pids = [int(child) for file in children for child in file.read_text().split()]
        return sum(process_cpu_seconds(one) for one in [pid, *pids])

    def close(self) -> None:
        """Stop it."""
        self._process.terminate()
        try:
            self._process.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()


def _environment(settings: Settings) -> dict[str, str]:
    prefix = settings.topic_prefix
    given = {"KABAR_TOPIC_PREFIX": prefix, "KABAR_INDEX_PREFIX": prefix, "KABAR_WORKERS": "1"}
    return {**os.environ, **given, "KABAR_LOG_FORMAT": "json", "KABAR_PROBE_PORT": "0"}


@contextmanager
def _running(settings: Settings, stages: Sequence[str]) -> Iterator[list[_Worker]]:
    with ExitStack() as stack:
        workers = []
        for stage in stages:
            workers.append(_Worker(settings, stage))
            stack.callback(workers[-1].close)
        for one in workers:
            _until(lambda one=one: bool(one.get("/readyz")), f"'{one.stage}' is not ready")
        yield workers


def _until(holds: Any, why: str) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        if time.monotonic() > until:
            raise RuntimeError(why)
        time.sleep(POLL_SECONDS)


def _publish(settings: Settings, topic: str, messages: Sequence[Message]) -> None:
    producer = clients.producer(settings)
    for one in messages:
        key = one.header.article_id.encode()
        producer.send(clients.names(settings).topic(topic), key=key, value=one.encode())
    producer.flush()
    producer.close()


def _workers(stage: str, messages: Sequence[Message], processes: int) -> Throughput:
    with _place() as settings, _running(settings, [stage] * processes) as workers:
        _publish(settings, INPUT[stage], messages[:WARM_UP])
        warm = min(WARM_UP, len(messages))
        _until(lambda: sum(one.done() for one in workers) >= warm, "the warm-up did not get through")
        cpu, started = sum(one.cpu_seconds() for one in workers), time.perf_counter()
        _publish(settings, INPUT[stage], messages)
        wanted = warm + len(messages)
        _until(lambda: sum(one.done() for one in workers) >= wanted, f"'{stage}' did not get through")
        seconds = time.perf_counter() - started
        used = sum(one.cpu_seconds() for one in workers) - cpu
    return Throughput(processes, len(messages) / seconds, used / len(messages) * 1000)


def _loop(name: str, messages: Sequence[Message], count: int) -> float:
    """Processor microseconds per message."""
    with _place() as settings:
        given = [messages[number % len(messages)] for number in range(count)]
        _publish(settings, "news.raw", given)
        done = subprocess.run(
            [sys.executable, "-m", "bench.speed.stream_loops", name, str(count)],
            env=_environment(settings), cwd=ROOT, capture_output=True, text=True, check=True,
            timeout=PATIENCE_SECONDS,
        )  # fmt: skip
    _, cpu = (float(part) for part in done.stdout.split())
    return cpu / count * 1e6


# ---------------------------------------------------------------- publish -> searchable


def _searchable(records: Sequence[Record], sizes: Sizes) -> tuple[list[float], int]:
    """Milliseconds from the producer's acknowledgement until a search finds it; and how many were never found."""
    with _place() as settings, _running(settings, PIPELINE):
        count = int(sizes.per_second * sizes.seconds)
        sent = _accepted(list(islice(fresh(records, "stream"), WARM_UP + count)))
        _publish(settings, "news.raw", sent[:WARM_UP])
        _until(
            lambda: _found(settings, _ids(sent[:WARM_UP])) == _ids(sent[:WARM_UP]), "nothing is searchable"
        )
        return _steady(settings, sent[WARM_UP:], sizes.per_second)


def _steady(settings: Settings, messages: Sequence[Message], per_second: float) -> tuple[list[float], int]:
    producer = clients.producer(settings, linger_ms=0)
    topic = clients.names(settings).topic("news.raw")
    open_since: dict[str, float] = {}
    latencies: list[float] = []
    queue, started, looked = list(reversed(messages)), time.perf_counter(), 0.0
    until = started + len(messages) / per_second + PATIENCE_SECONDS / 6
    while (queue or open_since) and (now := time.perf_counter()) < until:
        due = len(messages) - int((now - started) * per_second)
        while len(queue) > max(0, due):
            one = queue.pop()
            producer.send(topic, key=one.header.article_id.encode(), value=one.encode()).get(30)
            open_since[one.header.article_id] = time.perf_counter()
        if now - looked >= SEARCH_SECONDS:
            looked = now
            seen = _found(settings, set(islice(open_since, 1_000)))
            at = time.perf_counter()
            latencies += [(at - open_since.pop(one)) * 1000 for one in seen]
        time.sleep(0.002)
    producer.close()
    return latencies, len(open_since)


def _ids(messages: Sequence[Message]) -> set[str]:
    return {one.header.article_id for one in messages}


def _found(settings: Settings, wanted: set[str]) -> set[str]:
    """Which of these a search finds; none while an index is being made."""
    if not wanted:
        return set()
    body = {"query": {"ids": {"values": sorted(wanted)}}, "_source": False, "size": len(wanted)}
    try:
        answer = _ask(settings, f"/{settings.index_prefix}articles/_search?ignore_unavailable=true", body)
    except urllib.error.HTTPError:
        return set()
    return {hit["_id"] for hit in answer["hits"]["hits"]}


def _ask(settings: Settings, path: str, body: object = None, *, method: str = "") -> Any:
    request = urllib.request.Request(
        settings.elasticsearch_url.rstrip("/") + path,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
        method=method or ("GET" if body is None else "POST"),
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)
