"""Addresses, the registry, the report and the command line."""

from __future__ import annotations

import io
import json
import sys

import pytest
from rich.console import Console

from bench.quality import cli, registry, report, systems, urls
from bench.quality.notes import Notes
from bench.quality.registry import CAPABILITIES, Capability
from bench.quality.systems import MissingProduct, beside, library, product, run
from bench.quality.urls import UrlSystem

NAMES = [
    "extraction", "metadata", "lines", "datelines", "attributions", "dates", "language", "neardup", "stories",
    "entities", "aliases", "places", "quotes", "keywords", "sentiment", "topics", "summaries", "urls", "feeds",
]  # fmt: skip

# ---------------------------------------------------------------- addresses

TESTS = """
class TestNormalizeUrl:
    def test_one(self):
        url = "http://contoh.test/A?ref=rss"
        normalized = "http://contoh.test/a"
        normalized_url = urls.normalize_url(url)
        assert normalized_url == normalized
        url = "http://misal.test:80/"
        normalized_url = urls.normalize_url(url)
        assert normalized_url == "http://misal.test/"

    def test_two(self):
        first = urls.normalize_url("http://satu.test/x")
        second = urls.normalize_url("http://satu.test/X")
        assert first == second
        assert first is not None
        import os
        os.abort()

    def test_same(self):
        url = "http://sama.test/"
        normalized_url = urls.normalize_url(url)
        assert normalized_url == url

def test_other():
    assert urls.canonical_domain("http://contoh.test") == "contoh.test"
"""


def test_pairs_are_read_out_of_tests_without_running_them():
    assert list(urls.test_pairs(TESTS)) == [
        ("http://contoh.test/A?ref=rss", "http://contoh.test/a"),
        ("http://misal.test:80/", "http://misal.test/"),
        ("http://satu.test/x", "http://satu.test/X"),
    ]


def test_urls_of_every_shape(directory, notes):
    rows = [
        {
            "class": "TestCanonicalDomain",
            "test": "test_canonical_domain",
            "args": ["https://a.contoh.test/1", "contoh.test"],
        },
        {"url": "https://misal.test/", "domain": "misal.test"},
        {"test": "test_normalize", "args": ["http://X.test/?a=1"], "expected": "http://x.test/?a=1"},
        {"test": "test_with_tags", "args": ["<b>x</b>"], "expected": "x"},
        {"args": 3},
    ]
    directory.rows("url_norm_new", rows).file("url_norm_new", "broken.py.txt", "def (")
    directory.rows("id_news_x", [{"url": "HTTPS://Contoh.test/A"}, {"url": "no address"}, {"url": 3}])
    systems = {
        "kabar": UrlSystem(str.lower, lambda url: url.split("/")[2].split(".", 1)[-1]),
        "domains-only": UrlSystem(None, lambda url: ""),
        "keys-only": UrlSystem(lambda url: url + "!"),
    }
    scores = urls.score(directory.sets(), notes, systems=systems)
    entry = scores["url_norm_new"]
    assert (entry["accuracy"], entry["equivalent"], entry["n"]) == (0.5, 1.0, 3)
    assert entry["baseline"]["domains-only"] == {"accuracy": 0.0}
    assert entry["baseline"]["keys-only"] == {"equivalent": 0.0}
    assert scores["addresses"]["n"] == 1
    assert scores["addresses"]["stable"] == 1.0
    assert scores["addresses"]["baseline"]["keys-only"]["stable"] == 0.0
    assert "domains-only" not in scores["addresses"]["baseline"]
    assert notes.skipped == {
        ("url_norm_new/rows.jsonl", "neither a domain nor a pair of addresses"): 2,
        ("url_norm_new/broken.py.txt", "not readable as Python"): 1,
    }


# ---------------------------------------------------------------- systems


def test_a_run_warms_up_outside_the_clock_and_keeps_order(notes):
    asked = []
    answers = run("kabar", lambda n: asked.append(n) or n * 2, [(1,), (2,)], notes, where="x", failed=None)
    assert asked == [1, 1, 2]
    assert answers.outputs == [2, 4]
    assert run("kabar", asked.append, [(9,)], notes, where="x", failed=None, warm=False).outputs == [None]
    assert asked == [1, 1, 2, 9]
    assert run("kabar", asked.append, [], notes, where="x", failed=None).per_second() == 0.0


def test_a_missing_room_is_no_wrong_answer(notes):
    def missing():
        raise MissingProduct("kabar.nowhere")

    with pytest.raises(MissingProduct):
        run("kabar", missing, [()], notes, where="x", failed=None)


def test_products_and_libraries(notes):
    assert product("kabar.errors", "KabarError")
    with pytest.raises(MissingProduct, match=r"kabar\.errors\.Nobody"):
        product("kabar.errors", "Nobody")
    with pytest.raises(MissingProduct, match=r"kabar\.no_such_room"):
        product("kabar.no_such_room", "x")
    assert library("json", notes) is json
    assert library("no_such_library", notes) is None
    assert "no_such_library is not installed" in notes.remarks[0]


def test_kabar_stands_above_its_baselines():
    entry = beside({"kabar": {"f1": 1.0}, "other": {"f1": 0.5}}, 3)
    assert entry == {"f1": 1.0, "n": 3, "baseline": {"other": {"f1": 0.5}}}
    assert beside({"other": {"f1": 0.5}}, 3) == {"n": 3, "baseline": {"other": {"f1": 0.5}}}


