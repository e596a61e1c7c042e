"""The index stage as a process on real servers: whatever dies or refuses, each observation ends once and is there."""

import signal
from contextlib import closing

import msgspec
import pytest
from sink_kit import NOBODY, Found, enriched, story
from stream_kit import Topics, Worker, wait_until

from kabar.contracts.letters import Ending
from kabar.index.elasticsearch.client import connect
from kabar.index.elasticsearch.names import IndexNames
from kabar.index.elasticsearch.preparing import prepare
from kabar.runtime.kafka import records
from kabar.runtime.kafka import topics as topic_table

pytestmark = pytest.mark.stack


@pytest.fixture
def topics(place):
    topic_table.create(place, partitions={"news.enriched": 2})
    with closing(connect(place)) as client:
        prepare(client, place, dynamic="strict")
    return Topics(place)


@pytest.fixture
def index(place):
    found = Found(place)
    yield found
    found.close()


@pytest.fixture
def worker(place, tmp_path):
    started = []

    def start(**overrides):
        given = {"analysis_template": place.analysis_template, "bulk_max": 50, **overrides}
        started.append(Worker(place, "index", tmp_path, script="", **given))
        return started[-1]

    yield start
    for one in started:
        one.close()


def endings(topics):
    """Observation id -> its newest ending."""
    found = [msgspec.json.decode(record.value, type=Ending) for record in topics.read("news.outcomes")]
    return {one.observation_id: one for one in found}


def outcomes(topics):
    return {observation: ending.outcome for observation, ending in endings(topics).items()}


def letters(topics):
    return [(records.read_letter(record.headers)[0], record.value) for record in topics.read("news.dead")]


def ids(messages):
    return [one.header.observation_id for one in messages]


def all_indexed(topics, messages):
    return lambda: outcomes(topics) == dict.fromkeys(ids(messages), "indexed")


def idle(topics, *names):
    """Whether the group has committed to the end of these topics, markers included."""
    return all(topics.committed("index", name) == topics.end(name) for name in names)


def test_articles_versions_and_stories_are_indexed_and_committed(topics, index, worker):
    sent = [enriched(number) for number in range(120)]
    sent += [enriched(200 + number, article=number, version=2) for number in range(10)]
    topics.write("news.enriched", [*sent, (sent[0].header.article_id.encode(), None)])
    topics.write(
        "news.stories",
        [(one.id.encode(), msgspec.json.encode(one)) for one in (story(1), story(2), story(1, 2))],
    )
    one = worker().wait_ready()
    wait_until(all_indexed(topics, sent), lambda: one.said[-3000:])
    wait_until(lambda: topics.committed("index", "news.enriched") == 131, lambda: one.said[-3000:])
    wait_until(lambda: topics.committed("index", "news.stories") == 3)
    assert 'kabar_stage_messages_total{result="tombstone",stage="index"} 1.0' in one.probe("/metrics")[1]
    assert one.stop() == 0, one.said[-3000:]

    assert len(index.all()) == 120
    assert len(index.all("versions")) == 130
    assert {source["revision"] for _, _, source in index.all("stories").values()} == {1, 2}
    assert letters(topics) == []
    ending = endings(topics)[sent[0].header.observation_id]
    assert (ending.stage, ending.article_id) == ("index", sent[0].header.article_id)


@pytest.mark.parametrize("point", ["index.bulk_in_flight", "index.written_not_committed"])
def test_killed_in_the_middle_of_a_batch_nothing_is_lost_and_nothing_is_twice(
    point, topics, index, worker, tmp_path
):
    failpoints = tmp_path / "failpoints"
    failpoints.mkdir()
    (failpoints / point).write_text("KILL")
    sent = [enriched(number) for number in range(150)]
    topics.write("news.enriched", sent)
    one = worker(failpoints=failpoints)
    assert one.process.wait(60) == -signal.SIGKILL, one.said[-3000:]
    assert [path.name.split(".")[-1] for path in failpoints.iterdir()] == ["fired"]
    assert topics.committed("index", "news.enriched") < 150

    again = worker()
    wait_until(all_indexed(topics, sent), lambda: again.said[-3000:])
    assert len(index.all()) == len(index.all("versions")) == 150
    assert letters(topics) == []


def test_everything_delivered_again_leaves_the_index_as_it_was(topics, index, worker):
    sent = [enriched(number) for number in range(40)]
    sent += [enriched(100 + number, article=number, version=2) for number in range(20)]
    topics.write("news.enriched", sent)
    one = worker().wait_ready()
    wait_until(all_indexed(topics, sent), lambda: one.said[-3000:])
    before = index.all(), index.all("versions")
    topics.write("news.enriched", sent)
    wait_until(lambda: topics.committed("index", "news.enriched") == 2 * len(sent), lambda: one.said[-3000:])
    assert outcomes(topics) == dict.fromkeys(ids(sent), "indexed")
    after = index.all(), index.all("versions")
    for documents in (*before, *after):
        for _, _, source in documents.values():
            source.get("event", {}).pop("ingested", None)  # the one thing that says when it was written
    assert after == before


