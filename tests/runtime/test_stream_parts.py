"""Intake, outputs, crew, readiness and stall of the stream workers, without a broker."""

import asyncio
import time

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kabar.contracts.letters import MAX_LETTER_BYTES, Ending
from kabar.contracts.message import decode_message
from kabar.contracts.sections import CleanSection
from kabar.errors import WorkersFailed
from kabar.runtime.health import Health
from kabar.runtime.inline import InlinePool
from kabar.runtime.kafka.records import foreign_observation, read_letter
from kabar.runtime.metrics import Metrics
from kabar.runtime.protocol import Result
from kabar.runtime.readiness import Readiness
from kabar.runtime.streams.crew import Crew
from kabar.runtime.streams.intake import Intake, Received
from kabar.runtime.streams.outputs import Item, examine, quarantine, settle
from kabar.runtime.streams.watchdog import Progress, Stall

NOW = 1_700_000_123_000
SECTION = msgspec.json.encode(CleanSection(text="clean", content_hash="0" * 32))


def received(value=b"x", *, offset=0, partition=0):
    return Received(topic="news.raw", partition=partition, offset=offset, value=value)


def soon(awaitable):
    return asyncio.wait_for(awaitable, 5)


# ---------------------------------------------------------------- intake


def test_a_batch_is_what_has_arrived_in_order():
    async def story():
        intake = Intake(articles=10, max_bytes=1_000)
        for number in range(4):
            await intake.put(received(offset=number))
        assert [one.offset for one in await intake.batch()] == [0, 1, 2, 3]
        waiting = asyncio.create_task(intake.batch())
        await asyncio.sleep(0)
        assert not waiting.done(), "an empty batch is no batch"
        await intake.put(received(offset=4))
        assert [one.offset for one in await soon(waiting)] == [4]

    asyncio.run(story())


@pytest.mark.parametrize(
    "articles, max_bytes, size, fit",
    [(3, 1_000, 1, 3), (100, 10, 4, 3), (100, 10, 10, 1), (100, 10, 5_000, 1), (1, 10, 1, 1)],
)
def test_it_takes_no_more_than_its_bounds_until_a_batch_is_taken(articles, max_bytes, size, fit):
    async def story():
        intake = Intake(articles=articles, max_bytes=max_bytes)
        puts = [asyncio.create_task(intake.put(received(b"x" * size, offset=n))) for n in range(fit + 2)]
        await asyncio.sleep(0.01)
        assert [one.done() for one in puts].count(True) == fit
        assert len(await soon(intake.batch())) == fit
        await asyncio.sleep(0.01)
        assert puts[fit].done()
        for one in puts:
            one.cancel()

    asyncio.run(story())


def test_tombstones_count_as_messages_and_weigh_nothing():
    async def story():
        intake = Intake(articles=2, max_bytes=1)
        await soon(intake.put(received(None)))
        await soon(intake.put(received(None)))
        assert len(await intake.batch()) == 2

    asyncio.run(story())


def test_closing_lets_everybody_go_and_keeps_nothing():
    async def story():
        intake = Intake(articles=1, max_bytes=1)
        taker = asyncio.create_task(intake.batch())
        await asyncio.sleep(0)
        await intake.close()
        assert await soon(taker) == []
        await soon(intake.put(received()))
        await soon(intake.put(received()))
        assert await soon(intake.batch()) == []

    asyncio.run(story())


def test_a_cancelled_put_leaves_nothing_behind():
    async def story():
        intake = Intake(articles=1, max_bytes=100)
        await intake.put(received(offset=1))
        second = asyncio.create_task(intake.put(received(offset=2)))
        await asyncio.sleep(0)
        second.cancel()
        assert [one.offset for one in await soon(intake.batch())] == [1]
        await soon(intake.put(received(offset=3)))
        assert [one.offset for one in await soon(intake.batch())] == [3]

    asyncio.run(story())


# ---------------------------------------------------------------- outputs


def settled(value, answer=None, stage="clean"):
    item = examine(received(value, offset=7, partition=3))
    if answer is not None:
        item.answer = answer
    return settle(stage, item, NOW)


def test_a_forward_goes_on_under_its_article_with_the_section(message):
    one = message("hello")
    output = settled(one.encode(), Result("forward", section=SECTION, seconds=0.5))
    (record,) = output.records
    assert (record.topic, record.key) == ("news.clean", one.header.article_id.encode())
    out = decode_message(record.value)
    assert (out.header, out.raw, out.clean.text) == (one.header, one.raw, "clean")
    assert (output.result, output.seconds) == ("forward", 0.5)


def test_fields_of_a_newer_version_travel_on(message):
    value = message("hello").encode()[:-1] + b',"later":{"x":[1]}}'
    (record,) = settled(value, Result("forward", section=SECTION)).records
    assert msgspec.json.decode(record.value)["later"] == {"x": [1]}


