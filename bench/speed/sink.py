"""The Elasticsearch sink against ``elasticsearch.helpers.streaming_bulk``, and its goodput when documents are refused.

Laps of both alternate on the same documents and the same server, each into a fresh index. Both get the same
dictionaries, so encoding them is part of both. The server is the one of ``KABAR_ELASTICSEARCH_URL``; everything
that is made there begins with ``bench-`` and is deleted again.

Refusals come from the scripted server of the tests, which answers as slowly as a busy real one: 5 ms and 1 ms per
document. Its goodput is documents per second against the same server without refusals.
"""

from __future__ import annotations

import os
import random
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import elasticsearch
import msgspec
from elasticsearch.helpers import streaming_bulk

from bench.quality.notes import Notes
from bench.speed.inputs import Record, load_texts
from bench.speed.machine import cpu_seconds
from bench.speed.statistic import median
from bench.speed.store import Acceptor, directory, portions
from bench.speed.store import settings as store_settings
from bench.speed.throughput import Say
from kabar.contracts.message import decode_message
from kabar.dedupe.stage import DedupeStage
from kabar.index.document import assemble, version_key
from kabar.index.elasticsearch.bulk import Bulk
from kabar.index.elasticsearch.classify import Class
from kabar.index.elasticsearch.client import connect
from kabar.index.elasticsearch.documents import search_fields
from kabar.index.elasticsearch.names import IndexNames
from kabar.index.elasticsearch.pace import Pace
from kabar.index.elasticsearch.preparing import prepare
from kabar.index.elasticsearch.sending import sender
from kabar.index.elasticsearch.writer import CONCURRENCY, ElasticsearchWriter
from kabar.index.entry import Entry
from kabar.index.sqlite.packing import unpack
from kabar.runtime.embedded.pipeline import Limits, Pipeline
from kabar.runtime.embedded.store import open_writer
from kabar.runtime.inline import InlinePool
from kabar.runtime.metrics import Metrics
from kabar.runtime.options import dedupe_options
from kabar.runtime.stages import build
from kabar.settings import Settings, load
from tests.index.fake_bulk import FakeBulk, Request, failure

BAR = 1.0
"""Documents per second, own sink over streaming_bulk."""
GOODPUT_BAR = 0.8
REPEAT_BAR = 1.1
REFUSED_SHARE = 0.05
CALLS = (10_000, 2_000)
"""Documents a call: a call waits for its last document, so repeats weigh more in a small one."""
SEED = 20240229

Source = dict[str, Any]
Action = tuple[str, int, Source]
"""Id, version, source."""


@dataclass(frozen=True)
class Lap:
    """One pass of all documents into a fresh index."""

    documents: int
    seconds: float
    cpu_seconds: float
    """Of this process; the server's is the same work for both."""

    @property
    def per_second(self) -> float:
        """Documents."""
        return self.documents / self.seconds

    @property
    def cpu_ms(self) -> float:
        """Per document."""
        return self.cpu_seconds / self.documents * 1000


@dataclass(frozen=True)
class Goodput:
    """Calls of one size, with and without refusals, alternating."""

    call: int
    ratio: float
    sent_per_acknowledged: float


@dataclass(frozen=True)
class Measured:
    """What ``sink`` measures."""

    origin: str
    mean_bytes: float
    own: list[Lap]
    theirs: list[Lap]
    whole: list[Lap]
    """The whole writer: words folded, articles and versions; counted in documents of both kinds."""
    goodput: list[Goodput]

    @property
    def wall_ratio(self) -> float:
        """Documents per second, own over theirs: median of the rounds' ratios."""
        return median([a.per_second / b.per_second for a, b in zip(self.own, self.theirs, strict=True)])

    @property
    def cpu_ratio(self) -> float:
        """Processor time per document, own over theirs: median of the rounds' ratios."""
        return median([a.cpu_ms / b.cpu_ms for a, b in zip(self.own, self.theirs, strict=True)])

    def as_dict(self) -> dict[str, Any]:
        """For ``--json``."""
        return {
            "sample": self.origin,
            "mean_source_bytes": self.mean_bytes,
            **{name: _laps(laps) for name, laps in self.rows().items()},
            "wall_ratio_to_streaming_bulk": self.wall_ratio,
            "cpu_ratio_to_streaming_bulk": self.cpu_ratio,
            "bar": BAR,
            "refused_share": REFUSED_SHARE,
            "goodput": {
                str(one.call): {"ratio": one.ratio, "sent_per_acknowledged": one.sent_per_acknowledged}
                for one in self.goodput
            },
            "goodput_bar": GOODPUT_BAR,
            "sent_per_acknowledged_bar": REPEAT_BAR,
        }

    def rows(self) -> Mapping[str, list[Lap]]:
        """Laps by what ran."""
        return {"own_sink": self.own, "streaming_bulk": self.theirs, "whole_writer": self.whole}


