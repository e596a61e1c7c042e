"""Publication dates as they are written in the wild, to milliseconds UTC.

Table-driven (``dates.toml``); the forms are those of ``forms``, and may stand inside other
words ("detikNews | Senin 05 Agu 2019, 10:00 WIB", "Published: ..."). Two things no text can tell are fixed here:

* **Day or month first.** ``03/04/2019`` is 3 April everywhere but in the United States: with the language
  ``en-US``, or in English with an American sign beside it (am, pm, EST ...), the month comes first. A number above 12
  decides alone. So an Indonesian page with American dates is read wrongly on the first twelve days of a month.
* **Zone.** Without one, a date is on Western Indonesian Time (UTC+7) if the language is ``id``, or if it is unknown or
  ``en`` (what many Indonesian pages declare) and the words of the date are Indonesian; else it is UTC.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import NamedTuple

from kabar.clean.dates.forms import Clock, Context, Day, Precision, find_clock, find_day
from kabar.clean.dates.words import WORDS

_LONGEST = 300
"""Characters that are looked at: a claim of a date is short."""
_NEARBY = 60
"""How far from the day its time may stand."""
_LONGEST_AGO = 100 * 365 * 86_400
_EPOCH = re.compile(r"(\d{9,10})(?:\.\d{1,9})?|(\d{12,13})")
"""Seconds or milliseconds since 1970; shorter numbers are something else."""
_MIDNIGHT = Clock(0, 0, 0, "day", None)


class ParsedDate(NamedTuple):
    """A moment.

    Attributes:
        millis: since the epoch, UTC. With precision ``day``: midnight at the place it was published.
        precision: what the text gave; midnight without a zone counts as a day alone.
        rule: which form was recognised.
    """

    millis: int
    precision: Precision
    rule: str


def parse(text: str, *, now_ms: int, language: str = "") -> ParsedDate | None:
    """Read a date.

    Args:
        text: the claim; what stands around the date does not matter. Only the first 300 characters are read.
        now_ms: the present, milliseconds UTC; "2 jam yang lalu" and a date without a year are counted from it.
        language: of the article or the page (``id``, ``en``, ``en-US`` ...); '' = unknown.

    Returns:
        None if there is no date, the day does not exist, or it lies before 1970 (messages cannot carry it).
    """
    text = text[:_LONGEST].strip().lower().replace("\u00a0", " ").replace("’", "'")
    epoch = _EPOCH.fullmatch(text)
    if epoch:
        return ParsedDate(int(epoch[1]) * 1000 if epoch[1] else int(epoch[2]), "second", "epoch")
    context = Context.of(text, now_ms, language)
    day = find_day(text, context)
    if day is None:
        return _relative(text, context)
    # The time stands behind the day, else before it ("13:30 WIB, 24 September 2019").
    clock = find_clock(text[day.end : day.end + _NEARBY]) or find_clock(
        text[max(0, day.start - _NEARBY) : day.start]
    )
    return _moment(day, clock or _MIDNIGHT, context)


def _moment(day: Day, clock: Clock, context: Context) -> ParsedDate | None:
    offset = context.default_offset if clock.offset is None else clock.offset
    zone = timezone(timedelta(minutes=offset))
    try:
        moment = datetime(day.year, day.month, day.day, clock.hour, clock.minute, clock.second, tzinfo=zone)
    except ValueError:
        return None
    precision = clock.precision
    if clock.offset is None and (clock.hour, clock.minute, clock.second) == (0, 0, 0):
        precision = "day"  # "2025-05-05 00:00:00" is what a column of days looks like when exported
    return _parsed(moment, precision, day.rule)


def _parsed(moment: datetime, precision: Precision, rule: str) -> ParsedDate | None:
    millis = int(moment.timestamp()) * 1000
    return ParsedDate(millis, precision, rule) if millis >= 0 else None


def _relative(text: str, context: Context) -> ParsedDate | None:
    """``2 jam yang lalu``, ``kemarin, 13:30 WIB``, ``yesterday``, ``just now``."""
    if WORDS.now.search(text):
        return _parsed(context.now, "minute", "relative-now")
    ago = WORDS.ago.search(text) or WORDS.short_ago.fullmatch(text)
    if ago:
        count = int(ago["count"]) if ago["count"] else 1
        return _back(WORDS.seconds(ago["unit"]) * count, context)
    named = WORDS.day.search(text)
    if named is None:
        return None
    clock = find_clock(text[named.end() :]) or _MIDNIGHT
    zone = timezone(timedelta(minutes=context.default_offset if clock.offset is None else clock.offset))
    day = context.now.astimezone(zone) - timedelta(days=WORDS.days_back(named.group()))
    return _moment(Day(day.year, day.month, day.day, "relative-day", *named.span()), clock, context)


def _back(seconds: int, context: Context) -> ParsedDate | None:
    if seconds > _LONGEST_AGO:
        return None
    moment = context.now - timedelta(seconds=seconds)
    if seconds < 86_400:
        return _parsed(moment, "minute", "relative-ago")
    local = moment.astimezone(timezone(timedelta(minutes=context.default_offset)))
    return _parsed(local.replace(hour=0, minute=0, second=0, microsecond=0), "day", "relative-ago")
