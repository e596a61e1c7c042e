"""Dates in a query: each means an interval of milliseconds, UTC unless it names another offset."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

from kabar.errors import QueryError

_ABSOLUTE = re.compile(
    r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2})"
    r"(?:[Tt]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{3}))?)?([Zz]|[+-][0-9]{2}:[0-9]{2})?)?)?)?"
)
_RELATIVE = re.compile(r"([0-9]{1,5})(min|h|d|w)")
_UNIT_MS = {"min": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_FORMS = "2026, 2026-01, 2026-01-31, 2026-01-31T17:30, 2026-01-31T17:30:00+07:00"
FIRST_YEAR = 1900
"""Earlier years are typing mistakes, not news."""


def is_relative(text: str) -> bool:
    """Whether it is a span back from now: ``30min``, ``24h``, ``7d``, ``4w``."""
    return _RELATIVE.fullmatch(text) is not None


def interval(text: str, *, now_ms: int | None, position: int) -> tuple[int, int]:
    """First and last millisecond of what the text names: a year, month, day, minute, second or instant.

    ``7d`` is the instant seven times 24 hours before ``now_ms``.

    Raises:
        QueryError: not a date, or relative where no time is given.
    """
    relative = _RELATIVE.fullmatch(text)
    if relative:
        if now_ms is None:
            raise QueryError(
                f"'{text}' counts back from now, and there is no now here: the query must mean the same tomorrow",
                position=position,
                hint="write a date: published:>=2026-01-31",
            )
        instant = now_ms - int(relative.group(1)) * _UNIT_MS[relative.group(2)]
        return instant, instant
    found = _ABSOLUTE.fullmatch(text)
    if found is None or int(found.group(1)) < FIRST_YEAR:
        raise QueryError(
            f"'{text[:40]}' is not a date", position=position, hint=f"dates look like {_FORMS}, 7d"
        )
    try:
        start, after = _bounds(found)
    except (ValueError, OverflowError) as error:
        raise QueryError(f"there is no such date as '{text}'", position=position, hint=str(error)) from error
    return _millis(start), _millis(after) - 1


def _millis(moment: datetime) -> int:
    return (moment - _EPOCH) // _MILLISECOND


def _bounds(found: re.Match[str]) -> tuple[datetime, datetime]:
    """Start of the interval, and start of what follows it."""
    year, month, day, hour, minute, second, fraction = (int(g) if g else None for g in found.groups()[:7])
    assert year is not None
    zone = _zone(found.group(8))
    parts = (year, month or 1, day or 1, hour or 0, minute or 0, second or 0, (fraction or 0) * 1000)
    # A month or day of 00 must not slip through the defaults above.
    if 0 in (month, day):
        raise ValueError("months and days begin at 1")
    start = datetime(*parts, tzinfo=zone)
    if month is None:
        return start, start.replace(year=year + 1)
    if day is None:
        return start, (start + timedelta(days=31)).replace(day=1)
    if hour is None:
        return start, start + timedelta(days=1)
    if second is None:
        return start, start + timedelta(minutes=1)
    return start, start + (timedelta(seconds=1) if fraction is None else _MILLISECOND)


def _zone(text: str | None) -> timezone:
    if not text or text in "Zz":
        return UTC
    offset = timedelta(hours=int(text[1:3]), minutes=int(text[4:6]))
    return timezone(offset if text[0] == "+" else -offset)
