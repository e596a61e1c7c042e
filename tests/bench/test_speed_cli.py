"""The command line and the report of the speed benchmarks."""

from __future__ import annotations

import io
import json

import pytest
from rich.console import Console

from bench.speed import cli, pipeline, report
from bench.speed.bare import Bare
from bench.speed.inputs import Corpus
from bench.speed.latency import Latencies
from bench.speed.pipeline import Measured, Sizes
from bench.speed.stages import StageTimes
from bench.speed.throughput import Comparison, Lap

RECORDS = [{"text": "x" * 2_000}] * 4


def measured(kind: str = "text") -> Measured:
    laps = [Lap(4, seconds, 0.04, {"dropped": 1, "indexed": 3}, 0.5) for seconds in (0.1, 0.2, 0.4)]
    stages = StageTimes({"accept": 1.0, "clean": 2.0, "dedupe": 1.0, "enrich": 4.0, "index": 1.0}, dict.fromkeys(
        ("accept", "clean", "dedupe", "enrich", "index"), 4))  # fmt: skip
    met = Latencies(3, [10.0, 20.0, 30.0], [1.0, 2.0, 3.0], 1.5)
    busy = Latencies(3, [100.0, 200.0, 1_300.0], [1.0, 2.0, 3.0], 1.5, load_per_second=14.0, deepest_inbox=9)
    return Measured(
        Corpus(kind, RECORDS, RECORDS, "4 of 9 from somewhere, seed 1"),
        Comparison("a bare loop", 2, laps, [Bare(400, 1.0, 0.4)] * 3),
        stages,
        {"idle": met, "load": busy, "saturation": busy},
    )


def test_the_object_holds_wall_and_processor_time_under_names_that_say_so():
    found = measured().as_dict()
    assert found["articles"] == 4
    assert found["articles_per_second"] == 20.0
    assert found["articles_per_second_by_round"] == [40.0, 20.0, 10.0]
    assert found["cpu_ms_per_article"] == pytest.approx(10.0)
    assert found["stages_cpu_ms_per_article"]["enrich"] == 4.0
    assert found["stages_cpu_ms_per_article"]["other"] == pytest.approx(1.0)
    assert found["bare"] == {
        "loop": "a bare loop", "articles_per_second": 400.0, "cpu_ms_per_article": pytest.approx(1.0),
    }  # fmt: skip
    assert found["wall_ratio_to_bare"] == pytest.approx(0.05)
    assert found["cpu_ratio_to_bare"] == pytest.approx(10.0)
    assert found["latency"]["load"]["p50_ms"] == 200.0
    assert found["latency"]["load"]["p99_ms"] == 1_300.0
    assert found["outcomes"] == {"dropped": 1, "indexed": 3}


def test_the_tables_say_everything():
    stream = io.StringIO()
    console = Console(file=stream, width=120)
    report.print_pipeline(
        console, {"cores": 2, "sqlite": "3"}, {"text": measured(), "html": measured("html")}
    )
    shown = stream.getvalue()
    for part in (
        "cores 2, sqlite 3", "4 of 9 from somewhere", "2.0 kB on average; 1 dropped, 3 indexed",
        "kabar, 2 workers", "a bare loop", "0.05 ×", "10 ×", "enrich", "40%",
        "at 14/s (70%)", "other programs kept 0.5 cores", "always 9 waiting", "1,300.0", "wall",
    ):  # fmt: skip
        assert part in shown, part
    assert shown.count("Throughput") == 2


def test_figures_are_rounded_to_four_digits_and_counts_are_kept():
    text = report.as_json({"a": {"b": [1.23456, 0.000123456], "c": 123_456, "d": "é"}})
    assert json.loads(text) == {"a": {"b": [1.235, 0.0001235], "c": 123_456, "d": "é"}}


# ---------------------------------------------------------------- command line


@pytest.fixture
def measured_pipeline(monkeypatch):
    seen = []

    def run(directory, sizes, notes, say):
        seen.append(sizes)
        say("measuring")
        notes.remark("html: left out")
        return {"text": measured()}

    monkeypatch.setattr(pipeline, "run", run)
    return seen


