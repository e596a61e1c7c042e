"""Dead letters of the embedded store behind the interface that the page and the commands use."""

import json

import msgspec
import pytest
from identifiers import identifier

from kabar.contracts.letters import DeadLetter
from kabar.errors import UsageError
from kabar.runtime.embedded.audit import audit
from kabar.runtime.embedded.inbox import Inbox
from kabar.runtime.embedded.letters import StoreLetters
from kabar.runtime.embedded.store import open_writer, transaction
from kabar.runtime.envelopes import letter
from kabar.runtime.letters import Kept, matches, sources_of
from kabar.runtime.refusals import Refused, reread_with

NOW = 1_780_000_000_000


@pytest.fixture
def connection(tmp_path):
    opened = open_writer(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def letters(connection):
    return StoreLetters(connection)


def bury(connection, number, original=b"{}", *, reason="bad_message", died_at=NOW):
    observation = identifier("observation", number)
    envelope = letter(
        original,
        observation_id=observation,
        stage="accept",
        reason=reason,
        error="no",
        died_at=died_at,
        observed_at=NOW,
    )
    with transaction(connection):
        Inbox(connection, tick_ms=60_000).accept([Refused(envelope, original)])
    return envelope.id


@pytest.mark.parametrize(
    "original, sources",
    [
        (
            b'{"raw": {"source": {"name": "Harian Laut ", "domain": "Laut.example"}}}',
            {"harian laut", "laut.example"},
        ),
        (b'{"raw": {"source": {"domain": "laut.example"}}}', {"laut.example"}),
        (b'{"raw": {}}', set()),
        (b'{"source": "Harian Laut", "text": 7}', {"harian laut"}),
        (b'{"sumber": "Harian Laut"}', {"harian laut"}),
        (b'{"source": 7}', set()),
        (b'{"text": "x"}', set()),
        (b"[1, 2]", set()),
        (b"\xff\xfe", set()),
        (b"", set()),
        (b"[" * 100_000, set()),
    ],
)
def test_who_published_what_died(original, sources):
    assert sources_of(original) == sources


@pytest.mark.parametrize(
    "wanted, found",
    [
        ({}, True),
        ({"stage": "clean"}, True),
        ({"stage": "enrich"}, False),
        ({"reason": "deadline"}, True),
        ({"reason": "crashed"}, False),
        ({"state": "open"}, True),
        ({"state": "replayed"}, False),
        ({"since_ms": NOW}, True),
        ({"since_ms": NOW + 1}, False),
    ],
)
def test_filters(wanted, found):
    kept = Kept(DeadLetter(id="0" * 32, stage="clean", reason="deadline", error="", died_at=NOW), "open")
    assert matches(kept, **wanted) is found


def test_find_narrows_by_source_and_time_before_it_counts(connection, letters):
    first = bury(connection, 1, b'{"source": "Warta Gunung"}')
    bury(connection, 2, b'{"source": "Harian Laut"}', died_at=NOW + 1)
    third = bury(connection, 3, b'{"source": "Warta Gunung"}', died_at=NOW + 2)
    ids = lambda **wanted: [one.letter.id for one in letters.find(**wanted)]  # noqa: E731
    assert ids(source="warta gunung") == [third, first]
    assert ids(source="Warta Gunung", limit=1) == [third]
    assert ids(since_ms=NOW + 2) == [third]
    assert ids(source="nobody") == []


@pytest.mark.parametrize("wanted", [{"stage": "bogus"}, {"state": "bogus"}])
def test_an_unknown_stage_or_state_is_said(letters, wanted):
    with pytest.raises(UsageError, match="bogus"):
        letters.find(**wanted)


def test_a_replay_through_the_interface_queues_once(connection, letters):
    bury(connection, 1, json.dumps({"text": "Kapal berlayar.", "source": "Harian Laut"}).encode())
    chosen = letters.find()
    assert letters.replay(chosen, dry_run=True).queued == [chosen[0].letter.id]
    assert len(letters.find()) == 1
    assert letters.replay(chosen).queued == [chosen[0].letter.id]
    assert letters.replay(chosen).refused == {chosen[0].letter.id: "was replayed already"}
    assert Inbox(connection, tick_ms=1).depth() == 1


def test_a_purge_takes_letter_and_original_and_the_account_balances(connection, letters):
    gone, stays = bury(connection, 1), bury(connection, 2)
    chosen = [one for one in letters.find() if one.letter.id == gone]
    assert letters.purge(chosen, dry_run=True) == [gone]
    assert len(letters.find()) == 2
    assert letters.purge(chosen) == [gone]
    assert [one.letter.id for one in letters.find(state="")] == [stays]
    assert letters.purge(chosen) == []
    done = audit(connection)
    assert (done.gap, done.accepted, done.pruned, done.outcomes) == (0, 2, 1, {"dead": 1})


def test_purging_what_was_replayed_leaves_its_observation_alone(connection, letters):
    bury(connection, 1, b'{"text": "Kapal berlayar."}')
    letters.replay(letters.find())
    letters.purge(letters.find(state="replayed"))
    done = audit(connection)
    assert (done.gap, done.waiting, done.pruned) == (0, 1, 0)


def test_options_that_travel_with_a_letter_decide_how_it_is_read_again():
    from kabar.runtime.embedded.jobs import JobOptions

    options = JobOptions(mapping={"text": "isi"}, default_source="Warta Gunung")
    envelope = letter(
        b"",
        observation_id=identifier("observation", 1),
        stage="accept",
        reason="",
        error="",
        died_at=NOW,
        observed_at=NOW,
    )
    envelope = msgspec.structs.replace(envelope, options=options.encode())
    again = msgspec.json.decode(envelope.options, type=JobOptions)
    message = reread_with(again, envelope, b'{"isi": "Kapal berlayar."}')
    assert (message.raw.text, message.raw.source.name) == ("Kapal berlayar.", "Warta Gunung")
    assert (message.header.observation_id, message.header.observed_at) == (envelope.observation_id, NOW)
