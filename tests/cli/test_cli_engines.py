"""Reading commands choose: Elasticsearch where it is configured, unless a data directory is asked for."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import pairwise

import pytest

from tests.index.es_index import EsIndex
from tests.stack.fixtures import clear, place_on
from tests.web import samples


@pytest.fixture(scope="module")
def configured(stack, tmp_path_factory):
    from kabar.index.document import assemble, version_key
    from kabar.index.entry import Entry

    settings = place_on(stack, tmp_path_factory.mktemp("es"))
    made = EsIndex(settings)
    entries = [
        Entry(assemble(m, ingested_at=samples.NOW), m.encode(), version_key(m.header))
        for m in samples.messages()
    ]
    made.write_entries(entries, samples.STORIES)
    yield settings
    made.close()
    clear(settings)


@pytest.fixture
def on_elasticsearch(configured, monkeypatch):
    for name in ("elasticsearch_url", "index_prefix"):
        monkeypatch.setenv(f"KABAR_{name.upper()}", getattr(configured, name))


@pytest.fixture(scope="module")
def on_disk(tmp_path_factory):
    directory = tmp_path_factory.mktemp("store")
    samples.fill(directory)
    return directory


COMMANDS = [
    ["search", "banjir", "--facet", "source"],
    ["search", "--size", "3", "--sort", "oldest"],
    ["show", samples.id_of("flood")],
    ["show", samples.id_of("flood")[:8]],
    ["show", samples.id_of("gone")[:8]],
    ["explain", samples.id_of("flood")[:8]],
    ["stories", "banjir"],
]


@pytest.mark.stack
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_both_engines_give_the_same(kabar, on_elasticsearch, on_disk, command):
    found, expected = kabar(*command, "--json"), kabar(*command, "--json", "--data-dir", on_disk)
    assert found.code == expected.code == 0
    assert without_cursor(found.json) == without_cursor(expected.json)


def without_cursor(answer):
    return {**answer, "next": bool(answer["next"])} if "next" in answer else answer


@pytest.mark.stack
@pytest.mark.parametrize("command", ["show", "explain"])
def test_an_unknown_id_is_told(kabar, on_elasticsearch, command):
    for beginning in ("0" * 32, "00000"):
        done = kabar(command, beginning)
        assert done.code == 2
        assert "kabar search" in done.err


@pytest.mark.parametrize("command", ["show", "explain"])
@pytest.mark.parametrize("what", ["status:*", "ABCDEF", "12 or 34", '"', "a" * 33, "xyz", "abc"])
def test_what_is_no_id_never_becomes_a_query(kabar, on_disk, command, what):
    done = kabar(command, what, "--data-dir", on_disk)
    assert done.code == 2
    assert "article id" in done.err


def test_an_ambiguous_beginning_is_told(kabar, on_disk, monkeypatch):
    monkeypatch.setattr("kabar.cli.articles.MIN_PREFIX", 2)
    ids = sorted(samples.id_of(f"row{n}") for n in range(30))
    shared = next(a[:2] for a, b in pairwise(ids) if a[:2] == b[:2])
    assert "several articles" in kabar("show", shared, "--data-dir", on_disk).err


def test_no_elasticsearch_there_is_told(kabar, monkeypatch):
    monkeypatch.setenv("KABAR_ELASTICSEARCH_URL", "http://127.0.0.1:9")
    done = kabar("search", "banjir")
    assert done.code == 4
    assert "cannot be reached" in done.err


WITHOUT_THE_LIBRARY = """
import sys
sys.modules["elasticsearch"] = None
from kabar.cli.main import run
sys.exit(run(sys.argv[1:]))
"""


def test_the_library_is_needed_only_there(on_disk):
    """In a process of its own: taking a module away leaves traces."""

    def kabar(*arguments):
        return subprocess.run(
            [sys.executable, "-c", WITHOUT_THE_LIBRARY, *map(str, arguments)],
            env={**os.environ, "KABAR_ELASTICSEARCH_URL": "http://127.0.0.1:9"},
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    assert kabar("search", "banjir", "--data-dir", on_disk).returncode == 0
    done = kabar("search", "banjir")
    assert done.returncode == 2
    assert "kabar[distributed]" in done.stderr


def test_web_needs_a_kafka_and_an_index(kabar, monkeypatch):
    done = kabar("web")
    assert done.code == 2
    assert "KABAR_KAFKA_BOOTSTRAP" in done.err
    monkeypatch.setenv("KABAR_KAFKA_BOOTSTRAP", "127.0.0.1:9")
    done = kabar("web")
    assert done.code == 2
    assert "KABAR_ELASTICSEARCH_URL" in done.err
