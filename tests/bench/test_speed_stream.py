"""The figures of the stream benchmark, without servers. Every text is invented."""

import pytest

from bench.quality.notes import Notes
from bench.speed import stream
from bench.speed.stream import Measured, Sizes, Throughput
from bench.speed.stream_loops import Clock

TEXT = (
    "Wali Kota Misal membuka jembatan baru di Sungai Contoh pada Senin pagi. Jembatan itu menghubungkan dua "
    "kecamatan yang selama ini terpisah setiap musim hujan, kata kepala dinas. "
) * 3


@pytest.fixture
def measured():
    found = Measured(
        "invented", inline_cpu_ms={"clean": 1.0, "enrich": 4.0}, faust_cpu_us=150.0, bare_cpu_us=60.0
    )
    found.workers = {
        "clean": [Throughput(1, 400.0, 1.5), Throughput(2, 700.0, 1.6)],
        "enrich": [Throughput(1, 100.0, 5.0), Throughput(2, 190.0, 5.0)],
    }
    return found


def test_overheads_are_shares_of_the_stage(measured):
    figures = measured.as_dict()
    assert figures["stages"]["clean"]["overhead_share"] == pytest.approx(0.5)
    assert figures["stages"]["enrich"]["overhead_share"] == pytest.approx(0.25)
    assert figures["stages"]["clean"]["binding_share"] == pytest.approx(0.15)
    assert figures["faust_over_bare"] == pytest.approx(2.5)
    assert [one["processes"] for one in figures["stages"]["clean"]["workers"]] == [1, 2]


def test_without_an_index_there_is_no_delay_to_report(measured):
    assert "publish_to_searchable" not in measured.as_dict()
    measured.searchable_ms, measured.lost = [float(n) for n in range(1, 101)], 2
    assert measured.as_dict()["publish_to_searchable"] == {
        "articles": 100,
        "lost": 2,
        "p50_ms": 50.0,
        "p99_ms": 99.0,
    }


def test_enrich_is_given_what_clean_lets_through():
    records = [
        {
            "url": f"https://contoh.test/{n}",
            "title": "Jembatan",
            "text": f"{TEXT} {n}",
            "source": "Kabar Contoh",
        }
        for n in range(3)
    ]
    inputs = stream._inputs([*records, {"url": "https://contoh.test/empty", "title": "x", "text": " "}])
    assert len(inputs["clean"]) == 4
    assert [one.clean.text != "" for one in inputs["enrich"]] == [True] * 3
    assert len({one.header.observation_id for one in inputs["clean"]}) == 4


def test_a_directory_without_articles_is_said(tmp_path):
    notes = Notes()
    assert stream.run(tmp_path, Sizes(), notes, lambda _text: None) is None


def test_what_never_comes_true_is_a_failure(monkeypatch):
    monkeypatch.setattr(stream, "PATIENCE_SECONDS", 0.0)
    with pytest.raises(RuntimeError, match="not ready"):
        stream._until(lambda: False, "not ready")


def test_the_clock_runs_from_the_first_message():
    clock = Clock()
    clock.start()
    clock.start()
    wall, cpu = clock.read()
    assert wall >= 0
    assert cpu >= 0
