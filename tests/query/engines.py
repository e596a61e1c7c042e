"""The engines under one adapter: ``load`` and ``find``."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from kabar.contracts.document import Document
from kabar.index.sqlite import SCHEMA, Entry, SqliteWriter
from kabar.query import parse
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


ENGINES = {"predicate": PredicateEngine, "sqlite": SqliteEngine}
