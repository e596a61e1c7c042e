"""``kabar reprocess`` and ``kabar reindex``: what they say, and what they refuse."""

import shutil

import pytest


@pytest.fixture
def store(filled, tmp_path):
    """A copy of the filled store, to change."""
    shutil.copytree(filled, tmp_path / "store")
    return tmp_path / "store"


def articles(kabar, store):
    found = kabar("search", "--size", 200, "--data-dir", store, "--json").json["articles"]
    for one in found:
        del one["event"]["ingested"]
    return {one["article"]["id"]: one for one in found}


@pytest.mark.parametrize("stage", ["clean", "enrich", "index"])
def test_the_same_rules_make_the_same_documents(kabar, store, stage):
    before = articles(kabar, store)
    done = kabar(
        "reprocess",
        "--from",
        stage,
        "--data-dir",
        store,
        "--json",
    )
    assert done.code == 0
    assert done.json["generation"] == 1
    assert done.json["queued"] == sum(done.json["outcomes"].values()) > len(before) / 2
    assert articles(kabar, store) == before
    assert kabar("audit", "--data-dir", store, "--json").json["gap"] == 0


def test_people_are_told_what_happened(kabar, store):
    would = kabar("reprocess", "--from", "index", "--dry-run", "--data-dir", store)
    assert "would be processed again, generation 1" in would.out
    done = kabar("reprocess", "--from", "index", "--data-dir", store)
    assert "processed again, generation 1" in done.out
    assert "indexed" in done.out


@pytest.mark.parametrize(
    "arguments, says, hint",
    [
        (["--from", "raw"], "no stage 'raw'", "clean, dedupe, enrich, index"),
        (["--from", "clean", "--since", "yesterday"], "--since", "2026-01-31"),
        (["--from", "clean", "--archive", "."], "its own archive", "archive_days"),
    ],
)
def test_what_cannot_be_is_refused_with_what_to_do(kabar, store, arguments, says, hint):
    done = kabar("reprocess", *arguments, "--data-dir", store)
    assert done.code == 2
    assert says in done.err
    assert hint in done.err


def test_a_mistyped_directory_is_no_new_store(kabar, tmp_path):
    done = kabar("reprocess", "--from", "clean", "--data-dir", tmp_path / "nowhere")
    assert done.code == 4
    assert not (tmp_path / "nowhere").exists()


def test_since_chooses_by_time_of_observation(kabar, store):
    assert (
        kabar("reprocess", "--from", "clean", "--since", "2099", "--data-dir", store, "--json").json["queued"]
        == 0
    )
    some = kabar(
        "reprocess", "--from", "clean", "--since", "2000-01-01", "--data-dir", store, "--dry-run", "--json"
    )
    assert some.json["queued"] > 0


def test_reindex_without_elasticsearch_says_what_to_use(kabar, monkeypatch):
    monkeypatch.delenv("KABAR_ELASTICSEARCH_URL", raising=False)
    done = kabar("reindex")
    assert done.code == 2
    assert "kabar reprocess --from index" in done.err
