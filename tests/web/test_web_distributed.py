"""`kabar web`: figures, dead letters and readiness over a real Kafka and a real Elasticsearch."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import urllib.request
from contextlib import closing

import pytest
from litestar.testing import TestClient

from kabar.contracts.letters import DeadLetter, Ending
from kabar.errors import BrokerError, IndexUnavailable, KabarError
from kabar.index.document import assemble, version_key
from kabar.index.elasticsearch.client import connect
from kabar.index.entry import Entry
from kabar.runtime.health import Health
from kabar.runtime.kafka.clients import names, producer
from kabar.runtime.kafka.records import ending_record, letter_record, message_record
from kabar.runtime.kafka.topics import create
from kabar.runtime.metrics import Metrics
from kabar.web import distributed
from kabar.web.app import create_app
from kabar.web.context import WebContext
from kabar.web.distributed import ClusterView, Watch
from kabar.web.figures import Counted, Figures
from tests.index.es_index import EsIndex
from tests.stack.fixtures import clear, place_on
from tests.web import samples
from tests.web.samples import NOW, T0, id_of

SERVED = re.compile(r"http://\S+")


def ending(name, outcome, reason=""):
    return ending_record(
        Ending(observation_id=id_of(name), outcome=outcome, reason=reason, stage="index", ended_at=T0)
    )


LETTER = DeadLetter(
    id=id_of("letter"), stage="clean", reason="crashed", error="no <b>title</b>", died_at=T0, size=4
)
RECORDS = [
    *(ending(f"o{n}", "indexed") for n in range(5)),
    ending("o0", "superseded"),
    ending("o9", "dropped", "empty"),
    ending("o9", "dropped", "empty"),
    ending("o8", "dead", "crashed"),
    letter_record(LETTER, b"news"),
    *(message_record("news.raw", samples.message(f"m{n}", "t", "x")) for n in range(3)),
]


def produced(settings, records):
    with closing(producer(settings)) as sender:
        for record in records:
            sender.send(
                names(settings).topic(record.topic), record.value, record.key, headers=list(record.headers)
            )
        sender.flush()


@pytest.fixture(scope="module")
def filled(stack, tmp_path_factory):
    """A place with topics, some records, and the sample articles in the index."""
    settings = place_on(stack, tmp_path_factory.mktemp("web"))
    create(settings)
    produced(settings, RECORDS)
    made = EsIndex(settings)
    entries = [
        Entry(assemble(m, ingested_at=NOW), m.encode(), version_key(m.header)) for m in samples.messages()
    ]
    made.write_entries(entries, samples.STORIES)
    yield settings
    made.close()
    clear(settings)


@pytest.fixture
def view(filled):
    with connect(filled) as client:
        yield ClusterView(filled, client)


@pytest.mark.stack
def test_figures_count_index_outcomes_letters_and_queues(view):
    found = view.figures()
    assert (found.documents, found.stories) == (35, 2)
    assert found.versions == len(samples.messages())
    assert {one.name: one.count for one in found.outcomes} == {
        "indexed": 4, "superseded": 1, "dropped": 1, "dead": 1,
    }  # fmt: skip
    assert found.letters == [Counted("clean", "crashed", 1)]
    assert [(one.name, one.detail, one.count) for one in found.queues][:2] == [
        ("clean", "news.raw", 3), ("dedupe", "news.clean", 0),
    ]  # fmt: skip
    assert found.waiting == 3
    assert (found.accepted, found.unaccounted) == (None, 0)


@pytest.mark.stack
def test_figures_go_on_where_they_stopped(view, filled, monkeypatch):
    before = {one.name: one.count for one in view.figures().outcomes}
    produced(filled, [ending("o1", "superseded"), ending("new", "indexed")])
    assert {one.name: one.count for one in view.figures().outcomes} == before  # not counted anew so soon
    monkeypatch.setattr(distributed, "FRESH_S", 0.0)
    after = {one.name: one.count for one in view.figures().outcomes}
    assert after == {**before, "superseded": before["superseded"] + 1}
    produced(filled, [ending("o1", "indexed"), ending("new", "superseded"), ending("new", "indexed")])


@pytest.mark.stack
def test_figures_that_are_being_counted_are_not_waited_for_long(view, monkeypatch):
    monkeypatch.setattr(distributed, "WAIT_S", 0.01)
    with view._lock, pytest.raises(BrokerError, match="still being counted") as caught:
        view.figures()
    assert caught.value.hint


@pytest.mark.stack
def test_the_page_shows_them(view, filled):
    metrics = Metrics()
    health = Health(metrics)
    Watch(view, health, metrics).look()
    context = WebContext(
        open_index=view.index, letters=view.letters, figures=view.figures, metrics=metrics, health=health,
        now_ms=lambda: NOW,
    )  # fmt: skip
    with TestClient(create_app(context)) as client:
        page = client.get("/health")
        assert page.status_code == 200
        for said in ("The index answers", "Queues", "news.raw", "superseded", "crashed"):
            assert said in page.text
        assert "Store" not in page.text
        assert "not accounted for" not in page.text
        assert "no &lt;b&gt;title" in client.get("/dead").text
        assert client.get("/dead?stage=dedupe").text.count(LETTER.id) == 0
        assert "news" in client.get(f"/dead/{LETTER.id}").text
        assert client.get("/dead/ffff").status_code == 404
        assert client.get("/health/ready").status_code == 200
        exposed = client.get("/metrics").text
        assert "kabar_documents 35.0" in exposed
        assert 'kabar_queue_depth{queue="clean"} 3.0' in exposed
        assert "kabar_dead_letters_open 1.0" in exposed
        assert client.get("/api/articles").json()["total"] == 34


class Broken:
    """A view whose index or log does not answer."""

    def __init__(self, *, index=None, log=None):
        self._index, self._log = index, log

    def check(self):
        if self._index:
            raise self._index

    def figures(self):
        if self._log:
            raise self._log
        return Figures(documents=7, stories=0, versions=0, outcomes=[], letters=[], waiting=0)


@pytest.mark.parametrize(
    "view, ready, documents",
    [
        (Broken(), True, 7.0),
        (Broken(index=IndexUnavailable("gone")), False, 0.0),
        (Broken(index=KabarError("odd")), False, 0.0),
        (Broken(log=BrokerError("no broker")), True, 0.0),
    ],
)
def test_readiness_is_the_index_and_nothing_else(view, ready, documents):
    metrics = Metrics()
    health = Health(metrics)
    Watch(view, health, metrics).look()
    assert health.ready is ready
    assert bool(health.reason) is not ready
    assert metrics.documents._value.get() == documents


@pytest.mark.stack
def test_the_command_serves_and_stops(filled):
    environment = {
        f"KABAR_{row.name.upper()}": str(value.value)
        for row, value in filled.rows()
        if value.origin != "default"
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "kabar.cli.main", "web", "--port", "0"],
        env={**os.environ, **environment}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        url = SERVED.search(process.stdout.readline()).group()
        for path in ("api/articles", "health/live", "health", "metrics"):
            with urllib.request.urlopen(url + path) as answer:
                assert answer.status == 200, path
    finally:
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=30)
    assert process.returncode == 0, said
