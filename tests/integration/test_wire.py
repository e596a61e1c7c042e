"""The sample wire against what an editor would want (samples/expected.json)."""

import json
import sqlite3
from pathlib import Path

import pytest
from product import Kabar

from kabar.index.sqlite.reader import SqliteReader

SAMPLES = Path(__file__).parents[2] / "samples"
EXPECTED = json.loads((SAMPLES / "expected.json").read_text("utf-8"))
WIRE_RECORDS = [
    (file, number, wish) for file, records in EXPECTED["records"].items() for number, wish in records.items()
]

STORY_OF = {article: story for story, articles in EXPECTED["stories"].items() for article in articles}


@pytest.fixture(scope="module")
def taken_in(tmp_path_factory):
    """The wire through the real pipeline: summary, and observations by origin."""
    kabar = Kabar(tmp_path_factory.mktemp("wire"))
    summary = kabar.json("ingest", SAMPLES / "wire", "--event-time", "--data-dir", "d")
    connection = sqlite3.connect(kabar.cwd / "d" / "kabar.db")
    rows = connection.execute("SELECT origin, outcome, reason, article_id, id FROM observations")
    return summary, {row[0]: row[1:] for row in rows}, SqliteReader(connection)


def seen(taken_in, file, number):
    return taken_in[1][f"file:{Path(file).name}#{number}"]


def test_the_totals(taken_in):
    summary = taken_in[0]
    assert {name: summary[name] for name in EXPECTED["totals"]} == EXPECTED["totals"]
    assert summary["accepted"] >= 150


def test_every_record_has_the_outcome_that_was_meant(taken_in):
    wrong = {}
    for file, number, wish in WIRE_RECORDS:
        outcome, reason, _, _ = seen(taken_in, file, number)
        if outcome != wish["outcome"] or (wish.get("reason") and reason != wish["reason"]):
            wrong[f"{file}#{number}"] = (outcome, reason, wish)
    assert wrong == {}


def test_versions_and_kinds_of_change(taken_in):
    wrong = {}
    for file, number, wish in WIRE_RECORDS:
        outcome, _, article_id, observation = seen(taken_in, file, number)
        if outcome != "indexed" or "version" not in wish:
            continue
        row = taken_in[2].version(article_id, observation)
        if row.version != wish["version"] or (wish.get("change") and row.change.kind != wish["change"]):
            wrong[f"{file}#{number}"] = (row.version, row.change.kind, wish)
    assert wrong == {}


def test_copies_name_what_they_copy(taken_in):
    """Every copy that was made is found, and nothing else is called one."""
    article_of = {
        wish["article"]: seen(taken_in, file, number)[2]
        for file, number, wish in WIRE_RECORDS
        if wish.get("article")
    }
    wished, found = {}, {}
    for file, number, wish in WIRE_RECORDS:
        outcome, _, article_id, _ = seen(taken_in, file, number)
        document = taken_in[2].get(article_id) if outcome == "indexed" else None
        if document is None or document.article.status == "killed":
            continue  # of a killed article nothing is kept but a stub
        if wish.get("copy_of"):
            wished[article_id] = article_of[wish["copy_of"]]
        if document.duplicate is not None:
            found[article_id] = document.duplicate.of
    assert found == wished


def test_stories_hold_what_belongs_together_and_nothing_else(taken_in):
    """Pairs of articles of one story: a wrong one is worse than a missing one. A copy belongs where its original does."""
    wish_of, story_of = {}, {}
    for file, number, wish in WIRE_RECORDS:
        outcome, _, article_id, _ = seen(taken_in, file, number)
        if outcome == "indexed" and wish.get("article"):
            document = taken_in[2].get(article_id)
            if document.story.id:
                original = wish.get("copy_of", wish["article"])
                wish_of[article_id] = (
                    wish.get("story") or wish_of.get(article_id) or STORY_OF.get(original, original)
                )
                story_of[article_id] = taken_in[2].story(document.story.id).id
    ids = sorted(story_of)
    pairs = [(a, b) for i, a in enumerate(ids) for b in ids[i + 1 :]]
    together = {pair for pair in pairs if story_of[pair[0]] == story_of[pair[1]]}
    wished = {pair for pair in pairs if wish_of[pair[0]] == wish_of[pair[1]]}
    assert len(together & wished) / len(together) >= 0.9
    assert len(together & wished) / len(wished) >= 0.5


def test_a_second_time_indexes_nothing(taken_in, tmp_path):
    kabar = Kabar(tmp_path)
    kabar.json("ingest", SAMPLES / "wire", "--event-time", "--data-dir", "d")
    again = kabar.json("ingest", SAMPLES / "wire", "--event-time", "--data-dir", "d")
    assert again["indexed"] == 0
    assert again["accepted"] == taken_in[0]["accepted"]
    assert kabar.json("audit", "--data-dir", "d")["gap"] == 0


def test_every_span_points_at_its_text(taken_in):
    for (article_id,) in taken_in[2]._connection.execute("SELECT id FROM articles"):
        document = taken_in[2].get(article_id)
        if document.article.status == "killed":
            continue
        text, received = document.article.text, taken_in[2].received(article_id).text
        for entity in document.entities:
            for span in entity.spans:
                assert text[span.start : span.end].strip()
            assert text[entity.spans[0].start : entity.spans[0].end] == entity.text
        for quote in document.quotes:
            assert text[quote.start : quote.end] == quote.text
        for piece in [*document.removed, *([document.dateline] if document.dateline else [])]:
            assert received[piece.start : piece.end] == piece.text
        for link in document.related:
            assert link.title in " ".join(received[link.start : link.end].split())
        for credit in document.attributions:
            place = received if credit.removed else text
            assert place[credit.start : credit.end] == credit.text


def test_nothing_is_lost_between_received_and_article_text(taken_in):
    """Every character is in the article text, in order, or under a span of something that was taken out."""
    for (article_id,) in taken_in[2]._connection.execute("SELECT id FROM articles"):
        document = taken_in[2].get(article_id)
        clean_notes = document.trace.notes
        if document.article.status == "killed" or any(note.startswith("repaired") for note in clean_notes):
            continue  # repair changes characters; its own tests hold it to account
        received = list(taken_in[2].received(article_id).text)
        taken = [*document.removed, *document.related, *([document.dateline] if document.dateline else [])]
        taken += [credit for credit in document.attributions if credit.removed]
        for piece in taken:
            received[piece.start : piece.end] = [" "] * (piece.end - piece.start)
        left = "".join("".join(received).split())
        assert left == "".join(document.article.text.split()), article_id
