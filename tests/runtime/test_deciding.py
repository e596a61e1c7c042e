"""What becomes of one record of the log. No broker."""

from types import SimpleNamespace

import msgspec
import pytest
from counting import Counting, plan, saying

from kabar.contracts.letters import Ending
from kabar.contracts.message import Tick, decode_message
from kabar.contracts.outcomes import Forward, StateChanged, StoryChanged
from kabar.contracts.story import Story
from kabar.runtime.kafka.endings import ATTEMPTS_HEADER
from kabar.runtime.kafka.records import foreign_observation, read_letter, tick_record
from kabar.runtime.kafka.stateful.changelog import HARNESS_KEY, Progress, read_progress
from kabar.runtime.kafka.stateful.deciding import LIMITS, Batch, Death, Decider, StageCrashed
from tests.dedupe.dedupe_wire import MINUTE, START

TICK_MS = 60_000


def logged(value, *, offset=0, partition=0, key=b"k", headers=()):
    if hasattr(value, "encode") and not isinstance(value, bytes | str):
        value = value.encode()
    return SimpleNamespace(value=value, key=key, partition=partition, offset=offset, headers=headers)


@pytest.fixture
def decider():
    return make()


def make(stage=None, progress=None, condemned=None, **overrides):
    return Decider(
        plan(**overrides),
        stage or Counting(),
        progress or Progress(),
        tick_ms=TICK_MS,
        condemned=condemned or {},
    )


def take(decider, *values, **options):
    batch = Batch()
    for offset, value in enumerate(values):
        record = value if isinstance(value, SimpleNamespace) else logged(value, offset=offset)
        decider.take(record, batch, **options)
    return batch


def of(batch, topic):
    return [record for record in batch.records("news.dedupe-state") if record.topic == topic]


def endings(batch):
    return [msgspec.json.decode(record.value, type=Ending) for record in of(batch, "news.outcomes")]


def letters(batch):
    return [read_letter(record.headers)[0] for record in of(batch, "news.dead")]


def test_a_message_goes_on_with_what_is_remembered_of_it(decider):
    batch = take(decider, saying("a"), saying("a", number=1))
    assert [decode_message(record.value).dedupe.version for record in of(batch, "news.deduped")] == [1, 2]
    assert [end.outcome for end in batch.ends] == ["forward", "forward"]
    assert batch.offsets == {("news.clean", 0): 2}
    assert not endings(batch), "what goes on has not ended"
    state = {record.key: record.value for record in of(batch, "news.dedupe-state")}
    assert state[b"n" + saying("a").header.article_id.encode()] == b"2", "only the last of a key is written"


def test_offsets_are_kept_by_partition(decider):
    batch = take(
        decider,
        logged(saying("a"), offset=7),
        logged(saying("b"), offset=3, partition=1),
        logged(None, offset=9),
    )
    assert batch.offsets == {("news.clean", 0): 10, ("news.clean", 1): 4}


def test_an_end_is_booked_under_its_observation(decider):
    message = saying("drop")
    batch = take(decider, message)
    (ending,) = endings(batch)
    assert (ending.outcome, ending.reason, ending.stage) == ("dropped", "empty", "dedupe")
    assert (ending.observation_id, ending.article_id) == (
        message.header.observation_id,
        message.header.article_id,
    )
    assert ending.accepted_at == message.header.accepted_at
    assert of(batch, "news.outcomes")[0].key == message.header.observation_id.encode()
    assert not of(batch, "news.deduped")


def test_a_tombstone_is_counted_and_nothing_else(decider):
    batch = take(decider, None)
    assert batch.tombstones == 1
    assert batch.records("news.dedupe-state") == []
    assert batch.offsets == {("news.clean", 0): 1}


@pytest.mark.parametrize(
    "value",
    [b"", b"\xff\xfe", b"[]", b"null", b'{"observation_id": 5}', b'{"type":"tick","now":1}'],
)
def test_foreign_bytes_are_buried_under_their_position(decider, value):
    batch = take(decider, logged(value, offset=41))
    (letter,), (ending,) = letters(batch), endings(batch)
    assert letter.reason == ending.reason == "bad_message"
    assert letter.position == "news.clean/0/41"
    assert letter.observation_id == ending.observation_id == foreign_observation("news.clean/0/41")
    assert ending.article_id is None
    assert of(batch, "news.dead")[0].value == value
    assert batch.ends[0].tried


def test_a_tick_that_is_none_is_foreign_too(decider):
    batch = take(decider, logged(b'{"type":"tick","now":"soon"}', key=b"tick"))
    assert letters(batch)[0].reason == "bad_message"


def test_what_the_stage_refuses_is_buried_alone(decider):
    before, bad, after = saying("a"), saying("poison", number=1), saying("a", number=2)
    bad_record = logged(bad, offset=1, headers=[(ATTEMPTS_HEADER, b"2")])
    batch = take(decider, before, bad_record, logged(after, offset=2))
    (letter,) = letters(batch)
    assert (letter.stage, letter.reason, letter.error) == ("dedupe", "bad_message", "no good; look at it")
    assert (letter.observation_id, letter.origin) == (bad.header.observation_id, "file:pasar.jsonl#1")
    assert (letter.position, letter.attempts, letter.cut) == ("news.clean/0/1", 3, False)
    assert of(batch, "news.dead")[0].value == bad.encode()
    assert [ending.outcome for ending in endings(batch)] == ["dead"]
    assert len(of(batch, "news.deduped")) == 2
    assert [end.outcome for end in batch.ends] == ["forward", "dead", "forward"]