# ---------------------------------------------------------------- registry and report


def test_every_capability_has_a_name_a_metric_and_sets():
    assert list(CAPABILITIES) == NAMES
    assert all(capability.metric and capability.patterns for capability in CAPABILITIES.values())


@pytest.mark.parametrize("name", ["topics", "feeds", "aliases"])
def test_what_comes_later_says_so(name, notes):
    assert CAPABILITIES[name].score([], notes) == {}
    assert name in notes.remarks[0]


@pytest.mark.parametrize(
    "name", [name for name in NAMES if name not in {"topics", "feeds", "aliases", "attributions"}]
)
def test_a_directory_without_sets_has_no_figures(name, notes):
    assert CAPABILITIES[name].score([], notes, systems={}) == {}


SCORES = {
    "set_a": {"f1": 0.123456, "false_per_million": 12345.678, "n": 1200, "baseline": {"lib": {"f1": 1.0}}}
}


def test_json_is_rounded_and_in_the_promised_shape():
    found = json.loads(report.as_json({"lines": SCORES, "topics": {}}))
    assert found["lines"]["set_a"] == {
        "f1": 0.1235,
        "false_per_million": 12345.678,
        "n": 1200,
        "baseline": {"lib": {"f1": 1.0}},
    }
    assert found["topics"] == {}


def test_the_table_fits_a_narrow_terminal_and_shows_gaps():
    out = io.StringIO()
    notes = Notes(quiet=True)
    notes.remark("set_a: sample of 5 [of] 9")
    report.print_capability(Console(file=out, width=80), CAPABILITIES["lines"], SCORES, notes)
    text = out.getvalue()
    assert "lines: recall of the listed link lines" in text
    assert "set_a (n = 1,200)" in text
    assert "sample of 5 [of] 9" in text
    assert "0.123" in text
    assert "12,346" in text
    assert "–" in text


def test_no_set_says_so():
    out = io.StringIO()
    report.print_capability(Console(file=out, width=80), CAPABILITIES["lines"], {}, Notes(quiet=True))
    assert "no set of a known layout in DIR" in out.getvalue()


# ---------------------------------------------------------------- command line


@pytest.fixture
def fakes(monkeypatch):
    """Three capabilities that work, miss their room and crash."""

    def works(sets, notes, *, systems=None):
        notes.remark("a remark")
        notes.skip("set_a/x.jsonl", "not JSON")
        return {data.name: beside({"kabar": {"f1": 0.5}, "lib": {"f1": 0.25}}, 7) for data in sets}

    def missing(sets, notes, *, systems=None):
        product("kabar.no_such_room", "x")

    def crashes(sets, notes, *, systems=None):
        raise ZeroDivisionError("on purpose")

    table = {
        name: Capability(name, ("set_*",), f"how {name} is measured", score)
        for name, score in (("works", works), ("missing", missing), ("crashes", crashes))
    }
    for module in (cli, registry):
        monkeypatch.setattr(module, "CAPABILITIES", table)


def test_json_alone_goes_to_standard_output(directory, fakes, capsys):
    directory.rows("set_a", []).rows("other", [])
    assert cli.main(["works", "--data", str(directory.path), "--json"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out) == {"works": {"set_a": {"f1": 0.5, "n": 7, "baseline": {"lib": {"f1": 0.25}}}}}
    assert "how works is measured" in err
    assert "a remark" in err
    assert "skipped: set_a/x.jsonl: not JSON: 1" in err


def test_tables_state_the_metric_and_the_set(directory, fakes, capsys):
    directory.rows("set_a", [])
    assert cli.main(["works", "works", "--data", str(directory.path)]) == 0
    out = capsys.readouterr().out
    assert out.count("how works is measured") == 1
    assert "set_a" in out
    assert "a remark" in out


@pytest.mark.parametrize(
    "broken, said", [("missing", "cannot import what it measures"), ("crashes", "ZeroDivisionError")]
)
def test_one_broken_capability_does_not_hide_the_others(directory, fakes, capsys, broken, said):
    directory.rows("set_a", [])
    assert cli.main([broken, "works", "--data", str(directory.path), "--json"]) == 1
    out, err = capsys.readouterr()
    assert list(json.loads(out)) == ["works"]
    assert said in err


def test_a_slow_capability_says_so(directory, fakes, monkeypatch):
    directory.rows("set_a", [])
    monkeypatch.setattr(cli, "MINUTES", -1)
    notes = Notes(quiet=True)
    cli.measure("works", directory.path, notes)
    assert any("more than" in remark for remark in notes.remarks)


def test_wrong_use(tmp_path, capsys):
    assert cli.main(["lines", "--data", str(tmp_path / "absent")]) == 2
    assert "is not a directory" in capsys.readouterr().err
    for arguments in (["nonsense", "--data", str(tmp_path)], ["lines"], ["--data", str(tmp_path)]):
        with pytest.raises(SystemExit) as stop:
            cli.main(arguments)
        assert stop.value.code == 2


def test_the_module_runs(directory, monkeypatch, capsys):
    monkeypatch.setattr(
        sys, "argv", ["bench.quality", "topics", "feeds", "--data", str(directory.path), "--json"]
    )
    with pytest.raises(SystemExit) as stop:
        __import__("runpy").run_module("bench.quality", run_name="__main__")
    assert stop.value.code == 0
    assert json.loads(capsys.readouterr().out) == {"topics": {}, "feeds": {}}


def test_systems_are_named_once():
    assert systems.KABAR == "kabar"
