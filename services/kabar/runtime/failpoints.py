"""Named places where a test may kill the process, so that a fault hits the instant it is about.

Without ``KABAR_FAILPOINTS`` in the environment every call is one comparison. With it, naming a directory,
:func:`reached` looks for ``DIR/NAME`` there; if another process put one, it is taken (renamed to
``NAME.PID.fired``, so exactly one process takes it and the test sees that it happened) and the signal it names is
sent to this process: ``KILL``, ``TERM`` or ``STOP``.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

VARIABLE = "KABAR_FAILPOINTS"

POINTS = (
    "clean.work_pending",
    "clean.sends_pending",
    "dedupe.transaction_open",
    "enrich.work_pending",
    "enrich.sends_pending",
    "index.bulk_in_flight",
    "index.written_not_committed",
)

_directory = os.environ.get(VARIABLE, "")


def reached(name: str) -> None:
    """Die here, if a test says so."""
    if _directory:
        _reached(Path(_directory), name)


def _reached(directory: Path, name: str) -> None:
    assert name in POINTS, f"'{name}' is no failpoint"
    armed = directory / name
    taken = directory / f"{name}.{os.getpid()}.fired"
    try:
        armed.rename(taken)
        wanted = taken.read_text().strip() or "KILL"
    except OSError:
        return  # not armed, or another process was faster
    os.kill(os.getpid(), getattr(signal, f"SIG{wanted}"))
