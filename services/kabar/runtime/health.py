"""Whether this process does its work, and if not, why."""

from __future__ import annotations

from kabar.runtime.metrics import Metrics


class Health:
    """What the probes, the page and the gauge say. Written by the loop, read by the web threads."""

    def __init__(self, metrics: Metrics) -> None:
        self.ready = False
        self.reason = "starting"
        self.ailing = ""
        """What only a restart cures; '' = nothing."""
        metrics.ready.set_function(lambda: float(self.ready))

    def up(self) -> None:
        """Processing."""
        self.ready, self.reason = True, ""

    def down(self, reason: str) -> None:
        """Not processing, and why."""
        self.ready, self.reason = False, reason
