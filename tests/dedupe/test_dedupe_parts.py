"""The small parts: spelling, sources, kept forms, options, words."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from dedupe_wire import FERRY, HOUR, START, article, ident, kill
from hypothesis import given
from hypothesis import strategies as st

from kabar.contracts.outcomes import DropReason, Ended, Outcome
from kabar.contracts.sections import Change, DedupeSection, Duplicate, Source
from kabar.dedupe.identity.changes import classify, correction_marks
from kabar.dedupe.identity.decisions import Decision, ended, forwarded, pack, unpack
from kabar.dedupe.identity.ledger import Ledger, source_key
from kabar.dedupe.identity.ruling import observe, reread, rule
from kabar.dedupe.options import DAY_MS, DedupeOptions
from kabar.dedupe.revisions import Revisions, clip
from kabar.dedupe.state import LEDGER, Clock
from kabar.dedupe.vocabulary import common_words, is_common
from kabar.text.tokens import words

# ------------------------------------------------------------------ spelling

LINE = "Wali kota meresmikan pasar baru di tepi sungai bersama puluhan pedagang dan warga Kampung Melati kemarin sore"

SPELLING = [
    # before, after, typo?
    ("meresmikan", "meresmkian", True),
    ("meresmikan", "meresmikkan", True),
    ("meresmikan", "mereskan", False),  # two letters gone
    ("pasar baru", "pasarbaru", True),  # run together
    ("di tepi", "ditepi", True),
    ("di tepi", "tepi", False),  # a word left out
    ("di tepi", "di di tepi", True),  # a word twice
    ("tepi sungai", "tepi sungai tepi sungai", True),  # two words twice
    ("baru", "bara", False),  # four letters: another word as soon as a slip
    ("baru", "brau", True),  # but letters swapped make no other word by chance
    ("sore", "pagi", False),
    ("Melati", "Melti", True),  # a name of six letters
    ("Melati", "Merapi", False),
    ("kemarin", "kemarin!", True),  # no word changed
    ("Wali", "wali", True),
    ("puluhan", "20", False),
    ("warga", "tak ada warga", False),
    ("pedagang", "pedagnag", True),
]


@pytest.mark.parametrize("before,after,typo", SPELLING)
def test_what_is_only_spelling(before, after, typo):
    assert before in LINE
    new = LINE.replace(before, after, 1)
    for old, fresh in ((LINE, new), (new, LINE)):  # a slip is a slip in both directions
        got = classify(old, fresh, cut=False, newly_marked=False)
        assert (got.kind == "typo") is typo, got


def test_many_slips_are_an_edit():
    text = " ".join([LINE] * 6)
    slipped = text.replace("meresmikan", "meresmkian")
    assert classify(text, slipped, cut=False, newly_marked=False).kind == "update"
    assert (
        classify(text, text.replace("meresmikan", "meresmkian", 3), cut=False, newly_marked=False).kind
        == "typo"
    )


def test_a_slip_in_a_text_of_three_words_is_too_much_of_it():
    assert (
        classify("pasar ditutup kemarin", "pasar ditutpu kemarin", cut=False, newly_marked=False).kind
        == "update"
    )


def test_what_the_publisher_calls_a_correction_is_one_however_small():
    assert classify(LINE, LINE + "!", cut=False, newly_marked=True).kind == "correction"


@given(st.text(max_size=300), st.text(max_size=300))
def test_a_change_always_fits_its_contract(before, after):
    change = classify(before, after, cut=False, newly_marked=False)
    assert msgspec.json.decode(msgspec.json.encode(change), type=Change) == change
    assert len(words(after)) - len(words(before)) == change.added - change.removed


def test_marks_are_counted_per_line():
    text = "Isi berita.\nRalat: satu.\nIsi lain.\nKoreksi: dua."
    assert correction_marks("Judul", text) == 2
    assert correction_marks("CORRECTED - Title", text) == 3
    assert correction_marks("Judul", text.replace("\n", " ")) == 0


# ------------------------------------------------------------------ sources

SOURCES = [
    (("Seraya", "seraya.example"), ("Seraya", "seraya.example"), True),
    (("Seraya", "seraya.example"), ("Pos", "seraya.example"), True),
    (("Seraya", "seraya.example"), ("Seraya", "pos.example"), False),
    (("Seraya", ""), ("seraya ", ""), True),
    (("Seraya", "seraya.example"), ("SERAYA", ""), True),
    (("Seraya", ""), ("Pos", ""), False),
    (("", "seraya.example"), ("Seraya", ""), False),
    (("", ""), ("", ""), False),
]


@pytest.mark.parametrize("one,other,same", SOURCES)
def test_who_is_the_same_source(one, other, same):
    left, right = (source_key(Source(name=name, domain=domain)) for name, domain in (one, other))
    assert left.same(right) is right.same(left) is same
    assert left.known is any(one)


# ------------------------------------------------------------------ ruling


def seen(message):
    return observe(message, 1_000)


def test_ruling_changes_nothing_but_what_it_says():
    entry = rule(None, seen(article("ferry", FERRY)), None).entry
    later = rule(entry, seen(article("ferry", FERRY, at=START + HOUR)), None)
    assert later.verb == "unchanged"
    assert later.entry.newest_at == START + HOUR
    assert (
        msgspec.structs.replace(later.entry, newest_at=START, newest_observation=entry.newest_observation)
        == entry
    )


def test_a_late_observation_leaves_the_entry_as_it_is():
    entry = rule(None, seen(article("ferry", FERRY, at=START + HOUR)), None).entry
    late = rule(entry, seen(article("ferry", "lain", at=START)), None)
    assert (late.verb, late.outcome, late.entry) == ("superseded", Outcome.SUPERSEDED, entry)


def test_a_late_kill_keeps_the_time_of_the_newest_look():
    entry = rule(None, seen(article("ferry", FERRY)), None).entry
    entry = rule(entry, seen(article("ferry", FERRY, at=START + HOUR)), None).entry
    killed = rule(entry, seen(kill("ferry", at=START + 5)), None).entry
    assert (killed.killed, killed.version, killed.version_at, killed.newest_at) == (
        True,
        2,
        START + 5,
        START + HOUR,
    )


def test_an_unknown_kill_leaves_no_entry():
    ruling = rule(None, seen(kill("ferry", at=START)), None)
    assert (ruling.verb, ruling.entry, ruling.reason) == ("dropped", None, DropReason.UNKNOWN_KILL)


def test_a_nameless_article_is_adopted_by_the_first_source_that_updates_it():
    entry = rule(None, seen(article("ferry", FERRY, source="", domain="")), None).entry
    entry = rule(entry, seen(article("ferry", "lain", at=START + 1)), None).entry
    assert entry.source == source_key(Source(name="Harian Seraya", domain="seraya.example"))
    foreign = article("ferry", "asing", at=START + 2, source="Pos", domain="pos.example")
    assert rule(entry, seen(foreign), None).reason == DropReason.FOREIGN_SOURCE


def test_reading_again_touches_only_the_newest_content():
    first, second = article("ferry", FERRY), article("ferry", "baru", at=START + 1)
    entry = rule(rule(None, seen(first), None).entry, seen(second), None).entry
    assert reread(entry, seen(first)) is entry
    assert reread(entry, seen(kill("ferry", at=START))) is entry
    again = article(
        "ferry", "baru, dibaca lain", at=START + 1, observation=f"ferry|{START + 1}||baru|Harian Seraya"
    )
    assert reread(entry, seen(again)).content == seen(again).content != entry.content


# ------------------------------------------------------------------ what is kept

DECISIONS = [
    ended(Outcome.UNCHANGED),
    ended(Outcome.SUPERSEDED),
    ended(Outcome.DROPPED, "killed"),
    forwarded(DedupeSection(first_seen_at=START)),
    forwarded(DedupeSection(first_seen_at=START, story_id=ident("story"))),
    forwarded(
        DedupeSection(
            first_seen_at=START, version=9, status="killed", change=Change(kind="kill", similarity=0.0)
        )
    ),
    forwarded(
        DedupeSection(
            first_seen_at=START,
            version=2,
            status="updated",
            change=Change(kind="correction", similarity=0.9312, added=3, removed=1),
            duplicate=Duplicate(kind="near", of=ident("a"), similarity=0.7345, differs=["number: 1 -> 2"]),
            story_id=ident("story"),
        )
    ),
    Decision(generation=7, section=DedupeSection(first_seen_at=0)),
]


@pytest.mark.parametrize("decision", DECISIONS)
def test_a_decision_survives_being_kept(decision):
    assert unpack(pack(decision)) == decision


def test_every_field_of_the_contract_is_kept():
    """A field added to the contract must be added to what is kept, or a redelivery would lose it."""
    fields = {f.name for kind in (DedupeSection, Change, Duplicate) for f in msgspec.structs.fields(kind)}
    kept = {
        "version",
        "status",
        "first_seen_at",
        "change",
        "duplicate",
        "story_id",
        "kind",
        "similarity",
        "added",
        "removed",
        "of",
        "differs",
    }
    assert fields == kept


def test_an_ordinary_decision_is_small():
    assert len(pack(forwarded(DedupeSection(first_seen_at=START, story_id=ident("story"))))) < 64


def test_a_decision_to_end_is_an_end():
    assert ended(Outcome.DROPPED, "killed").ended() == Ended(Outcome.DROPPED, "killed")


def test_the_ledger_writes_only_what_changed():
    ledger, entry = Ledger(), rule(None, seen(article("ferry", FERRY)), None).entry
    key = bytes.fromhex(ident("ferry"))
    [record] = ledger.put(key, entry)
    assert (record.key, len(record.value)) == (LEDGER + key, 64)
    assert ledger.put(key, entry) == []
    assert ledger.story_of(key) is None
    assert len(ledger.put(key, msgspec.structs.replace(entry, story=bytes([1] * 16)))) == 1
    assert ledger.story_of(key) == bytes([1] * 16)
    assert ledger.story_of(bytes(16)) is None
    again = Ledger()
    again.load(key, ledger.put(key, entry)[0].value)
    assert again.get(key) == entry
    assert len(again) == 1


def test_what_comes_into_the_revisions_goes_out_again():
    told = []
    clock = Clock()
    clock.advance(START)

    def tell(revision, change):
        told.append((revision.text, change))
        return np.zeros(0, np.uint32)

    revisions = Revisions(DedupeOptions(), clock, tell)
    revisions.put(b"a", clip("Judul\0lain", "satu", 100))
    revisions.put(b"a", clip("Judul", "dua", 100))
    revisions.put(b"b", clip("", "tiga" * 50, 100))
    assert revisions.get(b"a").whole == "Judul\ndua"
    assert revisions.get(b"b").cut
    clock.advance(START + 3 * DAY_MS)
    assert revisions.get(b"a") is None
    assert [change.key for change in revisions.expire()] == [b"ta", b"wa", b"tb", b"wb"]
    assert (len(revisions), revisions.nbytes) == (0, 0)
    assert told == [("satu", 1), ("satu", -1), ("dua", 1), ("tiga" * 25, 1), ("dua", -1), ("tiga" * 25, -1)]


def test_a_text_with_a_nought_in_its_title_comes_back_in_its_place():
    revisions = Revisions(DedupeOptions(), Clock(), lambda *_: np.zeros(0, np.uint32))
    revisions.put(b"a", clip("x\0y", "isi \0 teks", 100))
    assert (revisions.get(b"a").title, revisions.get(b"a").text) == ("x y", "isi \0 teks")


# ------------------------------------------------------------------ data


def test_common_words_are_folded_words():
    for word in common_words():
        assert words(word) == [word]
    assert is_common("yang")
    assert is_common("the")
    assert not is_common("feri")


def test_options_hang_together():
    options = DedupeOptions()
    assert (
        0
        < options.contained_resemblance
        < options.near_threshold
        < options.sure_threshold
        < options.signature_threshold
        < 1
    )
    assert options.story_threshold < options.merge_threshold
    assert options.revision_window_ms <= options.similarity_window_ms
    assert options.sure_number_agreement <= options.number_agreement <= options.titled_agreement
