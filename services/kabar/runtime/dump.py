"""The canonical dump: everything a store amounts to, as sorted lines, for comparing two runs.

Left out are exactly the fields in :data:`LEFT_OUT`, which differ between two runs over the same input.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator

from kabar.index.sqlite.dump import dump as dump_index

LEFT_OUT = ("event.ingested", "trace.id", "accepted_at", "ended_at", "died_at", "started_at", "finished_at")
"""Processing times, durations and trace ids. ``observed_at`` is in: it comes from the input."""


def dump(connection: sqlite3.Connection) -> Iterator[str]:
    """Lines ``table<TAB>json``, in a stated order."""
    yield from dump_index(connection)
    for table, columns, order in (
        ("observations", "id, article_id, observed_at, origin, outcome, reason", "id"),
        ("state", "stage, hex(key), hex(value)", "stage, seq"),
        ("dead_letters", "id, observation_id, stage, reason, state, hex(original)", "id"),
        ("inbox", "kind, hex(body)", "seq"),
    ):
        for row in connection.execute(f"SELECT {columns} FROM {table} ORDER BY {order}"):  # noqa: S608 - constants
            yield f"{table}\t{json.dumps(row, ensure_ascii=False)}"
