from __future__ import annotations

import pytest
from litestar.testing import TestClient

from kabar.runtime.metrics import Metrics
from kabar.web.app import create_app
from tests.web import samples


@pytest.fixture(scope="session")
def directory(tmp_path_factory):
    """Read by all tests, changed by none."""
    made = tmp_path_factory.mktemp("store")
    samples.fill(made)
    return made


@pytest.fixture(scope="session")
def health():
    return samples.Health()


@pytest.fixture(scope="session")
def metrics():
    return Metrics()


@pytest.fixture(scope="session")
def running(directory, health, metrics):
    with TestClient(
        create_app(samples.context_of(directory, health, metrics)), raise_server_exceptions=False
    ) as made:
        yield made


@pytest.fixture
def client(running, health):
    """A client that follows no redirect, of a pipeline that is up."""
    health.up()
    running.follow_redirects = False
    return running
