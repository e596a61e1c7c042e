"""What goes into the log for one observation, and that nothing is claimed which was not acknowledged. No server."""

import hashlib

import msgspec
import pytest
from kafka.errors import KafkaTimeoutError, NotEnoughReplicasError, UnknownTopicOrPartitionError
from kafka_samples import NOW, message, refusal

from kabar.contracts.ids import dead_letter_id
from kabar.contracts.letters import MAX_LETTER_BYTES, Ending
from kabar.contracts.message import decode_message
from kabar.contracts.topics import TOPICS
from kabar.errors import BrokerError, NotPrepared
from kabar.runtime.kafka.producing import publisher as producing
from kabar.runtime.kafka.producing.publisher import SLACK_BYTES, Publisher, records
from kabar.runtime.kafka.records import Record, read_letter
from kabar.settings import load

LIMIT = {topic.name: topic.max_message_bytes for topic in TOPICS}


def test_a_message_goes_to_raw_under_its_article():
    (record,) = records(message(), now_ms=NOW)
    assert (record.topic, record.key) == ("news.raw", message().header.article_id.encode())
    assert decode_message(record.value) == message()


def test_what_was_refused_is_a_letter_and_its_ending():
    refused = refusal()
    letter, ending = records(refused, now_ms=NOW + 1)
    assert (letter.topic, ending.topic) == ("news.dead", "news.outcomes")
    assert letter.value == b"nonsense\n"
    assert read_letter(letter.headers) == (refused.letter, "open")
    told = msgspec.json.decode(ending.value, type=Ending)
    assert ending.key == refused.letter.observation_id.encode()
    assert (told.observation_id, told.outcome, told.reason, told.stage) == (
        refused.letter.observation_id, "dead", "bad_message", "accept",
    )  # fmt: skip
    assert (told.article_id, told.accepted_at, told.ended_at) == (None, NOW, NOW)


def test_what_is_too_large_is_a_letter_and_no_exception():
    # Ten million characters are allowed; as UTF-8 they may be more than the topic takes.
    large = message(text="𝕂" * 9_000_000)
    letter, ending = records(large, now_ms=NOW + 7)
    envelope, state = read_letter(letter.headers)
    original = large.encode()
    assert (envelope.reason, envelope.stage, state) == ("oversize", "accept", "open")
    assert envelope.id == dead_letter_id(large.header.observation_id, "accept")
    assert (envelope.size, envelope.sha256) == (len(original), hashlib.sha256(original).hexdigest())
    assert (envelope.article_id, envelope.observed_at) == (large.header.article_id, large.header.observed_at)
    assert envelope.cut
    assert letter.value == original[:MAX_LETTER_BYTES]
    told = msgspec.json.decode(ending.value, type=Ending)
    assert (told.outcome, told.reason, told.article_id) == ("dead", "oversize", large.header.article_id)
    assert (told.accepted_at, told.ended_at) == (large.header.accepted_at, NOW + 7)


@pytest.mark.parametrize("over, topic", [(0, "news.raw"), (1, "news.dead")])
def test_the_limit_is_the_topics_with_room_for_framing(over, topic):
    bare = records(message(text="x"), now_ms=NOW)[0].size - 1
    text = "x" * (9_999_999)
    (record,) = records(message(text=text), now_ms=NOW)
    assert record.size == bare + len(text)
    limit = bare + len(text) - over
    with pytest.MonkeyPatch.context() as patched:
        patched.setitem(producing._LARGEST, "news.raw", limit)
        assert records(message(text=text), now_ms=NOW)[0].topic == topic


@pytest.mark.parametrize("item", [message(text="𝕂" * 9_000_000), refusal(original=b"x" * MAX_LETTER_BYTES)])
def test_whatever_is_sent_fits_its_topic(item):
    for record in records(item, now_ms=NOW):
        assert record.size <= LIMIT[record.topic] - SLACK_BYTES


# ---------------------------------------------------------------- acknowledgement


class Future:
    def __init__(self, error):
        self.error = error

    def get(self, timeout):
        if self.error:
            raise self.error
        return "metadata"


class Producer:
    """Stands in for the client: remembers what it was given, and answers as told."""

    def __init__(self, *, fails_at=None, error=None, refuses=None):
        self.sent, self.calls = [], []
        self.fails_at, self.error, self.refuses = fails_at, error, refuses

    def send(self, topic, *, key, value, headers):
        if self.refuses:
            raise self.refuses
        self.sent.append((topic, key, value, headers))
        return Future(self.error if len(self.sent) == self.fails_at else None)

    def flush(self):
        self.calls.append("flush")

    def close(self, timeout):
        self.calls.append("close")


@pytest.fixture
def publisher(monkeypatch):
    """``publisher(...)`` -> a publisher over a client that behaves as told, and that client."""

    def make(**behaviour):
        client = Producer(**behaviour)
        monkeypatch.setattr(producing, "producer", lambda settings: client)
        return Publisher(load({"KABAR_TOPIC_PREFIX": "uji-"})), client

    return make


def test_names_get_their_prefix_and_all_is_flushed_before_it_is_claimed(publisher):
    sending, client = publisher()
    with sending as open_:
        open_.publish([message(1), refusal(2), message(3)])
        assert client.calls == ["flush"]
    assert [topic for topic, *_ in client.sent] == [
        "uji-news.raw", "uji-news.dead", "uji-news.outcomes", "uji-news.raw",
    ]  # fmt: skip
    assert client.calls == ["flush", "close"]


@pytest.mark.parametrize("position", [1, 2, 3])
@pytest.mark.parametrize("error", [KafkaTimeoutError("late"), NotEnoughReplicasError("one of three")])
def test_one_that_is_not_acknowledged_fails_the_whole_call(publisher, position, error):
    sending, client = publisher(fails_at=position, error=error)
    with sending as open_, pytest.raises(BrokerError, match=type(error).__name__) as failed:
        open_.publish([message(n) for n in (1, 2, 3)])
    assert failed.value.hint
    assert len(client.sent) == 3
    assert client.calls == ["flush", "close"]


def test_a_client_that_takes_nothing_is_a_broker_error(publisher):
    sending, _ = publisher(refuses=KafkaTimeoutError("no metadata"))
    with sending as open_, pytest.raises(BrokerError):
        open_.send([Record("news.raw", b"k", b"v")])


def test_a_missing_topic_says_what_to_run(publisher):
    sending, _ = publisher(fails_at=1, error=UnknownTopicOrPartitionError())
    with sending as open_, pytest.raises(NotPrepared) as failed:
        open_.publish([message()])
    assert "kabar topics create" in failed.value.hint


def test_nothing_to_publish_is_nothing_sent(publisher):
    sending, client = publisher()
    with sending as open_:
        open_.publish([])
    assert client.sent == []
