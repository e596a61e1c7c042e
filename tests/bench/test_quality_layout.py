"""Finding sets and reading rows, however damaged."""

from __future__ import annotations

import gzip
import io

import pytest

from bench.quality.layout import field, find_sets, language_of, number, sample, text_of, title_of
from bench.quality.notes import Notes


def test_bad_rows_are_counted_and_the_good_ones_read(directory, notes):
    directory.rows("ner_x", ['{"a": 1}', "{broken", "[1, 2]", "", "null", '{"a": 2}', "[" * 100_000])
    (data,) = directory.sets()
    assert [row["a"] for _, row in data.rows(notes)] == [1, 2]
    assert notes.skipped == {("ner_x/rows.jsonl", "not JSON"): 2, ("ner_x/rows.jsonl", "not an object"): 2}


def test_invalid_utf8_does_not_stop_reading(directory, notes):
    directory.file("kw_x", "a.jsonl", b'{"text": "caf\xe9"}\n{"text": "ok"}\n')
    (data,) = directory.sets()
    assert [row["text"] for _, row in data.rows(notes)] == ["caf\ufffd", "ok"]


def test_lone_surrogates_become_question_marks_and_move_nothing(directory, notes):
    directory.rows("kw_x", ['{"text": "a\\ud800b \\ud83d\\ude00", "n": [1]}'])
    (data,) = directory.sets()
    assert [row for _, row in data.rows(notes)] == [{"text": "a?b 😀", "n": [1]}]


def test_every_jsonl_of_a_set_is_read_by_name(directory, notes):
    directory.rows("sent_x", [{"n": 2}], "b.jsonl").rows("sent_x", [{"n": 1}], "a.jsonl")
    directory.file("sent_x", "readme.txt", "no rows")
    (data,) = directory.sets()
    assert [row["n"] for _, row in data.rows(notes)] == [1, 2]


def test_a_folder_named_like_a_file_is_counted(directory, notes):
    (directory.path / "sent_x" / "a.jsonl").mkdir(parents=True)
    (data,) = directory.sets()
    assert list(data.rows(notes)) == []
    assert sum(notes.skipped.values()) == 1


def test_sets_are_found_by_pattern_and_files_are_no_sets(directory):
    directory.rows("ner_b", []).rows("ner_a", []).rows("html_a", [])
    (directory.path / "ner_file").write_text("")
    assert [data.name for data in directory.sets("ner_*")] == ["ner_a", "ner_b"]
    assert [data.name for data in directory.sets("ner_a", "*_a")] == ["html_a", "ner_a"]
    assert find_sets(directory.path, ()) == []


@pytest.mark.parametrize("stored", ["page.html", "page.html.gz"])
@pytest.mark.parametrize("asked", ["page.html", "page.html.gz", "html/page.html.gz", "page"])
def test_a_page_is_found_packed_or_not(directory, stored, asked):
    content = b"<p>satu</p>"
    directory.file("html_x", f"html/{stored}", gzip.compress(content) if stored.endswith("gz") else content)
    (data,) = directory.sets()
    assert data.page(asked) == content


def test_a_packed_page_under_a_plain_name_is_unpacked_and_a_damaged_one_kept(directory):
    directory.file("html_x", "html/a.html", gzip.compress(b"satu"))
    directory.file("html_x", "html/b.html", gzip.compress(b"satu" * 99)[:20])
    (data,) = directory.sets()
    assert data.page("a.html") == b"satu"
    assert data.page("b.html").startswith(b"\x1f\x8b")


@pytest.mark.parametrize(
    "name", ["", "x" * 300, "a\0b", "../secret", "/etc/hostname", "html/../../x", "absent.html"]
)
def test_no_page_outside_the_set(directory, name):
    directory.rows("html_x", [])
    (directory.path / "secret").write_text("x")
    (data,) = directory.sets()
    assert data.page(name) is None


def test_json_objects_beside_the_rows(directory, notes):
    directory.file("html_x", "a.json", '{"p": {"body": []}}').file("html_x", "b.json", "[1]")
    directory.file("html_x", "c.json", "{damaged")
    (data,) = directory.sets()
    assert [value for _, value in data.objects(notes)] == [{"p": {"body": []}}]
    assert notes.skipped == {("html_x/c.json", "not readable JSON"): 1}


def test_sample_is_seeded_ordered_and_never_too_large():
    items = list(range(100))
    once = sample(items, 10)
    assert once == sample(items, 10) == sorted(once)
    assert len(once) == 10
    assert sample(items, 200) == items
    assert sample(items, 10, seed=1) != once


def test_fields_by_preference():
    assert field({"a": " ", "b": 3, "c": "x"}, ("a", "b", "c")) == "x"
    assert text_of({"content_raw": "rusak", "content_demojibake": "baik"}) == "baik"
    assert text_of({"isi": "badan"}) == "badan"
    assert title_of({"judul": "kepala"}) == "kepala"
    assert text_of({"text": None}) == ""


@pytest.mark.parametrize(
    "row, name, expected",
    [
        ({"lang": "eng"}, "", "en"),
        ({"lang": "jv"}, "", "jv"),
        ({"lang": None}, "id_news_x", "id"),
        ({}, "sent_smsa_id", "id"),
        ({}, "ner_idner_news_2k", "id"),
        ({}, "ner_wikigold_en", "en"),
        ({}, "en_news_bbc", "en"),
        ({}, "sent_persent", ""),
        ({}, "kw_identity", ""),
    ],
)
def test_language(row, name, expected):
    assert language_of(row, name) == expected


@pytest.mark.parametrize("value, expected", [("1.5", 1.5), (2, 2.0), ("x", None), (None, None), ([], None)])
def test_number(value, expected):
    assert number(value) == expected


def test_notes_say_what_was_skipped_once_per_reason():
    out = io.StringIO()
    said = Notes(out)
    said.skip("a", "why", 0)
    said.skip("a", "why", 2)
    said.skip("a", "why")
    said.remark("once")
    said.remark("once")
    said.progress("on it")
    said.report_skipped()
    assert out.getvalue() == "  on it\n  skipped: a: why: 3\n"
    assert said.remarks == ["once"]
