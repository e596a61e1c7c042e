"""Which stateless stages there are."""

from __future__ import annotations

from kabar.clean.stage import CleanStage
from kabar.enrich.stage import EnrichStage
from kabar.runtime.protocol import Stage


def build() -> dict[str, Stage]:
    """The stages a worker runs, models loaded."""
    return {"clean": CleanStage(), "enrich": EnrichStage()}
