"""Counts over time -> bars of a drawing. Pure geometry; the template writes the SVG."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from kabar.contracts.document import iso
from kabar.index.api import INTERVAL_MS, Interval

HOUR_MS = INTERVAL_MS["hour"]
DAY_MS = INTERVAL_MS["day"]
MAX_BARS = 96
"""Four days by the hour; on a phone a bar is then still three pixels wide."""
STEPS_MS = (
    HOUR_MS, 3 * HOUR_MS, 6 * HOUR_MS, 12 * HOUR_MS, DAY_MS, 2 * DAY_MS, 7 * DAY_MS, 14 * DAY_MS, 28 * DAY_MS,
    56 * DAY_MS, 91 * DAY_MS, 365 * DAY_MS,
)  # fmt: skip
WIDTH = 960
HEIGHT = 96
_GAP = 0.15
"""Of a bar's width."""


class Bar(NamedTuple):
    """One step; times in ms UTC, ``end`` exclusive; the rest in units of the drawing."""

    start: int
    end: int
    articles: int
    x: float
    y: float
    width: float
    height: float

    @property
    def first_day(self) -> str:
        """``2026-11-22``."""
        return iso(self.start)[:10]

    @property
    def last_day(self) -> str:
        """The day of its last millisecond."""
        return iso(self.end - 1)[:10]

    @property
    def label(self) -> str:
        """``2026-11-22 17:00``, ``2026-11-22`` or ``2026-11-16 to 2026-11-22``."""
        if self.end - self.start < DAY_MS:
            return iso(self.start)[:16].replace("T", " ")
        return self.first_day if self.first_day == self.last_day else f"{self.first_day} to {self.last_day}"


class Timeline(NamedTuple):
    """Bars without the empty ones, and what a reader is told who does not see them."""

    bars: list[Bar]
    step_ms: int
    total: int
    highest: int
    busiest: Bar

    @property
    def step_name(self) -> str:
        """``hour``, ``6 hours``, ``day``, ``7 days``."""
        unit, size = ("day", DAY_MS) if self.step_ms >= DAY_MS else ("hour", HOUR_MS)
        many = self.step_ms // size
        return unit if many == 1 else f"{many} {unit}s"


def wants_hours(days: Sequence[tuple[int, int]]) -> bool:
    """Whether a histogram by day covers so few days that one by the hour says more."""
    return bool(days) and days[-1][0] - days[0][0] < 4 * DAY_MS


def timeline(buckets: Sequence[tuple[int, int]], interval: Interval) -> Timeline | None:
    """Bars of a histogram, (start in ms UTC, count) in order of time; None = there is nothing to draw.

    The step is the finest that fits and is no finer than ``interval``, the histogram's own.
    """
    if not buckets:
        return None
    first, last = buckets[0][0], buckets[-1][0]
    step = _step(first, last, INTERVAL_MS[interval])
    end = last + INTERVAL_MS[interval]
    many = -((first - end) // step)
    begin = end - many * step  # the last bar ends with the last bucket, never in the future
    counts: dict[int, int] = {}
    for start, count in buckets:
        place = (start - begin) // step
        counts[place] = counts.get(place, 0) + count
    highest = max(counts.values())
    width = WIDTH / max(many, 12)  # one day alone is a bar, not a wall
    bars = [
        _bar(begin + place * step, step, count, place * width, width, count / highest)
        for place, count in counts.items()
    ]
    return Timeline(bars, step, sum(counts.values()), highest, max(bars, key=lambda bar: bar.articles))


def _step(first: int, last: int, finest: int) -> int:
    for step in STEPS_MS:
        if step >= finest and (last - first) // step < MAX_BARS:
            return step
    return ((last - first) // MAX_BARS // DAY_MS + 1) * DAY_MS


def _bar(start: int, step: int, count: int, x: float, width: float, share: float) -> Bar:
    height = max(2.0, share * HEIGHT)  # one article among thousands must still be seen
    return Bar(
        start, start + step, count,
        x=round(x + width * _GAP / 2, 2), y=round(HEIGHT - height, 2),
        width=round(width * (1 - _GAP), 2), height=round(height, 2),
    )  # fmt: skip
