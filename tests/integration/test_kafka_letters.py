"""Dead letters on a real Kafka, as a person at the command line meets them."""

import json
import os
import subprocess
import sys
from contextlib import closing

import msgspec
import pytest
from sink_kit import NOBODY, enriched
from stream_kit import Topics, Worker, wait_until

from kabar.contracts.letters import Ending
from kabar.contracts.message import decode_message
from kabar.index.elasticsearch.client import connect
from kabar.index.elasticsearch.preparing import prepare
from kabar.runtime.embedded.jobs import JobOptions
from kabar.runtime.envelopes import letter
from kabar.runtime.kafka import topics as topic_table
from kabar.runtime.kafka.dead.letters import KafkaLetters
from kabar.runtime.kafka.endings import attempts
from kabar.runtime.kafka.producing.publisher import Publisher
from kabar.runtime.kafka.records import letter_record

pytestmark = pytest.mark.stack

NOW = 1_780_000_000_000


@pytest.fixture
def topics(place):
    topic_table.create(place)
    return Topics(place)


@pytest.fixture
def letters(place, topics):
    return KafkaLetters(place)


@pytest.fixture
def kabar(place, tmp_path):
    """``kabar(...)`` -> (exit code, standard output as JSON, standard error)."""
    names = ("kafka_bootstrap", "topic_prefix", "elasticsearch_url", "index_prefix")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("KABAR_")}
    environment |= {f"KABAR_{name.upper()}": getattr(place, name) for name in names}

    def run(*arguments):
        done = subprocess.run(
            [sys.executable, "-m", "kabar.cli.main", *arguments, "--json"],
            env=environment, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        return done.returncode, json.loads(done.stdout or "null"), done.stderr

    return run


def buried(
    number=1,
    *,
    stage="enrich",
    reason="crashed",
    source="Harian Laut",
    died_at=NOW,
    attempts=1,
    original=None,
    **more,
):
    """An observation, and its dead letter as a record."""
    message = enriched(number, source=source)
    header = message.header
    data = message.encode() if original is None else original
    envelope = letter(
        data, observation_id=header.observation_id, article_id=header.article_id, observed_at=header.observed_at,
        stage=stage, reason=reason, error="it broke", died_at=died_at, origin=header.origin,
    )  # fmt: skip
    return message, letter_record(msgspec.structs.replace(envelope, attempts=attempts, **more), data)


def publish(place, *found):
    with Publisher(place) as publisher:
        publisher.send(found)


def ids(kept):
    return [one.letter.id for one in kept]


def test_found_by_what_a_person_knows_about_them(place, letters):
    rows = [
        buried(1, died_at=NOW),
        buried(2, stage="clean", reason="deadline", died_at=NOW + 1),
        buried(3, source="Warta Gunung", died_at=NOW + 2),
        buried(
            4,
            stage="accept",
            reason="bad_message",
            original=b'{"source": "Kabar Bukit", "text": 7}',
            died_at=NOW + 3,
        ),
        buried(5, stage="accept", reason="bad_message", original=b"\xff\xfe", died_at=NOW + 4),
    ]
    publish(place, *(record for _, record in rows))
    one, two, three, four, five = (record.key.decode() for _, record in rows)
    assert ids(letters.find()) == [five, four, three, two, one]
    assert ids(letters.find(limit=2)) == [five, four]
    assert ids(letters.find(stage="clean")) == [two]
    assert ids(letters.find(reason="crashed")) == [three, one]
    assert ids(letters.find(source="warta gunung ")) == [three]
    assert ids(letters.find(source="LAUT.example", reason="crashed")) == [three, one]
    assert ids(letters.find(source="Kabar Bukit")) == [four]
    assert ids(letters.find(since_ms=NOW + 2)) == [five, four, three]
    assert ids(letters.find(state="replayed")) == []
    kept, original = letters.get(five[:9])
    assert (kept.letter.id, kept.state, original) == (five, "open", b"\xff\xfe")


def test_a_second_death_replaces_the_first_and_later_questions_see_it(place, letters):
    _, first = buried(1, reason="crashed")
    _, other = buried(2)
    publish(place, first, other)
    assert len(letters.find()) == 2
    _, again = buried(1, reason="deadline", attempts=2)
    publish(place, again)
    assert {one.letter.reason for one in letters.find()} == {"deadline", "crashed"}
    assert letters.get(first.key.decode())[0].letter.attempts == 2


@pytest.mark.parametrize(
    "stage, topic",
    [("clean", "news.raw"), ("dedupe", "news.clean"), ("enrich", "news.deduped"), ("index", "news.enriched")],
)
def test_a_replay_goes_back_to_where_it_died_as_it_was(stage, topic, place, topics, letters):
    message, record = buried(1, stage=stage, attempts=3)
    publish(place, record)
    chosen = letters.find()
    assert letters.replay(chosen, dry_run=True).queued == [record.key.decode()]
    assert topics.read(topic) == []
    assert letters.replay(chosen).queued == [record.key.decode()]
    (back,) = topics.read(topic)
    assert (back.key, back.value) == (message.header.article_id.encode(), message.encode())
    assert attempts(back.headers) == 4
    assert letters.find() == []
    (kept,) = letters.find(state="replayed")
    assert letters.get(kept.letter.id)[1] == message.encode()
    assert letters.replay([kept]).refused == {kept.letter.id: "was replayed already"}
    assert len(topics.read(topic)) == 1


def test_what_was_refused_at_acceptance_is_accepted_as_its_job_was_told(place, topics, letters):
    options = JobOptions(mapping={"text": "isi"}, default_source="Warta Gunung").encode()
    original = b'{"judul": "Kapal", "isi": "Kapal berlayar.", "url": "https://gunung.example/1"}'
    message, record = buried(1, stage="accept", reason="bad_message", original=original, options=options)
    publish(place, record)
    assert len(letters.replay(letters.find()).queued) == 1
    (back,) = topics.read("news.raw")
    found = decode_message(back.value)
    assert found.header.observation_id == message.header.observation_id
    assert found.header.observed_at == message.header.observed_at
    assert back.key == found.header.article_id.encode()
    assert (found.raw.text, found.raw.source.name) == ("Kapal berlayar.", "Warta Gunung")


def test_what_was_only_too_large_for_the_log_stays_the_message_it_was(place, topics, letters):
    message, record = buried(1, stage="accept", reason="oversize")
    publish(place, record)
    letters.replay(letters.find())
    (back,) = topics.read("news.raw")
    assert back.value == message.encode()


@pytest.mark.parametrize(
    "more, why",
    [
        ({"original": b"\xff no message"}, "message header"),
        ({"original": b"[1]", "stage": "accept"}, "no JSON object"),
        ({"cut": True, "size": 99}, "only the beginning is kept"),
        ({"stage": "alert"}, "cannot be replayed"),
    ],
)
def test_what_cannot_be_tried_again_stays_open_and_says_why(more, why, place, topics, letters):
    _, record = buried(1, **more)
    _, fine = buried(2)
    publish(place, record, fine)
    done = letters.replay(letters.find())
    assert done.queued == [fine.key.decode()]
    assert why in done.refused[record.key.decode()]
    assert ids(letters.find()) == [record.key.decode()]


def test_a_purge_leaves_a_tombstone_and_says_so_in_the_account(place, topics, letters):
    message, record = buried(1)
    _, other = buried(2)
    publish(place, record, other)
    chosen = [kept for kept in letters.find() if kept.letter.id == record.key.decode()]
    assert letters.purge(chosen, dry_run=True) == [record.key.decode()]
    assert len(letters.find()) == 2
    assert letters.purge(chosen) == [record.key.decode()]
    assert ids(letters.find(state="")) == [other.key.decode()]
    assert letters.purge(chosen) == []
    assert [one.value for one in topics.read("news.dead") if one.key == record.key] == [record.value, None]
    (ending,) = [msgspec.json.decode(one.value, type=Ending) for one in topics.read("news.outcomes")]
    assert (ending.observation_id, ending.outcome, ending.reason) == (
        message.header.observation_id,
        "dead",
        "purged",
    )


def test_foreign_records_in_the_topic_are_passed_over(place, topics, letters):
    topics.write("news.dead", [(b"a", b"no envelope"), (b"\xff", None)])
    _, record = buried(1)
    publish(place, record)
    assert ids(letters.find(state="")) == [record.key.decode()]


def test_dead_letters_end_to_end_at_the_command_line(place, topics, kabar, tmp_path):
    with closing(connect(place)) as client:
        prepare(client, place, dynamic="strict")
    refused = [enriched(number, words=NOBODY) for number in range(3)]
    topics.write("news.enriched", refused)
    worker = Worker(place, "index", tmp_path, script="", analysis_template=place.analysis_template)
    try:
        wait_until(lambda: len(topics.read("news.dead")) == 3, lambda: worker.said[-3000:])
        code, found, _ = kabar("dead", "list", "--stage", "index", "--source", "Harian Laut", "--since", "1h")
        assert (code, len(found), {one["reason"] for one in found}) == (0, 3, {"refused"})
        code, one, _ = kabar("dead", "show", found[0]["id"][:10])
        assert json.loads(one["original"])["observation_id"] == found[0]["observation_id"]

        assert kabar("dead", "replay", "--all", "--dry-run")[1]["queued"] == [one["id"] for one in found]
        code, done, _ = kabar("dead", "replay", found[0]["id"])
        assert done == {"queued": [found[0]["id"]], "refused": {}, "dry_run": False}
        # still refused: it dies again, one try later
        wait_until(
            lambda: kabar("dead", "show", found[0]["id"])[1]["attempts"] == 2, lambda: worker.said[-3000:]
        )
        assert kabar("dead", "show", found[0]["id"])[1]["state"] == "open"

        assert kabar("dead", "purge", "--all", "--source", "nobody")[1]["purged"] == []
        assert len(kabar("dead", "purge", "--all", "--reason", "refused")[1]["purged"]) == 3
        assert kabar("dead", "list", "--state", "")[1] == []
    finally:
        worker.close()
    code, account, said = kabar("audit")
    assert (code, account["gap"]) == (0, 0), said


@pytest.mark.parametrize(
    "arguments",
    [
        ["list", "--stage", "bogus"],
        ["list", "--since", "yesterday-ish"],
        ["show", "ffff"],
        ["purge"],
        ["replay", "--all", "ab"],
    ],
)
def test_what_makes_no_sense_is_a_usage_error(arguments, topics, kabar):
    assert kabar("dead", *arguments)[0] == 2
