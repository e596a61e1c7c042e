"""The canonical dump: everything a store amounts to, as sorted lines, for comparing two runs.

Left out are exactly the fields in :data:`LEFT_OUT`, which differ between two runs over the same input.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterator

from kabar.index.sqlite.dump import LEFT_OUT_OF_MESSAGES
from kabar.index.sqlite.dump import dump as dump_index
from kabar.index.sqlite.packing import unpack

LEFT_OUT = (
    "event.ingested", "trace.id", "accepted_at", "trace_id", "ended_at", "died_at", "started_at", "finished_at",
)  # fmt: skip
"""Processing times, durations and trace ids. ``observed_at`` is in: it comes from the input."""


def dump(connection: sqlite3.Connection) -> Iterator[str]:
    """Lines ``table<TAB>json``, in a stated order."""
    yield from dump_index(connection)
    for table, columns, order in (
        ("observations", "id, article_id, observed_at, origin, outcome, reason", "id"),
        ("state", "stage, hex(key), hex(value)", "stage, seq"),
    ):
        for row in connection.execute(f"SELECT {columns} FROM {table} ORDER BY {order}"):  # noqa: S608 - constants
            yield _line(table, *row)
    letters = connection.execute(
        "SELECT id, observation_id, stage, reason, state, original FROM dead_letters ORDER BY id"
    )
    for *row, original in letters:
        data = zlib.decompress(original)
        yield _line("dead_letters", *row, data.hex() if row[2] == "accept" else _timeless(data))
    kept = connection.execute("SELECT observation_id, message FROM archive ORDER BY observation_id")
    for observation, packed in kept:
        yield _line("archive", observation, _timeless(unpack(packed)))
    for kind, body in connection.execute("SELECT kind, body FROM inbox ORDER BY seq"):
        yield _line("inbox", kind, _timeless(body))


def _line(table: str, *values: object) -> str:
    return f"{table}\t{json.dumps(values, ensure_ascii=False)}"


def _timeless(message: bytes) -> object:
    """A message without the fields of its header that are left out."""
    return {name: value for name, value in json.loads(message).items() if name not in LEFT_OUT_OF_MESSAGES}
