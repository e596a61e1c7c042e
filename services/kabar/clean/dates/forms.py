"""The forms in which a day and a time of day are written.

Each form is a function that finds its first match in a lower-cased text. :func:`find_day` tries them, the most
specific first; :func:`find_clock` reads what stands beside the day.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple

from kabar.clean.dates.words import WORDS

Precision = Literal["second", "minute", "day"]
_WIB = 420
"""Minutes east of Greenwich of Western Indonesian Time."""


class Day(NamedTuple):
    """A calendar day, perhaps an impossible one, the form it was written in, and where it stands."""

    year: int
    month: int
    day: int
    rule: str
    start: int
    end: int


class Clock(NamedTuple):
    """A time of day; ``offset`` in minutes east of Greenwich, None = not given."""

    hour: int
    minute: int
    second: int
    precision: Precision
    offset: int | None


class Context(NamedTuple):
    """What is known beside the text.

    Attributes:
        now: the present.
        american: whether ``03/04/2019`` is the fourth of March.
        default_offset: minutes east of Greenwich of a date without a zone.
    """

    now: datetime
    american: bool
    default_offset: int

    @classmethod
    def of(cls, text: str, now_ms: int, language: str) -> Context:
        """Decide for a lower-cased text."""
        code = language[:2].lower()
        american = language.lower().replace("_", "-") == "en-us" or (
            code in {"", "en"} and WORDS.is_american(text)
        )
        # A declared "en" is what most Indonesian pages say; other languages share words with Indonesian ("Oktober").
        indonesian = code == "id" or (code in {"", "en"} and WORDS.is_indonesian(text))
        return cls(datetime.fromtimestamp(now_ms / 1000, UTC), american, _WIB if indonesian else 0)


_COMPACT = re.compile(
    r"((?:19|20)\d{2})(0[1-9]|1[0-2])([0-2]\d|3[01])(?:t?\d{4}(?:\d{2})?(?:z|[+-]\d{2}:?\d{2})?)?"
)
_YEAR_FIRST = re.compile(r"(?<!\d)(\d{4})(?:([-/.])|年|년)\s?(\d{1,2})(?:[-/.]|月|월)\s?(\d{1,2})(?!\d)")
_DAY_NAME_YEAR = re.compile(
    r"(?<!\d)(\d{1,2})(?:st|nd|rd|th|er|\.|º|ª)?(?:\s(?:of|de|di)\b)?[\s/.,-]{0,3}"
    r"([^\W\d_]{2,12})(?:\.|\sde(?:l)?\s)?[\s/.,'-]{0,3}(\d{4}(?!\d)|\d{2}(?![\d:]))"
)
_NAME_DAY_YEAR = re.compile(
    r"(?<![^\W\d_])([^\W\d_]{2,12})\.?[\s/-]{0,3}(\d{1,2})(?:st|nd|rd|th)?[\s,/-]{1,3}"
    r"(?:\d{1,2}:\d{2}(?::\d{2})?\s(?:[a-z]{1,5}\s|[+-]\d{4}\s)?)?(\d{4})(?!\d)"  # Tue Sep 24 13:30:00 WIB 2019
)
_DAY_NAME = re.compile(r"(?<!\d)(\d{1,2})(?:st|nd|rd|th)?[\s-]{1,2}([^\W\d_]{3,12})(?![^\W\d_])")
_NAME_DAY = re.compile(r"(?<![^\W\d_])([^\W\d_]{3,12})\.?\s(\d{1,2})(?:st|nd|rd|th)?(?![\d:.])")
_NUMBERS = re.compile(r"(?<![\d:.])(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})(?![\d:])")


def _matches(pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    """All matches, overlapping ones too: "2 jam 24" must not hide "24 September 2019"."""
    match = pattern.search(text)
    while match:
        yield match
        match = pattern.search(text, match.start() + 1)


def _compact(text: str, _: Context) -> Day | None:
    """``20190917`` and ``20190917T133000``, standing alone."""
    match = _COMPACT.fullmatch(text)
    if match is None:
        return None
    return Day(int(match[1]), int(match[2]), int(match[3]), "compact", 0, 8)


def _year_first(text: str, _: Context) -> Day | None:
    """``2019-09-17``, ``2019/9/17``, ``2019年9月17日``, ``2019. 9. 17``."""
    match = _YEAR_FIRST.search(text)
    if match is None:
        return None
    rule = "iso" if match[2] == "-" else "year-first"
    return Day(int(match[1]), int(match[3]), int(match[4]), rule, match.start(), match.end())


def _day_name_year(text: str, context: Context) -> Day | None:
    """``24 September 2019``, ``10-Sep-19``, ``26-FEB-1987``, ``1er août 2024``, ``5 de mayo de 2024``."""
    for match in _matches(_DAY_NAME_YEAR, text):
        month = WORDS.month(match[2])
        if month:
            year = _century(match[3], context)
            return Day(year, month, int(match[1]), "day-month-year", match.start(), match.end())
    return None


def _name_day_year(text: str, _: Context) -> Day | None:
    """``Oktober 16, 2019``, ``Sep 27, 2019``."""
    for match in _matches(_NAME_DAY_YEAR, text):
        month = WORDS.month(match[1])
        if month:
            return Day(int(match[3]), month, int(match[2]), "month-day-year", match.start(), match.end(2))
    return None


def _numbers(text: str, context: Context) -> Day | None:
    """``16/09/2019``, ``16.9.19``: see the module on which number is the day."""
    match = _NUMBERS.search(text)
    if match is None:
        return None
    first, second, year = int(match[1]), int(match[3]), _century(match[4], context)
    month_first = second > 12 or (context.american and first <= 12)
    day, month = (second, first) if month_first else (first, second)
    rule = "numbers-month-first" if month_first else "numbers-day-first"
    return Day(year, month, day, rule, match.start(), match.end())


def _without_year(text: str, context: Context) -> Day | None:
    """``24 September``, ``Sep 27``: the last such day that is not in the future."""
    for pattern, month_at, day_at in ((_DAY_NAME, 2, 1), (_NAME_DAY, 1, 2)):
        for match in _matches(pattern, text):
            month = WORDS.month(match[month_at])
            if not month:
                continue
            day, year = int(match[day_at]), context.now.year
            tomorrow = context.now + timedelta(days=1)
            if (month, day) > (tomorrow.month, tomorrow.day) and tomorrow.year == year:
                year -= 1
            return Day(year, month, day, "without-year", match.start(), match.end())
    return None


_Form = Callable[[str, Context], Day | None]
_FORMS: tuple[_Form, ...] = (
    _compact,
    _year_first,
    _day_name_year,
    _name_day_year,
    _numbers,
    _without_year,
)


def find_day(text: str, context: Context) -> Day | None:
    """The day of the most specific form that occurs in a lower-cased text."""
    return next((day for form in _FORMS if (day := form(text, context))), None)


def _century(digits: str, context: Context) -> int:
    """Two digits mean the year nearest to now that is not more than one year ahead."""
    year = int(digits)
    if len(digits) == 4:
        return year
    year += context.now.year // 100 * 100
    return year - 100 if year > context.now.year + 1 else year


# ---------------------------------------------------------------- time of day

_TIME = re.compile(
    rf"(?<![\d.:/+-])(\d{{1,2}})[:.h](\d{{2}})(?:[:.](\d{{2}})(?:[.,]\d{{1,9}})?)?(?![\d:])"
    rf"(?:\s?({WORDS.meridiem})(?![^\W\d_]))?"
)
_HOUR = re.compile(rf"(?<![\d.:/+-])(\d{{1,2}})\s?({WORDS.meridiem})(?![^\W\d_])")
_COMPACT_TIME = re.compile(r"t?(\d{2})(\d{2})(\d{2})?(?=z|[+-]\d|$)")
_OFFSET = re.compile(r"\s?\(?(?:utc|gmt)?\s?([+−-])(\d{1,2})(?::?(\d{2}))?(?![\d:])")
_ZONE = re.compile(r"\s?\(?([a-z]{1,4})(?![^\W\d_])")


def find_clock(text: str) -> Clock | None:
    """The first time of day in what stands beside a day; None if there is none or it does not exist."""
    text = text.removeprefix(":")  # 24/Sep/2019:13:30:00
    match = _COMPACT_TIME.match(text) or _TIME.search(text)
    if match is None:
        match = _HOUR.search(text)
        if match is None:
            return None
        hour, minute, second, meridiem = int(match[1]), 0, None, match[2]
    else:
        hour, minute, second = int(match[1]), int(match[2]), match[3]
        meridiem = match[4] if match.re is _TIME else None
    if meridiem:
        hour = hour % 12 + (12 if WORDS.is_afternoon(meridiem) else 0) if hour <= 12 else hour
    if hour > 23 or minute > 59 or int(second or 0) > 60:
        return None
    precision: Precision = "second" if second else "minute"
    return Clock(hour, minute, min(int(second or 0), 59), precision, _offset(text[match.end() :]))


def _offset(text: str) -> int | None:
    """The zone right behind a time, in minutes east of Greenwich."""
    match = _OFFSET.match(text)
    if match:
        minutes = int(match[2]) * 60 + int(match[3] or 0)
        minutes = minutes if match[1] == "+" else -minutes
        return minutes if -720 <= minutes <= 840 else None
    match = _ZONE.match(text)
    return WORDS.zone(match[1]) if match else None
