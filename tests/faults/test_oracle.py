"""The oracle finds each kind of broken promise, and none where everything is as it must be."""

import random
import time
from dataclasses import replace
from functools import partial

import pytest

pytest.importorskip("kafka", reason="the extra 'distributed' is not installed")

from kabar.clean.stage import CleanStage
from kabar.contracts.message import decode_message
from kabar.contracts.observation import accept
from kabar.runtime.failpoints import POINTS
from tests.faults import campaign, oracle_texts
from tests.faults.faults import ALONE, KINDS
from tests.faults.faults_arena import Kind
from tests.faults.fleet import STAGES
from tests.faults.oracle import (
    Document,
    Expected,
    Found,
    Outcome,
    Registered,
    Version,
    judge,
    summary,
)
from tests.faults.oracle_load import _padded
from tests.faults.oracle_register import LONG_SECONDS, Register

MARKET, FERRY = "a" * 32, "b" * 32
INDEX = "articles-v1-2026.11"

FIRST = Expected("o1", "first", MARKET, 1_000, "Market opens", "It opens at six.")
SAME = Expected("o2", "repeat", MARKET, 2_000, outcomes=frozenset({"unchanged"}))
UPDATE = Expected("o3", "update", MARKET, 3_000, "Market opens late", "It opens at eight.")
SAILED = Expected("o4", "first", FERRY, 1_500, "Ferry sails", "It sails at noon.")
KILLED = Expected("o5", "kill", FERRY, 2_500, kill=True)
POISON = Expected("o6", "poison", outcomes=frozenset({"dead"}))

SENT = Registered({one.observation_id: one for one in (FIRST, SAME, UPDATE, SAILED, KILLED, POISON)})
MARKET_NOW = Document(INDEX, MARKET, 3_000_000, 2, "updated", "Market opens late", "It opens at eight.", "o3")
FERRY_NOW = Document(INDEX, FERRY, 2_500_000, 2, "killed", "", "", "o5")
VERSIONS = (
    Version("versions-v1-2026.11", MARKET, "o1", 1_000_000, 1),
    Version("versions-v1-2026.11", MARKET, "o3", 3_000_000, 2),
    Version("versions-v1-2026.11", FERRY, "o4", 1_500_000, 1),
    Version("versions-v1-2026.11", FERRY, "o5", 2_500_000, 2),
)
OUTCOMES = (
    Outcome("o1", "indexed"),
    Outcome("o4", "indexed"),
    Outcome("o2", "unchanged"),
    Outcome("o6", "dead"),
    Outcome("o5", "indexed"),
    Outcome("o3", "indexed"),
)
WELL = Found(OUTCOMES, frozenset({"o6"}), (MARKET_NOW, FERRY_NOW), VERSIONS)


def outcomes(**changed):
    """The outcomes, some of them others, or none."""
    return tuple(
        Outcome(one.observation_id, changed.get(one.observation_id, one.outcome))
        for one in OUTCOMES
        if changed.get(one.observation_id, "") is not None
    )


def broken(found, sent=SENT):
    return sorted(violation.rule for violation in judge(sent, found))


def test_nothing_is_found_where_everything_is_as_it_must_be():
    assert judge(SENT, WELL) == []


def test_an_outcome_told_twice_is_one_outcome():
    assert judge(SENT, replace(WELL, outcomes=(*OUTCOMES, Outcome("o1", "indexed")))) == []


@pytest.mark.parametrize(
    "rules, found",
    [
        (["lost"], replace(WELL, outcomes=outcomes(o2=None))),
        (["contradiction"], replace(WELL, outcomes=(Outcome("o2", "superseded"), *OUTCOMES))),
        (["contradiction", "wrong_outcome"], replace(WELL, outcomes=(*OUTCOMES, Outcome("o1", "superseded")))),
        (["wrong_outcome"], replace(WELL, outcomes=outcomes(o2="dropped"))),
        (["unknown_outcome"], replace(WELL, outcomes=(*OUTCOMES, Outcome("o9", "indexed")))),
        (["no_letter"], replace(WELL, letters=frozenset())),
        (["needless_letter"], replace(WELL, letters=frozenset({"o6", "o1"}))),
        (["missing_document"], replace(WELL, documents=(FERRY_NOW,))),
        (["unknown_document"], replace(WELL, documents=(*WELL.documents, replace(FERRY_NOW, article_id="c" * 32)))),
        (["two_documents"], replace(WELL, documents=(*WELL.documents, replace(FERRY_NOW, index="articles-v1-2026.10")))),
        (["wrong_content"], replace(WELL, documents=(replace(MARKET_NOW, text="It opens at six."), FERRY_NOW))),
        (["wrong_content"], replace(WELL, documents=(replace(MARKET_NOW, title=""), FERRY_NOW))),
        (["wrong_content"], replace(WELL, documents=(MARKET_NOW, replace(FERRY_NOW, text="It sails at noon.")))),
        (["wrong_version"], replace(WELL, documents=(replace(MARKET_NOW, version=1), FERRY_NOW))),
        (["wrong_version"], replace(WELL, documents=(replace(MARKET_NOW, version_key=3_000_001), FERRY_NOW))),
        (["wrong_version"], replace(WELL, documents=(replace(MARKET_NOW, observation_id="o1"), FERRY_NOW))),
        (["wrong_status"], replace(WELL, documents=(MARKET_NOW, replace(FERRY_NOW, status="updated")))),
        (["wrong_status"], replace(WELL, documents=(replace(MARKET_NOW, status="active"), FERRY_NOW))),
        (["missing_version"], replace(WELL, versions=VERSIONS[1:])),
        (["missing_version", "unknown_version"],
         replace(WELL, versions=(*VERSIONS[:3], replace(VERSIONS[3], version=1)))),
        (["unknown_version"], replace(WELL, versions=(*VERSIONS, replace(VERSIONS[0], observation_id="o2")))),
        (["unknown_version"], replace(WELL, versions=(*VERSIONS, replace(VERSIONS[0], index="versions-v1-2026.10")))),
        (["unknown_version"], replace(WELL, versions=(*VERSIONS, replace(VERSIONS[0], article_id="c" * 32)))),
    ],
)  # fmt: skip
def test_each_broken_promise_is_found_and_only_that(rules, found):
    assert broken(found) == rules


