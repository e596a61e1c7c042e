"""Extraction and metadata over every known layout of pages."""

from __future__ import annotations

import json

import pytest

from bench.quality import extraction, metadata
from bench.quality.metadata import Answer, days_of, written_day
from bench.quality.pages import load_pages, names, text_of_html

TEXT = "Warga Kota Contoh menanam seribu pohon di tepi sungai pada Minggu pagi."
PAGE = f"<html><body><article><p>{TEXT}</p></article></body></html>"
OTHER = "Harga cabai di pasar naik dua kali lipat sejak awal pekan ini."


def zyte(directory):
    gold = {
        "aa": {"articleBody": TEXT, "url": "https://contoh.test/1"},
        "bb": {"articleBody": OTHER},
        "cc": 3,
    }
    directory.file("html_zyte_new", "gold-of-2031.json", json.dumps(gold))
    directory.file("html_zyte_new", "html/aa.html", PAGE).file("html_zyte_new", "html/bb.html", PAGE)


def publisher(directory, name="html_parser", **gold):
    body = {"summary": ["Ringkas."], "sections": [{"headline": ["Judul kecil"], "paragraphs": [TEXT]}]}
    row = {"file": "html/p.html.gz", "url": "https://contoh.test/p", "gold": {"body": body, **gold}}
    directory.rows(name, [row, {"file": "html/absent.html", "gold": {"title": "x"}}, {"file": "html/p.html"}])
    directory.file(name, "html/p.html", PAGE)


def test_object_of_bodies_is_read_and_odd_entries_are_counted(directory, notes):
    zyte(directory)
    pages = load_pages(directory.sets()[0], notes)
    assert [(page.id, page.kind, page.url) for page in pages] == [
        ("aa", "aeb", "https://contoh.test/1"),
        ("bb", "aeb", ""),
    ]
    assert sum(notes.skipped.values()) == 1


def test_object_of_paragraphs(directory, notes):
    directory.file("html_e", "g.json", json.dumps({"x.html.gz": {"body": [TEXT, OTHER, None]}}))
    directory.file("html_e", "html/x.html", PAGE)
    (page,) = load_pages(directory.sets()[0], notes)
    assert page.text == f"{TEXT}\n{OTHER}"
    assert page.kind == "text"


def test_publisher_gold_has_headlines_and_an_optional_standfirst(directory, notes):
    publisher(directory, title="Judul", authors=["Ani", "Budi"], publishing_date="2031-02-03 10:00:00+07:00")
    (page,) = load_pages(directory.sets()[0], notes)
    assert page.text == f"Judul kecil\n{TEXT}"
    assert page.optional == "Ringkas."
    assert page.authors == ["Ani", "Budi"]
    assert sum(notes.skipped.values()) == 2


def test_gold_of_an_indonesian_scraper_leaves_index_pages_out(directory, notes):
    rows = [
        {"file": "html/p.html", "expected": {"content": TEXT, "title": "Judul", "date": 1_446_699_120_000}},
        {"file": "html/p.html", "expected": {"first_links": ["https://contoh.test"]}},
    ]
    directory.rows("html_id_x", rows).file("html_id_x", "html/p.html", PAGE)
    (page,) = load_pages(directory.sets()[0], notes)
    assert page.published == 1_446_699_120_000
    assert notes.skipped == {("html_id_x/rows.jsonl", "no gold of a known shape"): 1}


def test_inline_pages_of_three_libraries(directory, notes):
    rows = [
        {"id": "n", "html": PAGE, "gold_text": TEXT, "gold_meta": {"title": "N", "publish_date": None}},
        {
            "id": "m",
            "html": PAGE,
            "expected_html": f"<div><p>{TEXT}</p></div>",
            "expected_metadata": {"title": "M"},
        },
        {"id": "g", "html": PAGE, "expected": {"url": "u", "expected": {"cleaned_text": "Warga Kota"}}},
        {"id": "e", "html": PAGE, "gold_text": None, "gold_meta": None},
        {"id": "s", "html": PAGE, "expected": {"schema": {}}},
    ]
    directory.rows("html_mixed", rows)
    pages = {page.id: page for page in load_pages(directory.sets()[0], notes)}
    assert list(pages) == ["n", "m", "g"]
    assert pages["m"].kind == "regression"
    assert pages["m"].text.strip() == TEXT
    assert pages["g"].kind == "prefix"
    assert isinstance(pages["n"].html, bytes)


def test_text_of_html_separates_blocks_and_drops_scripts():
    assert text_of_html("<div><p>a</p><p>b<b>c</b></p><script>x()</script></div>").split() == ["a", "bc"]
    assert text_of_html("") == ""
    assert text_of_html("<!-- only a comment -->") == ""


@pytest.mark.parametrize(
    "value, expected",
    [
        ("Ani Contoh, Budi Misal und Cici", ["Ani Contoh", "Budi Misal", "Cici"]),
        (["Ani and Budi", None, ""], ["Ani", "Budi"]),
        ("Sandy Anderson", ["Sandy Anderson"]),
        ("Nia\\xa0Contoh", ["Nia Contoh"]),
        (None, []),
    ],
)
def test_names(value, expected):
    assert names(value) == expected


