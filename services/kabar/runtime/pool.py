"""Worker processes with a deadline per article.

No pool of the standard library kills one stuck task and keeps the rest of its batch; the one well-kept library
that does is LGPL. So: our own, small. The article that hangs or kills a worker is tried once more alone in a
fresh one (a busy machine or the OOM killer may have been the cause), then it becomes a dead letter; the rest of
its chunk is queued again.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Sequence
from contextlib import ExitStack
from multiprocessing.connection import Connection, wait

import msgspec

from kabar.contracts.message import Message
from kabar.contracts.outcomes import DeadReason
from kabar.errors import WorkersFailed
from kabar.runtime.protocol import Result
from kabar.runtime.worker import READY, Chunk

CHUNK_MESSAGES = 8
"""Enough to hide the round trip (0.1 ms), few enough to spread a small batch over all workers."""
CHUNK_BYTES = 1_000_000
START_SECONDS = 60.0
"""Loading models takes under 2 s; a machine that needs this long is unwell."""
START_ATTEMPTS = 5
ATTEMPTS = 2
WORKER_MESSAGES = 20_000
"""Then a worker is replaced: a leak in a library must not fill its memory over weeks."""
STAGES_FACTORY = "kabar.runtime.stages:build"


class Job:
    """One message of a ticket."""

    __slots__ = ("attempts", "data", "index", "stage", "ticket")

    def __init__(self, ticket: int, index: int, stage: str, data: bytes) -> None:
        self.ticket = ticket
        self.index = index
        self.stage = stage
        self.data = data
        self.attempts = 0


class Worker:
    """A child process, the jobs it was given and not yet answered, and since when the first of them runs.

    Raises:
        OSError: the process or its pipes cannot be made; nothing is left open.
    """

    def __init__(self, memory_mb: int, factory: str) -> None:
        with ExitStack() as undo:
            child_in, to_child = _pipe(undo)
            from_child, child_out = _pipe(undo)
            self.process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                [sys.executable, "-m", "kabar.runtime.worker",
                 str(child_in), str(child_out), str(os.getpid()), str(memory_mb), factory],
                pass_fds=(child_in, child_out),
                stdin=subprocess.DEVNULL,
                stdout=sys.stderr.fileno() if _has_fileno(sys.stderr) else subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C at the terminal is for the parent alone
                # One thread each: the pool is the parallelism.
                env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
            )  # fmt: skip
            undo.pop_all()
        os.close(child_in)
        os.close(child_out)
        self.inbound = Connection(from_child, writable=False)
        self._outbound = Connection(to_child, readable=False)
        self.jobs: deque[Job] = deque()
        self.answered = 0
        self.ready = False
        self.since = time.monotonic()

    def send(self, jobs: Sequence[Job]) -> None:
        """Give it work. It is idle, hence reading: the write cannot block for long."""
        self.jobs.extend(jobs)
        self.since = time.monotonic()
        self._outbound.send_bytes(msgspec.msgpack.encode(Chunk(jobs[0].stage, [job.data for job in jobs])))

    def overdue(self, deadline: float) -> bool:
        """Whether the job it works on (or its own start) took too long."""
        if not self.ready:
            return time.monotonic() - self.since > START_SECONDS
        return bool(self.jobs) and time.monotonic() - self.since > deadline

    def kill(self) -> None:
        """End it, whatever it does, and reap it."""
        self.process.kill()
        self.process.wait()
        self.inbound.close()
        self._outbound.close()


def _pipe(undo: ExitStack) -> tuple[int, int]:
    ends = os.pipe()
    for end in ends:
        undo.callback(os.close, end)
    return ends


def _has_fileno(stream: object) -> bool:
    """Not where standard error is replaced, in tests."""
    try:
        return bool(stream.fileno() >= 0)  # type: ignore[attr-defined]
    except (AttributeError, OSError, ValueError):
        return False


class WorkerPool:
    """``count`` workers over two queues: urgent work first. Used by one thread."""

    def __init__(
        self, count: int, *, deadline_seconds: float, memory_mb: int, factory: str = STAGES_FACTORY
    ) -> None:
        self._deadline = deadline_seconds
        self._memory_mb = memory_mb
        self._factory = factory
        self._urgent: deque[Job] = deque()
        self._queue: deque[Job] = deque()
        self._results: dict[int, list[Result | None]] = {}
        self._missing: dict[int, int] = {}
        self._next = 0
        self._failed_starts = 0
        self.restarts: dict[str, int] = {DeadReason.DEADLINE: 0, DeadReason.WORKER_DIED: 0}
        """How many workers were replaced, by cause; read by the metrics."""
        self._count = count
        self._workers: list[Worker] = []
        self._cancelled = threading.Event()
        self._start_missing()

    def submit(self, stage: str, messages: Sequence[Message], *, urgent: bool = False) -> int:
        """Queue messages; see :class:`kabar.runtime.protocol.Pool`."""
        ticket = self._next
        self._next += 1
        jobs = [Job(ticket, index, stage, message.encode()) for index, message in enumerate(messages)]
        (self._urgent if urgent else self._queue).extend(jobs)
        self._results[ticket] = [None] * len(jobs)
        self._missing[ticket] = len(jobs)
        self._hand_out()
        return ticket

    def collect(self, ticket: int) -> list[Result]:
        """Wait for all results of a ticket, in order.

        Raises:
            WorkersFailed: workers die at their start, again and again.
        """
        while self._missing[ticket]:
            self._pump()
        del self._missing[ticket]
        return [result for result in self._results.pop(ticket) if result is not None]

    def reset(self) -> None:
        """Forget everything submitted and not collected; answers still under way are ignored."""
        self._urgent.clear()
        self._queue.clear()
        self._results.clear()
        self._missing.clear()

    def pids(self) -> list[int]:
        """Process ids of the workers."""
        return [worker.process.pid for worker in self._workers]

    def cancel(self) -> None:
        """Make a waiting :meth:`collect` raise. The one method another thread may call."""
        self._cancelled.set()

    def close(self) -> None:
        """Kill the workers. Idempotent; unanswered work stays in the inbox."""
        for worker in self._workers:
            worker.kill()
        self._workers = []

    def _pump(self) -> None:
        """Take what is answered, replace what is broken, hand out what is queued."""
        if self._cancelled.is_set():
            raise WorkersFailed("the worker pool was told to stop")
        self._start_missing()
        self._hand_out()
        by_connection = {worker.inbound: worker for worker in self._workers}
        for connection in wait(list(by_connection), timeout=min(0.5, self._deadline / 4)):
            worker = by_connection[connection]  # type: ignore[index]
            try:
                self._receive(worker, worker.inbound.recv_bytes())
            except (EOFError, OSError):
                self._remove(worker, DeadReason.WORKER_DIED)
        for worker in list(self._workers):
            if worker.overdue(self._deadline):
                self._remove(worker, DeadReason.DEADLINE)

    def _receive(self, worker: Worker, data: bytes) -> None:
        worker.since = time.monotonic()
        if data == READY:
            worker.ready = True
            self._failed_starts = 0
            return
        self._finish(worker.jobs.popleft(), msgspec.msgpack.decode(data, type=Result))
        worker.answered += 1
        if worker.answered >= WORKER_MESSAGES and not worker.jobs:
            worker.kill()
            self._workers.remove(worker)

    def _finish(self, job: Job, result: Result) -> None:
        if job.ticket not in self._results:
            return  # forgotten by a reset
        self._results[job.ticket][job.index] = result
        self._missing[job.ticket] -= 1

    def _remove(self, worker: Worker, reason: DeadReason) -> None:
        """Take a broken worker out; what it had is queued again, the job it broke on for its last try."""
        self._workers.remove(worker)
        worker.kill()
        self.restarts[reason] += 1
        self._failed_starts += not worker.ready
        if worker.jobs:
            broken = worker.jobs.popleft()
            self._queue.extendleft(reversed(worker.jobs))
            broken.attempts += 1
            if broken.attempts < ATTEMPTS:
                self._queue.appendleft(broken)
            else:
                self._finish(broken, Result("dead", reason=reason, error=self._why(broken, reason)))

    def _start_missing(self) -> None:
        """Workers up to the wanted number.

        Raises:
            WorkersFailed: they cannot be started, or die at their start; the next call tries again.
        """
        if self._failed_starts >= START_ATTEMPTS:
            self._failed_starts = 0
            raise WorkersFailed(
                f"worker processes died at their start {START_ATTEMPTS} times in a row",
                hint="see the messages above; is there memory left? raise worker_memory_mb if it was lowered",
            )
        while len(self._workers) < self._count:
            try:
                self._workers.append(Worker(self._memory_mb, self._factory))
            except OSError as error:
                raise WorkersFailed(
                    f"a worker process cannot be started: {error}",
                    hint="is there memory left, and are there file handles?",
                ) from error

    def _why(self, job: Job, reason: DeadReason) -> str:
        if reason is DeadReason.DEADLINE:
            return f"stage '{job.stage}' took longer than {self._deadline:g} s, {ATTEMPTS} times"
        return f"the worker process died in stage '{job.stage}', {ATTEMPTS} times (out of memory, or a crash in C)"

    def _hand_out(self) -> None:
        for worker in list(self._workers):
            if worker.ready and not worker.jobs:
                chunk = self._next_chunk()
                if not chunk:
                    return
                try:
                    worker.send(chunk)
                except OSError:
                    self._remove(worker, DeadReason.WORKER_DIED)

    def _next_chunk(self) -> list[Job]:
        queue = self._urgent or self._queue
        share = -(-len(queue) // max(1, len(self._workers)))  # a small batch is spread over all workers
        limit = max(1, min(CHUNK_MESSAGES, share))
        chunk: list[Job] = []
        size = 0
        while queue and len(chunk) < limit and size < CHUNK_BYTES:
            job = queue[0]
            if chunk and (job.stage != chunk[0].stage or job.attempts or chunk[0].attempts):
                break  # one stage per chunk; a suspect travels alone
            size += len(job.data)
            chunk.append(queue.popleft())
        return chunk