def test_an_update_that_got_lost_on_its_way_into_the_index_is_found_several_times_over():
    old = Document(INDEX, MARKET, 1_000_000, 1, "active", "Market opens", "It opens at six.", "o1")
    found = replace(
        WELL, outcomes=outcomes(o3=None), documents=(old, FERRY_NOW), versions=(VERSIONS[0], *VERSIONS[2:])
    )
    assert broken(found) == ["lost", "missing_version", "wrong_version"]


def test_everything_lost_is_found():
    assert broken(Found()).count("lost") == len(SENT.obligations)


def test_what_may_or_may_not_have_arrived_is_no_obligation():
    sent = Registered({name: one for name, one in SENT.obligations.items() if name != "o3"}, {"o3": UPDATE})
    assert judge(sent, WELL) == [], "it arrived"
    before = Document(INDEX, MARKET, 1_000_000, 1, "active", "Market opens", "It opens at six.", "o1")
    without = Found(outcomes(o3=None), WELL.letters, (before, FERRY_NOW), (VERSIONS[0], *VERSIONS[2:]))
    assert judge(sent, without) == [], "it did not"
    assert broken(replace(without, outcomes=outcomes(o3=None, o1=None)), sent) == ["lost"], "the first did"


def test_one_that_may_end_in_two_ways_has_a_document_exactly_if_it_says_so():
    either = replace(SAILED, outcomes=frozenset({"indexed", "dead"}))
    sent = Registered({"o4": either})
    document = Document(INDEX, FERRY, 1_500_000, 1, "active", SAILED.title, SAILED.text, "o4")
    indexed = Found((Outcome("o4", "indexed"),), frozenset(), (document,), VERSIONS[2:3])
    assert judge(sent, indexed) == []
    assert broken(replace(indexed, documents=()), sent) == ["missing_document"]
    dead = Found((Outcome("o4", "dead"),), frozenset({"o4"}))
    assert judge(sent, dead) == []
    assert broken(replace(dead, documents=(document,)), sent) == ["unknown_document"]


def test_the_summary_counts_and_shows_the_first():
    told = summary(judge(SENT, Found()), limit=1)
    assert f"lost: {len(SENT.obligations)}" in told
    assert told.count("no outcome") == 1


# ------------------------------------------------------------ what it sends


@pytest.mark.parametrize("revision", [0, 1])
def test_the_clean_stage_leaves_the_texts_as_they_are(revision):
    stage = CleanStage()
    for number in range(40):
        record = oracle_texts.record(number, revision)
        message = accept(record, observation_id="0" * 32, observed_at=10**12, accepted_at=0, origin="test")
        [effect] = stage.process(message)
        assert effect.message.clean.title == record["title"]
        assert effect.message.clean.text == record["text"]


def test_the_payload_is_a_function_of_the_number():
    assert oracle_texts.record(7, 1) == oracle_texts.record(7, 1)
    seen = {oracle_texts.text(number, revision) for number in range(50) for revision in range(2)}
    assert len(seen) == 100


def test_a_copy_has_the_words_of_the_other_and_an_address_of_its_own():
    copy, original = oracle_texts.record(8, 0, copy_of=7), oracle_texts.record(7, 0)
    assert (copy["title"], copy["text"]) == (original["title"], original["text"])
    assert copy["url"] != original["url"]
    assert copy["source"] != original["source"]


def test_a_padded_message_is_the_same_message_of_the_wanted_size():
    record = oracle_texts.record(1, 0)
    message = accept(record, observation_id="0" * 32, observed_at=10**12, accepted_at=0, origin="test")
    padded = _padded(message.encode(), 10_000)
    assert len(padded) == 10_000
    assert decode_message(padded).header == message.header
    assert decode_message(padded).raw == message.raw


