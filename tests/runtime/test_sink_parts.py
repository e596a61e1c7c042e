"""The parts the index stage is made of: queue, patience, reading a record, settling a batch."""

from dataclasses import dataclass

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sink_doubles import T0, enriched, record

from kabar.contracts.letters import Ending
from kabar.contracts.story import Story
from kabar.index.document import version_key
from kabar.index.entry import Refused
from kabar.runtime.kafka import endings
from kabar.runtime.kafka.patience import LONGEST_SECONDS, Backoff, Deadline
from kabar.runtime.kafka.records import foreign_observation, read_letter
from kabar.runtime.kafka.sink import items
from kabar.runtime.kafka.sink.queueing import Bounds, Queue
from kabar.runtime.kafka.sink.settling import settle

# ------------------------------------------------------------ queue


@dataclass(frozen=True)
class Thing:
    name: str
    size: int = 1


def queue(*sizes, count=3, bytes_=100, age=2.0, requests=1):
    made = Queue(Bounds(count, bytes_, age, requests))
    for number, size in enumerate(sizes):
        made.add(Thing(str(number), size), now=10.0)
    return made


@pytest.mark.parametrize(
    "sizes, now, due",
    [
        ([], 50.0, None),
        ([1], 10.0, 2.0),
        ([1], 11.5, 0.5),
        ([1], 12.0, 0.0),
        ([1, 1, 1], 10.0, 0.0),
        ([99], 10.0, 2.0),
        ([100], 10.0, 0.0),
        ([60, 60], 10.0, 0.0),
    ],
)
def test_a_batch_goes_when_it_is_full_or_old(sizes, now, due):
    assert queue(*sizes).due_seconds(now) == due


@pytest.mark.parametrize(
    "sizes, bounds, batches",
    [
        ([1] * 7, {}, [3, 3, 1]),
        ([1] * 7, {"requests": 2}, [6, 1]),
        ([60, 60, 60], {}, [1, 1, 1]),
        ([50, 50, 50], {}, [2, 1]),
        ([500], {}, [1]),
        ([500, 1], {}, [1, 1]),
        ([60, 60, 60], {"requests": 2}, [3]),
    ],
)
def test_batches_are_cut_within_their_bounds_but_never_empty(sizes, bounds, batches):
    one = queue(*sizes, **bounds)
    cut = []
    while one:
        cut.append(len(one.cut()))
    assert cut == batches
    assert (one.due_seconds(99.0), one.full(), one.cut()) == (None, False, [])


@given(st.lists(st.integers(1, 200), max_size=30), st.integers(1, 5), st.integers(1, 300), st.integers(1, 4))
def test_cutting_loses_nothing_and_keeps_the_order(sizes, count, bytes_, requests):
    one = queue(*sizes, count=count, bytes_=bytes_, requests=requests)
    cut = []
    while one:
        batch = one.cut()
        assert len(batch) <= count * requests
        assert len(batch) == 1 or sum(thing.size for thing in batch) <= bytes_ * requests
        cut += batch
    assert cut == [Thing(str(number), size) for number, size in enumerate(sizes)]


def test_what_is_given_back_goes_first_and_waits_anew():
    one = queue(1, 1, 1, 1)
    batch = one.cut()
    one.give_back(batch, now=20.0)
    assert one.room() == 0
    assert [thing.name for thing in one.cut()] == ["0", "1", "2"]
    one.give_back([Thing("9")], now=30.0)
    assert one.due_seconds(31.0) == 1.0


def test_what_is_not_wanted_is_dropped_with_its_size():
    one = queue(100, 1)
    one.keep(lambda thing: thing.size == 1)
    assert (len(one), one.full(), one.room()) == (1, False, 2)


# ------------------------------------------------------------ patience


def test_pauses_double_up_to_a_limit_and_start_over():
    backoff = Backoff(chance=lambda: 1.0)
    assert [backoff.next_seconds() for _ in range(8)] == [
        0.5,
        1,
        2,
        4,
        8,
        16,
        LONGEST_SECONDS,
        LONGEST_SECONDS,
    ]
    backoff.reset()
    assert backoff.next_seconds() == 0.5
    assert Backoff(chance=lambda: 0.0).next_seconds() == 0.25


def test_a_deadline_is_one_budget():
    now = [100.0]
    deadline = Deadline(5.0, clock=lambda: now[0])
    assert (deadline.left(), deadline.passed()) == (5.0, False)
    now[0] = 104.0
    assert deadline.left() == 1.0
    now[0] = 200.0
    assert (deadline.left(), deadline.passed()) == (0.0, True)


# ------------------------------------------------------------ records


def read(value, *, topic="news.enriched", quarantined=frozenset(), **more):
    return items.read(record(value, 7, **more), topic, now_ms=T0, quarantined=quarantined)


