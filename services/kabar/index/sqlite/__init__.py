"""The embedded index: tables, writer, reader, retention and dump over a connection the runtime owns.

The writer's and prune's changes happen inside the caller's transaction. Recommended pragmas on the writer's
connection: ``journal_mode=WAL``, ``secure_delete=OFF`` (Debian's SQLite zeroes deleted pages otherwise).
"""

from kabar.index.sqlite.dump import dump
from kabar.index.sqlite.prune import Pruned, prune, stored_bytes
from kabar.index.sqlite.reader import SqliteReader
from kabar.index.sqlite.schema import SCHEMA, TABLES
from kabar.index.sqlite.writer import SqliteWriter

__all__ = [
    "SCHEMA",
    "TABLES",
    "Pruned",
    "SqliteReader",
    "SqliteWriter",
    "dump",
    "prune",
    "stored_bytes",
]
