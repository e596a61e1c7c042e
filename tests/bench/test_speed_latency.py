"""Probes, load, the engine process and the comparison, on tiny data."""

from __future__ import annotations

import itertools
import os
import threading
import time

import pytest

from bench.speed import engine, latency, store, throughput
from bench.speed.bare import Bare, Loop
from bench.speed.inputs import Corpus
from bench.speed.latency import Latencies, articles, batch_articles
from bench.speed.load import Load, Prober, Sender, fresh
from bench.speed.store import Acceptor
from bench.speed.throughput import Comparison, Lap, LastingPool
from kabar.runtime.embedded.engine import Embedded

TEXT = (
    "Pasar ikan di Kota Misal kembali dibuka setelah renovasi enam bulan. Pedagang berharap pembeli datang lagi, "
    "ujar ketua paguyuban. Renovasi itu menelan biaya dua miliar rupiah dan dikerjakan warga setempat. "
)


def records(count: int) -> list[dict]:
    return [
        {"title": f"Pasar {n}", "text": f"{TEXT} Lapak ke-{n}.", "source": "Warta Misal"}
        for n in range(count)
    ]


def quiet(_text: str) -> None:
    """Nobody listens."""


# ---------------------------------------------------------------- senders


def test_fresh_records_repeat_under_new_addresses_and_leave_the_originals_alone():
    given = records(2)
    drawn = list(itertools.islice(fresh(given, "x"), 5))
    assert [r["title"] for r in drawn] == ["Pasar 0", "Pasar 1", "Pasar 0", "Pasar 1", "Pasar 0"]
    assert len({r["url"] for r in drawn}) == 5
    assert all("url" not in r for r in given)


def test_a_prober_accepts_one_at_a_time_each_with_a_word_of_its_own(tmp_path):
    prober = Prober(store.settings(tmp_path), fresh(records(3), "p"), probes=3, interval=(0.0, 0.001))
    with prober:
        assert prober.done.wait(20)
    prober.check()
    assert len(prober.sent) == 3
    assert len({probe.marker for probe in prober.sent}) == 3
    assert [p.accepted_at for p in prober.sent] == sorted(p.accepted_at for p in prober.sent)
    assert all(probe.acceptance_seconds > 0 for probe in prober.sent)


def test_a_prober_that_is_stopped_ends_at_once(tmp_path):
    prober = Prober(store.settings(tmp_path), fresh(records(1), "p"), probes=5, interval=(60.0, 60.0))
    with prober:
        pass
    assert prober.done.is_set()
    assert not prober.sent


def test_what_fails_in_a_sender_is_raised_where_it_is_looked_for(tmp_path):
    class Broken(Sender):
        def send(self):
            raise OSError("no disk")

    with Broken(store.settings(tmp_path), "broken") as broken:
        broken.join(20)
        with pytest.raises(OSError, match="no disk"):
            broken.check()


def test_a_load_keeps_the_inbox_as_deep_as_it_is_told(tmp_path):
    loaded = store.settings(tmp_path)
    acceptor = Acceptor(loaded, name="look")
    with Load(loaded, fresh(records(4), "l"), depth=20) as load:
        deadline = time.monotonic() + 20
        while acceptor.depth() < 20 and time.monotonic() < deadline:
            time.sleep(0.01)
    load.check()
    assert 20 <= acceptor.depth() <= 22  # ticks are rows, too
    assert load.deepest >= 20
    acceptor.close()


def test_a_load_keeps_to_its_rate_and_measures_it_once_it_is_settled(tmp_path, monkeypatch):
    monkeypatch.setattr(Load, "SETTLE_SECONDS", 0.2)
    with Load(store.settings(tmp_path), fresh(records(4), "l"), depth=500, per_second=40.0) as load:
        assert load.settled.wait(20)
        deadline = time.monotonic() + 20
        while not load.measured_per_second and time.monotonic() < deadline:
            time.sleep(0.01)
    load.check()
    assert load.measured_per_second > 0
    assert load.deepest > 0


def test_a_rate_stops_where_the_inbox_is_full_and_does_not_catch_up(tmp_path):
    loaded = store.settings(tmp_path)
    acceptor = Acceptor(loaded, name="look")
    with Load(loaded, fresh(records(4), "l"), depth=10, per_second=1_000.0) as load:
        deadline = time.monotonic() + 20
        while acceptor.depth() < 10 and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(4 * load.PERIOD_SECONDS)
    load.check()
    assert 10 <= acceptor.depth() <= 12
    acceptor.close()


def test_before_it_is_settled_a_load_has_no_rate(tmp_path):
    assert Load(store.settings(tmp_path), fresh(records(1), "l"), depth=1).measured_per_second == 0.0


# ---------------------------------------------------------------- latency


def test_probes_are_articles():
    given = [{"url": "https://a.test/1", "data": b"<html></html>"}, *records(3)]
    assert articles(given, 2) == given[1:3]
    with pytest.raises(RuntimeError, match="none of the records"):
        articles(given[:1], 1)


