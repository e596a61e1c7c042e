"""Facts about the machine, and processor time of processes."""

from __future__ import annotations

import os
import platform
import resource
import sqlite3
import time
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_IDLE = (3, 4)
"""Places of idle time and of waiting for the disk in the first line of ``/proc/stat``."""
_USER_TIME = 11
"""Place of ``utime`` in ``/proc/PID/stat`` behind the name in parentheses; ``stime`` follows (proc(5))."""

Facts = dict[str, str | int | float]


def facts() -> Facts:
    """What the figures depend on."""
    return {
        "cores": len(os.sched_getaffinity(0)),
        "processor": _processor(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "trafilatura": _version("trafilatura"),
        "load_average_at_start": round(os.getloadavg()[0], 2),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines()
    except OSError:
        return platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def cpu_seconds(pids: Iterable[int] = ()) -> float:
    """Processor seconds (user and system) used so far by this process, its ended children and the living ``pids``.

    Monotone: what a child used moves from its own account to that of the ended children when it is reaped.
    Living processes are counted in clock ticks, 10 ms on Linux.
    """
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + ended.ru_utime + ended.ru_stime + sum(map(process_cpu_seconds, pids))


def busy_seconds() -> float:
    """Processor seconds all cores together were busy since the machine started; 0 where it does not say."""
    try:
        fields = Path("/proc/stat").read_text("utf-8").split("\n", 1)[0].split()[1:9]
    except OSError:
        return 0.0
    return sum(int(ticks) for place, ticks in enumerate(fields) if place not in _IDLE) / _TICKS_PER_SECOND


def process_cpu_seconds(pid: int) -> float:
    """Processor seconds of one living process; 0 when it is gone."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace")
    except OSError:
        return 0.0
    fields = stat.rpartition(")")[2].split()
    user, system = fields[_USER_TIME : _USER_TIME + 2]
    return (int(user) + int(system)) / _TICKS_PER_SECOND
