"""Memory is restored in bulk: faster than it was built, and the same."""

import random

import numpy as np
import pytest
from dedupe_wire import DAY, FERRY, MINUTE, START, article, compact, kill, prose, section

from kabar.contracts.message import Tick
from kabar.dedupe.options import DedupeOptions
from kabar.dedupe.similarity.lsh import ROW, Remembered, SignatureIndex
from kabar.dedupe.similarity.sketch import SLOTS
from kabar.dedupe.stage import DedupeStage
from kabar.dedupe.state import FORMAT, SIGNATURE, WORDS
from kabar.dedupe.stories.bags import Frequencies, bag_of, pack_terms
from kabar.errors import StoreError
from kabar.text.tokens import words


def stream(count):
    """Articles, changes, copies and kills."""
    rng = random.Random(5)
    for number in range(count):
        name, at = f"a{rng.randrange(count // 2)}", START + number * MINUTE
        if rng.random() < 0.05:
            yield kill(name, at=at)
        else:
            text = FERRY if rng.random() < 0.1 else prose(rng.randrange(count), 60)
            yield article(name, text, title=f"Judul {number % 9}", at=at)


def ran(count):
    stage, log = DedupeStage(), {}
    for message in stream(count):
        compact(log, stage.process(message))
        compact(log, stage.tick(Tick(message.header.observed_at)))
    return stage, log


def frequencies(stage):
    return stage._frequencies._counts, stage._frequencies._texts


def same_frequencies(one, other):
    return (
        np.array_equal(frequencies(one)[0], frequencies(other)[0])
        and frequencies(one)[1] == frequencies(other)[1]
    )


@pytest.mark.parametrize("shuffled", [False, True])
def test_a_restored_memory_counts_words_as_the_one_that_went_down(shuffled):
    stage, log = ran(120)
    records = list(log.items())
    if shuffled:
        random.Random(1).shuffle(records)
    again = DedupeStage()
    again.restore(records)
    assert same_frequencies(stage, again)
    assert again.sizes() == {**stage.sizes(), "signature_bytes": again.sizes()["signature_bytes"]}


def test_a_log_without_words_is_read_text_by_text():
    stage, log = ran(60)
    old = {key: value for key, value in log.items() if key[:1] != WORDS}
    assert len(old) < len(log)
    again = DedupeStage()
    again.restore(old.items())
    assert same_frequencies(stage, again)


def test_a_log_with_some_words_counts_each_text_once():
    stage, log = ran(60)
    some = [item for number, item in enumerate(log.items()) if item[0][:1] != WORDS or number % 2]
    again = DedupeStage()
    again.restore(some)
    assert same_frequencies(stage, again)


def test_words_of_no_text_are_not_counted():
    again = DedupeStage()
    again.restore([(WORDS + bytes(16), bytes([FORMAT]) + pack_terms(np.array([7 << 12], np.uint32)))])
    assert same_frequencies(DedupeStage(), again)


def test_texts_leave_the_log_with_their_words():
    stage, log = ran(20)
    compact(log, stage.tick(Tick(START + 30 * DAY)))
    assert not [key for key in log if key[:1] in (b"t", WORDS)]
    assert same_frequencies(DedupeStage(), stage)


def test_a_memory_that_overflows_forgets_words_with_texts():
    stage, log = DedupeStage(DedupeOptions(revision_bytes=2_000)), {}
    for message in stream(40):
        compact(log, stage.process(message))
    texts = {key[1:] for key in log if key[:1] == b"t"}
    assert 0 < len(texts) < 20
    assert {key[1:] for key in log if key[:1] == WORDS} == texts


@pytest.mark.parametrize("count", [1, 200])
def test_packed_terms_count_as_the_bags_did(count):
    one, many = Frequencies(), Frequencies()
    bags = [bag_of(words(f"Judul {n}"), words(prose(n, 50))) for n in range(count)]
    for bag in bags:
        one.count(bag.terms, 1)
    many.load([pack_terms(bag.terms) for bag in bags])
    assert np.array_equal(one._counts, many._counts)
    assert one._texts == many._texts
    assert pack_terms(np.zeros(0, np.uint32)) == b""


# ---------------------------------------------------------------- signatures


def remembered(number, rng):
    return Remembered(
        id=rng.randbytes(16), root=rng.randbytes(16), body=rng.randbytes(8), size=number, seq=number, at=START + number,
        signature=np.array([rng.randrange(40) for _ in range(SLOTS)], dtype=np.uint16),
    )  # fmt: skip


def rows_of(entries):
    rows = np.zeros(len(entries), dtype=ROW)
    for row, entry in zip(rows, entries, strict=True):
        for name in ("size", "seq", "at", "signature"):
            row[name] = getattr(entry, name)
        for name in ("id", "root", "body"):
            row[name] = np.frombuffer(getattr(entry, name), dtype=ROW[name])[0]
    return rows


@pytest.mark.parametrize("first", [0, 3, 700], ids=["an empty table", "a few before", "many before"])
@pytest.mark.parametrize("bulk", [1, 900, 3_000])
def test_many_at_once_is_the_same_as_one_by_one(first, bulk):
    rng = random.Random(3)
    entries = [remembered(number, rng) for number in range(first + bulk)]
    one, many = SignatureIndex(), SignatureIndex()
    for entry in entries:
        one.add(entry)
    for entry in entries[:first]:
        many.add(entry)
    many.extend(rows_of(entries[first:]))
    gone = entries[:: max(1, len(entries) // 5)]
    for entry in gone:
        assert one.remove(entry.id)
        assert many.remove(entry.id)
    later = remembered(first + bulk, rng)
    one.add(later)
    many.add(later)
    assert len(one) == len(many)
    for entry in [*entries[-20:], later]:
        assert str(many.get(entry.id)) == str(one.get(entry.id))
        assert [found.article.id for found in many.search(entry.signature, since=0, least=0.0, limit=50)] == [
            found.article.id for found in one.search(entry.signature, since=0, least=0.0, limit=50)
        ]


def test_a_signature_of_another_length_stops_us():
    _, log = ran(5)
    key, value = next((key, value) for key, value in log.items() if key[:1] == SIGNATURE)
    with pytest.raises(StoreError, match="signature"):
        DedupeStage().restore([(key, value[:-1])])


def test_a_restored_stage_finds_the_copies_the_other_would_have_found():
    stage, log = ran(80)
    again = DedupeStage()
    again.restore(log.items())
    at = START + 81 * MINUTE
    for number, text in enumerate((FERRY, prose(3, 60), prose(1_000, 60))):
        message = article(f"baru {number}", text, at=at + number)
        assert section(again.process(message)) == section(stage.process(message))
