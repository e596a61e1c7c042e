"""Repeats, versions, late observations, kills: what happens to one article."""

from __future__ import annotations

import pytest
from dedupe_wire import (
    BRIDGE,
    DAY,
    FERRY,
    HOUR,
    MINUTE,
    ORCHARD,
    START,
    article,
    decision,
    ident,
    kill,
    prose,
    section,
)

from kabar.contracts.message import Header, Message, Tick
from kabar.contracts.outcomes import Ended, Forward, Outcome, StateChanged
from kabar.contracts.sections import RawSection
from kabar.dedupe.identity.changes import classify, correction_marks, correction_rules
from kabar.dedupe.identity.ledger import ENTRY_BYTES, Entry, SourceKey, unpack
from kabar.dedupe.options import DedupeOptions
from kabar.dedupe.stage import DedupeStage
from kabar.errors import BadMessage


@pytest.fixture
def stage():
    return DedupeStage()


def test_first_article_goes_on_as_version_one(stage):
    got = section(stage.process(article("ferry", FERRY)))
    assert (got.version, got.status, got.change.kind) == (1, "active", "first")
    assert got.first_seen_at == START
    assert got.duplicate is None
    assert got.story_id is not None


def test_same_content_later_is_unchanged(stage):
    stage.process(article("ferry", FERRY))
    assert decision(stage.process(article("ferry", FERRY, at=START + HOUR))) == Ended(Outcome.UNCHANGED)


# ------------------------------------------------------------------ kinds of change

CHANGES = [
    pytest.param("kandas di perairan", "kandas di peraiaran", "typo", id="a letter too many"),
    pytest.param("mengatakan", "mengatkaan", "typo", id="letters swapped"),
    pytest.param("dua helikopter", "dua dua helikopter", "typo", id="a word twice"),
    pytest.param("Pelabuhan", "Pelabuahn", "typo", id="long name, letters swapped"),
    pytest.param("pagi.", "pagi!", "typo", id="punctuation alone"),
    pytest.param("120 penumpang", "121 penumpang", "update", id="a number"),
    pytest.param("Yusuf Arman", "Yusef Arman", "update", id="a short name"),
    pytest.param("Yusuf Arman", "Basuki Arman", "update", id="another name"),
    pytest.param("penumpang selamat", "penumpang tidak selamat", "update", id="a negation"),
    pytest.param("selamat", "tewas", "update", id="another word"),
    pytest.param(
        "dua helikopter", "dua helikopter. Bupati meralat angka itu", "update", id="somebody else corrects"
    ),
    pytest.param(
        "Sebuah kapal", "RALAT: jumlah penumpang diperbaiki.\nSebuah kapal", "correction", id="a mark"
    ),
]


@pytest.mark.parametrize("old,new,kind", CHANGES)
def test_kind_of_change(stage, old, new, kind):
    assert old in FERRY
    stage.process(article("ferry", FERRY))
    got = section(stage.process(article("ferry", FERRY.replace(old, new), at=START + HOUR)))
    assert (got.version, got.status, got.change.kind) == (2, "updated", kind)


def test_counts_of_words_that_came_and_went(stage):
    stage.process(article("bridge", BRIDGE))
    after = BRIDGE.replace("two of its 9 piers", "three of its piers") + " Repairs start on Friday."
    change = section(stage.process(article("bridge", after, at=START + HOUR))).change
    assert (change.added, change.removed) == (5, 2)
    assert 0.9 < change.similarity < 1


def test_a_rewritten_article_is_an_update_with_low_similarity(stage):
    stage.process(article("bridge", BRIDGE))
    change = section(stage.process(article("bridge", ORCHARD, at=START + HOUR))).change
    assert change.kind == "update"
    assert change.similarity < 0.4


def test_a_mark_that_was_there_before_corrects_nothing_again(stage):
    marked = "Koreksi: nama nakhoda diperbaiki.\n" + FERRY
    stage.process(article("ferry", FERRY))
    assert section(stage.process(article("ferry", marked, at=START + 1))).change.kind == "correction"
    later = marked + " Penyelidikan berlanjut pekan depan."
    assert section(stage.process(article("ferry", later, at=START + 2))).change.kind == "update"


