"""One server process: started, found healthy, stopped, killed, started again on the same port and data."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Self

from tests.stack.artifacts import StackUnavailable

LOOPBACK = "127.0.0.1"
START_SECONDS = 120.0
"""A start takes 3 to 15 s; a busy machine several times that."""
STOP_SECONDS = 40.0
PAUSE_SECONDS = 0.2

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def free_ports(count: int) -> list[int]:
    """Ports nobody listens on at the moment; all different."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind((LOOPBACK, 0))
        return [one.getsockname()[1] for one in sockets]


def is_open(port: int) -> bool:
    """Whether somebody listens on a port of this machine."""
    with socket.socket() as one:
        return one.connect_ex((LOOPBACK, port)) == 0


def die_with_parent() -> None:
    """In a child before ``exec``: SIGKILL when the thread that started it ends, however that ends.

    The thread, not the process, is what the kernel watches: start servers from one that stays.
    """
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class Server(ABC):
    """A server on fixed ports with data in a directory of its own. A context manager: started inside, gone after."""

    name: str

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.directory.mkdir(parents=True, exist_ok=True)
        self.log = directory / f"{self.name}.log"
        self.process: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def command(self) -> tuple[Sequence[str], Mapping[str, str], Path]:
        """Command line, what to add to the environment, and the working directory."""

    @abstractmethod
    def answers(self) -> bool:
        """Whether it does its work."""

    @abstractmethod
    def discard(self) -> None:
        """Delete its data; it does not run."""

    user: str | None = None
    """Another user to run as; None = ours."""

    def begin(self) -> None:
        """Start it without waiting until it answers."""
        assert not self.runs(), f"{self.name} runs already"
        command, environment, place = self.command()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=place, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env={**os.environ, **environment}, start_new_session=True, preexec_fn=die_with_parent,  # noqa: PLW1509 - one system call, takes no lock
                user=self.user, group=self.user and "nogroup", extra_groups=self.user and [],
            )  # fmt: skip

    def start(self) -> Self:
        """Start it and wait until it answers.

        Raises:
            StackUnavailable: it ended or did not answer in time; the text has the end of its log.
        """
        self.begin()
        self.wait()
        return self

    def wait(self) -> None:
        """Wait until it answers.

        Raises:
            StackUnavailable: as for :meth:`start`.
        """
        until = time.monotonic() + START_SECONDS
        while not self.answers():
            if not self.runs() or time.monotonic() > until:
                why = "does not answer" if self.runs() else "ended"
                self.kill()
                tail = self.log.read_text(errors="replace")[-2_000:]
                raise StackUnavailable(f"{self.name} {why}; the end of {self.log}:\n{tail}")
            time.sleep(PAUSE_SECONDS)

    def runs(self) -> bool:
        """Whether the process is there."""
        return self.process is not None and self.process.poll() is None

    def stop(self) -> None:
        """SIGTERM, and SIGKILL for what is left of it when the time is over."""
        if self.process is not None and self.runs():
            self.process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(STOP_SECONDS)
        self.kill()

    def kill(self) -> None:
        """SIGKILL to the process and everything it started."""
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def restart(self) -> None:
        """Stop it as an operator would, and start it on the same port and data."""
        self.stop()
        self.start()

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:  # Ctrl-C while it starts, too
            self.__exit__()
            raise

    def __exit__(self, *details: object) -> None:
        self.stop()
        self.discard()