def test_a_kill_goes_on_as_it_came(message):
    kill = message("", kind="kill")
    (record,) = settled(kill.encode(), Result("forward")).records
    assert decode_message(record.value) == kill


def test_a_drop_is_an_ending_and_nothing_else(message):
    one = message("menu")
    output = settled(one.encode(), Result("ended", outcome="dropped", reason="not_article"))
    (record,) = output.records
    ending = msgspec.json.decode(record.value, type=Ending)
    assert (record.topic, record.key) == ("news.outcomes", one.header.observation_id.encode())
    assert (ending.outcome, ending.reason, ending.stage) == ("dropped", "not_article", "clean")
    assert (ending.accepted_at, ending.ended_at) == (one.header.accepted_at, NOW)
    assert (output.result, output.reason) == ("dropped", "not_article")


def test_a_death_is_a_letter_with_the_original_and_an_ending(message):
    one = message("bad")
    letter, ending = settled(one.encode(), Result("dead", reason="crashed", error="KeyError")).records
    envelope, state = read_letter(letter.headers)
    assert (letter.topic, letter.value, state) == ("news.dead", one.encode(), "open")
    assert (envelope.position, envelope.reason, envelope.error) == ("news.raw/3/7", "crashed", "KeyError")
    assert (envelope.observation_id, envelope.article_id) == (
        one.header.observation_id, one.header.article_id,
    )  # fmt: skip
    assert envelope.origin == one.header.origin
    told = msgspec.json.decode(ending.value, type=Ending)
    assert (told.outcome, told.reason, told.observation_id) == ("dead", "crashed", one.header.observation_id)


def test_dying_twice_is_one_letter(message):
    value = message("bad").encode()
    first, second = (
        settled(value, Result("dead", reason="crashed", error=error)).records[0] for error in "ab"
    )
    assert first.key == second.key


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"{}",
        b"null",
        b"[1]",
        b"\xff",
        b"{" * 50_000,
        b'{"tag":"tick","now":5}',
        b'{"schema_version":99}',
    ],
)
def test_foreign_bytes_are_known_by_their_position(value):
    output = settled(value)
    letter, ending = output.records
    envelope, _ = read_letter(letter.headers)
    assert letter.value == value
    assert (envelope.reason, envelope.article_id) == ("bad_message", None)
    assert envelope.observation_id == foreign_observation("news.raw/3/7")
    assert ending.key == envelope.observation_id.encode()
    assert output.result == "dead"


def test_a_tombstone_leaves_nothing():
    output = settled(None)
    assert (output.records, output.result) == ([], "tombstone")


@pytest.mark.parametrize("over", [False, True])
def test_what_its_topic_would_refuse_dies_here_with_its_input(message, over):
    one = message("long")
    limit = 32 * 1_048_576 - 65_536
    section = b'{"text":"' + b"x" * (limit + (1 if over else -5_000)) + b'"}'
    output = settled(one.encode(), Result("forward", section=section))
    if not over:
        assert output.result == "forward"
        return
    letter, ending = output.records
    envelope, _ = read_letter(letter.headers)
    assert (envelope.reason, letter.value) == ("oversize", one.encode())
    assert "news.clean takes" in envelope.error
    assert msgspec.json.decode(ending.value, type=Ending).outcome == "dead"


def test_every_letter_fits_its_topic(message):
    value = message("x" * 7_000_000).encode()[:-1] + b" " * (MAX_LETTER_BYTES - 6_000_000) + b"}"
    letter, _ = settled(value, Result("dead", reason="crashed", error="\ud800" * 10_000)).records
    assert letter.size < 48 * 1_048_576
    envelope, _ = read_letter(letter.headers)
    assert envelope.cut
    assert envelope.size == len(value)


@pytest.mark.parametrize(
    "sources, dead", [(frozenset(), False), (frozenset({"Harian Laut"}), True), (frozenset({"Other"}), False)]
)
def test_only_a_quarantined_source_is_not_tried(message, sources, dead):
    item = examine(received(message("x").encode()))
    quarantine(item, sources)
    assert (item.answer is not None) == dead
    if dead:
        assert (item.answer.kind, item.answer.reason) == ("dead", "quarantined")
        assert "Harian Laut" in item.answer.error


def test_quarantine_leaves_what_is_answered_alone():
    for item in (examine(received(None)), examine(received(b"foreign"))):
        before = item.answer
        quarantine(item, frozenset({""}))
        assert item.answer == before


# ---------------------------------------------------------------- crew


class SlowPool(InlinePool):
    """Takes a while for each, and can be broken."""

    broken_from = 10_000

    def __init__(self):
        super().__init__({})
        self.collected = []

    def submit(self, stage, messages, *, urgent=False):
        return next(self._tickets)

    def collect(self, ticket):
        if ticket >= self.broken_from:
            raise WorkersFailed("no memory")
        time.sleep(0.02)
        self.collected.append(ticket)
        return [Result("forward", reason=str(ticket))]