def test_outside_the_revision_window_a_change_is_an_update_and_nothing_more_is_claimed(stage):
    stage.process(article("ferry", FERRY))
    stage.tick(Tick(now=START + 4 * DAY))
    got = section(stage.process(article("ferry", FERRY.replace("pagi", "pagi!"), at=START + 4 * DAY)))
    assert (got.version, got.change.kind, got.change.added, got.change.removed) == (2, "update", 0, 0)
    assert got.change.similarity == 0.0


def test_a_correction_is_seen_even_outside_the_revision_window(stage):
    stage.process(article("ferry", FERRY, title="Feri Kandas"))
    got = section(stage.process(article("ferry", FERRY, title="RALAT: Feri Kandas", at=START + 30 * DAY)))
    assert got.change.kind == "correction"


def test_the_window_is_a_matter_of_the_clock_not_of_ticks(stage):
    stage.process(article("ferry", FERRY))
    got = section(
        stage.process(article("ferry", FERRY.replace("mengatakan", "mengatkaan"), at=START + 4 * DAY))
    )
    assert got.change.kind == "update"


def test_back_to_an_earlier_text_is_a_new_version(stage):
    stage.process(article("ferry", FERRY))
    stage.process(article("ferry", FERRY + " Tambahan.", at=START + 1))
    got = section(stage.process(article("ferry", FERRY, at=START + 2)))
    assert (got.version, got.change.kind, got.change.removed) == (3, "update", 1)


def test_equal_words_beyond_what_is_kept_are_an_update():
    stage = DedupeStage(DedupeOptions(analysed_chars=200))
    stage.process(article("long", FERRY + " satu"))
    assert section(stage.process(article("long", FERRY + " dua", at=START + 1))).change.kind == "update"


# ------------------------------------------------------------------ order


def test_an_older_observation_is_superseded(stage):
    stage.process(article("ferry", FERRY, at=START + HOUR))
    assert decision(stage.process(article("ferry", "Lama. " + FERRY, at=START))) == Ended(Outcome.SUPERSEDED)


def test_an_older_observation_of_the_same_content_is_superseded_too(stage):
    stage.process(article("ferry", FERRY, at=START + HOUR))
    assert decision(stage.process(article("ferry", FERRY, at=START))) == Ended(Outcome.SUPERSEDED)


def test_older_than_an_unchanged_look_is_superseded(stage):
    stage.process(article("ferry", FERRY))
    stage.process(article("ferry", FERRY, at=START + 2 * HOUR))
    assert (
        decision(stage.process(article("ferry", FERRY + " Baru.", at=START + HOUR))).outcome
        == Outcome.SUPERSEDED
    )


def test_the_same_instant_counts_as_newer(stage):
    stage.process(article("ferry", FERRY))
    assert section(stage.process(article("ferry", FERRY + " Baru."))).version == 2


# ------------------------------------------------------------------ redelivery


def test_redelivery_decides_the_same_and_counts_nothing_twice(stage):
    first = article("ferry", FERRY)
    once = stage.process(first)
    stage.process(article("ferry", FERRY + " Baru.", at=START + 1))
    sizes = stage.sizes()
    again = stage.process(first)
    assert decision(again) == decision(once)
    assert stage.sizes() == sizes
    assert [type(e) for e in again] == [StateChanged, Forward]


@pytest.mark.parametrize(
    "late,outcome",
    [
        (article("ferry", "Lama. " + FERRY, at=START - 5), Outcome.SUPERSEDED),
        (article("ferry", FERRY, at=START + 5), Outcome.UNCHANGED),
    ],
)
def test_ends_are_repeated_too(stage, late, outcome):
    stage.process(article("ferry", FERRY))
    assert decision(stage.process(late)) == decision(stage.process(late)) == Ended(outcome)


def test_redelivered_copy_is_the_same_copy_even_after_its_original_changed(stage):
    stage.process(article("ferry", FERRY))
    copy = article("copy", FERRY, at=START + 1, source="Kabar Lain", domain="lain.example")
    once = section(stage.process(copy))
    stage.process(article("ferry", BRIDGE, at=START + 2))
    assert section(stage.process(copy)) == once
    assert once.duplicate.of == ident("ferry")


def test_a_higher_generation_is_a_rewrite_not_a_change(stage):
    once = section(stage.process(article("ferry", FERRY, observation="o1")))
    rewritten = article("ferry", FERRY + " Baca juga.", observation="o1", generation=1)
    assert section(stage.process(rewritten)) == once


