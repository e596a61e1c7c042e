"""Commands that read a store, their JSON, their errors and exit codes."""

import json
import re
from pathlib import Path

import pytest

from kabar.cli.exits import MEANING, Exit

WIRE = Path(__file__).parents[2] / "samples" / "wire"


def newest(kabar, filled, *query):
    return kabar("search", *query, "--data-dir", filled, "--json").json["articles"]


def test_help_lists_every_command_and_exit_code(kabar):
    done = kabar("--help")
    assert done.code == 0
    for command in [
        "ingest",
        "search",
        "show",
        "explain",
        "stories",
        "run",
        "audit",
        "prune",
        "dead",
        "config",
        "schema",
    ]:
        assert command in done.out
    flat = re.sub(r"\s+", " ", done.out)
    for code in Exit:
        assert f"{code.value} {MEANING[code][:30]}"[:20] in flat


@pytest.mark.parametrize(
    "arguments", [["--help"], ["dead", "--help"], ["ingest", "--help"], ["search", "--help"]]
)
def test_every_help_page_explains_itself(kabar, arguments):
    assert kabar(*arguments).code == 0


def test_version(kabar):
    assert re.fullmatch(r"kabar \d+\.\d+\.\d+\n", kabar("--version").out)


def test_search_finds_words_fields_and_phrases(kabar, filled):
    page = kabar("search", "banjir or rob", "--data-dir", filled, "--json").json
    assert page["total"] >= 1
    for article in page["articles"]:
        assert re.search(
            r"\b(banjir|rob)\b", (article["article"]["title"] + article["article"]["text"]).lower()
        )
    assert all(a["article"]["language"] == "en" for a in newest(kabar, filled, "language:en"))


def test_search_pages_and_facets(kabar, filled):
    first = kabar("search", "--size", 5, "--facet", "source", "--data-dir", filled, "--json").json
    assert len(first["articles"]) == 5
    assert first["next"]
    assert sum(count for _, count in first["facets"]["source"]) <= first["total"]
    second = kabar("search", "--size", 5, "--cursor", first["next"], "--data-dir", filled, "--json").json
    ids = [a["article"]["id"] for a in first["articles"] + second["articles"]]
    assert len(set(ids)) == 10


def test_search_for_people(kabar, filled):
    done = kabar("search", "language:id", "--size", 3, "--data-dir", filled)
    assert done.code == 0
    assert "3 of" in done.out


@pytest.mark.parametrize(
    "query, says",
    [('"open', "quot"), ("colour:red", "colour"), ("a or b and c", "parenthes"), ("published:soon", "soon")],
)
def test_a_query_that_cannot_be_read_says_why(kabar, filled, query, says):
    done = kabar("search", query, "--data-dir", filled)
    assert done.code == Exit.USAGE
    assert says in done.err.lower()


@pytest.mark.parametrize(
    "arguments", [["--sort", "loudest"], ["--facet", "colour"], ["--cursor", "nonsense"]]
)
def test_wrong_options_are_usage_errors(kabar, filled, arguments):
    done = kabar("search", *arguments, "--data-dir", filled)
    assert done.code == Exit.USAGE
    assert done.err.startswith("kabar: ")


def test_show_by_id_and_by_its_beginning(kabar, filled):
    article = newest(kabar, filled)[0]
    whole = kabar("show", article["article"]["id"], "--data-dir", filled, "--json").json
    assert whole["article"] == article["article"]
    short = kabar("show", article["article"]["id"][:10], "--data-dir", filled)
    assert article["article"]["title"][:20] in short.out.replace("\n", " ")


@pytest.mark.parametrize("article_id", ["0" * 32, "abc", "zzzzzzzz"])
def test_show_of_what_is_not_there(kabar, filled, article_id):
    done = kabar("show", article_id, "--data-dir", filled)
    assert done.code == Exit.USAGE
    assert "->" in done.err


def test_explain_names_rules_and_reasons(kabar, filled):
    with_related = next(a for a in newest(kabar, filled, "--size", "200") if a["related"])
    (explained,) = kabar("explain", with_related["article"]["id"], "--data-dir", filled, "--json").json
    related = [d for d in explained["decisions"] if d["what"] == "related"]
    assert len(related) == len(with_related["related"])
    assert all(decision["rule"] and decision["why"] for decision in related)
    shown = kabar("explain", with_related["article"]["id"], "--data-dir", filled)
    assert related[0]["rule"] in shown.out


def test_explain_a_file_that_was_never_ingested(kabar, tmp_path):
    file = tmp_path / "baru.txt"
    file.write_text(
        "PANTURAPOST - Nelayan di Desa Kali Asin kembali melaut setelah ombak mereda sejak Rabu pagi.\n"
        "Baca Juga: Harga Ikan Naik Menjelang Akhir Pekan\n"
        "Kepala desa mengatakan tangkapan pekan ini lebih banyak daripada pekan lalu.\n"
    )
    (explained,) = kabar("explain", file, "--json").json
    assert {decision["what"] for decision in explained["decisions"]} >= {"dateline", "related"}
    assert not Path("var").exists()