def crew_story(story, pool=None):
    pool = pool or SlowPool()

    async def run():
        crew = Crew(lambda: pool)
        await crew.start()
        try:
            await story(crew, pool)
        finally:
            crew.close()

    asyncio.run(run())


def test_collect_gives_what_is_done_in_time_and_at_least_one(message):
    async def story(crew, pool):
        tickets = await crew.submit("clean", [message("x")] * 6)
        assert [one.reason for one in await crew.collect(tickets, 0.0)] == ["0"]
        assert [one.reason for one in await crew.collect(tickets[1:], 60)] == ["1", "2", "3", "4", "5"]
        assert await crew.collect([], 60) == []

    crew_story(story)


def test_results_collected_before_the_workers_failed_are_not_lost(message):
    async def story(crew, pool):
        pool.broken_from = 2
        tickets = await crew.submit("clean", [message("x")] * 4)
        assert [one.reason for one in await crew.collect(tickets, 60)] == ["0", "1"]
        with pytest.raises(WorkersFailed):
            await crew.collect(tickets[2:], 60)
        pool.broken_from = 10_000
        assert [one.reason for one in await crew.collect(tickets[2:], 60)] == ["2", "3"]

    crew_story(story)


def test_the_loop_goes_on_while_the_workers_work(message):
    async def story(crew, pool):
        tickets = await crew.submit("clean", [message("x")] * 10)
        collecting = asyncio.create_task(crew.collect(tickets, 60))
        turns = 0
        while not collecting.done():
            turns += 1
            await asyncio.sleep(0.001)
        assert turns > 3

    crew_story(story)


def test_a_crew_that_cannot_start_says_so():
    def fails():
        raise WorkersFailed("no memory")

    async def run():
        with pytest.raises(WorkersFailed):
            await Crew(fails).start()

    asyncio.run(run())


# ---------------------------------------------------------------- readiness


def test_ready_is_when_nobody_says_otherwise():
    health = Health(Metrics())
    readiness = Readiness(health)
    readiness.down("group", "joining")
    readiness.down("broker", "gone")
    assert (health.ready, health.reason) == (False, "joining; gone")
    readiness.up("group")
    assert (health.ready, health.reason) == (False, "gone")
    assert readiness.excused
    readiness.up("never down")
    readiness.up("broker")
    assert (health.ready, health.reason, readiness.excused) == (True, "", False)


# ---------------------------------------------------------------- stall


def looked(*looks, patience=10):
    """``(seconds, {partition: (committed, end)})`` one after the other; what each answered."""
    stall = Stall(patience)
    return [stall.look(now, {p: Progress(*at) for p, at in seen.items()}) for now, seen in looks]


@pytest.mark.parametrize(
    "looks, stuck",
    [
        ([(0, {0: (5, 9)}), (10, {0: (5, 9)})], [[], [0]]),
        ([(0, {0: (5, 9)}), (9.9, {0: (5, 9)})], [[], []]),
        ([(0, {0: (9, 9)}), (50, {0: (9, 9)})], [[], []]),  # nothing to do
        ([(0, {0: (5, 9)}), (9, {0: (6, 9)}), (18, {0: (6, 9)})], [[], [], []]),  # slow, but it moves
        ([(0, {0: (5, 9)}), (9, {0: (9, 9)}), (18, {0: (9, 12)})], [[], [], []]),  # new work
        ([(0, {0: (5, 9)}), (9, {}), (18, {0: (5, 9)})], [[], [], []]),  # taken away and given back
        ([(0, {0: (5, 9), 1: (1, 1)}), (10, {0: (5, 9), 1: (1, 3)})], [[], [0]]),  # each for itself
        ([(0, {0: (5, 9)}), (10, {0: (5, 900)})], [[], [0]]),  # more work is no progress
        ([(0, {})], [[]]),  # standing by
    ],
)
def test_who_stands_still(looks, stuck):
    assert looked(*looks) == stuck


def test_whoever_has_a_reason_begins_anew():
    stall = Stall(10)
    seen = {0: Progress(5, 9), 1: Progress(5, 9)}
    stall.look(0, seen)
    stall.forgive()
    assert stall.look(10, seen) == []
    assert stall.look(20, seen) == [0, 1]
    stall.forgive([0])
    assert stall.look(21, seen) == [1]


@given(st.lists(st.tuples(st.floats(0, 5), st.integers(0, 3)), max_size=50))
def test_what_moves_at_least_every_patience_is_never_stuck(steps):
    stall, now, committed = Stall(5.1), 0.0, 0
    for passed, moved in steps:
        now += passed
        committed += max(1, moved)
        assert stall.look(now, {0: Progress(committed, 10_000)}) == []


def test_items_know_what_they_are(message):
    assert Item(received(None)).tombstone
    assert not examine(received(b"")).tombstone
