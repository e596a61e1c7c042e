"""``kabar reprocess`` on a data directory: what was decided is decided again, by what is installed now.

Each observation goes back into the inbox in one transaction that also takes its outcome away, so the account
balances throughout. New rows lie behind the ones there were: what is still to be queued is known by its place,
and a call that was cut off goes on where it was.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence

import msgspec
from msgspec import Struct

from kabar.errors import Poison, StoreError
from kabar.runtime.embedded import archive
from kabar.runtime.embedded.store import open_reader, translated
from kabar.runtime.embedded.writing import Writer
from kabar.runtime.protocol import Pool
from kabar.runtime.rerun import Plan, Progress, Summary, again, published_by
from kabar.settings import Settings

CHUNK = 200
_UNFINISHED, _GENERATION = "reprocess", "generation"
"""Keys in ``meta``: the call that was cut off, and the highest generation ever given."""


class _Run(Struct, frozen=True):
    """A plan at work. ``until``: what has a later place in the inbox came after it began, or was queued by it."""

    plan: Plan
    generation: int
    until: int


class Reprocess:
    """One call. ``report`` is called after every step, from the calling thread."""

    def __init__(
        self,
        settings: Settings,
        plan: Plan,
        *,
        report: Callable[[Progress], None] = lambda _: None,
        pool: Pool | None = None,
    ) -> None:
        self._settings = settings
        self._plan = plan
        self._report = report
        self._pool = pool
        self._progress = Progress()
        self._lost = 0

    def dry_run(self) -> Summary:
        """Say what a call would queue; changes nothing.

        Raises:
            StoreError: there is no store, or one that was never opened for writing by this version.
        """
        connection = open_reader(self._settings.directory)
        try:
            with translated(self._settings.directory):
                run, resumed = _begin(connection, self._plan)
                queued = sum(len(messages) for messages in self._messages(connection, run))
        finally:
            connection.close()
        return Summary(
            generation=run.generation, queued=queued, notes=self._notes(), resumed=resumed, dry_run=True
        )

    def run(self) -> Summary:
        """Queue everything that is chosen, and wait until each has its outcome again.

        Raises:
            EnvironmentError_: the store or the workers failed; the same call again resumes.
        """
        open_reader(self._settings.directory).close()  # a mistyped directory is an error, not a new store
        queued: list[str] = []
        with Writer(self._settings, self._pool) as writer:
            connection = writer.connection
            with writer.accepting():
                run, self._progress.resumed = _begin(connection, self._plan)
                _note(connection, run)
            for messages in self._messages(connection, run):
                queued += self._queue(writer, messages)
                while writer.inbox.depth() >= writer.high_water:
                    self._work(writer)
            last = _last_place(connection)
            while _any_waiting(writer.connection, last):
                self._work(writer)
            with writer.accepting():
                writer.connection.execute("DELETE FROM meta WHERE key = ?", (_UNFINISHED,))
            outcomes = _outcomes(writer.connection, queued)
        return Summary(
            generation=run.generation,
            queued=len(queued),
            notes=self._notes(),
            outcomes=outcomes,
            resumed=self._progress.resumed,
        )

    def _messages(self, connection: sqlite3.Connection, run: _Run) -> Iterator[list[tuple[str, bytes]]]:
        """Observations and what is to be queued of them, in the order in which they were accepted."""
        ids = _chosen(connection, run)
        self._progress.chosen = len(ids)
        for start in range(0, len(ids), CHUNK):
            chunk = ids[start : start + CHUNK]
            found = [(one, archive.find(connection, one)) for one in chunk]
            self._progress.looked_at += len(chunk)
            self._lost += sum(data is None for _, data in found)
            yield [(one, data) for one, data in self._again(found, run)]
            self._report(self._progress)

    def _again(self, found: Sequence[tuple[str, bytes | None]], run: _Run) -> Iterator[tuple[str, bytes]]:
        for observation, data in found:
            try:
                if data is not None and published_by(data, run.plan.source):
                    yield observation, again(data, run.plan.stage, run.generation)
            except Poison as error:
                # The store holds what this program wrote: this is damage, and must not be passed over.
                raise StoreError(
                    f"the stored message of observation {observation} cannot be read: {error}",
                    hint="restore a backup, or choose around it with --since or --source",
                ) from error

    def _queue(self, writer: Writer, messages: Sequence[tuple[str, bytes]]) -> list[str]:
        with writer.accepting():
            queued = [one for one, data in messages if writer.inbox.reopen(one, data)]
        self._progress.queued += len(queued)
        return queued

    def _notes(self) -> list[str]:
        if not self._lost:
            return []
        kept = f"archive_days = {self._settings.archive_days}"
        return [f"{self._lost:,} that ended without a version are not kept ({kept}): left as they are"]

    def _work(self, writer: Writer) -> None:
        writer.work()
        self._report(self._progress)


def _begin(connection: sqlite3.Connection, plan: Plan) -> tuple[_Run, bool]:
    """The unfinished call that was to do the same, or a new one; and which of them it is."""
    row = connection.execute("SELECT value FROM meta WHERE key = ?", (_UNFINISHED,)).fetchone()
    if row is not None:
        unfinished = msgspec.json.decode(row[0], type=_Run)
        if msgspec.structs.replace(unfinished.plan, since_ms=plan.since_ms) == plan:
            return unfinished, True
    given = connection.execute("SELECT value FROM meta WHERE key = ?", (_GENERATION,)).fetchone()
    return _Run(plan, (given[0] if given else 0) + 1, _last_place(connection)), False


def _last_place(connection: sqlite3.Connection) -> int:
    """Of the inbox, whether its row is still there or not."""
    row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'inbox'").fetchone()
    return int(row[0]) if row else 0


def _note(connection: sqlite3.Connection, run: _Run) -> None:
    """So that a call that is cut off can be resumed, and no generation is given twice."""
    connection.executemany(
        "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        [(_UNFINISHED, msgspec.json.encode(run).decode()), (_GENERATION, run.generation)],
    )


def _chosen(connection: sqlite3.Connection, run: _Run) -> list[str]:
    """Decided observations that are not queued yet, in order; from a later stage on only those that got there."""
    outcomes = "outcome NOT IN ('dead')" if run.plan.stage == "clean" else "outcome = 'indexed'"
    rows = connection.execute(
        f"SELECT id FROM observations WHERE seq <= ? AND observed_at >= ? AND {outcomes} ORDER BY seq",  # noqa: S608
        (run.until, run.plan.since_ms),
    )
    return [row[0] for row in rows]


def _any_waiting(connection: sqlite3.Connection, last: int) -> bool:
    """Whether something up to this place has no outcome yet."""
    sql = "SELECT EXISTS (SELECT 1 FROM observations WHERE outcome IS NULL AND seq <= ?)"
    return bool(connection.execute(sql, (last,)).fetchone()[0])


def _outcomes(connection: sqlite3.Connection, ids: Sequence[str]) -> dict[str, int]:
    """How these ended, now."""
    counts: dict[str, int] = {}
    for start in range(0, len(ids), CHUNK):
        rows = connection.execute(
            "SELECT outcome, count(*) FROM observations WHERE id IN (SELECT value FROM json_each(?)) GROUP BY outcome",
            (json.dumps(ids[start : start + CHUNK]),),
        )
        for outcome, count in rows:
            counts[outcome] = counts.get(outcome, 0) + count
    return dict(sorted(counts.items()))
