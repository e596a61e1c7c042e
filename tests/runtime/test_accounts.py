"""What the account of the log adds up to, and what it must not overlook."""

import pytest
from identifiers import identifier

from kabar.contracts.letters import Ending
from kabar.runtime.kafka.account.accounts import Account, Bag, Endings, balance
from kabar.runtime.letters import PURGED


def observation(number):
    return identifier("observation", number)


def bag(*numbers):
    made = Bag()
    for number in numbers:
        made.add(observation(number))
    return made


def endings(*told):
    """``(number, outcome)`` or ``(number, outcome, reason)``, in the order of the log."""
    made = Endings()
    for number, outcome, *reason in told:
        made.add(
            Ending(
                observation_id=observation(number),
                outcome=outcome,
                reason="".join(reason),
                stage="index",
                ended_at=1,
            )
        )
    return made


def account(accepted=(), ended=(), waiting=None, letters=(), no_version=(), no_document=(), doubled=()):
    return Account(
        bag(*accepted), {stage: bag(*numbers) for stage, numbers in (waiting or {}).items()}, endings(*ended),
        bag(*letters), bag(*no_version), bag(*no_document), set(doubled),
    )  # fmt: skip


def gaps(audit):
    return {check.name: check.count for check in audit.checks if check.count}


@pytest.mark.parametrize(
    "given, gap",
    [
        ({}, {}),
        ({"accepted": [1, 2], "ended": [(1, "indexed"), (2, "dropped")]}, {}),
        ({"accepted": [1, 1], "ended": [(1, "indexed"), (1, "indexed")]}, {}),
        ({"accepted": [1], "waiting": {"clean": [1]}}, {}),
        ({"accepted": [1], "waiting": {"clean": [1], "index": [1]}}, {}),
        ({"accepted": [1, 2, 3], "ended": [(2, "unchanged")]}, {"lost": 2}),
        ({"accepted": [1], "waiting": {"index": [2]}}, {"lost": 1}),
        ({"accepted": [1], "ended": [(2, "indexed")]}, {"lost": 1}),
        ({"accepted": [1], "ended": [(1, "dead")]}, {"dead_without_letter": 1}),
        ({"accepted": [1], "ended": [(1, "dead")], "letters": [1]}, {}),
        # died, was replayed, and is indexed now: no letter is needed any more
        ({"accepted": [1], "ended": [(1, "dead"), (1, "indexed")]}, {}),
        ({"accepted": [1], "ended": [(1, "indexed"), (1, "dead")]}, {"dead_without_letter": 1}),
        # thrown away on purpose
        ({"accepted": [1], "ended": [(1, "dead"), (1, "dead", PURGED)]}, {}),
        ({"accepted": [1], "ended": [(1, "indexed")], "no_version": [1]}, {"indexed_without_version": 1}),
        ({"accepted": [1], "ended": [(1, "indexed")], "no_document": [1]}, {"indexed_without_document": 1}),
        # looked up while it was said to be indexed; a newer ending says otherwise
        ({"accepted": [1], "ended": [(1, "indexed"), (1, "superseded")], "no_version": [1]}, {}),
        ({"doubled": ["a", "b"]}, {"document_twice": 2}),
        # known by its outcome only: its message left the log
        ({"ended": [(1, "dead")]}, {"dead_without_letter": 1}),
    ],
)
def test_the_account(given, gap):
    audit = balance(account(**given))
    assert gaps(audit) == gap
    assert audit.gap == sum(gap.values())
    assert audit.unaccounted == gap.get("lost", 0)


def test_the_newest_outcome_counts_and_a_purge_is_none():
    audit = balance(
        account(
            accepted=[1, 2, 3, 4, 5],
            ended=[(1, "dead"), (2, "indexed"), (1, "indexed"), (3, "dead"), (3, "dead", PURGED), (9, "dropped"),
                   (2, "dead", PURGED)],
            waiting={"clean": [4], "dedupe": [], "enrich": [5, 2]},
        )
    )  # fmt: skip
    assert audit.outcomes == {"indexed": 2, "dead": 1}
    assert audit.waiting_for == {"clean": 1, "dedupe": 0, "enrich": 1}
    assert (audit.accepted, audit.waiting, audit.earlier, audit.gap) == (5, 2, 1, 0)


def test_examples_are_beginnings_of_ids():
    (lost,) = (check for check in balance(account(accepted=range(20))).checks if check.count)
    assert (lost.name, lost.count, len(lost.examples)) == ("lost", 20, 5)
    known = {observation(number)[:16] for number in range(20)}
    assert set(lost.examples) <= known


def test_every_outcome_has_a_code_of_its_own():
    told = [(1, "indexed"), (2, "unchanged"), (3, "superseded"), (4, "dropped"), (5, "dead")]
    audit = balance(account(accepted=range(1, 6), ended=told, letters=[5]))
    assert audit.outcomes == dict.fromkeys([outcome for _, outcome in told], 1)
