"""Statistics, machine facts, inputs, bare loops and the clocks of the speed benchmarks. Every text is invented."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from bench.speed import bare, inputs, machine, store
from bench.speed.bare import Bare, Loop
from bench.speed.inputs import MIN_PAGE_BYTES, Corpus, body_bytes, load_pages, load_texts
from bench.speed.stages import STAGES, Clock, measure
from bench.speed.statistic import median, percentile
from bench.speed.store import Acceptor, portions
from kabar.errors import Poison

PARAGRAPH = (
    "Wali Kota Misal membuka jembatan baru di Sungai Contoh pada Senin pagi. Jembatan itu menghubungkan dua "
    "kecamatan yang selama ini terpisah setiap musim hujan, kata kepala dinas. "
)


def page(number: int, size: int = 6) -> str:
    body = "".join(f"<p>{PARAGRAPH} Bagian {number} nomor {n}.</p>" for n in range(size))
    filler = "<!-- " + "x" * MIN_PAGE_BYTES + " -->"
    return f"<html><head><title>Jembatan {number}</title>{filler}</head><body><article>{body}</article></body></html>"


def row(number: int, **more) -> dict:
    return {
        "id": f"r{number}", "lang": "id", "source": "Kabar Contoh", "url": f"https://contoh.test/{number}",
        "title": f"Jembatan {number}", "published_raw": "12 Mei 2025", "category": "kota",
        "text": f"{PARAGRAPH} Nomor {number}.", **more,
    }  # fmt: skip


# ---------------------------------------------------------------- statistics


@pytest.mark.parametrize(
    "values, share, expected",
    [
        ([5], 0.5, 5),
        ([1, 2], 0.5, 1),
        ([3, 1, 2], 0.5, 2),
        ([4, 3, 2, 1], 0.5, 2),
        (list(range(1, 101)), 0.99, 99),
        (list(range(1, 61)), 0.99, 60),
        (list(range(1, 11)), 1.0, 10),
        (list(range(1, 1001)), 0.001, 1),
    ],
)
def test_percentiles_are_values_that_were_measured(values, share, expected):
    assert percentile(values, share) == expected


@pytest.mark.parametrize("values, expected", [([3, 1, 2], 2), ([1, 2, 3, 10], 2.5)])
def test_medians(values, expected):
    assert median(values) == expected


# ---------------------------------------------------------------- machine


def test_facts_name_what_the_figures_depend_on():
    facts = machine.facts()
    assert facts["cores"] >= 1
    assert {"processor", "python", "sqlite", "trafilatura", "load_average_at_start"} <= facts.keys()
    assert all(value != "" for value in facts.values())


def test_a_package_that_is_not_there_is_said_so():
    assert machine._version("no-such-package-anywhere") == "not installed"


BURN = "import sys, time\nwhile time.process_time() < 0.3: pass\nprint('done', flush=True)\nsys.stdin.read()"


def test_the_time_of_a_living_child_counts_and_still_counts_when_it_has_ended():
    before = machine.cpu_seconds()
    with subprocess.Popen(
        [sys.executable, "-c", BURN], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout.readline() == "done\n"
        alone = machine.process_cpu_seconds(child.pid)
        alive = machine.cpu_seconds([child.pid])
        assert alone >= 0.28
        assert alive - before >= alone
        child.stdin.close()
        child.wait()
        assert machine.process_cpu_seconds(child.pid) == 0.0
        ended = machine.cpu_seconds([child.pid])
    assert ended >= alive - 0.02  # clock ticks round down
    assert machine.cpu_seconds() - before >= 0.28


def test_the_machine_is_as_busy_as_its_programs():
    busy, own = machine.busy_seconds(), time.process_time()
    while time.process_time() - own < 0.2:
        pass
    assert machine.busy_seconds() - busy >= 0.15


# ---------------------------------------------------------------- inputs


def test_texts_come_from_the_replay_and_only_from_there(directory, notes):
    directory.rows("loadtest_replay", [row(n) for n in range(10)], "replay.jsonl")
    directory.rows("id_news_x", [row(99)])
    corpus = load_texts(directory.path, 4, notes)
    assert corpus.kind == "text"
    assert len(corpus.sample) == 4
    assert len(corpus.others) == 6
    assert {r["title"] for r in corpus.sample + corpus.others} == {f"Jembatan {n}" for n in range(10)}
    assert corpus.origin.startswith("4 of 10 from loadtest_replay, seed ")
    assert corpus.mean_bytes == sum(body_bytes(r) for r in corpus.sample) / 4


def test_the_sample_is_the_same_every_time_and_in_the_order_of_the_file(directory, notes):
    directory.rows("loadtest_replay", [row(n) for n in range(50)], "replay.jsonl")
    first, second = (load_texts(directory.path, 20, notes) for _ in range(2))
    assert first == second
    numbers = [int(str(r["title"]).split()[1]) for r in first.sample]
    assert numbers == sorted(numbers)
    assert numbers != list(range(20))


@pytest.mark.parametrize(
    "fields", [{"judul": "Jembatan 1", "isi": PARAGRAPH}, {"headline": "Jembatan 1", "body": PARAGRAPH}]
)
def test_without_a_replay_the_news_sets_are_taken_under_their_own_names(directory, notes, fields):
    directory.rows("id_news_x", [fields]).rows("ner_x", [row(5)])
    corpus = load_texts(directory.path, 10, notes)
    assert [(r["title"], r["text"]) for r in corpus.sample] == [("Jembatan 1", PARAGRAPH)]
    assert corpus.others == corpus.sample  # nothing else is left to probe with


def test_rows_that_are_no_articles_or_are_refused_are_left_out_and_counted(directory, notes):
    rows = [row(1), {"title": "no text"}, "not json", row(2, url="ftp://contoh.test/x"), row(3, text="  ")]
    directory.rows("loadtest_replay", rows)
    corpus = load_texts(directory.path, 10, notes)
    assert [r["title"] for r in corpus.sample] == ["Jembatan 1"]
    assert notes.skipped["loadtest_replay/rows.jsonl", "refused at acceptance"] == 1


def test_a_text_row_cannot_smuggle_in_a_page_or_a_kill(directory, notes):
    directory.rows("loadtest_replay", [row(1, html="<p>x</p>", status="killed", observed_at=5)])
    (record,) = load_texts(directory.path, 1, notes).sample
    assert not {"html", "data", "kind", "observed_at"} & record.keys()


def test_pages_come_from_folders_and_from_rows_as_bytes_with_an_address_each(directory, notes):
    directory.file("html_a", "html/one.html", page(1)).file("html_a", "gold.jsonl", "{}\n")
    directory.rows(
        "html_b", [{"html": page(2)}, {"html": page(3)}, {"html": 5}, {"file": "x"}], "pages.jsonl"
    )
    directory.rows("html_b", [{"html": page(4)}], "more.jsonl")
    directory.rows("html_c", [{"html": "<p>tiny</p>"}])
    corpus = load_pages(directory.path, 10, notes)
    assert corpus.kind == "html"
    assert len(corpus.sample) == 4
    assert all(isinstance(r["data"], bytes) and len(r["data"]) >= MIN_PAGE_BYTES for r in corpus.sample)
    assert len({r["url"] for r in corpus.sample}) == 4
    assert corpus.origin.startswith("4 of 4 from html_a, html_b, html_c")
    assert sum(notes.skipped.values()) == 1


def test_a_directory_without_sets_gives_nothing(directory, notes):
    directory.rows("ner_x", [row(1)])
    assert load_texts(directory.path, 1, notes) is None
    assert load_pages(directory.path, 1, notes) is None


# ---------------------------------------------------------------- stores


def test_settings_are_the_defaults_whatever_the_shell_says(tmp_path, monkeypatch):
    (tmp_path / "kabar.toml").write_text("batch_max = 7\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KABAR_BATCH_MAX", "9")
    loaded = store.settings(tmp_path, workers=1)
    assert loaded.batch_max == 200
    assert loaded.worker_count == 1
    assert loaded.directory == tmp_path


def test_a_temporary_directory_is_gone_even_after_a_failure():
    def fail(path):
        (path / "file").write_text("x")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), store.directory() as path:
        fail(path)
    assert not path.exists()


def test_acceptance_is_all_or_nothing_and_counts(tmp_path):
    acceptor = Acceptor(store.settings(tmp_path), name="x")
    ids = acceptor.accept([row(1), row(2)])
    assert len(set(ids)) == 2
    assert acceptor.depth() == 3  # and the tick that fell due
    with pytest.raises(Poison):
        acceptor.accept([row(3), row(4, url="ftp://x")])
    assert acceptor.depth() == 3
    acceptor.close()


def test_portions():
    assert [list(part) for part in portions([1, 2, 3, 4, 5], 2)] == [[1, 2], [3, 4], [5]]
    assert list(portions([], 2)) == []


# ---------------------------------------------------------------- bare loops


def test_a_bare_loop_that_is_over_too_soon_is_run_again():
    calls = []

    def once(records):
        calls.append(len(records))
        return Bare(len(records), bare.MIN_SECONDS * 0.4, 0.1)

    done = Loop("x", once).run([{}, {}])
    assert calls == [2, 2, 2]
    assert done.articles == 6
    assert done.seconds == pytest.approx(bare.MIN_SECONDS * 1.2)
    assert done.cpu_seconds == pytest.approx(0.3)


def test_bare_insertion_inserts_and_bare_extraction_extracts(monkeypatch):
    inserted = bare.insert([row(n) for n in range(3)])
    assert inserted.articles == 3
    assert inserted.seconds > 0
    seen = []
    monkeypatch.setattr(bare.trafilatura, "extract", lambda data, **options: seen.append((data, options)))
    extracted = bare.extract([{"data": b"<p>1</p>"}, {"data": b"<p>2</p>"}])
    assert extracted.articles == 2
    assert seen == [(b"<p>1</p>", {"fast": True}), (b"<p>2</p>", {"fast": True})]


def test_there_is_a_bare_loop_for_every_kind():
    assert set(bare.LOOPS) == set(inputs.Kind.__args__)


# ---------------------------------------------------------------- stages


def test_a_clock_counts_a_stage_even_when_it_fails():
    def fail():
        until = time.process_time() + 0.01
        while time.process_time() < until:
            pass
        raise ZeroDivisionError

    clock = Clock()
    with pytest.raises(ZeroDivisionError), clock.running("clean", 2):
        fail()
    assert clock.seconds["clean"] >= 0.01
    assert clock.messages["clean"] == 2
    assert clock.seconds["enrich"] == 0.0


def test_every_stage_is_timed_and_what_drops_out_reaches_no_later_one():
    pages = [{"url": f"https://a.test/{n}", "data": page(n).encode()} for n in range(2)]
    empty = {"url": "https://a.test/none", "data": b"<html><body></body></html>"}
    times = measure([*pages, empty], warm_up=pages[:1])
    assert tuple(times.cpu_ms) == STAGES
    assert all(spent > 0 for spent in times.cpu_ms.values())
    assert times.total == pytest.approx(sum(times.cpu_ms.values()))
    assert times.messages == {"accept": 3, "clean": 3, "dedupe": 2, "enrich": 2, "index": 2}


def test_mean_bytes_of_pages_and_texts():
    assert Corpus("html", [{"data": b"1234"}, {"data": b"12"}], [], "").mean_bytes == 3
    assert Corpus("text", [{"text": "é"}], [], "").mean_bytes == 2
