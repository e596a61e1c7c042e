"""The benchmark of the sink: its documents are real ones, its counts add up, and it leaves nothing behind."""

from __future__ import annotations

import json

import pytest

from bench.quality.notes import Notes
from bench.speed import sink
from bench.speed.sink import Goodput, Lap, Measured, entries_of, measure_goodput

RECORDS = [
    {
        "url": f"https://contoh.test/{number}",
        "title": f"Jembatan {number}",
        "text": f"Wali Kota Misal membuka jembatan nomor {number} di Sungai Contoh. " * 4,
        "language": "id",
    }
    for number in range(6)
]


def test_entries_are_what_the_stages_make():
    entries = entries_of(RECORDS)
    assert {entry.document.article.title for entry in entries} == {f"Jembatan {n}" for n in range(6)}
    assert len({entry.document.article.id for entry in entries}) == 6
    assert all(entry.version_key > 0 and entry.message for entry in entries)


def test_repeats_are_counted_and_few():
    found = measure_goodput(400, rounds=1)
    assert 1.0 < found.sent_per_acknowledged <= 1.2
    assert found.ratio > 0


def lap(per_second: float, cpu: float = 0.1) -> Lap:
    return Lap(100, 100 / per_second, cpu)


def test_ratios_are_formed_within_a_round():
    found = Measured(
        "invented", 10.0, [lap(20), lap(90)], [lap(10), lap(30)], [lap(5)], [Goodput(7, 0.9, 1.05)]
    )
    assert found.wall_ratio == pytest.approx(2.5)
    assert found.cpu_ratio == pytest.approx(1.0)
    figures = json.loads(json.dumps(found.as_dict()))
    assert figures["goodput"] == {"7": {"ratio": 0.9, "sent_per_acknowledged": 1.05}}
    assert figures["own_sink"]["documents_per_second_by_round"] == pytest.approx([20, 90])


def test_a_directory_without_texts_is_none(tmp_path):
    assert sink.run(tmp_path, articles=2, rounds=1, notes=Notes(), say=lambda _: None) is None


@pytest.mark.stack
def test_on_a_real_server_it_measures_and_leaves_nothing(place, tmp_path, monkeypatch):
    from tests.stack.fixtures import ask

    monkeypatch.setattr(sink, "CALLS", (50,))
    monkeypatch.setenv("KABAR_ELASTICSEARCH_URL", place.elasticsearch_url)
    monkeypatch.setenv("KABAR_ANALYSIS_TEMPLATE", place.analysis_template)
    data = tmp_path / "loadtest_invented"
    data.mkdir()
    (data / "rows.jsonl").write_text("\n".join(json.dumps(record) for record in RECORDS))
    found = sink.run(tmp_path, articles=6, rounds=1, notes=Notes(), say=lambda _: None)
    assert (found.own[0].documents, found.whole[0].documents) == (6, 12)
    assert found.wall_ratio > 0
    assert ask(place.elasticsearch_url, "GET", "/_cat/indices/bench-*?format=json") == []
