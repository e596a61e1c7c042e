"""What the runtime hands to the web: how to open things, never the things themselves."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from kabar.index.api import Reader
from kabar.runtime.letters import Kept
from kabar.runtime.metrics import Metrics
from kabar.web.figures import Figures


class Health(Protocol):
    """Whether the pipeline processes; written by its thread, read here."""

    ready: bool
    reason: str
    """Why not; '' when ready."""


class ReadableLetters(Protocol):
    """What the page asks of :class:`kabar.runtime.letters.Letters`. Threads share it."""

    def find(self, *, stage: str = "", reason: str = "", state: str = "open", limit: int = 100) -> list[Kept]:
        """Dead letters, newest first; an empty filter matches all."""
        ...

    def get(self, letter_id: str) -> tuple[Kept, bytes]:
        """One letter by id or unambiguous beginning, with the original bytes that are kept.

        Raises:
            UsageError: there is none, or several begin so.
        """
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class WebContext:
    """The web's view of the rest. Requests are answered by several threads; each opens a reader of its own.

    Attributes:
        open_index: a reader, for one request.
        letters: dead letters.
        figures: counts of the whole, taken now.
        metrics: what ``/metrics`` exposes.
        health: what the probes say.
        now_ms: wall clock, milliseconds UTC; what relative dates in queries count back from.
    """

    open_index: Callable[[], AbstractContextManager[Reader]]
    letters: ReadableLetters
    figures: Callable[[], Figures]
    metrics: Metrics
    health: Health
    now_ms: Callable[[], int]