def test_explain_a_file_of_many_records_tells_what_would_become_of_each(kabar):
    explained = kabar("explain", WIRE / "04-hostile.jsonl", "--json").json
    outcomes = [one["outcome"] for one in explained]
    assert any("dead letter" in outcome for outcome in outcomes)
    assert any("dropped" in outcome for outcome in outcomes)


def test_stories_by_size(kabar, filled):
    stories = kabar("stories", "--data-dir", filled, "--json").json["stories"]
    sizes = [story.get("size", 1) for story in stories]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] >= 3
    assert stories[0]["title"]


def test_dead_letters_are_listed_and_shown_with_their_bytes(kabar, filled):
    letters = kabar("dead", "list", "--data-dir", filled, "--json").json
    assert letters
    assert {letter["stage"] for letter in letters} == {"accept"}
    for letter in letters:
        shown = kabar("dead", "show", letter["id"][:12], "--data-dir", filled, "--json").json
        assert shown["original"]
        assert shown["error"]
    assert letters[0]["id"][:12] in kabar("dead", "list", "--data-dir", filled).out
    assert "original" in kabar("dead", "show", letters[0]["id"], "--data-dir", filled).out


def test_replaying_what_is_still_wrong_says_so_and_changes_nothing(kabar, filled):
    before = kabar("dead", "list", "--data-dir", filled, "--json").json
    done = kabar("dead", "replay", "--all", "--dry-run", "--data-dir", filled, "--json").json
    assert done["queued"] == []
    assert len(done["refused"]) == len(before)
    assert kabar("dead", "list", "--data-dir", filled, "--json").json == before


@pytest.mark.parametrize("arguments", [["replay"], ["replay", "x", "--all"], ["show", "nothing"]])
def test_dead_letter_commands_want_to_know_which(kabar, filled, arguments):
    assert kabar("dead", *arguments, "--data-dir", filled).code == Exit.USAGE


def test_the_audit_balances(kabar, filled):
    done = kabar("audit", "--data-dir", filled, "--json")
    assert (done.code, done.json["gap"]) == (0, 0)
    assert done.json["accepted"] == sum(done.json["outcomes"].values())
    assert "unaccounted" in kabar("audit", "--data-dir", filled).out


def test_config_show_tells_every_value_and_its_origin(kabar, monkeypatch):
    monkeypatch.setenv("KABAR_PORT", "1234")
    rows = kabar("config", "show", "--json").json
    assert rows["port"] == {
        "value": 1234, "origin": "environment", "detail": "KABAR_PORT", "why": rows["port"]["why"],
    }  # fmt: skip
    assert "KABAR_PORT" in kabar("config", "show").out


def test_an_unknown_setting_is_refused(kabar, monkeypatch):
    monkeypatch.setenv("KABAR_PROT", "1")
    done = kabar("config", "show")
    assert (done.code, "prot" in done.err) == (Exit.USAGE, True)


def test_reading_without_a_store(kabar, tmp_path):
    done = kabar("search", "x", "--data-dir", tmp_path / "none")
    assert done.code == Exit.ENVIRONMENT
    assert "there is no store" in done.err
    assert "kabar ingest" in done.err


def test_prune_needs_a_limit_and_the_lease(kabar, filled):
    assert kabar("prune", "--data-dir", filled).code == Exit.USAGE
    from kabar.runtime.embedded.lease import Lease

    with Lease(filled):
        done = kabar("prune", "--days", 36_000, "--data-dir", filled)
    assert done.code == Exit.ENVIRONMENT
    assert "being written by process" in done.err
    assert kabar("prune", "--days", 36_000, "--data-dir", filled, "--json").json["articles"] == 0


def test_schema_export_and_check(kabar, tmp_path):
    assert kabar("schema", "check", tmp_path).code == Exit.INPUT
    assert kabar("schema", "export", tmp_path).code == 0
    assert kabar("schema", "check", tmp_path).code == 0
    file = tmp_path / "story.schema.json"
    schema = json.loads(file.read_text())
    schema["properties"]["old_field"] = {"type": "string"}
    file.write_text(json.dumps(schema))
    done = kabar("schema", "check", tmp_path)
    assert done.code == 1
    assert "old_field: vanished" in done.err
    del schema["properties"]["old_field"], schema["properties"]["velocity"]
    file.write_text(json.dumps(schema))
    done = kabar("schema", "check", tmp_path)
    assert (done.code, "stale" in done.err) == (1, True)


def test_unknown_commands_and_options_are_usage_errors(kabar):
    assert kabar("fly").code == Exit.USAGE
    assert kabar("search", "--height", "3").code == Exit.USAGE
