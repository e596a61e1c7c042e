"""pytest fixtures: ``stack`` (the servers) and ``place`` (settings of a place of one's own on them)."""

import json
import logging
import os
import secrets
import urllib.error
import urllib.request
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from kabar.settings import Settings, load

ANALYSIS = Path(__file__).with_name("analysis.json")
ASK_SECONDS = 30


@dataclass(frozen=True)
class Stack:
    """Where the servers are."""

    kafka: str
    elasticsearch: str


@pytest.fixture(scope="session")
def stack(tmp_path_factory):
    """The servers ``STACK_KAFKA`` and ``STACK_ELASTICSEARCH`` name, else our own, once per test run."""
    kafka, elasticsearch = os.environ.get("STACK_KAFKA"), os.environ.get("STACK_ELASTICSEARCH")
    if kafka and elasticsearch:
        yield Stack(kafka, elasticsearch)
        return
    pytest.importorskip("kafka", reason="the extra 'distributed' is not installed")
    from tests.stack.artifacts import StackUnavailable
    from tests.stack.servers import running

    logging.getLogger("kafka").setLevel(
        logging.CRITICAL
    )  # it tells at length of a broker that is only starting
    with ExitStack() as stopping:
        try:
            servers = running(tmp_path_factory.mktemp("stack"))
            broker, index = stopping.enter_context(servers)
        except StackUnavailable as error:
            pytest.skip(f"no servers: {error}")
        yield Stack(broker.bootstrap, index.url)


def place_on(stack: Stack, directory, **values: object) -> Settings:
    """Settings with prefixes nobody else has."""
    prefix = f"t{secrets.token_hex(4)}-"
    given = {
        "data_dir": directory,
        "kafka_bootstrap": stack.kafka,
        "elasticsearch_url": stack.elasticsearch,
        "topic_prefix": prefix,
        "index_prefix": prefix,
        "index_replicas": 0,
        "analysis_template": ANALYSIS,
        **values,
    }
    return load({f"KABAR_{name.upper()}": str(value) for name, value in given.items()})


@pytest.fixture
def place(stack, tmp_path):
    """A place of one's own: fresh prefixes, a fresh data directory; removed afterwards."""
    settings = place_on(stack, tmp_path / "data")
    yield settings
    clear(settings)


def clear(settings: Settings) -> None:
    """Delete every topic, index and template under the prefixes of a place."""
    _clear_kafka(settings)
    _clear_elasticsearch(settings)


def _clear_kafka(settings: Settings) -> None:
    from kafka import KafkaAdminClient

    assert settings.topic_prefix, "this would delete everything"
    client = KafkaAdminClient(bootstrap_servers=settings.kafka_bootstrap)
    try:
        ours = [name for name in client.list_topics() if name.startswith(settings.topic_prefix)]
        if ours:
            client.delete_topics(ours, raise_errors=False)
    finally:
        client.close()


def _clear_elasticsearch(settings: Settings) -> None:
    url, ours = settings.elasticsearch_url, f"{settings.index_prefix}*"
    assert settings.index_prefix, "this would delete everything"
    for index in ask(url, "GET", f"/_cat/indices/{ours}?format=json&expand_wildcards=all"):
        ask(url, "DELETE", f"/{index['index']}")
    for kind in ("index_template", "component_template"):  # in this order: the first are made of the second
        for found in ask(url, "GET", f"/_{kind}/{ours}").get(f"{kind}s", []):
            ask(url, "DELETE", f"/_{kind}/{found['name']}")


def ask(url: str, method: str, path: str, body: object = None):
    """One request to Elasticsearch; a resource that is not there is an empty object."""
    request = urllib.request.Request(
        url + path, method=method, data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )  # fmt: skip
    try:
        with urllib.request.urlopen(request, timeout=ASK_SECONDS) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        if error.code != 404:
            raise
        return {}