def test_after_a_rewrite_the_next_look_is_compared_with_what_was_rewritten(stage):
    stage.process(article("ferry", FERRY, observation="o1"))
    stage.process(article("ferry", FERRY + " Baca juga.", observation="o1", generation=1))
    later = article("ferry", FERRY + " Baca juga.", at=START + HOUR)
    assert decision(stage.process(later)).outcome == Outcome.UNCHANGED


def test_a_rewrite_of_an_unchanged_look_moves_the_reading_too(stage):
    stage.process(article("ferry", FERRY, observation="o1"))
    stage.process(article("ferry", FERRY, observation="o2", at=START + 1))
    stage.process(article("ferry", FERRY + " Lebih.", observation="o2", at=START + 1, generation=1))
    assert (
        decision(stage.process(article("ferry", FERRY + " Lebih.", at=START + 2))).outcome
        == Outcome.UNCHANGED
    )


def test_a_rewrite_of_an_old_version_leaves_the_newest_alone(stage):
    stage.process(article("ferry", FERRY, observation="o1"))
    stage.process(article("ferry", FERRY + " Baru.", observation="o2", at=START + 1))
    stage.process(article("ferry", "Bacaan lain. " + FERRY, observation="o1", generation=1))
    assert (
        decision(stage.process(article("ferry", FERRY + " Baru.", at=START + 2))).outcome == Outcome.UNCHANGED
    )


def test_a_lower_generation_that_comes_late_changes_nothing(stage):
    stage.process(article("ferry", FERRY, observation="o1"))
    stage.process(article("ferry", FERRY + " Baca juga.", observation="o1", generation=2))
    effects = stage.process(article("ferry", FERRY + " Lain.", observation="o1", generation=1))
    assert [type(e) for e in effects] == [StateChanged, Forward]
    assert (
        decision(stage.process(article("ferry", FERRY + " Baca juga.", at=START + 9))).outcome
        == Outcome.UNCHANGED
    )


def test_the_newest_observation_is_known_long_after_its_decision_was_forgotten(stage):
    once = section(stage.process(article("ferry", FERRY, observation="o1")))
    stage.tick(Tick(now=START + 40 * DAY))
    assert stage.sizes()["decisions"] == 0
    again = section(stage.process(article("ferry", FERRY + " Dibaca lain.", observation="o1", generation=3)))
    assert (again.version, again.change.kind, again.story_id) == (1, "first", once.story_id)


# ------------------------------------------------------------------ kills


def test_a_kill_makes_a_version_that_says_so(stage):
    story = section(stage.process(article("ferry", FERRY))).story_id
    got = section(stage.process(kill("ferry", at=START + 1)))
    assert (got.version, got.status, got.change.kind, got.first_seen_at) == (2, "killed", "kill", START)
    assert got.story_id == story


KILLS = [
    pytest.param(kill("other", at=START + 1), "dropped", "unknown_kill", id="never seen"),
    pytest.param(
        kill("ferry", at=START + 1, source="Pos Lain", domain="lain.example"),
        "dropped",
        "foreign_source",
        id="another domain",
    ),
    pytest.param(
        kill("ferry", at=START + 1, source="Harian Seraya", domain="lain.example"),
        "dropped",
        "foreign_source",
        id="same name, another domain",
    ),
    pytest.param(kill("ferry", at=START + 1, source="", domain=""), "dropped", "foreign_source", id="nobody"),
    pytest.param(
        kill("ferry", at=START + 1, source="Pos Lain", domain=""),
        "dropped",
        "foreign_source",
        id="another name",
    ),
    pytest.param(kill("ferry", at=START - 1), "superseded", "", id="older than the newest version"),
]


@pytest.mark.parametrize("message,outcome,reason", KILLS)
def test_kills_that_do_nothing(stage, message, outcome, reason):
    stage.process(article("ferry", FERRY))
    assert decision(stage.process(message)) == Ended(Outcome(outcome), reason)
    assert section(stage.process(article("ferry", FERRY + " Baru.", at=START + 9))).version == 2


def test_a_kill_by_name_alone_in_other_case_is_the_same_source(stage):
    stage.process(article("ferry", FERRY))
    assert (
        section(stage.process(kill("ferry", at=START + 1, source="HARIAN SERAYA", domain=""))).status
        == "killed"
    )


def test_a_second_kill_changes_nothing(stage):
    stage.process(article("ferry", FERRY))
    stage.process(kill("ferry", at=START + 1))
    assert decision(stage.process(kill("ferry", at=START + 2))).outcome == Outcome.UNCHANGED