@pytest.mark.parametrize(
    "body, expected",
    [({"text": "x" * 100}, 200), ({"data": b"x" * 1_200_000}, 10), ({"data": b"x" * 90_000_000}, 1)],
)
def test_a_batch_is_bounded_in_number_and_in_bytes(tmp_path, body, expected):
    assert batch_articles(Corpus("html", [body], [], ""), store.settings(tmp_path)) == expected


def test_latencies_say_what_was_met():
    met = Latencies(3, [30.0, 10.0, 20.0], [1.0, 2.0, 3.0], 0.5)
    assert (met.p(0.5), met.p(0.99), met.acceptance(0.5)) == (20.0, 30.0, 2.0)


def test_every_situation_is_probed_through_a_real_engine(monkeypatch):
    monkeypatch.setattr(Load, "SETTLE_SECONDS", 0.1)
    monkeypatch.setattr(latency, "batch_articles", lambda corpus, loaded: 5)
    for name in ("IDLE_INTERVAL", "BUSY_INTERVAL", "SATURATED_INTERVAL"):
        monkeypatch.setattr(latency, name, (0.0, 0.02))
    said = []
    corpus = Corpus("text", records(2), records(30), "invented")
    met = latency.measure(corpus, per_second=20.0, probes=3, say=said.append)
    assert list(met) == ["idle", "load", "saturation"]
    assert all(one.probes == len(one.searchable_ms) == len(one.acceptance_ms) == 3 for one in met.values())
    assert all(0 < ms < 60_000 for one in met.values() for ms in one.searchable_ms)
    assert met["idle"].load_per_second == 0.0
    assert met["saturation"].deepest_inbox >= 10
    assert len(said) == 3


def test_a_probe_that_never_comes_is_an_error_and_not_a_hang(tmp_path, monkeypatch):
    monkeypatch.setattr(latency, "LOST_SECONDS", 0.05)
    loaded = store.settings(tmp_path)
    Acceptor(loaded, name="makes the store").close()
    connection = latency.open_reader(tmp_path)
    station = latency._Station(loaded, connection, fresh(records(1), "p"), 1)
    with pytest.raises(RuntimeError, match="not searchable"):
        station.take((0.0, 0.0))
    with pytest.raises(RuntimeError, match="does not empty its inbox"):
        station.drained()
    connection.close()


# ---------------------------------------------------------------- engine


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_an_engine_that_does_not_start_is_an_error(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("not a directory")
    with pytest.raises(RuntimeError, match="did not start"), engine.running(blocked):
        pass


def test_the_engine_ends_with_the_measurement(tmp_path):
    def fail(pid):
        assert is_running(pid)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), engine.running(tmp_path) as process:
        fail(process.pid)
    assert process.returncode == 0
    assert not is_running(process.pid)


# ---------------------------------------------------------------- throughput


def test_the_workers_outlast_an_engine_and_end_when_they_are_told(tmp_path):
    pool = LastingPool(1, deadline_seconds=20.0, memory_mb=2_048)
    (before,) = pool.pids()
    with Embedded(store.settings(tmp_path), pool=pool) as embedded:
        assert embedded.step() == 0
    assert pool.pids() == [before]
    assert is_running(before)
    pool.end()
    assert not is_running(before)


def test_figures_are_medians_of_rounds_and_ratios_are_formed_within_a_round():
    given = [(1.0, 0.5, 0.1), (2.0, 0.6, 0.3), (10.0, 0.7, 0.2)]
    laps = [Lap(10, seconds, cpu, {}, foreign) for seconds, cpu, foreign in given]
    bare = [Bare(100, seconds, cpu) for seconds, cpu in [(1.0, 1.0), (2.0, 1.0), (20.0, 1.0)]]
    found = Comparison("x", 2, laps, bare)
    assert found.per_second == 5.0
    assert found.foreign_cores == 0.2
    assert found.cpu_ms == pytest.approx(60.0)
    assert found.bare_per_second == 50.0
    assert found.bare_cpu_ms == pytest.approx(10.0)
    assert found.wall_ratio == pytest.approx(0.1)  # 0.1, 0.1, 0.2
    assert found.cpu_ratio == pytest.approx(6.0)


def test_rounds_alternate_and_every_article_has_its_outcome():
    order = []

    def once(given):
        order.append(("bare", len(given)))
        return Bare(len(given), 1.0, 1.0)

    found = throughput.compare(records(6), Loop("bare", once), rounds=2, say=quiet)
    assert order == [("bare", 2), ("bare", 6), ("bare", 6)]
    assert [lap.outcomes for lap in found.laps] == [{"indexed": 6}] * 2
    assert all(lap.seconds > 0 and lap.cpu_seconds > 0 for lap in found.laps)
    assert threading.active_count() < 10
