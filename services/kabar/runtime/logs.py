"""Structured logs on standard error: readable on a terminal, JSON with ECS names elsewhere."""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from kabar import __version__


def configure(level: str, form: str) -> None:
    """Set up structlog. ``form``: auto, console or json."""
    readable = form == "console" or (form == "auto" and sys.stderr.isatty())
    processors: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="@timestamp"),
    ]
    if readable:
        processors.append(structlog.dev.ConsoleRenderer(timestamp_key="@timestamp"))
    else:
        processors += [structlog.processors.format_exc_info, _ecs, structlog.processors.JSONRenderer()]
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        # Asked for each time: standard error may be replaced meanwhile.
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )


def _ecs(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Elastic Common Schema where it has a field; the rest under our own name."""
    known = {
        "@timestamp": event.pop("@timestamp"),
        "log.level": event.pop("level"),
        "message": event.pop("event"),
    }
    error = event.pop("exception", None)
    if error is not None:
        known["error.stack_trace"] = error
    if "error" in event:
        known["error.message"] = event.pop("error")
    return {
        **known,
        "service.name": "kabar",
        "service.version": __version__,
        **{f"kabar.{name}": value for name, value in sorted(event.items())},
    }
