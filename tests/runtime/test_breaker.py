"""When the breaker pauses a stage, when it quarantines a source, and when it must do neither."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kabar.runtime.breaker import (
    ENOUGH_DEAD,
    LONGEST_PAUSE_MS,
    PAUSE_MS,
    QUARANTINE_MS,
    TRIAL,
    WINDOW,
    Breaker,
    source_of,
)

NOW = 1_000_000


def booked(results, now=NOW):
    breaker = Breaker()
    for source, dead in results:
        breaker.book(source, dead, now)
    return breaker


def mixed(sources, *, dead, alive):
    """``dead`` and ``alive`` results of each source, one source after the other in turns."""
    rounds = [[(source, True)] * dead + [(source, False)] * alive for source in sources]
    return [one for turn in zip(*rounds, strict=True) for one in turn]


def sick(breaker, now, count=60):
    for number in range(count):
        breaker.book(f"s{number % 6}", True, now)


@pytest.mark.parametrize(
    "results, pause, quarantined",
    [
        ([], False, set()),
        (mixed("abc", dead=6, alive=0), False, set()),  # 18 dead: too few to say
        (mixed("abcd", dead=5, alive=0), True, set()),  # 20
        (mixed("abcd", dead=5, alive=0)[:-1], False, set()),  # 19
        (mixed("ab", dead=20, alive=0), False, set()),  # two sources: their own trouble, and neither is alone
        (mixed("abcd", dead=10, alive=11)[::-1], False, set()),  # under half
        (mixed("abcd", dead=10, alive=10)[::-1], True, set()),  # half
        ([("a", True)] * 20, False, {"a"}),
        ([("a", True)] * 19, False, set()),
        ([("a", False)] * 5 + [("a", True)] * 20, False, {"a"}),  # 80 % of its own
        ([("a", False)] * 6 + [("a", True)] * 20, False, set()),  # 77 %
        ([("b", True)] * 2 + [("a", True)] * 20, False, {"a"}),  # 91 % of all
        ([("b", True)] * 3 + [("a", True)] * 20, False, set()),  # 87 %, of two sources
        ([("", True)] * 20, False, {""}),  # what names no source is one source
    ],
)
def test_the_rules(results, pause, quarantined):
    verdict = booked(results).verdict(NOW)
    assert (verdict.pause, verdict.quarantined) == (pause, quarantined)
    assert bool(verdict.reason) == (pause or bool(quarantined))


def test_a_sick_source_among_healthy_ones_stops_nobody_else():
    results = [("sick", True), ("b", False), ("c", False), ("d", False)] * 20
    verdict = booked(results).verdict(NOW)
    assert verdict.quarantined == {"sick"}
    assert not verdict.pause
    assert "sick" in verdict.reason


def test_the_culprit_is_taken_out_before_it_can_pause_the_others():
    results = [("b", True), ("c", True)] + [("a", True)] * 60
    verdict = booked(results).verdict(NOW)
    assert verdict.quarantined == {"a"}
    assert not verdict.pause


def test_an_old_burst_is_forgotten():
    burst = mixed("abc", dead=6, alive=0)
    later = [("x", False)] * WINDOW
    assert not booked([*burst, *later, *burst]).verdict(NOW).pause


def test_a_pause_ends_by_itself_and_the_next_is_twice_as_long():
    breaker, now, pause = Breaker(), NOW, PAUSE_MS
    for _ in range(8):
        sick(breaker, now)
        assert breaker.verdict(now).pause
        assert f"{pause // 1000} s" in breaker.verdict(now).reason
        assert breaker.verdict(now + pause - 1).pause
        now += pause
        assert not breaker.verdict(now).pause
        assert breaker.verdict(now).trial
        pause = min(2 * pause, LONGEST_PAUSE_MS)
    assert pause == LONGEST_PAUSE_MS


def test_a_good_trial_closes_it_and_the_next_pause_is_short_again():
    breaker = Breaker()
    sick(breaker, NOW)
    later = NOW + PAUSE_MS
    for number in range(TRIAL):
        assert breaker.verdict(later).trial
        breaker.book(f"s{number % 5}", False, later)
    assert not breaker.verdict(later).trial
    sick(breaker, later, 200)
    assert f"{PAUSE_MS // 1000} s" in breaker.verdict(later).reason


def test_a_bad_trial_pauses_after_few():
    breaker = Breaker()
    sick(breaker, NOW)
    later = NOW + PAUSE_MS
    sick(breaker, later, TRIAL // 2)
    assert breaker.verdict(later).pause
    assert not breaker.verdict(later).trial


def test_what_was_under_way_when_it_paused_is_not_held_against_it():
    breaker = Breaker()
    sick(breaker, NOW, 500)
    later = NOW + PAUSE_MS
    for number in range(TRIAL):
        breaker.book(f"s{number}", False, later)
    assert not breaker.verdict(later).pause


def test_quarantine_ends_and_starts_again_only_on_new_failures():
    breaker = booked([("a", True)] * ENOUGH_DEAD)
    assert breaker.verdict(NOW + QUARANTINE_MS - 1).quarantined == {"a"}
    later = NOW + QUARANTINE_MS
    assert breaker.verdict(later).quarantined == frozenset()
    for _ in range(ENOUGH_DEAD - 1):
        breaker.book("a", True, later)
    assert breaker.verdict(later).quarantined == frozenset()
    breaker.book("a", True, later)
    assert breaker.verdict(later).quarantined == {"a"}


def test_several_sources_one_after_the_other():
    breaker = booked([("a", True)] * 20 + [("b", True)] * 20)
    assert breaker.verdict(NOW).quarantined == {"a", "b"}
    assert not breaker.verdict(NOW).pause


@given(st.lists(st.tuples(st.sampled_from("abcdefgh"), st.booleans()), max_size=400))
def test_too_few_dead_never_do_anything(results):
    dead = 0
    kept = []
    for source, died in results:
        dead += died
        kept.append((source, died and dead < ENOUGH_DEAD))
    assert booked(kept).verdict(NOW).reason == ""


@given(st.integers(0, 10_000))
def test_a_healthy_stage_with_a_few_dead_is_never_paused(seed):
    draw = random.Random(seed)
    breaker = Breaker()
    for number in range(1_000):
        breaker.book(f"s{draw.randrange(20)}", draw.random() < 0.1, NOW + number)
        assert not breaker.verdict(NOW + number).pause


@given(
    st.lists(st.tuples(st.sampled_from("abcde"), st.booleans(), st.integers(0, 60_000)), max_size=300),
)
def test_it_never_stays_paused_and_says_why_it_is(results):
    breaker, now = Breaker(), NOW
    for source, dead, passed in results:
        now += passed
        breaker.book(source, dead, now)
        verdict = breaker.verdict(now)
        assert bool(verdict.reason) == (verdict.pause or bool(verdict.quarantined))
    assert not breaker.verdict(now + LONGEST_PAUSE_MS).pause
    assert breaker.verdict(now + QUARANTINE_MS).quarantined == frozenset()


def test_the_source_of_a_message(message):
    assert source_of(message("x")) == "Harian Laut"


def test_a_message_that_cannot_be_read_has_no_source(message):
    from kabar.contracts.message import Message

    assert source_of(Message(message("x").header)) == ""
