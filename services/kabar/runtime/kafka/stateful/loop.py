"""The loop of a stateful stage: poll, decide, and commit outputs, memory and offsets in one transaction.

One process is active, the others stand by. Whoever becomes active fences off whoever was before, replays the
memory to its end, asks where the group has committed, and goes on there. There is one way back from everything
(partitions taken away, fenced off, a transaction that was aborted or of which nobody knows, a stage that crashed in
the middle of a message): memory, producer and what was read ahead are thrown away, and that same beginning is made
again. So what is in memory always is what the log says at the committed offset.
"""

from __future__ import annotations

import time
from collections import deque
from typing import Any, Final

import structlog

from kabar.errors import BrokerError, EnvironmentError_, IndexUnavailable, NotPrepared
from kabar.runtime.breaker import Breaker
from kabar.runtime.clock import wall_ms
from kabar.runtime.kafka import topics
from kabar.runtime.kafka.clients import names
from kabar.runtime.kafka.patience import Backoff
from kabar.runtime.kafka.stalling import Stalling
from kabar.runtime.kafka.stateful.changelog import replay
from kabar.runtime.kafka.stateful.deciding import Batch, Death, Decider, Plan, StageCrashed
from kabar.runtime.kafka.stateful.membership import Membership
from kabar.runtime.kafka.stateful.transactions import Transactions
from kabar.runtime.working import Work

log = structlog.get_logger()

POLL_SECONDS: Final = 0.5
BATCH_SECONDS: Final = 1.0
"""Of deciding, in one batch: readers wait for a transaction to end, and what is aborted is done again."""
CHECK_SECONDS: Final = 5.0
"""Between questions whether the broker is there, while nothing comes from it."""
STANDING_BY: Final = "standing by: another process is active"


class Term:
    """One time of being active: a memory, the right to write it, and what was read ahead."""

    def __init__(self, number: int, transactions: Transactions, decider: Decider) -> None:
        self.number = number
        self.transactions = transactions
        self.decider = decider
        self.ahead: deque[Any] = deque()
        self.idle_since = time.monotonic()


class _Deposed(Exception):
    """The work was given to somebody else while the memory was being replayed."""


