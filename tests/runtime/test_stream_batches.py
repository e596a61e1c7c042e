"""The loop of a stream worker against a broker that obeys: what is sent, in which order, and what may be committed."""

import asyncio

import pytest
from simple_stages import build as simple_stages

from kabar.contracts.message import decode_message
from kabar.errors import BrokerError, WorkersFailed
from kabar.runtime.breaker import PAUSE_MS
from kabar.runtime.health import Health
from kabar.runtime.inline import InlinePool
from kabar.runtime.metrics import Metrics
from kabar.runtime.readiness import Readiness
from kabar.runtime.streams import batches as batches_module
from kabar.runtime.streams.batches import Batches
from kabar.runtime.streams.crew import Crew
from kabar.runtime.streams.intake import Intake, Received


class Broker:
    """Remembers; ``hold`` keeps acknowledgements back, ``refuse`` makes them fail."""

    def __init__(self):
        self.sent = []
        self.finished = []
        self.acked = asyncio.Event()
        self.acked.set()
        self.refuse = False
        self.generation = 1

    async def send(self, records):
        self.sent += records
        return list(records)

    async def acknowledged(self, futures):
        await self.acked.wait()
        if self.refuse and futures:
            raise BrokerError("refused")

    def finish(self, done):
        self.finished += [one.offset for one in done]

    def is_current(self, one):
        return one.generation == self.generation


class World:
    """A worker without Kafka and without processes."""

    def __init__(self, pool=None):
        self.now = 1_000_000
        self.metrics = Metrics()
        self.health = Health(self.metrics)
        self.readiness = Readiness(self.health)
        self.intake = Intake(articles=1_000, max_bytes=100_000_000)
        self.broker = Broker()
        self.crew = Crew(lambda: pool or InlinePool(simple_stages()))
        self.batches = Batches(
            "clean", intake=self.intake, crew=self.crew, broker=self.broker,
            readiness=self.readiness, metrics=self.metrics, now_ms=lambda: self.now,
        )  # fmt: skip

    async def give(self, *values, generation=1, first=0):
        for offset, value in enumerate(values, first):
            await self.intake.put(
                Received(topic="news.raw", partition=0, offset=offset, value=value, generation=generation)
            )

    async def until(self, holds):
        for _ in range(500):
            if holds():
                return
            await asyncio.sleep(0.01)
        raise AssertionError("it never came true")

    def texts(self, topic="news.clean"):
        return [decode_message(record.value).raw.text for record in self.broker.sent if record.topic == topic]


