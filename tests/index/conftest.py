from __future__ import annotations

import pytest
from index_samples import create

from kabar.index.sqlite import SqliteReader, SqliteWriter


class Index:
    """A writer and a reader on one file, each with its connection, as the runtime has them."""

    def __init__(self, path) -> None:
        self.path = path
        self.connection = create(path)
        self.writer = SqliteWriter(self.connection)
        self.reader = SqliteReader(self.opened())

    def opened(self):
        import sqlite3

        return sqlite3.connect(
            f"file:{self.path}?mode=ro", uri=True, isolation_level=None, check_same_thread=False
        )

    def reader_with(self, **options):
        return SqliteReader(self.opened(), **options)

    def write(self, *messages, stories=()):
        from index_samples import entry

        self.connection.execute("BEGIN IMMEDIATE")
        answers = self.writer.write([entry(m) for m in messages], stories)
        self.connection.execute("COMMIT")
        return answers

    def titles(self, query="", **options):
        from kabar.index.api import SearchRequest

        return [
            h.document.article.title for h in self.reader.search(SearchRequest(query=query, **options)).hits
        ]


@pytest.fixture
def index(tmp_path):
    return Index(tmp_path / "index.db")


@pytest.fixture(scope="session")
def es_index(stack, tmp_path_factory):
    """One on a real Elasticsearch; whoever uses it empties it first."""
    from es_index import EsIndex

    from tests.stack.fixtures import clear, place_on

    settings = place_on(stack, tmp_path_factory.mktemp("es"))
    made = EsIndex(settings)
    yield made
    made.close()
    clear(settings)