class Harness:
    """One worker process of a stateful stage. One thread calls :meth:`run`."""

    def __init__(self, work: Work, plan: Plan) -> None:
        self._work = work
        self._settings = work.settings
        self._plan = plan
        self._breaker = Breaker()
        self._condemned: dict[str, Death] = {}
        self._backoff = Backoff()
        self._served = False
        self._next_check = 0.0
        self._stalling = Stalling(work.health, self._settings.stall_seconds)

    def run(self) -> None:
        """Work or stand by until told to stop; a broker that is away is waited for.

        Raises:
            NotPrepared: topics are missing or wrong, or the stage must not start with the memory it finds.
            BrokerError: nobody answers at the start.
        """
        plan = self._plan
        topics.check(self._settings, [plan.source, plan.changelog, *plan.outputs])
        with self._stalling:
            while not self._work.stop.is_set():
                try:
                    self._join()
                except EnvironmentError_ as error:
                    if not self._served and not isinstance(error, BrokerError | IndexUnavailable):
                        raise  # nothing that waiting would cure
                    self._pause(error)
        self._work.health.down("stopped")

    def _join(self) -> None:
        """Be a member of the group until stopped or something fails."""
        plan = self._plan
        group = names(self._settings).group(plan.stage)
        term: Term | None = None
        with Membership(self._settings, group=group, topic=plan.source) as member:
            try:
                while not self._work.stop.is_set():
                    self._stalling.beat()
                    term = self._turn(member, term)
            finally:
                if term is not None:
                    term.transactions.close()

    def _turn(self, member: Membership, term: Term | None) -> Term | None:
        """One turn of the loop; returns the term that goes on, None without one."""
        polled = self._poll(member, term)
        if term is not None and term.number == member.term:
            term.ahead.extend(polled)
            try:
                self._work_on(member, term)
            except StageCrashed as crash:
                self._condemned[crash.where] = crash.death
                log.error("the stage crashed on a message", where=crash.where, exc_info=crash)  # noqa: TRY400 - the cause, not this frame
            else:
                return term
        if term is not None:
            term.transactions.close()
        return self._begin(member) if member.active else None

    def _poll(self, member: Membership, term: Term | None) -> list[Any]:
        """What there is to read, and whether we may say that we are well."""
        verdict = self._breaker.verdict(wall_ms())
        if verdict.pause:
            self._work.health.down(verdict.reason)
            member.stay(seconds=POLL_SECONDS)
            return []
        if term is not None and term.ahead:
            return []
        polled = member.poll(seconds=POLL_SECONDS, most=self._settings.batch_max)
        self._say(member, term, heard=bool(polled))
        return polled

    def _say(self, member: Membership, term: Term | None, *, heard: bool) -> None:
        """Keep health true: a client does not say that the broker is away, it only brings nothing."""
        if heard or time.monotonic() >= self._next_check:
            self._next_check = time.monotonic() + CHECK_SECONDS
            try:
                if not heard:
                    member.check()
            except BrokerError as error:
                self._work.health.down(str(error))
                return
            if term is None:
                self._work.health.down(STANDING_BY)
            elif not self._work.health.ready:
                self._work.health.up()

    # ------------------------------------------------------------ taking over

    def _begin(self, member: Membership) -> Term | None:
        """Fence off whoever was active, and become what it was."""
        number = member.term
        self._work.health.down("taking over: replaying the memory")
        transactions = Transactions(self._settings, self._plan.stage)
        try:
            decider = self._restored(member, number)
            member.rewind()
        except _Deposed:
            transactions.close()
            return None
        except BaseException:
            transactions.close()
            raise
        self._served = True
        self._backoff.reset()
        self._work.health.up()
        return Term(number, transactions, decider)

    def _restored(self, member: Membership, number: int) -> Decider:
        plan, started = self._plan, time.monotonic()

        def alive() -> None:
            self._stalling.beat()
            member.stay()
            if member.term != number or self._work.stop.is_set():
                raise _Deposed

        found = replay(self._settings, plan.changelog, alive=alive)
        if found.progress.rebuilding:
            raise NotPrepared(
                f"{plan.changelog} is incomplete: a rebuild began and did not end",
                hint="run `kabar state rebuild` again",
            )
        stage = plan.new()
        with self._stalling.excused():
            stage.restore(found.records.items())
            plan.restored(stage)
        seconds = time.monotonic() - started
        self._work.metrics.restore_seconds.set(seconds)
        log.info(
            "memory replayed", records=found.read, keys=len(found.records), megabytes=found.bytes // 1_000_000,
            replay_seconds=round(found.seconds, 3), seconds=round(seconds, 3),
        )  # fmt: skip
        return Decider(
            plan, stage, found.progress,
            tick_ms=self._settings.tick_seconds * 1000, condemned=self._condemned,
        )  # fmt: skip

    # ------------------------------------------------------------ working

    def _work_on(self, member: Membership, term: Term) -> None:
        """One batch, or a tick if the log has been silent."""
        verdict = self._breaker.verdict(wall_ms())
        if verdict.pause:
            return
        if term.ahead:
            term.idle_since = time.monotonic()
            self._commit(member, term, self._decide(term, verdict.quarantined))
        elif time.monotonic() - term.idle_since >= self._settings.tick_seconds:
            term.idle_since = time.monotonic()
            self._log_tick(member, term)

    def _decide(self, term: Term, quarantined: frozenset[str]) -> Batch:
        """Take from what was read ahead until the batch is large, or took long."""
        batch, started = Batch(), time.monotonic()
        while term.ahead and batch.bytes < self._settings.batch_max_bytes:
            term.decider.take(term.ahead.popleft(), batch, quarantined=quarantined)
            if time.monotonic() - started >= BATCH_SECONDS:
                break
        return batch

    def _commit(self, member: Membership, term: Term, batch: Batch) -> None:
        metrics = self._work.metrics
        records = batch.records(self._plan.changelog)
        with metrics.timed(metrics.commit_seconds):
            term.transactions.commit(records, batch.offsets, member.credentials())
        stage, now = self._plan.stage, wall_ms()
        metrics.batch_articles.observe(len(batch.ends))
        metrics.stage_messages.labels(stage, "tombstone").inc(batch.tombstones)
        for end in batch.ends:
            metrics.stage_messages.labels(stage, end.outcome).inc()
            if end.outcome != "forward":
                metrics.outcomes.labels(end.outcome, end.reason).inc()
            if end.tried:
                metrics.stage_seconds.labels(stage).observe(end.seconds)
                self._breaker.book(end.source, end.outcome == "dead", now)

    def _log_tick(self, member: Membership, term: Term) -> None:
        """Put time into the log, where a replay finds it; it comes back like a message."""
        tick = term.decider.due(wall_ms())
        if tick is not None and member.at_end():
            term.transactions.commit([self._plan.tick(tick)], {}, None)

    # ------------------------------------------------------------ a sick environment

    def _pause(self, error: EnvironmentError_) -> None:
        seconds = self._backoff.next_seconds()
        self._work.health.down(str(error))
        self._work.metrics.environment_errors.labels(type(error).__name__).inc()
        log.error("paused", error=str(error), hint=error.hint, seconds=round(seconds, 1))
        self._stalling.beat()
        with self._stalling.excused():
            self._work.stop.wait(seconds)