@pytest.mark.parametrize(
    "text, reason, said",
    [
        ("crash", "crashed", "KeyError: 'half way' at counting.py"),
        ("mute", "crashed", "gave no end"),
        ("twice", "crashed", "gave two ends"),
        ("bloat", "oversize", "news.dedupe-state takes"),
    ],
)
def test_a_crash_condemns_the_message_and_spoils_the_memory(decider, text, reason, said):
    with pytest.raises(StageCrashed) as caught:
        take(decider, saying("a"), saying(text))
    assert caught.value.where == "news.clean/0/1"
    assert caught.value.death.reason == reason
    assert said in caught.value.death.error


def test_the_condemned_dies_alone_on_the_second_try():
    death = Death("crashed", "KeyError: 'half way'")
    stage = Counting()
    decider = make(stage, condemned={"news.clean/0/1": death})
    batch = take(decider, saying("a"), saying("crash"), saying("a", number=2))
    assert [letter.reason for letter in letters(batch)] == ["crashed"]
    assert [end.outcome for end in batch.ends] == ["forward", "dead", "forward"]
    assert list(stage.counts.values()) == [2], "it was not tried again"


def test_a_spent_process_is_no_message_s_fate(decider):
    with pytest.raises(MemoryError):
        take(decider, saying("memory"))


def test_a_stage_must_leave_the_harness_s_keys_alone():
    class Meddling(Counting):
        def process(self, message):
            return [StateChanged(b"\0harness", b""), Forward(message)]

    with pytest.raises(StageCrashed, match="harness"):
        take(make(Meddling()), saying("a"))


def test_what_grows_too_large_is_buried_as_it_came_and_stays_decided(decider):
    message = saying("grow")
    batch = take(decider, message)
    (letter,) = letters(batch)
    assert letter.reason == "oversize"
    assert f"{LIMITS['news.deduped']:,}" in letter.error
    assert of(batch, "news.dead")[0].value == message.encode()
    assert not of(batch, "news.deduped")
    assert any(record.key[:1] == b"n" for record in of(batch, "news.dedupe-state"))


def test_a_quarantined_source_is_not_tried():
    stage = Counting()
    batch = take(
        make(stage), saying("a", source="Sakit"), saying("b", number=1), quarantined=frozenset({"Sakit"})
    )
    assert [(end.outcome, end.reason, end.tried) for end in batch.ends] == [
        ("dead", "quarantined", False),
        ("forward", "", True),
    ]
    assert "Sakit" in letters(batch)[0].error
    assert len(stage.counts) == 1


def test_an_effect_beside_the_end_is_written_once_per_key():
    class Telling(Counting):
        def process(self, message):
            self.told = getattr(self, "told", 0) + 1
            story = Story(id="0" * 32, revision=self.told, first_at=1, last_at=1)
            return [StoryChanged(story), Forward(message)]

    batch = take(make(Telling()), saying("a"), saying("b"))
    (record,) = of(batch, "news.stories")
    assert msgspec.json.decode(record.value, type=Story).revision == 2


# ---------------------------------------------------------------- time


@pytest.mark.parametrize(
    "observed, ticks",
    [
        ([START], [START // TICK_MS * TICK_MS]),
        ([START, START + 1], [START // TICK_MS * TICK_MS]),
        ([START, START - 10 * MINUTE], [START // TICK_MS * TICK_MS]),
        (
            [START, START + 3 * MINUTE],
            [START // TICK_MS * TICK_MS, (START + 3 * MINUTE) // TICK_MS * TICK_MS],
        ),
    ],
)
def test_a_tick_falls_due_before_the_message_that_crosses_it(observed, ticks):
    stage = Counting()
    take(make(stage), *(saying("a", number=n, at=at) for n, at in enumerate(observed)))
    assert stage.ticks == ticks


def test_ticks_do_not_depend_on_where_the_log_was_cut():
    messages = [saying("a", number=n, at=START + n * MINUTE // 3) for n in range(20)]
    whole = Counting()
    take(make(whole), *messages)
    cut, progress = Counting(), Progress()
    for message in messages:
        decider = make(cut, progress)
        batch = take(decider, message)
        progress = read_progress(batch.state[HARNESS_KEY])
    assert cut.ticks == whole.ticks


def test_a_logged_tick_is_taken_once(decider):
    now = START // TICK_MS * TICK_MS + TICK_MS
    tick = logged(tick_record(Tick(now)).value, key=b"tick")
    batch = take(decider, tick, tick, saying("a", at=START))
    assert decider.progress.ticked == now
    assert not batch.ends[1:], "a tick is no observation"
    assert {record.key: record.value for record in of(batch, "news.dedupe-state")}[b"t"] == b"%d" % now


@pytest.mark.parametrize(
    "progress, wall, due",
    [
        (Progress(), 10 * TICK_MS + 5, 10 * TICK_MS),
        (Progress(ticked=10 * TICK_MS), 10 * TICK_MS + 5, None),
        (Progress(ticked=9 * TICK_MS, newest=30 * TICK_MS + 1), 10 * TICK_MS, 30 * TICK_MS),
        (Progress(ticked=50 * TICK_MS), 10 * TICK_MS, None),
    ],
)
def test_a_silent_log_is_told_the_time_and_never_an_earlier_one(progress, wall, due):
    tick = make(progress=progress).due(wall)
    assert (tick and tick.now) == due
