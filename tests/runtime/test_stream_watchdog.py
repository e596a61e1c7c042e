"""When the watchdog ends a worker and when it leaves it alone, with a broker that is made up."""

import pytest

from kabar.errors import BrokerError
from kabar.runtime.health import Health
from kabar.runtime.metrics import Metrics
from kabar.runtime.readiness import Readiness
from kabar.runtime.streams import watchdog as module
from kabar.runtime.streams.watchdog import Progress, Watchdog
from kabar.settings import load


class Watched(Watchdog):
    """``seen`` is what the broker says; an exception in its place is raised."""

    def __init__(self, **kwargs):
        self.seen, self.readable, self.ended = {}, True, []
        self.partitions = frozenset({0})
        self.health = Health(Metrics())
        super().__init__(
            "clean", load({"KABAR_STALL_SECONDS": "60"}), assigned=lambda: self.partitions,
            readiness=Readiness(self.health), metrics=Metrics(), end=self.ended.append, **kwargs,
        )  # fmt: skip
        self._readiness.up("")

    def _progress(self, partitions):
        if isinstance(self.seen, Exception):
            raise self.seen
        return {one: self.seen[one] for one in partitions}

    def _has_message(self, partition, offset):
        return self.readable


@pytest.fixture
def time(monkeypatch):
    class Time:
        now = 0.0

        def monotonic(self):
            return self.now

    made = Time()
    monkeypatch.setattr(module, "time", made)
    return made


@pytest.fixture
def dog(time):
    return Watched()


def test_work_that_waits_too_long_ends_the_worker(dog, time):
    dog.seen = {0: Progress(5, 9)}
    dog._look()
    time.now = 59
    dog._look()
    assert dog.ended == []
    time.now = 60
    dog._look()
    (reason,) = dog.ended
    assert "news.raw/0" in reason
    assert "offset 5" in reason


def test_nothing_but_markers_is_no_work(dog, time):
    dog.seen, dog.readable = {0: Progress(5, 9)}, False
    for time.now in (0, 60, 120, 500):
        dog._look()
    assert dog.ended == []


def test_a_worker_that_says_why_is_left_alone(dog, time):
    dog.seen = {0: Progress(5, 9)}
    dog._readiness.down("breaker", "paused for 300 s")
    for time.now in (0, 100, 299):
        dog._look()
    dog._readiness.up("breaker")
    time.now = 300
    dog._look()
    assert dog.ended == [], "its time begins when it goes on"


def test_a_standby_is_left_alone(dog, time):
    dog.partitions = frozenset()
    for time.now in (0, 1_000):
        dog._look()
    assert dog.ended == []


def test_a_worker_that_never_gets_into_the_group_is_ended(dog, time):
    dog.partitions = None
    for time.now in (0, 59):
        dog._look()
    assert dog.ended == []
    time.now = 61
    dog._look()
    assert "consumer group" in dog.ended[0]


def test_getting_in_starts_the_clock_anew(dog, time):
    dog.seen = {0: Progress(9, 9)}
    for time.now, dog.partitions in [(0, None), (50, frozenset({0})), (70, None), (120, None)]:
        dog._look()
    assert dog.ended == []


def test_a_broker_that_is_away_is_said_after_two_misses_and_is_no_stall(dog, time):
    dog.seen = {0: Progress(5, 9)}
    dog._look()
    gone = BrokerError("no broker answers")
    dog._miss(gone)
    assert dog.health.ready
    dog._miss(gone)
    assert dog.health.reason == "no broker answers"
    time.now = 70
    dog._look()
    assert dog.health.ready
    assert dog.ended == []


def test_how_far_behind_is_a_metric(dog):
    dog.partitions, dog.seen = frozenset({0, 1}), {0: Progress(5, 9), 1: Progress(2, 3)}
    dog._look()
    assert 'kabar_behind_offsets{topic="news.raw"} 5.0' in dog._metrics.expose().decode()


def test_a_watchdog_with_a_bug_does_not_leave_the_worker_unwatched(dog, monkeypatch):
    dog.seen = ZeroDivisionError("oops")
    monkeypatch.setattr(dog, "_period", 0.001)
    monkeypatch.setattr(dog, "_end", lambda reason: (dog.ended.append(reason), dog.close()))
    dog._run()
    assert dog.ended == ["the watchdog failed: oops"]
