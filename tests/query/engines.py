"""The engines under one adapter: ``load`` and ``find``."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from kabar.contracts.document import Document
from kabar.index.entry import Entry
from kabar.index.sqlite import SCHEMA, SqliteWriter
from kabar.query import parse
from kabar.query.elasticsearch import compile_dsl
from kabar.query.fts5 import compile_sql
from kabar.query.predicate import compile_predicate


class PredicateEngine:
    """The stream: every document is asked."""

    def load(self, documents: Sequence[Document]) -> None:
        self.documents = list(documents)

    def find(self, query: str, now_ms: int | None = None) -> set[str]:
        return self.find_node(parse(query, now_ms))

    def find_node(self, node) -> set[str]:
        meets = compile_predicate(node)
        return {d.article.id for d in self.documents if meets(d)}


class SqliteEngine:
    """The compiled condition over the tables as the writer fills them."""

    def load(self, documents: Sequence[Document]) -> None:
        self.connection = sqlite3.connect(":memory:", isolation_level=None)
        for statement in SCHEMA:
            self.connection.execute(statement)
        self.connection.execute("BEGIN")
        SqliteWriter(self.connection).write([Entry(d, b"{}", 1) for d in documents])
        self.connection.execute("COMMIT")

    def find(self, query: str, now_ms: int | None = None) -> set[str]:
        return self.find_node(parse(query, now_ms))

    def find_node(self, node) -> set[str]:
        compiled = compile_sql(node)
        rows = self.connection.execute(
            f"SELECT a.id FROM articles a WHERE {compiled.where}", compiled.parameters
        )
        found = [row[0] for row in rows]
        assert len(found) == len(set(found))
        return set(found)


class ElasticsearchEngine:
    """The compiled filter over a real index, filled with the writer's own actions. Give it a place of its own."""

    def __init__(self, settings) -> None:
        from tests.index.es_index import EsIndex

        self.index = EsIndex(settings)

    def load(self, documents: Sequence[Document]) -> None:
        self.index.empty()
        self.index.write_entries([Entry(d, b"{}", 1) for d in documents])

    def find(self, query: str, now_ms: int | None = None) -> set[str]:
        return self.find_node(parse(query, now_ms))

    def find_node(self, node) -> set[str]:
        return self.find_all([node])[0]

    def find_all(self, nodes) -> list[set[str]]:
        """What each finds, in one request."""
        alias = self.index.names.alias("articles")
        searches = [
            part
            for node in nodes
            for part in ({}, {"query": compile_dsl(node).filter, "size": 1_000, "_source": False})
        ]
        answers = self.index.client.msearch(index=alias, searches=searches)["responses"]
        found = [[hit["_id"] for hit in answer["hits"]["hits"]] for answer in answers]
        assert all(len(ids) == len(set(ids)) for ids in found)
        return [set(ids) for ids in found]


IN_PROCESS = {"predicate": PredicateEngine, "sqlite": SqliteEngine}
