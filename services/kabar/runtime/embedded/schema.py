"""Tables of the embedded store that belong to the runtime; the index room brings its own.

The store is one SQLite file. ``application_id`` marks it as ours, ``user_version`` is the schema's number:
an older kabar refuses a newer file instead of misreading it.
"""

from __future__ import annotations

APPLICATION_ID = 0x6B616261
"""'kaba' in ASCII."""

SCHEMA_NUMBER = 2

SCHEMA: tuple[str, ...] = (  # as of number 1; what came later is in MIGRATIONS
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID",
    # AUTOINCREMENT: without it SQLite may reuse the number of a processed row, and order would be lost.
    """CREATE TABLE inbox (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        kind TEXT NOT NULL CHECK (kind IN ('message', 'tick')),
        bytes INTEGER NOT NULL,
        body BLOB NOT NULL
    )""",
    """CREATE TABLE observations (
        id TEXT PRIMARY KEY,
        seq INTEGER NOT NULL,
        article_id TEXT,
        observed_at INTEGER NOT NULL,
        accepted_at INTEGER NOT NULL,
        origin TEXT NOT NULL,
        job INTEGER REFERENCES jobs (id),
        outcome TEXT,
        reason TEXT NOT NULL DEFAULT '',
        ended_at INTEGER
    ) WITHOUT ROWID""",
    "CREATE INDEX observations_job ON observations (job, outcome)",
    "CREATE INDEX observations_pending ON observations (seq) WHERE outcome IS NULL",
    "CREATE INDEX observations_ended ON observations (ended_at) WHERE outcome IS NOT NULL",
    """CREATE TABLE jobs (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        key TEXT NOT NULL,
        ordinal INTEGER NOT NULL,
        path TEXT NOT NULL,
        options TEXT NOT NULL,
        position TEXT NOT NULL DEFAULT '',
        records INTEGER NOT NULL DEFAULT 0,
        started_at INTEGER NOT NULL,
        finished_at INTEGER,
        UNIQUE (key, ordinal)
    )""",
    """CREATE TABLE state (
        stage TEXT NOT NULL,
        key BLOB NOT NULL,
        seq INTEGER NOT NULL,
        value BLOB NOT NULL,
        PRIMARY KEY (stage, key)
    ) WITHOUT ROWID""",
    "CREATE INDEX state_order ON state (stage, seq)",
    """CREATE TABLE dead_letters (
        id TEXT PRIMARY KEY,
        observation_id TEXT,
        stage TEXT NOT NULL,
        reason TEXT NOT NULL,
        died_at INTEGER NOT NULL,
        envelope BLOB NOT NULL,
        original BLOB NOT NULL,
        state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'replayed'))
    ) WITHOUT ROWID""",
    "CREATE INDEX dead_letters_observation ON dead_letters (observation_id)",
)

MIGRATIONS: dict[int, tuple[str, ...]] = {
    2: (
        # What ended without a version keeps its raw message here; a version has its whole message, a dead one its
        # letter. With a row number: rows follow each other in time, so the old ones are found without an index.
        """CREATE TABLE archive (
            observation_id TEXT NOT NULL PRIMARY KEY,
            accepted_at INTEGER NOT NULL,
            message BLOB NOT NULL
        )""",
    ),
}
"""Number -> what brings a store of the number before up to it. A new store runs :data:`SCHEMA`, then all of them."""
