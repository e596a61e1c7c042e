"""The account: every accepted observation has exactly one outcome or still waits, and what it claims is there."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from msgspec import Struct


class Figures(Struct, frozen=True):
    """Cheap counts for gauges."""

    accepted: int
    waiting: int
    dead_letters: int
    documents: int


class Check(Struct, frozen=True):
    """One line of the account."""

    name: str
    count: int
    """Observations that break the rule; 0 = fine."""
    means: str
    examples: list[str] = []


class Audit(Struct, frozen=True):
    """The account of a store."""

    accepted: int
    """Counted at acceptance, apart from the rows."""
    pruned: int
    waiting: int
    outcomes: dict[str, int]
    checks: list[Check]

    @property
    def unaccounted(self) -> int:
        """Accepted, and neither waiting, nor ended, nor pruned."""
        return self.accepted - self.pruned - self.waiting - sum(self.outcomes.values())

    @property
    def gap(self) -> int:
        """How many observations do not balance."""
        return abs(self.unaccounted) + sum(check.count for check in self.checks)


class _Rule(NamedTuple):
    """One rule of the account: the query lists what breaks it."""

    name: str
    means: str
    sql: str


_RULES: tuple[_Rule, ...] = (
    _Rule(
        "waiting_without_message",
        "an observation without outcome whose message is not in the inbox: it was lost",
        "SELECT id FROM observations WHERE outcome IS NULL AND seq NOT IN (SELECT seq FROM inbox)",
    ),
    _Rule(
        "decided_but_waiting",
        "an observation with an outcome whose message still waits: it would be decided twice",
        "SELECT id FROM observations JOIN inbox USING (seq) WHERE outcome IS NOT NULL AND kind = 'message'",
    ),
    _Rule(
        "message_without_observation",
        "a waiting message nobody accepted",
        """SELECT cast(seq AS TEXT) FROM inbox WHERE kind = 'message'
           AND seq NOT IN (SELECT seq FROM observations WHERE outcome IS NULL)""",
    ),
    _Rule(
        "indexed_without_version",
        "an observation said to be indexed that left no version",
        """SELECT id FROM observations WHERE outcome = 'indexed'
           AND id NOT IN (SELECT observation_id FROM versions)""",
    ),
    _Rule(
        "dead_without_letter",
        "an observation said to be dead without a dead letter",
        """SELECT id FROM observations WHERE outcome = 'dead'
           AND id NOT IN (SELECT observation_id FROM dead_letters WHERE observation_id IS NOT NULL)""",
    ),
    _Rule(
        "unknown_outcome",
        "an outcome outside the closed set",
        """SELECT id FROM observations WHERE outcome NOT IN
           ('indexed', 'unchanged', 'superseded', 'dropped', 'dead')""",
    ),
    _Rule(
        "version_without_document",
        "an article with versions that is not in the index",
        "SELECT DISTINCT article_id FROM versions WHERE article_id NOT IN (SELECT id FROM articles)",
    ),
    _Rule(
        "document_without_body",
        "an article in the index whose text is gone",
        "SELECT id FROM articles WHERE doc NOT IN (SELECT doc FROM article_bodies)",
    ),
    _Rule(
        "document_without_facets",
        "an article in the index that facets do not count",
        "SELECT id FROM articles WHERE doc NOT IN (SELECT doc FROM article_facets)",
    ),
    _Rule(
        "document_without_words",
        "an article in the index that no search can find",
        "SELECT id FROM articles WHERE doc NOT IN (SELECT id FROM article_words_docsize)",
    ),
    _Rule(
        "document_without_version",
        "a document in the index that no version accounts for",
        "SELECT id FROM articles WHERE id NOT IN (SELECT article_id FROM versions)",
    ),
)


def audit(connection: sqlite3.Connection) -> Audit:
    """Check the whole account in one snapshot."""
    connection.execute("BEGIN")
    try:
        counts = dict(
            connection.execute("SELECT outcome, count(*) FROM observations GROUP BY outcome").fetchall()
        )
        waiting = counts.pop(None, 0)
        totals = dict(
            connection.execute("SELECT key, value FROM meta WHERE key IN ('accepted', 'pruned')").fetchall()
        )
        checks = [_check(connection, rule) for rule in _RULES]
    finally:
        connection.execute("ROLLBACK")
    return Audit(
        accepted=totals.get("accepted", 0),
        pruned=totals.get("pruned", 0),
        waiting=waiting,
        outcomes=dict(sorted(counts.items())),
        checks=checks,
    )


def _check(connection: sqlite3.Connection, rule: _Rule) -> Check:
    count = connection.execute(f"SELECT count(*) FROM ({rule.sql})").fetchone()[0]  # noqa: S608 - constants
    examples = [row[0] for row in connection.execute(f"{rule.sql} LIMIT 5")] if count else []
    return Check(rule.name, count, rule.means, examples)


def figures(connection: sqlite3.Connection) -> Figures:
    """Counts for the gauges."""
    accepted = connection.execute("SELECT value FROM meta WHERE key = 'accepted'").fetchone()
    return Figures(
        accepted=accepted[0] if accepted else 0,
        waiting=connection.execute("SELECT count(*) FROM inbox WHERE kind = 'message'").fetchone()[0],
        dead_letters=connection.execute("SELECT count(*) FROM dead_letters WHERE state = 'open'").fetchone()[
            0
        ],
        documents=connection.execute("SELECT count(*) FROM articles").fetchone()[0],
    )