def test_a_late_version_is_superseded_and_leaves_nothing_behind(topics, index, worker):
    newer, older = enriched(9, article="x", version=2), enriched(3, article="x")
    topics.write("news.enriched", [newer, older])
    one = worker()
    wait_until(lambda: len(outcomes(topics)) == 2, lambda: one.said[-3000:])
    assert outcomes(topics) == dict(zip(ids([newer, older]), ["indexed", "superseded"], strict=True))
    assert index.titles() == ["Kapal 9"]
    assert len(index.all("versions")) == 1


def test_what_cannot_be_indexed_is_a_dead_letter_and_its_neighbours_are_not(topics, index, worker):
    good = [enriched(number) for number in range(20)]
    refused = enriched(50, words=NOBODY)
    topics.write("news.enriched", [*good[:10], refused, (b"who", b"\xff no message"), *good[10:]])
    topics.write("news.stories", [(b"what", b"{}")])
    one = worker()
    wait_until(lambda: len(outcomes(topics)) == 23, lambda: one.said[-3000:])
    found = {
        envelope.reason: (envelope, original)
        for envelope, original in letters(topics)
        if "stories" not in envelope.position
    }
    envelope, original = found["refused"]
    assert envelope.observation_id == refused.header.observation_id
    assert original == refused.encode()
    assert "word_count" in envelope.error
    assert envelope.position.startswith("news.enriched/")
    foreign, original = found["bad_message"]
    assert original == b"\xff no message"
    assert outcomes(topics)[foreign.observation_id] == "dead"
    assert outcomes(topics)[refused.header.observation_id] == "dead"
    assert len(index.all()) == 20
    wait_until(lambda: topics.committed("index", "news.enriched") == 22)
    assert one.probe("/readyz")[0] == 200


def test_a_blocked_index_pauses_the_stage_and_kills_no_article(topics, index, worker):
    first, rest = [enriched(number) for number in range(5)], [enriched(number) for number in range(10, 130)]
    topics.write("news.enriched", first)
    one = worker().wait_ready()
    wait_until(all_indexed(topics, first), lambda: one.said[-3000:])
    index.put({"index.blocks.write": True})
    topics.write("news.enriched", rest)
    wait_until(lambda: one.probe("/readyz")[0] == 503, lambda: one.said[-3000:])
    assert "blocked" in one.probe("/readyz")[1]
    assert one.probe("/livez")[0] == 200
    assert topics.committed("index", "news.enriched") == 5
    index.put({"index.blocks.write": None})
    wait_until(all_indexed(topics, [*first, *rest]), lambda: one.said[-3000:])
    wait_until(lambda: one.probe("/readyz")[0] == 200)
    assert len(index.all()) == 125
    assert letters(topics) == []


def test_told_to_stop_while_the_index_is_blocked_it_ends_and_the_next_one_goes_on(topics, index, worker):
    first, rest = [enriched(number) for number in range(5)], [enriched(number) for number in range(10, 60)]
    topics.write("news.enriched", first)
    one = worker().wait_ready()
    wait_until(all_indexed(topics, first), lambda: one.said[-3000:])
    index.put({"index.blocks.write": True})
    topics.write("news.enriched", rest)
    wait_until(lambda: one.probe("/readyz")[0] == 503, lambda: one.said[-3000:])
    assert one.stop() == 0, one.said[-3000:]
    index.put({"index.blocks.write": None})
    again = worker()
    wait_until(all_indexed(topics, [*first, *rest]), lambda: again.said[-3000:])


def test_workers_that_join_and_leave_lose_nothing(topics, index, worker):
    sent = [enriched(number) for number in range(600)]
    first = worker(bulk_max=20).wait_ready()
    topics.write("news.enriched", sent[:200])
    second = worker(bulk_max=20)
    topics.write("news.enriched", sent[200:400])
    second.wait_ready()
    topics.write("news.enriched", sent[400:])
    assert first.stop() == 0, first.said[-3000:]
    wait_until(all_indexed(topics, sent), lambda: second.said[-3000:])
    assert len(index.all()) == 600
    assert letters(topics) == []


def test_without_its_topics_it_says_what_to_type(worker):
    one = worker()
    assert one.process.wait(60) == 4
    assert "kabar topics create" in one.said


def test_where_templates_are_half_there_it_says_what_to_type(place, topics, worker):
    with closing(connect(place)) as client:
        client.indices.delete_index_template(name=IndexNames(place.index_prefix).template("stories", 1))
    one = worker()
    assert one.process.wait(60) == 4
    assert "kabar index prepare" in one.said
