from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kabar.index.elasticsearch.pace import (
    FIRST_DELAY_SECONDS,
    LEAST_BYTES,
    LONGEST_DELAY_SECONDS,
    Pace,
    delay_seconds,
)


def pace():
    return Pace(concurrency=4, max_bytes=1_000_000)


def test_it_begins_with_all_it_may():
    assert (pace().concurrency, pace().max_bytes) == (4, 1_000_000)


def test_refusals_of_everything_leave_one_request_in_flight():
    one = pace()
    for _ in range(20):
        one.answered(1.0)
    assert one.concurrency == 1


def test_good_answers_bring_it_back_one_by_one_and_no_further():
    one = pace()
    for _ in range(20):
        one.answered(1.0)
    seen = []
    for _ in range(20):
        one.answered(0.0)
        seen.append(one.concurrency)
    assert seen == sorted(seen)
    assert set(seen) == {2, 3, 4}


def test_a_few_refusals_all_the_time_cost_little():
    """Halving at every refusal would stay at one request for ever."""
    one = pace()
    lowest = min(one.concurrency for _ in range(1_000) if one.answered(0.05) is None)
    assert lowest >= 3


def test_half_refused_settles_low_but_not_at_the_bottom():
    one = pace()
    for _ in range(100):
        one.answered(0.5)
    assert one.concurrency == 2


def test_memory_pressure_halves_the_bytes_and_good_answers_restore_them():
    one = pace()
    one.out_of_memory()
    assert one.max_bytes == 500_000
    one.answered(0.0)
    assert 500_000 < one.max_bytes < 600_000
    for _ in range(20):
        one.answered(0.0)
    assert one.max_bytes == 1_000_000


def test_memory_pressure_has_a_floor():
    one = pace()
    for _ in range(50):
        one.out_of_memory()
    assert one.max_bytes == LEAST_BYTES


def test_a_size_refused_is_not_tried_again():
    one = pace()
    one.too_large(800_000)
    for _ in range(100):
        one.answered(0.0)
    assert one.max_bytes == 400_000


def test_a_larger_size_refused_later_does_not_raise_the_bound():
    one = pace()
    one.too_large(100_000)
    one.too_large(800_000)
    assert one.max_bytes == 50_000


@given(st.lists(st.floats(0, 1)))
def test_whatever_the_answers_something_is_always_in_flight(shares):
    one = pace()
    for share in shares:
        one.answered(share)
        assert 1 <= one.concurrency <= 4


@pytest.mark.parametrize("chance, share", [(0.0, 0.5), (1.0, 1.0), (0.5, 0.75)])
def test_delays_double_from_first_to_longest(chance, share):
    delays = [delay_seconds(attempt, chance) for attempt in range(1, 12)]
    assert delays[0] == FIRST_DELAY_SECONDS * share
    assert delays[1] == 2 * delays[0]
    assert delays[-1] == LONGEST_DELAY_SECONDS * share
    assert delays == sorted(delays)


def test_no_number_of_attempts_overflows():
    assert delay_seconds(10_000, 1.0) == LONGEST_DELAY_SECONDS