def test_a_kill_counts_though_the_page_was_seen_unchanged_after_it_was_sent(stage):
    stage.process(article("ferry", FERRY))
    stage.process(article("ferry", FERRY, at=START + 10))
    assert section(stage.process(kill("ferry", at=START + 5))).status == "killed"


AFTER_KILL = [
    pytest.param(FERRY, False, id="same content"),
    pytest.param(FERRY.replace("pagi", "pagi ini"), False, id="only its surroundings moved"),
    pytest.param(FERRY[: len(FERRY) // 3] + BRIDGE, True, id="published anew"),
]


@pytest.mark.parametrize("text,revived", AFTER_KILL)
def test_a_killed_article_seen_again(stage, text, revived):
    story = section(stage.process(article("ferry", FERRY))).story_id
    stage.process(kill("ferry", at=START + 1))
    effects = stage.process(article("ferry", text, at=START + 2))
    if not revived:
        assert decision(effects) == Ended(Outcome.DROPPED, "killed")
        return
    got = section(effects)
    assert (got.version, got.status, got.change.kind, got.story_id) == (3, "updated", "update", story)


def test_an_observation_before_the_kill_that_comes_after_it_is_superseded(stage):
    stage.process(article("ferry", FERRY))
    stage.process(kill("ferry", at=START + 9))
    assert decision(stage.process(article("ferry", BRIDGE, at=START + 5))).outcome == Outcome.SUPERSEDED


def test_another_source_cannot_update(stage):
    stage.process(article("ferry", FERRY))
    foreign = article("ferry", BRIDGE, at=START + 1, source="Pos Lain", domain="lain.example")
    assert decision(stage.process(foreign)) == Ended(Outcome.DROPPED, "foreign_source")


def test_an_update_through_a_feed_of_another_name_is_the_same_source(stage):
    stage.process(article("ferry", FERRY))
    assert section(stage.process(article("ferry", BRIDGE, at=START + 1, source="Seraya Pagi"))).version == 2


def test_a_kill_needs_no_clean_section_and_an_article_does(stage):
    header = Header(observation_id=ident("x"), observed_at=START, article_id=ident("y"))
    with pytest.raises(BadMessage, match="clean"):
        stage.process(Message(header).with_section(RawSection()))
    assert stage.sizes()["articles"] == 0


# ------------------------------------------------------------------ parts


def test_every_correction_rule_matches_its_samples_and_keeps_the_others():
    assert len({rule.id for rule in correction_rules()}) == len(correction_rules())
    for rule in correction_rules():
        for sample in rule.matches:
            assert correction_marks(sample, ""), (rule.id, sample)
            assert correction_marks("", f"Satu baris.\n  {sample}\nLain."), (rule.id, sample)
        for sample in rule.keeps:
            assert not correction_marks(sample, sample), (rule.id, sample)


def test_looking_for_marks_is_bounded():
    assert correction_marks("", "Ralat: x\n" * 300_000) == 255
    assert correction_marks("", "catatan redaksi " * 100_000) == 0


@pytest.mark.parametrize("before,after", [("", "a b c"), ("a b c", ""), ("", "")])
def test_empty_texts_are_compared(before, after):
    change = classify(before, after, cut=False, newly_marked=False)
    assert (change.removed, change.added) == (len(before.split()), len(after.split()))


def test_ledger_entry_is_64_bytes_and_survives_packing():
    entry = Entry(
        first_seen_at=START,
        version_at=START + 1,
        newest_at=START + 2,
        version_observation=b"vwxyz",
        newest_observation=b"abcde",
        content=b"123456",
        version=70_000,
        killed=True,
        marks=255,
        source=SourceKey(b"dddd", b"nnnn"),
        story=bytes(range(16)),
    )
    assert len(entry.pack()) == ENTRY_BYTES == 64
    assert unpack(entry.pack()) == entry


def test_decisions_are_bounded_in_number():
    stage = DedupeStage(DedupeOptions(max_decisions=32))
    for i in range(200):
        stage.process(article(f"a{i}", prose(i, 12), at=START + i * MINUTE))
    assert stage.sizes()["decisions"] <= 33


def test_texts_are_bounded_in_bytes():
    stage = DedupeStage(DedupeOptions(revision_bytes=50_000))
    for i in range(300):
        stage.process(article(f"a{i}", prose(i), at=START + i))
    assert stage.sizes()["revision_bytes"] <= 51_000
    assert stage.sizes()["articles"] == 300