@pytest.fixture
def live(monkeypatch):
    """Runs a story beside the loop of a fresh world."""
    monkeypatch.setattr(batches_module, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(batches_module, "RETRY_SECONDS", 0.01)

    def run(story, pool=None):
        async def main():
            world = World(pool)
            await world.crew.start()
            loop = asyncio.create_task(world.batches.run())
            try:
                await asyncio.wait_for(story(world, loop), 30)
                await world.intake.close()
                world.broker.acked.set()
                await asyncio.wait({loop}, timeout=10)
                assert loop.done()
            finally:
                loop.cancel()
                world.crew.close()

        asyncio.run(main())

    return run


def test_messages_go_through_in_order_and_are_finished(live, message):
    async def story(world, loop):
        await world.give(*[message(f"text {n}", number=n).encode() for n in range(50)])
        await world.until(lambda: len(world.broker.finished) == 50)
        assert world.texts() == [f"text {n}" for n in range(50)]
        assert world.broker.finished == list(range(50))

    live(story)


def test_nothing_is_finished_before_the_broker_has_its_outputs(live, message):
    async def story(world, loop):
        world.broker.acked.clear()
        await world.give(message("hello").encode())
        await world.until(lambda: world.broker.sent)
        await asyncio.sleep(0.05)
        assert world.broker.finished == []
        world.broker.acked.set()
        await world.until(lambda: world.broker.finished == [0])

    live(story)


def test_a_refused_record_ends_the_loop_and_finishes_nothing(live, message):
    async def story(world, loop):
        world.broker.refuse = True
        await world.give(message("hello").encode())
        with pytest.raises(BrokerError):
            await loop
        assert world.broker.finished == []

    live(story)


def test_odd_ones_are_finished_in_their_place(live, message):
    values = [
        message("a", number=1).encode(), None, b"foreign", message("poison", number=2).encode(),
        message("", number=3).encode(), message("b", number=4).encode(), None,
    ]  # fmt: skip

    async def story(world, loop):
        await world.give(*values)
        await world.until(lambda: len(world.broker.finished) == 7)
        assert world.broker.finished == list(range(7))
        assert world.texts() == ["a", "b"]
        topics = [record.topic for record in world.broker.sent]
        assert topics.count("news.dead") == 2
        assert topics.count("news.outcomes") == 3
        text = world.metrics.expose().decode()
        for result, count in {"forward": 2, "tombstone": 2, "dead": 2, "dropped": 1}.items():
            assert f'kabar_stage_messages_total{{result="{result}",stage="clean"}} {count}.0' in text

    live(story)


def test_only_tombstones_are_a_batch_too(live):
    async def story(world, loop):
        await world.give(None, None)
        await world.until(lambda: world.broker.finished == [0, 1])
        assert world.broker.sent == []

    live(story)


def test_what_a_rebalance_made_stale_is_not_tried(live, message):
    async def story(world, loop):
        await world.give(message("old").encode(), generation=0)
        await world.give(message("new").encode(), first=1)
        await world.until(lambda: world.broker.finished == [1])
        assert world.texts() == ["new"]

    live(story)


def test_a_rebalance_in_the_middle_lets_the_rest_go(live, message, monkeypatch):
    class Rebalanced(InlinePool):
        """The second message's answer comes after a rebalance."""

        world = None

        def collect(self, ticket):
            if self.world and len(self.world.broker.finished) == 1:
                self.world.broker.generation = 2
            return super().collect(ticket)

    pool = Rebalanced(simple_stages())

    async def story(world, loop):
        pool.world = world
        await world.give(*[message(f"old {n}", number=n).encode() for n in range(6)])
        await world.until(lambda: world.broker.generation == 2)
        await world.give(message("again", number=1).encode(), generation=2, first=1)
        await world.until(lambda: 1 in world.broker.finished)
        assert world.texts() == ["old 0", "again"]
        assert world.broker.finished == [0, 1]

    monkeypatch.setattr(batches_module, "SLICE_SECONDS", 0.0)  # one answer at a time
    live(story, pool)


class Failing(InlinePool):
    """No memory for workers, until there is."""

    failures = 3

    def collect(self, ticket):
        if self.failures:
            self.failures -= 1
            raise WorkersFailed("no memory", hint="buy some")
        return super().collect(ticket)


def test_workers_that_cannot_start_are_waited_for_and_nobody_dies(live, message):
    reasons = []

    async def story(world, loop):
        told = world.readiness.down
        world.readiness.down = lambda what, why: (reasons.append((what, why)), told(what, why))
        await world.give(message("hello").encode(), message("you", number=2).encode())
        await world.until(lambda: world.broker.finished == [0, 1])
        assert world.texts() == ["hello", "you"]
        assert world.health.ready

    live(story, Failing(simple_stages()))
    assert reasons == [("workers", "no memory")] * 3


def bad(message, count, source="s{}", first=0):
    from kabar.contracts.sections import RawSection, Source

    return [
        message("", number=first + n)
        .with_section(RawSection(text="poison", source=Source(name=source.format(n % 6))))
        .encode()
        for n in range(count)
    ]


def test_a_sick_stage_pauses_says_so_and_goes_on_carefully(live, message):
    async def story(world, loop):
        await world.give(*bad(message, 30))
        await world.until(lambda: len(world.broker.finished) == 30)
        await world.give(*[message("fine", number=100 + n).encode() for n in range(50)], first=30)
        await world.until(lambda: "paused for 30 s" in world.health.reason)
        await asyncio.sleep(0.05)
        assert len(world.broker.finished) == 30, "nothing is tried while it pauses"
        world.now += PAUSE_MS
        await world.until(lambda: len(world.broker.finished) == 80)
        assert world.health.ready

    live(story)


def test_a_pause_does_not_keep_a_worker_from_stopping(live, message):
    async def story(world, loop):
        await world.give(*bad(message, 30))
        await world.until(lambda: len(world.broker.finished) == 30)
        await world.give(message("later").encode(), first=30)
        await world.until(lambda: not world.health.ready)
        await world.intake.close()
        await loop
        assert 30 not in world.broker.finished

    live(story)


def test_a_sick_source_is_buried_untried_and_the_others_go_on(live, message):
    async def story(world, loop):
        await world.give(*bad(message, 25, source="Sick Post"))
        await world.until(lambda: len(world.broker.finished) == 25)
        more = [*bad(message, 1, source="Sick Post", first=500), message("fine").encode()]
        await world.give(*more, first=25)
        await world.until(lambda: len(world.broker.finished) == 27)
        assert world.texts() == ["fine"]
        text = world.metrics.expose().decode()
        assert 'kabar_outcomes_total{outcome="dead",reason="quarantined"} 1.0' in text
        assert "kabar_quarantined_sources 1.0" in text
        assert world.health.ready, "one sick source is no reason to be not ready"

    live(story)


def test_closing_finishes_the_slice_under_way(live, message):
    async def story(world, loop):
        world.broker.acked.clear()
        await world.give(message("begun").encode())
        await world.until(lambda: world.broker.sent)
        await world.intake.close()
        world.broker.acked.set()
        await loop
        assert world.broker.finished == [0]

    live(story)