def _laps(laps: Sequence[Lap]) -> dict[str, Any]:
    return {
        "documents_per_second": median([lap.per_second for lap in laps]),
        "documents_per_second_by_round": [lap.per_second for lap in laps],
        "cpu_ms_per_document": median([lap.cpu_ms for lap in laps]),
    }


def run(directory_: Path, *, articles: int, rounds: int, notes: Notes, say: Say) -> Measured | None:
    """Measure; None where the directory holds no texts.

    Raises:
        KabarError: Elasticsearch is not configured, or does not take the documents.
    """
    corpus = load_texts(directory_, articles, notes)
    if corpus is None:
        return None
    say("making documents")
    entries = entries_of(corpus.sample)
    actions = [_action(entry) for entry in entries]
    own, theirs, whole = [], [], []
    with place() as (client, settings):
        _stream(
            client, settings, actions[: len(actions) // 4]
        )  # warms the server's code, whichever comes first
        for number in range(rounds):
            pair = [(own, _own), (theirs, _stream)]
            for laps, lap in pair if number % 2 else reversed(pair):
                laps.append(lap(client, settings, actions))
            whole.append(_whole(client, settings, entries))
            say(f"round {number + 1} of {rounds}: {own[-1].per_second:,.0f}/s, "
                f"streaming_bulk {theirs[-1].per_second:,.0f}/s")  # fmt: skip
    say("refusals")
    goodput = [measure_goodput(call, rounds=rounds) for call in CALLS]
    mean = sum(len(msgspec.json.encode(source)) for _, _, source in actions) / len(actions)
    return Measured(corpus.origin, mean, own, theirs, whole, goodput)


# ---------------------------------------------------------------- documents


def entries_of(records: Sequence[Record]) -> list[Entry]:
    """What the sink is given for these records: they go through the real stages, in this process."""
    with directory() as path:
        loaded = store_settings(path)
        acceptor = Acceptor(loaded, name="sink")
        for portion in portions(records, loaded.batch_max):
            acceptor.accept(portion)
        acceptor.close()
        connection = open_writer(path, durability="NORMAL")
        pipeline = Pipeline(
            connection,
            path,
            pool=InlinePool(build()),
            dedupe=lambda: DedupeStage(dedupe_options(loaded)),
            limits=Limits(loaded.batch_max, loaded.batch_max_bytes),
            tick_ms=loaded.tick_seconds * 1000,
            metrics=Metrics(),
        )
        while pipeline.step():
            pass
        rows = connection.execute("SELECT message FROM versions ORDER BY version_key").fetchall()
        connection.close()
    messages = [decode_message(unpack(row[0])) for row in rows]
    now = int(time.time() * 1000)
    return [Entry(assemble(m, ingested_at=now), m.encode(), version_key(m.header)) for m in messages]


def _action(entry: Entry) -> Action:
    source = entry.document.as_dict() | {"search": search_fields(entry)}
    return entry.document.article.id, entry.version_key, source


# ---------------------------------------------------------------- laps


@contextmanager
def place() -> Iterator[tuple[elasticsearch.Elasticsearch, Settings]]:
    """A client and a prefix of our own, prepared; all of it is deleted afterwards."""
    settings = load({
        **{name: value for name, value in os.environ.items() if name.startswith("KABAR_")},
        "KABAR_INDEX_PREFIX": f"bench-{secrets.token_hex(4)}-",
        "KABAR_INDEX_REPLICAS": "0",
    })  # fmt: skip
    client = connect(settings)
    made: list[str] = []
    try:
        made += prepare(client, settings)
        yield client, settings
    finally:
        for name in reversed(made):  # an index template before the components it is made of
            of_indices = name.rpartition("-v")[2].isdigit()
            (
                client.indices.delete_index_template
                if of_indices
                else client.cluster.delete_component_template
            )(name=name)
        client.close()


@contextmanager
def _fresh(client: elasticsearch.Elasticsearch, settings: Settings) -> Iterator[str]:
    """An index of articles that is empty at first and gone afterwards."""
    index = IndexNames(settings.index_prefix).articles(1, 0)
    client.indices.create(index=index)
    try:
        yield index
    finally:
        client.indices.delete(index=index)


def _own(client: elasticsearch.Elasticsearch, settings: Settings, actions: Sequence[Action]) -> Lap:
    with _fresh(client, settings) as index:
        bulk = _bulk(client, settings)
        with _timed(len(actions)) as timed:
            verdicts = bulk.run([_lines(index, action) for action in actions])
        bulk.close()
        assert all(verdict.what is Class.OK for verdict in verdicts)
    return timed[0]


def _stream(client: elasticsearch.Elasticsearch, settings: Settings, actions: Sequence[Action]) -> Lap:
    with _fresh(client, settings) as index, _timed(len(actions)) as timed:
        done = streaming_bulk(
            client,
            (
                {
                    "_index": index,
                    "_id": id_,
                    "version": version,
                    "version_type": "external_gte",
                    "_source": source,
                }
                for id_, version, source in actions
            ),
            chunk_size=settings.bulk_max,
            max_chunk_bytes=settings.bulk_max_bytes,
        )
        assert all(ok for ok, _ in done)
    return timed[0]


def _whole(client: elasticsearch.Elasticsearch, settings: Settings, entries: Sequence[Entry]) -> Lap:
    writer = ElasticsearchWriter(client, settings)
    try:
        with _timed(2 * len(entries)) as timed:
            assert set(writer.write(entries)) == {"written"}
    finally:
        writer.close()
        for name in client.indices.get(index=f"{settings.index_prefix}*").body:
            client.indices.delete(index=name)
    return timed[0]


@contextmanager
def _timed(documents: int) -> Iterator[list[Lap]]:
    """The lap of the block is in the list when it has ended."""
    found: list[Lap] = []
    wall, cpu = time.perf_counter(), cpu_seconds()
    yield found
    found.append(Lap(documents, time.perf_counter() - wall, cpu_seconds() - cpu))


def _bulk(client: elasticsearch.Elasticsearch, settings: Settings) -> Bulk:
    pace = Pace(concurrency=CONCURRENCY, max_bytes=settings.bulk_max_bytes)
    return Bulk(sender(client), pace=pace, max_documents=settings.bulk_max, threads=CONCURRENCY)


def _lines(index: str, action: Action) -> bytes:
    id_, version, source = action
    header = {"index": {"_index": index, "_id": id_, "version": version, "version_type": "external_gte"}}
    return msgspec.json.encode(header) + b"\n" + msgspec.json.encode(source) + b"\n"


# ---------------------------------------------------------------- refusals


def measure_goodput(call: int, *, rounds: int) -> Goodput:
    """Documents per second with a share of them refused at each try, over the same without."""
    ratios, sent, acknowledged = [], 0, 0
    for number in range(rounds):
        chance = random.Random(SEED + number)
        plain, _ = _call(call, lambda: False)
        refused, bulk = _call(call, lambda chance=chance: chance.random() < REFUSED_SHARE)
        ratios.append(plain / refused)
        sent += bulk.counts.sent
        acknowledged += bulk.counts.acknowledged
    return Goodput(call, median(ratios), sent / acknowledged)


def _call(documents: int, refuses: Callable[[], bool]) -> tuple[float, Bulk]:
    """Seconds of one call, and what made it."""
    refusal = failure(429, "es_rejected_execution_exception")
    actions = [_lines("i", (f"d{number}", 1, {"n": number})) for number in range(documents)]
    with FakeBulk(refuse=lambda _: refusal if refuses() else None, latency_seconds=_as_slow_as_real) as fake:
        settings = load({"KABAR_ELASTICSEARCH_URL": fake.url})
        client = connect(settings)
        bulk = _bulk(client, settings)
        start = time.perf_counter()
        assert all(verdict.what is Class.OK for verdict in bulk.run(actions))
        seconds = time.perf_counter() - start
        bulk.close()
        client.close()
    return seconds, bulk


def _as_slow_as_real(request: Request) -> float:
    return 0.005 + 0.001 * len(request.actions)


# ---------------------------------------------------------------- report
