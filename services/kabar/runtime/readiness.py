"""All that must be well before a worker is ready, each told by whoever knows."""

from __future__ import annotations

import threading

from kabar.runtime.health import Health


class Readiness:
    """Keeps a reason for each thing that is not well; no reason, and the worker is ready. Any thread may tell."""

    def __init__(self, health: Health) -> None:
        self._health = health
        self._reasons: dict[str, str] = {}
        self._lock = threading.Lock()

    def down(self, what: str, reason: str) -> None:
        """``what`` is not well, and why."""
        with self._lock:
            self._reasons[what] = reason
            self._tell()

    def up(self, what: str) -> None:
        """``what`` is well."""
        with self._lock:
            self._reasons.pop(what, None)
            self._tell()

    @property
    def excused(self) -> bool:
        """Whether there is a known reason why nothing is committed."""
        return bool(self._reasons)

    def _tell(self) -> None:
        if self._reasons:
            self._health.down("; ".join(self._reasons.values()))
        else:
            self._health.up()
