"""pytest fixtures: ``stack`` (the servers) and ``place`` (settings of a place of one's own on them)."""

import os
import secrets
from dataclasses import dataclass

import pytest

from kabar.settings import Settings, load


@dataclass(frozen=True)
class Stack:
    """Where the servers are."""

    kafka: str
    elasticsearch: str


@pytest.fixture(scope="session")
def stack():
    kafka, elasticsearch = os.environ.get("STACK_KAFKA"), os.environ.get("STACK_ELASTICSEARCH")
    if not kafka or not elasticsearch:
        pytest.skip("no servers: STACK_KAFKA and STACK_ELASTICSEARCH name none")
    return Stack(kafka, elasticsearch)


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
        **values,
    }
    return load({f"KABAR_{name.upper()}": str(value) for name, value in given.items()})


@pytest.fixture
def place(stack, tmp_path):
    """A place of one's own: fresh prefixes, a fresh data directory; removed afterwards."""
    return place_on(stack, tmp_path / "data")