def test_an_article_becomes_an_entry():
    message = enriched(1)
    item = read(message)
    assert item.entry.document.article.title == "Kapal 1"
    assert item.entry.message == message.encode()
    assert item.entry.version_key == version_key(message.header)
    assert (item.source, item.where, item.size) == ("Harian Laut", "news.enriched/0/7", len(message.encode()))


@pytest.mark.parametrize(
    "value, topic, reason, said",
    [
        (b"\xff", "news.enriched", "bad_message", "message header"),
        (b"", "news.enriched", "bad_message", "message header"),
        (b"{}", "news.enriched", "bad_message", "observation_id"),
        (b"{}", "news.stories", "bad_message", "story"),
        (b"\xff", "news.stories", "bad_message", "story"),
    ],
)
def test_what_cannot_be_read_carries_its_death(value, topic, reason, said):
    item = read(value, topic=topic)
    assert (item.death.reason, item.entry, item.story, item.tombstone) == (reason, None, None, False)
    assert said in item.death.error


def test_a_message_that_lacks_a_section_is_poison_and_keeps_its_observation():
    header = enriched(1).header
    item = read(msgspec.json.encode(header))
    assert item.death.reason == "bad_message"
    assert "no section 'dedupe'" in item.death.error
    assert endings.ending(item.origin, "dead", T0).observation_id == header.observation_id


def test_a_crash_of_the_assembly_is_one_death(monkeypatch):
    monkeypatch.setattr(items, "assemble", lambda *_, **__: 1 / 0)
    item = read(enriched(1))
    assert item.death.reason == "crashed"
    assert "ZeroDivisionError" in item.death.error


def test_memory_that_is_spent_is_nobodys_death(monkeypatch):
    def spent(*_, **__):
        raise MemoryError

    monkeypatch.setattr(items, "assemble", spent)
    with pytest.raises(MemoryError):
        read(enriched(1))


def test_tombstones_and_stories_and_quarantined_sources():
    assert read(None).tombstone
    story = Story(id="0" * 32, first_at=1, last_at=1)
    assert read(msgspec.json.encode(story), topic="news.stories").story == story
    item = read(enriched(1), quarantined=frozenset({"Harian Laut"}))
    assert (item.death.reason, item.entry) == ("quarantined", None)
    assert read(enriched(1), quarantined=frozenset({"Warta"})).death is None


@pytest.mark.parametrize(
    "headers, tries",
    [([], 1), ([("kabar-attempts", b"2")], 3), ([("kabar-attempts", b"x")], 1), ([("other", b"2")], 1)],
)
def test_how_often_it_was_tried(headers, tries):
    assert endings.attempts(headers) == tries


# ------------------------------------------------------------ settling


def told(settled):
    return [
        msgspec.json.decode(one.value, type=Ending) for one in settled.records if one.topic == "news.outcomes"
    ]


@pytest.mark.parametrize(
    "answer, outcome, reason",
    [
        ("written", "indexed", ""),
        ("superseded", "superseded", ""),
        (Refused("refused", "no"), "dead", "refused"),
    ],
)
def test_what_the_index_says_becomes_the_outcome(answer, outcome, reason):
    message = enriched(1)
    settled = settle([read(message)], {0: answer}, T0 + 5)
    (ending,) = told(settled)
    assert (ending.outcome, ending.reason, ending.ended_at) == (outcome, reason, T0 + 5)
    assert (ending.observation_id, ending.article_id) == (
        message.header.observation_id,
        message.header.article_id,
    )
    assert [(what, why) for _, what, why in settled.outcomes] == [(outcome, reason)]


def test_a_death_leaves_the_original_and_how_it_came_to_it():
    message = enriched(1)
    settled = settle(
        [read(message, headers=[("kabar-attempts", b"1")])], {0: Refused("refused", "no such number")}, T0
    )
    letter, state = read_letter(settled.records[0].headers)
    assert [one.topic for one in settled.records] == ["news.dead", "news.outcomes"]
    assert settled.records[0].value == message.encode()
    assert (letter.stage, letter.reason, letter.error, state) == (
        "index",
        "refused",
        "no such number",
        "open",
    )
    assert (letter.position, letter.attempts, letter.origin) == ("news.enriched/0/7", 2, "file:test#1")
    assert letter.observed_at == message.header.observed_at


def test_foreign_bytes_are_an_observation_of_their_own():
    (ending,) = told(settle([read(b"\xff")], {}, T0))
    assert ending.observation_id == foreign_observation("news.enriched/0/7")
    assert ending.article_id is None


def test_a_story_ends_nothing_unless_it_dies():
    item = read(msgspec.json.encode(Story(id="0" * 32, first_at=1, last_at=1)), topic="news.stories")
    assert settle([item], {0: "written"}, T0).records == []
    assert settle([item], {0: "superseded"}, T0).outcomes == []
    assert [one.outcome for one in told(settle([item], {0: Refused("refused", "no")}, T0))] == ["dead"]
