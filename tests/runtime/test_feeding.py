"""Reading ahead: order, bounds, slow sources, errors."""

import threading
import time

import pytest

from kabar.producers.files import Record
from kabar.runtime import feeding
from kabar.runtime.feeding import chunks


def record(number, size=10):
    return Record.good(number, number, number + 1, b"x" * size, {"n": number})


def flat(portions):
    return [one.number for portion in portions for one in portion]


def test_everything_in_order_in_bounded_portions():
    portions = list(chunks(record(n) for n in range(1_001)))
    assert flat(portions) == list(range(1_001))
    assert max(map(len, portions)) <= feeding.CHUNK_RECORDS


def test_nothing_to_read():
    assert flat(chunks(iter(()))) == []


def test_what_was_read_before_an_error_is_handed_over_first():
    def broken():
        yield record(1)
        raise OSError("disk gone")

    portions = chunks(broken())
    assert [one.number for one in next(portions)] == [1]
    with pytest.raises(OSError, match="disk gone"):
        next(portions)


def test_a_slow_source_gives_what_it_has_and_then_empty_portions():
    release = threading.Event()

    def slow():
        yield record(1)
        release.wait(30)
        yield record(2)

    portions = chunks(slow())
    first = next(portions)
    assert [one.number for one in first] == [1]
    assert next(portions) == []
    release.set()
    assert flat(portions) == [2]


def test_large_records_are_not_piled_up():
    made = []

    def large():
        for n in range(40):
            made.append(n)
            yield record(n, size=5_000_000)

    portions = chunks(large())
    next(portions)
    time.sleep(0.3)
    assert len(made) <= 12  # 32 MB ahead, 8 MB in hand
    assert len(flat(portions)) + 2 >= 38


def test_leaving_early_ends_the_reader():
    def endless():
        n = 0
        while True:
            n += 1
            yield record(n)

    portions = chunks(endless())
    next(portions)
    portions.close()
    until = time.monotonic() + 5
    while any(thread.name == "kabar-reader" for thread in threading.enumerate()):
        assert time.monotonic() < until, "the reader goes on"
        time.sleep(0.01)