# ------------------------------------------------------------ what it remembers


def test_an_obligation_waits_until_it_has_ended():
    register = Register()
    for one in (FIRST, UPDATE):
        register.sent()
        register.promise(one)
    register.ended("o1")
    register.ended("o1")  # told again
    assert [one.observation_id for one in register.waiting()] == ["o3"]
    assert register.waiting(before=0.0) == [], "it was not there yet"
    assert set(register.registered().obligations) == {"o1", "o3"}


def test_an_outcome_may_come_before_the_acknowledgement():
    register = Register()
    register.sent()
    register.ended("o1")
    register.promise(FIRST)
    assert register.waiting() == []
    assert set(register.registered().obligations) == {"o1"}


def test_it_flows_when_something_new_has_ended_and_nothing_is_held_up(monkeypatch):
    now = 100.0
    monkeypatch.setattr("tests.faults.oracle_register.time.monotonic", lambda: now)
    register = Register()
    for one in (FIRST, UPDATE):
        register.sent()
        register.promise(one)
    assert not register.flows(since=99.0), "nothing has ended"
    register.ended("o1")
    assert register.flows(since=99.0), "o1 has, o3 is young"
    assert not register.flows(since=100.0), "o1 is no proof of what came after it"
    now += LONG_SECONDS
    assert not register.flows(since=99.0), "o3 is held up"
    register.ended("o3")
    assert register.flows(since=99.0)


def test_recovery_is_noted_once():
    register = Register()
    firing = campaign.Firing(KINDS[0], fired=True, inject_seconds=1, cured=time.monotonic())
    campaign.note(register, [firing])
    assert firing.recover_seconds is None
    register.sent()
    register.promise(FIRST)
    register.ended("o1")
    campaign.note(register, [firing])
    seconds = firing.recover_seconds
    assert seconds >= 0
    campaign.note(register, [firing])
    assert firing.recover_seconds == seconds


def test_what_is_doubtful_is_not_waited_for():
    register = Register()
    register.sent()
    assert register.in_flight == 1
    register.doubt(FIRST)
    assert register.in_flight == 0
    assert register.waiting() == []
    assert set(register.registered().doubtful) == {"o1"}


# ------------------------------------------------------------ the schedule


def rounds_of(minutes, seed=1):
    chance = random.Random(seed)
    return campaign.plan(campaign.drawn(KINDS, minutes, chance), minutes, chance)


@pytest.mark.parametrize("minutes, times", [(5, 1), (20, 1), (60, 5)])
def test_every_kind_is_planned_as_often_as_it_has_to_fire(minutes, times):
    planned = [kind for kinds in rounds_of(minutes) for kind in kinds]
    for kind in KINDS:
        if not kind.failpoint:
            assert planned.count(kind) == times
    hit = [kind.name.rpartition(" ")[2] for kind in planned if kind.failpoint]
    for point in POINTS:
        assert hit.count(point) == (1 if minutes < campaign.MEDIUM_MINUTES else 2)


def test_kinds_of_one_round_disturb_different_things():
    for kinds in rounds_of(60):
        targets = [kind.target for kind in kinds]
        assert len(set(targets)) == len(targets) <= campaign.IN_ROUND
        assert ALONE not in targets or len(targets) == 1


def test_the_schedule_repeats_itself_and_another_seed_is_another_one():
    assert rounds_of(60, 1) == rounds_of(60, 1)
    assert rounds_of(60, 1) != rounds_of(60, 2)


def test_every_stage_and_every_failpoint_has_its_kinds():
    names = [kind.name for kind in KINDS]
    assert len(set(names)) == len(names)
    for stage in STAGES:
        assert {f"SIGKILL {stage}", f"SIGTERM {stage}", f"a second {stage} joins and leaves"} <= set(names)
    for point in POINTS:
        assert {f"SIGKILL at {point}", f"SIGTERM at {point}"} <= set(names)


def test_a_fault_that_never_fired_fails_the_campaign(capsys):
    kind = Kind("flood", "index", lambda arena: None)
    other = Kind("drought", "index", lambda arena: None)
    fired = campaign.Firing(kind, fired=True, inject_seconds=1, recover_seconds=2.5)
    missed = campaign.Firing(other, fired=False, inject_seconds=1, why="nobody noticed")
    report = partial(campaign.report, (kind, other), 5)
    assert report(campaign.Campaign([fired, replace(missed, fired=True)])) == 0
    assert report(campaign.Campaign([fired, missed])) == campaign.UNFIRED
    assert "NOT FIRED drought: fired 0 times of 1" in capsys.readouterr().out
    assert campaign.shortfalls((kind,), 60, [fired]) == ["flood: fired 1 times of 5"]


def test_a_violation_fails_the_campaign(capsys):
    found = judge(SENT, replace(WELL, outcomes=outcomes(o2=None)))
    assert campaign.report((), 5, campaign.Campaign(violations=found)) == 1
    assert "lost: 1" in capsys.readouterr().out
