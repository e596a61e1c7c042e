"""Copies and stories: messages, streams, baselines."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from bench.quality import neardup, stories
from bench.quality.articles import START_MS, Article, identifier, message_of, stream
from bench.quality.minhash import exact_copies, minhash_copies, signature
from kabar.contracts.message import decode_message
from kabar.contracts.outcomes import Ended, Forward, Outcome, StateChanged, StoryChanged
from kabar.contracts.sections import DedupeSection, Duplicate
from kabar.contracts.story import Story

WORDS = [f"kata{n}" for n in range(400)]


def text(start, length=60):
    return " ".join(WORDS[start : start + length])


# ---------------------------------------------------------------- messages


def test_a_message_obeys_the_contract():
    message = decode_message(
        message_of(Article("a", "Isi berita.", "Judul", "Kanal", "id"), START_MS).encode()
    )
    assert message.clean.text == "Isi berita."
    assert message.clean.word_count == 2
    assert message.raw.source.name == "Kanal"
    assert message.header.article_id == identifier("a")
    assert message.header.observation_id != message.header.article_id


def test_ids_are_distinct_even_for_odd_names():
    assert len({identifier(name) for name in ("", "a", "a ", "\ud800")}) == 4


class FakeStage:
    """Calls the second article a copy of the first, and merges story 2 into story 1 at the end."""

    def __init__(self):
        self.seen = []

    def process(self, message):
        self.seen.append(message.header)
        number = len(self.seen)
        story = f"{number:032x}"
        if number == 3:
            return [Ended(Outcome.UNCHANGED)]
        duplicate = None
        effects = [StateChanged(b"k", b"v")]
        if number == 2:
            duplicate = Duplicate(kind="near", of=self.seen[0].article_id, similarity=0.9)
        if number == 4:
            merged = Story(id=f"{2:032x}", first_at=0, last_at=0, state="merged", merged_into=f"{1:032x}")
            effects.append(StoryChanged(merged))
        section = DedupeSection(first_seen_at=message.header.observed_at, story_id=story, duplicate=duplicate)
        return [*effects, Forward(message.with_section(section))]


def test_a_stream_gathers_copies_and_follows_merged_stories():
    stage = FakeStage()
    found = stream([Article(name, f"teks {name}") for name in "abcd"], every_ms=1_000, stage=stage)
    assert found.copies == [("b", "a")]
    assert found.stories["a"] == found.stories["b"]
    assert "c" not in found.stories
    assert found.stories["d"] != found.stories["a"]
    assert [header.observed_at - START_MS for header in stage.seen] == [0, 1_000, 2_000, 3_000]


def test_an_article_the_stage_raises_on_is_counted_and_passed_over():
    class Fragile(FakeStage):
        def process(self, message):
            if message.clean.text == "teks b":
                raise ValueError
            return super().process(message)

    found = stream([Article(name, f"teks {name}") for name in "abc"], every_ms=1, stage=Fragile())
    assert found.failed == 1
    assert set(found.stories) == {"a", "c"}


def test_merges_in_a_ring_end():
    class Ring:
        def process(self, message):
            one, two = f"{1:032x}", f"{2:032x}"
            section = DedupeSection(first_seen_at=0, story_id=one)
            return [
                StoryChanged(Story(id=one, first_at=0, last_at=0, state="merged", merged_into=two)),
                StoryChanged(Story(id=two, first_at=0, last_at=0, state="merged", merged_into=one)),
                Forward(message.with_section(section)),
            ]

    assert stream([Article("a", "x")], every_ms=1, stage=Ring()).stories["a"]


# ---------------------------------------------------------------- baselines


def test_minhash_finds_edits_and_spares_strangers():
    edited = text(0).replace("kata5 ", "diganti ")
    found = minhash_copies(
        [Article("a", text(0)), Article("b", edited), Article("c", text(200)), Article("d", "")]
    )
    assert found == [("b", "a")]


def test_empty_texts_are_nobodys_copies():
    assert minhash_copies([Article("a", ""), Article("b", "satu"), Article("c", "")]) == []


def test_signatures_estimate_jaccard():
    first, second = signature(text(0, 100)), signature(text(20, 100))
    assert (first == second).mean() == pytest.approx(79 / 119, abs=0.12)


def test_exact_copies_share_their_words():
    articles = [
        Article("a", "Satu, dua."),
        Article("b", "satu dua"),
        Article("c", "satu dua tiga"),
        Article("d", "SATU DUA"),
    ]
    assert exact_copies(articles) == [("b", "a"), ("d", "a")]


def test_centroids_put_like_with_like():
    articles = [Article("a", text(0)), Article("b", text(5)), Article("c", text(200)), Article("d", "")]
    found = stories.tfidf_centroids(articles)
    assert found["a"] == found["b"]
    assert len({found["a"], found["c"], found["d"]}) == 3


# ---------------------------------------------------------------- copies


def corpora(directory):
    directory.rows("id_news_home", [{"id": f"a{n}", "text": text(n * 10)} for n in range(6)])
    directory.rows("id_news_short2031", [{"article_id": "x", "isi": text(300)}])
    directory.rows("id_news_elsewhere", [{"id": "z1", "text": "tidak disebut"}])
    directory.rows("loadtest_replay", [{"id": "a0", "text": "salinan"}])
    pairs = [
        {"a": "a0", "b": "a1", "jaccard5": 0.95},
        {"a": "a3", "b": "a2", "jaccard5": "1.0"},
        {"a": "a4", "b": "a5", "jaccard5": 0.5},
        {"a": "a0", "b": "short2031-x", "jaccard5": 0.31},
        {"a": "a0", "b": "gone", "jaccard5": 1.0},
        {"a": "a0"},
    ]
    directory.rows("neardup_new", pairs, "some_pairs.jsonl")
    return directory.sets()


def test_a_corpus_is_the_sets_its_ids_come_from(directory, notes):
    sets = corpora(directory)
    (corpus,) = neardup.load(next(s for s in sets if s.name == "neardup_new"), sets, notes)
    assert [article.id for article in corpus.articles] == [f"a{n}" for n in range(6)] + ["short2031-x"]
    assert corpus.must == {("a0", "a1"), ("a2", "a3")}
    assert len(corpus.listed) == 4
    assert notes.skipped == {
        ("neardup_new/some_pairs.jsonl", "a text of the pair is in no set"): 1,
        ("neardup_new/some_pairs.jsonl", "no pair"): 1,
    }


def test_recall_and_false_pairs(directory, notes):
    systems = {
        "kabar": lambda articles: [("a1", "a0"), ("a5", "a4")],  # one of two, and one that does not matter
        "merge-all": lambda articles: [(article.id, "a0") for article in articles[1:]],
        "none": lambda articles: [],
    }
    scores = neardup.score(corpora(directory), notes, systems=systems)
    entry = scores["neardup_new"]
    assert (entry["recall"], entry["false_per_million"], entry["n"], entry["articles"]) == (0.5, 0.0, 2, 7)
    # 7 articles make 21 pairs, 4 of them listed
    assert entry["baseline"]["merge-all"]["recall"] == 1.0
    assert entry["baseline"]["merge-all"]["false_per_million"] == 1e6
    assert entry["baseline"]["none"]["recall"] == 0.0
    assert scores["neardup_new/some_pairs"]["recall"] == 0.5


def test_groups_count_their_inner_pairs(directory, notes):
    systems = {"kabar": lambda articles: [("a1", "a0"), ("a2", "a1")]}
    entry = neardup.score(corpora(directory), notes, systems=systems)["neardup_new"]
    # a0-a1 is wanted; a1-a2 and a0-a2 are on no list: 2 of 17
    assert entry["recall"] == 0.5
    assert entry["false_per_million"] == pytest.approx(2e6 / 17)


def test_a_large_corpus_keeps_every_article_of_a_wanted_pair(monkeypatch):
    monkeypatch.setattr(neardup, "ARTICLES", 3)
    articles = [Article(f"a{n}", "") for n in range(20)]
    kept = neardup._kept(articles, {("a17", "a3")})
    assert len(kept) == 3
    assert {"a3", "a17"} <= {article.id for article in kept}
    assert [article.id for article in kept] == [a.id for a in articles if a in kept]


def test_without_a_list_nothing_is_reported(directory, notes):
    directory.rows("id_news_home", [{"id": "a", "text": "x"}])
    assert neardup.score(directory.sets(), notes, systems={"kabar": lambda articles: []}) == {}


def test_the_real_stage_finds_an_edited_copy(directory, notes):
    pytest.importorskip("kabar.dedupe.stage")
    body = " ".join(f"Kalimat nomor {n} menceritakan pasar di kota contoh." for n in range(30))
    articles = [Article("a", body), Article("b", body.replace("nomor 7", "nomor 70")), Article("c", text(0))]
    assert neardup.kabar_copies(articles, notes) == [("b", "a")]
    assert not notes.skipped


# ---------------------------------------------------------------- stories


def clustered(directory):
    rows = [{"id": str(n), "text": f"cerita {n // 2} bagian {n}", "story": n // 2} for n in range(4)]
    directory.rows("cluster_new", rows, "labelled.jsonl")
    directory.rows(
        "cluster_new",
        [{"id": str(n), "text": f"lain {n}"} for n in range(5)] + [{"story": 1}],
        "others.jsonl",
    )
    return directory.sets("cluster_*")


def by_text(articles):
    return {article.id: article.text.split()[1] for article in articles if article.text.startswith("cerita")}


def test_b_cubed_over_labelled_articles_among_others(directory, notes):
    seen = []

    def cluster(articles):
        seen.append([article.id for article in articles])
        return by_text(articles)

    systems = {"kabar": cluster, "one": lambda articles: {article.id: "1" for article in articles}}
    entry = stories.score(clustered(directory), notes, systems=systems)["cluster_new"]
    assert (entry["f1"], entry["precision"], entry["recall"], entry["n"]) == (1.0, 1.0, 1.0, 4)
    assert entry["baseline"]["one"]["precision"] == 0.5
    assert entry["baseline"]["one"]["recall"] == 1.0
    assert len(seen) == stories.ORDERS
    assert len({tuple(order) for order in seen}) == stories.ORDERS
    assert all(len(order) == 9 for order in seen)
    assert notes.skipped == {("cluster_new/others.jsonl", "no text, or gold of another kind"): 1}


def test_orders_are_the_same_in_every_run(directory, notes):
    runs = []
    for _ in range(2):
        seen = []
        stories.score(
            clustered(directory),
            notes,
            systems={"kabar": lambda a, s=seen: s.append([x.id for x in a]) or {}},
        )
        runs.append(seen)
    assert runs[0] == runs[1]


def test_ids_in_the_stream_do_not_tell_the_story(directory, notes):
    labelled, _ = stories.load(clustered(directory)[0], notes)
    assert all(not name.startswith(("story", "0-")) for name in labelled.stories)


def test_judged_pairs(directory, notes):
    rows = [
        {"same_story": True, "first_text": "cerita 1", "second_text": "cerita 1 lagi", "lang": "id"},
        {"same_story": True, "first_text": "cerita 2", "second_text": "cerita 3"},
        {"same_story": False, "first_text": "cerita 4", "second_text": "cerita 5"},
        {"same_story": False, "first_text": "cerita 6", "second_text": "cerita 6"},
        {"same_story": False, "first_text": "lain", "second_text": "lain"},
        {"same_story": None, "first_text": "x", "second_text": "y"},
        {"same_story": True, "first_text": "x"},
    ]
    directory.rows("cluster_pairs", rows)
    entry = stories.score(directory.sets(), notes, systems={"kabar": by_text})["cluster_pairs"]
    assert entry["n"] == 5
    assert (entry["precision"], entry["recall"], entry["accuracy"]) == (0.5, 0.5, 0.6)
    assert sum(notes.skipped.values()) == 2


def test_a_broken_stage_scores_nothing_but_does_not_stop(directory, notes):
    def broken(articles):
        raise KeyError

    entry = stories.score(clustered(directory), notes, systems={"kabar": broken})["cluster_new"]
    assert entry["recall"] == 0.5  # everybody alone
    assert sum(count for (_, why), count in notes.skipped.items() if "KeyError" in why) == 3


def test_effects_of_unknown_kind_are_passed_over():
    stage = SimpleNamespace(process=lambda message: [object()])
    assert stream([Article("a", "x")], every_ms=1, stage=stage).stories == {}
