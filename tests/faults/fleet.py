"""The workers, as a supervisor runs them: one of each stage, started again when it dies; more may join and leave.

The product's own command line, ``kabar work STAGE``. Everything happens in the thread that calls (the kernel kills
children with the thread that started them), so whoever waits for something waits with :meth:`Fleet.until`.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kabar.runtime.failpoints import VARIABLE
from tests.stack.processes import die_with_parent, free_ports

STAGES = ("clean", "dedupe", "enrich", "index")
READY_SECONDS = 90.0
STOP_SECONDS = 45.0
"""A worker has 20 s to drain; what needs longer than this hangs."""
RESTART_SECONDS = 1.0
LOOK_SECONDS = 0.2


@dataclass
class Worker:
    """One process of a stage."""

    stage: str
    process: subprocess.Popen[bytes]
    port: int
    log: Path
    leaving: bool = False
    """It was told to go, or is one that joined for a while: its end is no reason to start another."""
    doomed: bool = False
    """A fault is about to end it: its end is no surprise."""

    def ready(self) -> bool:
        """What its probe says."""
        return self.probe()[0] == 200

    def probe(self) -> tuple[int, str]:
        """Status and text of /readyz; 0 = nobody answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=2) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, "no answer"

    def runs(self) -> bool:
        """Whether the process is there."""
        return self.process.poll() is None

    def tail(self, lines: int = 12) -> str:
        """The end of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


@dataclass
class Fleet:
    """All workers."""

    environment: Mapping[str, str]
    directory: Path
    workers: list[Worker] = field(default_factory=list)
    starts: int = 0
    surprises: list[str] = field(default_factory=list)
    """Workers that ended though no fault was after them."""
    idle: Callable[[float], None] = time.sleep
    """What to do for some seconds while waiting."""
    on_hold: set[str] = field(default_factory=set)
    """Stages of which none is started again."""
    _due: dict[str, float] = field(default_factory=dict)

    @property
    def failpoints(self) -> Path:
        """Where failpoints are armed."""
        return self.directory / "failpoints"

    def start(self, stage: str, *, leaving: bool = False) -> Worker:
        """Start a worker; it is not ready yet."""
        self.starts += 1
        self.failpoints.mkdir(parents=True, exist_ok=True)
        [port] = free_ports(1)
        file = self.directory / f"{self.starts:03}-{stage}.log"
        with file.open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "kabar.cli.main", "work", stage, "--workers", "1", "--probe-port", str(port)],
                env={**os.environ, **self.environment, VARIABLE: str(self.failpoints)},
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                preexec_fn=die_with_parent,  # noqa: PLW1509 - one system call, takes no lock
            )  # fmt: skip
        worker = Worker(stage, process, port, file, leaving)
        self.workers.append(worker)
        return worker

    def of(self, stage: str) -> Worker:
        """The permanent worker of a stage: the newest that runs."""
        return [one for one in self.workers if one.stage == stage and one.runs() and not one.leaving][-1]

    def ready(self, stage: str) -> bool:
        """Whether one of its workers works."""
        return any(one.ready() for one in self.workers if one.stage == stage)

    def supervise(self) -> None:
        """Start again what died."""
        now = time.monotonic()
        for worker in [one for one in self.workers if not one.runs()]:
            self.workers.remove(worker)
            if not worker.doomed:
                code = worker.process.returncode
                self.surprises.append(f"{worker.stage} ended with {code}:\n{worker.tail()}")
            if not worker.leaving:
                self._due[worker.stage] = now + RESTART_SECONDS
        for stage, due in list(self._due.items()):
            if now >= due and stage not in self.on_hold:
                del self._due[stage]
                self.start(stage)

    def until(self, condition: Callable[[], bool], seconds: float, what: str) -> float:
        """Wait, supervising; returns how long it took (s).

        Raises:
            TimeoutError: it did not come.
        """
        started = time.monotonic()
        while not condition():
            if time.monotonic() - started > seconds:
                raise TimeoutError(f"{what}: not within {seconds:g} s; {self.state()}")
            self.supervise()
            self.idle(LOOK_SECONDS)
        return time.monotonic() - started

    def wait(self, seconds: float) -> None:
        """Let time pass, supervising."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.supervise()
            self.idle(min(LOOK_SECONDS, max(0.0, until - time.monotonic())))

    def all_ready(self) -> bool:
        """One ready worker per stage at least."""
        return all(map(self.ready, STAGES))

    def state(self) -> str:
        """For a human: each worker and what its probe says."""
        return "; ".join(
            f"{one.stage} {one.process.pid}: {one.probe()[1][:100] or 'ready'}" for one in self.workers
        )

    def signal(self, worker: Worker, number: signal.Signals) -> None:
        """To one worker's main process."""
        os.kill(worker.process.pid, number)

    def kill(self, worker: Worker) -> None:
        """SIGKILL; it is started again if it was a permanent one."""
        assert worker.runs(), "a fault that hits nobody proves nothing"
        worker.doomed = True
        self.signal(worker, signal.SIGKILL)
        self.until(lambda: not worker.runs(), 10, f"{worker.stage} is killed")

    def stop(self, worker: Worker) -> None:
        """SIGTERM, and wait for the end; one that does not end is a surprise, and killed."""
        assert worker.runs(), "a fault that hits nobody proves nothing"
        worker.doomed = True
        self.signal(worker, signal.SIGTERM)
        try:
            self.until(lambda: not worker.runs(), STOP_SECONDS, f"{worker.stage} stops")
        except TimeoutError as error:
            self.surprises.append(f"{error}\n{worker.tail()}")
            self.kill(worker)

    def hold(self, stage: str) -> None:
        """Stop all workers of a stage and start none."""
        self.on_hold.add(stage)
        for worker in [one for one in self.workers if one.stage == stage]:
            self.stop(worker)

    def release(self, stage: str) -> None:
        """Supervise the stage again."""
        self.on_hold.discard(stage)

    def close(self) -> None:
        """Stop all, the last stage first; what does not stop is killed."""
        for worker in self.workers:
            worker.leaving = worker.doomed = True
            if worker.runs():
                self.signal(worker, signal.SIGTERM)
        until = time.monotonic() + STOP_SECONDS
        while any(one.runs() for one in self.workers) and time.monotonic() < until:
            time.sleep(LOOK_SECONDS)
        for worker in self.workers:
            if worker.runs():
                self.surprises.append(f"{worker.stage} did not stop:\n{worker.tail()}")
                self.signal(worker, signal.SIGKILL)
                worker.process.wait()
