"""The commit point moves over the finished head, and over nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kabar.runtime.kafka.offsets import Tracker

A, B = ("enriched", 0), ("enriched", 1)


def played(*events):
    """A tracker after ``("arrived" | "done" | "read_to", partition, offset)`` and ``("forget", partition)``."""
    tracker = Tracker()
    for name, *arguments in events:
        getattr(tracker, name)(*arguments)
    return tracker


def came(*offsets, partition=A):
    return [("arrived", partition, offset) for offset in offsets]


def did(*offsets, partition=A):
    return [("done", partition, offset) for offset in offsets]


@pytest.mark.parametrize(
    "events, point",
    [
        (came(5), 5),
        (came(5) + did(5), 6),
        (came(5, 6, 7) + did(6, 7), 5),
        (came(5, 6, 7) + did(6, 7, 5), 8),
        (came(5, 6, 7) + did(5), 6),
        # compaction took 6 to 98, a marker lies at 101
        (came(5, 99, 100) + did(5), 99),
        (came(5, 99, 100) + did(5, 99, 100), 101),
        ([*came(5, 99, 100), *did(5, 99, 100), ("read_to", A, 102)], 102),
        # the reader is ahead of what is done: only what is done counts
        ([*came(5, 6), ("read_to", A, 7), *did(5)], 6),
        ([*came(5, 6), ("read_to", A, 7), *did(5, 6)], 7),
        ([*came(5, 6), ("read_to", A, 9), *did(5, 6)], 9),
        # told twice: by a retry, or by a reader that was set back
        (came(5, 5, 6) + did(5), 6),
        (came(5, 6) + did(5, 5), 6),
        (came(5, 6) + did(5) + came(5) + did(6), 7),
        (came(5, 6) + did(5, 6) + came(5, 6), 7),
        # done before it came is done by somebody else
        (did(5) + came(5), 5),
    ],
)
def test_the_commit_point(events, point):
    assert played(*events).commits() == {A: point}


def test_a_partition_where_only_markers_lie_is_committed_past_them():
    assert played(("read_to", A, 12)).commits() == {A: 12}


def test_partitions_do_not_wait_for_each_other():
    tracker = played(*came(1, 2), *came(7, 8, partition=B), *did(7, 8, partition=B))
    assert tracker.commits() == {A: 1, B: 9}


def test_what_was_given_up_is_not_committed_and_starts_anew():
    tracker = played(*came(5, 6), *did(5), ("forget", A), *did(6))
    assert tracker.commits() == {}
    assert not tracker.waits(A, 6)
    tracker.arrived(A, 3)  # whoever had it meanwhile committed less
    tracker.done(A, 3)
    assert tracker.commits() == {A: 4}


def test_only_what_moved_is_committed_again():
    tracker = played(*came(5, 6), *did(5))
    tracker.committed(tracker.commits())
    assert tracker.commits() == {}
    tracker.done(A, 6)
    assert tracker.commits() == {A: 7}
    tracker.forget(A)
    tracker.committed({A: 7})
    assert tracker.commits() == {}


def test_a_message_waits_from_its_arrival_until_it_is_done():
    tracker = played(*came(5, 6), *did(6))
    assert [tracker.waits(A, offset) for offset in (4, 5, 6, 7)] == [False, True, False, False]
    assert not tracker.waits(B, 5)


def test_pending_counts_what_is_not_done():
    tracker = played(*came(5, 6, 9), *came(1, partition=B), *did(6))
    assert tracker.pending() == 3


@given(
    gaps=st.lists(st.integers(1, 5), min_size=1, max_size=30),
    order=st.randoms(use_true_random=False),
    finished=st.integers(0, 30),
    lead=st.integers(0, 3),
)
def test_nothing_unfinished_is_ever_before_the_commit_point(gaps, order, finished, lead):
    offsets = [sum(gaps[: n + 1]) for n in range(len(gaps))]
    tracker = played(*came(*offsets), ("read_to", A, offsets[-1] + 1 + lead))
    shuffled = order.sample(offsets, len(offsets))
    before = 0
    for offset in shuffled[:finished]:
        tracker.done(A, offset)
        point = tracker.commits()[A]
        assert point >= before, "a commit point never goes back"
        before = point
    unfinished = set(shuffled[finished:])
    expected = min(unfinished) if unfinished else offsets[-1] + 1 + lead
    assert tracker.commits() == {A: expected}
    assert tracker.pending() == len(unfinished)