def test_the_benchmark_layout_uses_the_benchmarks_aggregate(directory, notes):
    zyte(directory)
    systems = {
        "kabar": lambda page, url: TEXT if url else "",
        "lazy": lambda page, url: "",
    }
    entry = extraction.score(directory.sets("html_*"), notes, systems=systems)["html_zyte_new"]
    assert entry["precision"] == 1.0  # the empty answer is not in the mean
    assert entry["recall"] == 0.5
    assert entry["n"] == 2
    assert entry["baseline"]["lazy"]["f1"] == 0.0
    assert entry["pages_per_second"] > 0


def test_other_layouts_use_the_mean_of_the_pages(directory, notes):
    rows = [{"id": i, "html": PAGE, "gold_text": TEXT} for i in range(2)]
    directory.rows("html_n", rows)
    answers = iter([TEXT, TEXT, ""])  # the first input is asked twice
    entry = extraction.score(directory.sets(), notes, systems={"kabar": lambda page, url: next(answers)})[
        "html_n"
    ]
    assert (entry["f1"], entry["precision"], entry["recall"]) == (0.5, 0.5, 0.5)


def test_a_standfirst_is_neither_wanted_nor_wrong(directory, notes):
    publisher(directory)
    whole = f"Ringkas. Judul kecil {TEXT}"
    without = f"Judul kecil {TEXT}"
    invented = f"{without} Ini sama sekali tidak ada di sana."
    scores = [
        extraction.score(directory.sets(), notes, systems={"kabar": lambda page, url, t=t: t})["html_parser"]
        for t in (without, whole, invented)
    ]
    assert scores[0]["f1"] == 1.0
    assert scores[1]["recall"] == 1.0
    assert scores[1]["precision"] > scores[2]["precision"]
    assert scores[2]["precision"] < 1.0


def test_a_prefix_scores_recall_alone(directory, notes):
    directory.rows(
        "html_g", [{"html": PAGE, "expected": {"expected": {"cleaned_text": "Warga Kota Contoh menanam"}}}]
    )
    entry = extraction.score(directory.sets(), notes, systems={"kabar": lambda page, url: TEXT})["html_g"]
    assert entry["recall"] == 1.0
    assert "precision" not in entry
    assert "f1" not in entry


def test_a_crash_of_a_system_is_a_miss_and_counted(directory, notes):
    directory.rows("html_n", [{"html": PAGE, "gold_text": TEXT}])

    def broken(page, url):
        raise RecursionError

    entry = extraction.score(directory.sets(), notes, systems={"kabar": broken})["html_n"]
    assert entry["f1"] == 0.0
    assert notes.skipped == {("html_n", "kabar raised RecursionError, scored as no answer"): 1}


def test_sets_without_text_gold_are_left_out_of_extraction(directory, notes):
    directory.rows("html_post", [{"file": "p.html", "gold": {"title": "Judul", "author": "Ani"}}])
    directory.file("html_post", "html/p.html", PAGE)
    assert extraction.score(directory.sets(), notes, systems={"kabar": lambda page, url: ""}) == {}
    said = metadata.score(
        directory.sets(), notes, systems={"kabar": lambda page, url: Answer("judul!", ["ani"])}
    )
    assert said["html_post"]["title"] == said["html_post"]["authors"] == 1.0


def test_metadata_is_scored_over_the_pages_that_have_gold(directory, notes):
    rows = [
        {
            "file": "p.html",
            "gold": {"title": "Judul Satu", "authors": ["Ani"], "publishing_date": "2031-02-03"},
        },
        {"file": "p.html", "gold": {"title": "Judul Dua", "authors": [], "publishing_date": None}},
    ]
    directory.rows("html_m", rows).file("html_m", "html/p.html", PAGE)
    answer = Answer("Judul Satu", ["Ani", "Redaksi"], frozenset({"2031-02-03"}))
    entry = metadata.score(directory.sets(), notes, systems={"kabar": lambda page, url: answer})["html_m"]
    assert entry["title"] == 0.5
    assert entry["authors"] == 0.0  # one name too many
    assert entry["published"] == 1.0
    assert (entry["n"], entry["n_title"], entry["n_authors"], entry["n_published"]) == (2, 2, 1, 1)


def test_a_field_nobody_has_gold_for_is_left_out(directory, notes):
    directory.rows("html_m", [{"file": "p.html", "gold": {"title": "Judul"}}]).file("html_m", "p.html", PAGE)
    entry = metadata.score(directory.sets(), notes, systems={"kabar": lambda page, url: Answer()})["html_m"]
    assert entry["title"] == 0.0
    assert "authors" not in entry
    assert "published" not in entry


@pytest.mark.parametrize(
    "moment, days",
    [
        ("2031-02-03 01:00:00+07:00", {"2031-02-03", "2031-02-02"}),
        ("2031-02-03T20:00:00Z", {"2031-02-03"}),
        ("2031-02-03", {"2031-02-03"}),
        ("2031-02-03 and so on", {"2031-02-03"}),
        (1_446_678_000_000, {"2015-11-04", "2015-11-05"}),  # 23:00 UTC is the next morning in Jakarta
        ("", set()),
        ("kemarin", set()),
        (10**30, set()),
    ],
)
def test_days_of(moment, days):
    assert days_of(moment) == days


def test_written_day():
    assert written_day("2031-02-03T00:00") == {"2031-02-03"}
    assert written_day("2031-02-031") == set()
    assert written_day(None) == set()