def test_json_is_one_object_and_nothing_else(measured_pipeline, tmp_path, capsys):
    assert cli.main(["pipeline", "--data", str(tmp_path), "--json"]) == 0
    out, err = capsys.readouterr()
    found = json.loads(out)
    assert found["pipeline"]["text"]["articles_per_second"] == 20.0
    assert found["pipeline"]["machine"]["cores"] >= 1
    assert "measuring" in err
    assert "html: left out" in err


def test_without_json_there_are_tables(measured_pipeline, tmp_path, capsys):
    assert cli.main(["pipeline", "--data", str(tmp_path)]) == 0
    assert "kabar / bare loop" in capsys.readouterr().out


def test_sizes_are_options(measured_pipeline, tmp_path):
    arguments = ["--articles", "7", "--pages", "3", "--rounds", "5", "--probes", "9", "--json"]
    cli.main(["pipeline", "--data", str(tmp_path), *arguments])
    cli.main(["pipeline", "--data", str(tmp_path), "--json"])
    assert measured_pipeline == [Sizes(articles=7, pages=3, rounds=5, probes=9), Sizes()]


@pytest.mark.parametrize("name", ["enrich", "alerts"])
def test_what_comes_later_says_so_and_is_no_failure(name, tmp_path, capsys):
    assert cli.main([name, "--data", str(tmp_path), "--json"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out) == {name: {}}
    assert "comes later" in err


def test_names_are_measured_once_and_in_order(measured_pipeline, tmp_path, capsys):
    assert cli.main(["alerts", "pipeline", "alerts", "--data", str(tmp_path), "--json"]) == 0
    assert list(json.loads(capsys.readouterr().out)) == ["alerts", "pipeline"]
    assert len(measured_pipeline) == 1


@pytest.mark.parametrize(
    "arguments", [["pipelines"], [], ["pipeline", "--rounds", "0"], ["pipeline", "--articles", "x"]]
)
def test_wrong_use_is_exit_code_2(arguments, tmp_path):
    with pytest.raises(SystemExit) as ended:
        cli.main([*arguments, "--data", str(tmp_path)])
    assert ended.value.code == 2


def test_a_directory_that_is_not_there_is_exit_code_2(tmp_path, capsys):
    assert cli.main(["pipeline", "--data", str(tmp_path / "none")]) == 2
    assert "is not a directory" in capsys.readouterr().err


def test_a_directory_without_data_is_exit_code_1(tmp_path, capsys):
    assert cli.main(["pipeline", "--data", str(tmp_path), "--json"]) == 1
    out, err = capsys.readouterr()
    assert json.loads(out) == {}
    assert "holds neither" in err


def test_a_kind_that_is_not_there_is_left_out_and_said(directory, notes, monkeypatch):
    row = {
        "title": "Panen",
        "text": "Petani Desa Contoh memanen padi lebih awal tahun ini.",
        "source": "Warta",
    }
    directory.rows("loadtest_replay", [row])
    monkeypatch.setattr(pipeline, "_measure", lambda corpus, sizes, say: (corpus.kind, say("x")))
    said = []
    assert list(pipeline.run(directory.path, Sizes(), notes, said.append)) == ["text"]
    assert said == ["text: x"]
    assert any(remark.startswith("html:") for remark in notes.remarks)


def test_every_figure_has_a_line_of_its_own():
    stream = io.StringIO()
    found = {"rounds": [1.0, 2.0], "workers": [{"n": 1}, {"n": 2}], "deep": {"er": 0.123456}}
    report.print_figures(Console(file=stream, width=120), "stream", found)
    lines = [line.split() for line in stream.getvalue().splitlines()]
    assert lines == [
        ["stream"], ["rounds", "[1.0,", "2.0]"], ["workers.0.n", "1"], ["workers.1.n", "2"], ["deep.er", "0.1235"],
    ]  # fmt: skip


def test_without_servers_it_says_what_is_missing(tmp_path, monkeypatch, capsys):
    from bench.speed import servers
    from tests.stack.artifacts import StackUnavailable

    def nothing(*_):
        raise StackUnavailable("no Java 17 here")

    for name in servers.NEEDED:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(servers, "KafkaServer", nothing)
    assert cli.main(["sink", "--data", str(tmp_path)]) == 1
    assert "no Java 17 here" in capsys.readouterr().err
