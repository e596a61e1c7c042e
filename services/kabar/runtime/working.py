"""What `kabar work STAGE` hands to the loop of a stage."""

from __future__ import annotations

import threading

from msgspec import Struct

from kabar.runtime.health import Health
from kabar.runtime.metrics import Metrics
from kabar.settings import Settings


class Work(Struct, frozen=True, kw_only=True):
    """One worker process.

    A runner is ``run(work) -> None``: it blocks until ``stop`` is set and what was begun is done. It raises a
    KabarError where it cannot start (topics or templates are wrong, nobody answers), and keeps ``health`` true:
    down while it starts, restores, pauses or stands by, with the reason in words; up while it works.
    """

    stage: str
    settings: Settings
    metrics: Metrics
    health: Health
    stop: threading.Event
