"""What is there: outcomes and letters from the log, documents and versions from the index."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from kabar.runtime.kafka.clients import consumer, names
from kabar.settings import Settings
from tests.faults.oracle import Document, Found, Outcome, Version
from tests.faults.oracle_load import decoded_ending
from tests.faults.oracle_register import Register
from tests.stack.fixtures import ask

PAGE = 500
READ_SECONDS = 60.0


class Follower:
    """Reads the outcomes as they come, from the first on; one thread uses it."""

    def __init__(self, settings: Settings, register: Register) -> None:
        self._register = register
        self.outcomes: list[Outcome] = []
        self._settings = settings
        self._consumer = _reader(settings, "news.outcomes")

    def poll(self, seconds: float) -> None:
        """Take in what has come; a broker that is away brings nothing."""
        until = time.monotonic() + seconds
        try:
            polled = self._consumer.poll(timeout_ms=int(seconds * 1_000))
        except KafkaError:
            polled = {}
        for record in (one for some in polled.values() for one in some):
            observation, outcome = decoded_ending(record.value)
            self.outcomes.append(Outcome(observation, outcome))
            self._register.ended(observation)
        time.sleep(max(0.0, until - time.monotonic()) if not polled else 0.0)

    def catch_up(self) -> None:
        """Read to what is the end now."""
        _to_the_end(self._consumer, lambda: self.poll(0.2))

    def close(self) -> None:
        """Let go."""
        self._consumer.close()


def collect(settings: Settings, follower: Follower) -> Found:
    """Everything the judge needs, from a place where nothing happens any more."""
    follower.catch_up()
    url, prefix = settings.elasticsearch_url, settings.index_prefix
    ask(url, "POST", f"/{prefix}*/_refresh")
    return Found(
        outcomes=tuple(follower.outcomes),
        letters=letters(settings),
        documents=[_document(hit) for hit in _hits(url, f"{prefix}articles-v*")],
        versions=[_version(hit) for hit in _hits(url, f"{prefix}versions-v*")],
    )


def letters(settings: Settings) -> frozenset[str]:
    """Observations with an open dead letter, by the newest record per letter."""
    newest: dict[bytes, str] = {}
    reader = _reader(settings, "news.dead")

    def poll() -> None:
        for record in (one for some in reader.poll(timeout_ms=200).values() for one in some):
            newest.pop(record.key, None)
            headers = dict(record.headers)
            if record.value is not None and headers.get("kabar-state", b"open") == b"open":
                newest[record.key] = _observation(headers["kabar-envelope"])

    _to_the_end(reader, poll)
    reader.close()
    return frozenset(newest.values())


def has_document(settings: Settings, article_id: str) -> bool:
    """Whether an article can be found by its id."""
    url, prefix = settings.elasticsearch_url, settings.index_prefix
    ask(url, "POST", f"/{prefix}articles/_refresh")
    query = {"query": {"ids": {"values": [article_id]}}, "size": 1}
    return bool(ask(url, "POST", f"/{prefix}articles/_search", query).get("hits", {}).get("hits"))


def _observation(envelope: bytes) -> str:
    import json

    return str(json.loads(envelope)["observation_id"])


def _reader(settings: Settings, topic: str) -> KafkaConsumer:
    reader = consumer(settings)
    full = names(settings).topic(topic)
    reader.assign(
        [TopicPartition(full, number) for number in sorted(reader.partitions_for_topic(full) or ())]
    )
    reader.seek_to_beginning()
    return reader


def _to_the_end(reader: KafkaConsumer, poll: Any) -> None:
    ends = reader.end_offsets(list(reader.assignment()))
    until = time.monotonic() + READ_SECONDS
    while any(reader.position(place) < end for place, end in ends.items()):
        assert time.monotonic() < until, f"the end of {ends} cannot be reached"
        poll()


def _hits(url: str, indices: str) -> Iterator[dict[str, Any]]:
    answer = ask(
        url, "POST", f"/{indices}/_search?scroll=1m", {"size": PAGE, "version": True, "sort": ["_doc"]}
    )
    while hits := answer.get("hits", {}).get("hits"):
        yield from hits
        answer = ask(url, "POST", "/_search/scroll", {"scroll": "1m", "scroll_id": answer["_scroll_id"]})


def _document(hit: dict[str, Any]) -> Document:
    article = hit["_source"]["article"]
    return Document(
        hit["_index"], hit["_id"], hit["_version"], article["version"], article["status"],
        article["title"], article["text"], hit["_source"]["event"]["id"],
    )  # fmt: skip


def _version(hit: dict[str, Any]) -> Version:
    found = hit["_source"]
    return Version(
        hit["_index"], found["article_id"], found["observation_id"], hit["_version"], found["version"]
    )
