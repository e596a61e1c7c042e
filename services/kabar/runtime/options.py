"""Options of stages, from the settings."""

from __future__ import annotations

from kabar.dedupe.options import DAY_MS, HOUR_MS, DedupeOptions
from kabar.settings import Settings


def dedupe_options(settings: Settings) -> DedupeOptions:
    """The stage's options from the settings."""
    return DedupeOptions(
        similarity_window_ms=settings.similarity_window_days * DAY_MS,
        revision_window_ms=settings.revision_window_hours * HOUR_MS,
        max_signatures=settings.similarity_max_articles,
    )
