"""What a fault may disturb, and what a kind of fault is."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from kabar.settings import Settings
from tests.faults.fleet import Fleet
from tests.faults.oracle_load import Article, Wire
from tests.faults.oracle_register import Register
from tests.stack.fixtures import ask
from tests.stack.processes import START_SECONDS, Server
from tests.stack.servers import ElasticsearchServer, KafkaServer

SEEN_SECONDS = 60.0
"""Within which a fault must show."""


@dataclass
class Arena:
    """What there is to disturb."""

    settings: Settings
    environment: Mapping[str, str]
    broker: KafkaServer
    index: ElasticsearchServer
    fleet: Fleet
    wire: Wire
    register: Register
    chance: random.Random
    started_ms: int
    late: list[Article]
    """Seen before the similarity window, and left alone since."""
    months: int = 0
    """Used by the shard limit so far."""

    def kabar(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A command of the product."""
        return subprocess.run(
            [sys.executable, "-m", "kabar.cli.main", *arguments],
            env={**os.environ, **self.environment}, capture_output=True, text=True, check=False,
        )  # fmt: skip

    def must(self, *arguments: str) -> str:
        """A command that has to succeed; what it printed."""
        done = self.kabar(*arguments)
        assert done.returncode == 0, f"kabar {' '.join(arguments)}: {done.stdout}{done.stderr}"
        return done.stdout

    def ended(self, what: str, seconds: float = SEEN_SECONDS) -> None:
        """Wait until everything sent so far of a kind has its outcome."""

        def none_waits() -> bool:
            return not self.register.in_flight and not any(
                one.what.startswith(what) for one in self.register.waiting()
            )

        self.fleet.until(none_waits, seconds, f"{what} has its outcome")

    def up(self, server: Server) -> None:
        """Start a server again, supervising the workers meanwhile."""
        server.begin()
        self.fleet.until(server.answers, START_SECONDS, f"{server.name} answers")

    def ask(self, method: str, path: str, body: object = None) -> object:
        """One request to Elasticsearch."""
        return ask(self.index.url, method, path, body)


@dataclass(frozen=True)
class Kind:
    """One kind of fault."""

    name: str
    target: str
    inject: Callable[[Arena], None]
    failpoint: bool = False
