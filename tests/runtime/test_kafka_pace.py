"""A steady speed, on a clock of its own."""

import pytest

from kabar.runtime.kafka.producing.pace import CATCH_UP_SECONDS, Pace


class Clock:
    """Time that passes when somebody sleeps, or when told to."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        assert seconds > 0
        self.now += seconds


def run(pace, clock, items, *, busy=0.0):
    """When each item left, relative to the start."""
    start = clock.now
    left = []
    for part in pace.portions(items):
        left += [(item, clock.now - start) for item in part]
        clock.now += busy
    return left


@pytest.mark.parametrize(
    "rate, count, seconds", [(10, 30, 2.9), (50, 100, 1.9), (1_000, 2_000, 1.9), (2, 3, 1.0)]
)
def test_so_many_a_second(rate, count, seconds):
    clock = Clock()
    left = run(Pace(rate, clock=clock, sleep=clock.sleep), clock, range(count))
    assert [item for item, _ in left] == list(range(count))
    assert left[-1][1] == pytest.approx(seconds)
    for second in range(int(seconds)):
        within = [when for _, when in left if second <= when < second + 1]
        assert len(within) <= rate * 1.1 + 1


def test_no_rate_is_no_waiting_and_no_splitting():
    clock = Clock()
    items = list(range(500))
    assert list(Pace(0, clock=clock, sleep=clock.sleep).portions(items)) == [items]
    assert clock.now == 100.0


@pytest.mark.parametrize("rate", [0, 5])
def test_nothing_is_no_portion(rate):
    clock = Clock()
    assert list(Pace(rate, clock=clock, sleep=clock.sleep).portions([])) == []
    assert clock.now == 100.0


def test_work_counts_into_the_time_between():
    clock = Clock()
    left = run(Pace(10, clock=clock, sleep=clock.sleep), clock, range(20), busy=0.09)
    assert left[-1][1] == pytest.approx(1.9)


def test_the_speed_goes_on_over_calls():
    clock = Clock()
    pace = Pace(10, clock=clock, sleep=clock.sleep)
    run(pace, clock, range(10))
    run(pace, clock, range(10))
    assert clock.now - 100.0 == pytest.approx(1.9)


def test_a_long_pause_is_not_made_up_for_in_a_burst():
    clock = Clock()
    pace = Pace(10, clock=clock, sleep=clock.sleep)
    run(pace, clock, range(10))
    clock.now += 600
    left = run(pace, clock, range(100))
    at_once = [item for item, when in left if when == 0.0]
    assert len(at_once) <= 10 * CATCH_UP_SECONDS + 1
    assert left[-1][1] == pytest.approx(8.9)
