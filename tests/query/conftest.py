"""The engines: each loaded once with the table's articles, and a second Elasticsearch one for tests that load others."""

from contextlib import contextmanager

import pytest
from engines import IN_PROCESS, ElasticsearchEngine

from tests.stack.fixtures import clear, place_on


@pytest.fixture(scope="session", params=[*IN_PROCESS, pytest.param("elasticsearch", marks=pytest.mark.stack)])
def engine(request):
    from conformance import CORPUS

    made = (
        request.getfixturevalue("loaded_elasticsearch")
        if request.param == "elasticsearch"
        else IN_PROCESS[request.param]()
    )
    made.load(list(CORPUS.values()))
    return made


@contextmanager
def on_elasticsearch(stack, directory):
    settings = place_on(stack, directory)
    made = ElasticsearchEngine(settings)
    yield made
    made.index.close()
    clear(settings)


@pytest.fixture(scope="session")
def loaded_elasticsearch(stack, tmp_path_factory):
    with on_elasticsearch(stack, tmp_path_factory.mktemp("engine")) as made:
        yield made


@pytest.fixture(scope="module")
def elasticsearch(stack, tmp_path_factory):
    """For tests that load what they want."""
    with on_elasticsearch(stack, tmp_path_factory.mktemp("engine")) as made:
        yield made
