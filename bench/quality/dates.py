"""Dates as sites write them.

- ``accuracy``: where a set has the raw form beside the ISO form, the share whose calendar day is the same in the
  offset of the ISO form (without one: Jakarta's for Indonesian and Malay sets, else UTC); ``minute_accuracy``: the
  same minute, over the ISO forms with a clock time.
- ``parsed``: share of the raw forms that yield a date at all; the only figure where there is no ISO form.
- ``url_agreement``: over articles whose URL holds the day (``/2019/09/10/``), the share parsed to within one day
  of it; an independent witness for the order of day and month. A day is allowed because sites file by local time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from functools import partial
from typing import Any

from bench.quality.layout import DataSet, Row, field, language_of, sample
from bench.quality.metadata import NOW_MS, moment_of
from bench.quality.notes import Notes
from bench.quality.scoring import share
from bench.quality.systems import KABAR, Figures, Scores, Systems, beside, compare, library, product

ROWS = 800
RAW_FIELDS = (
    "date_raw",
    "published_raw",
    "published_date",
    "published",
    "publish_date",
    "tanggal",
    "date",
    "dltime",
)
ISO_FIELDS = ("date_iso", "published_iso", "iso")
DERIVED = "loadtest_"
"""Sets drawn from the others: they would only count the same rows again."""
_URL_DAY = re.compile(r"/(20[0-3]\d)/([01]?\d)/([0-3]?\d)(?=/|\D)")
JAKARTA = timezone(timedelta(hours=7))
_NO_TIME = frozenset({"", "-"})

ParseDate = Callable[[str, str], "datetime | None"]
"""``(raw form, language) -> the moment with its offset, or None``"""


@dataclass(frozen=True)
class RawDate:
    """A date as written, and what is known of it."""

    raw: str
    language: str
    iso: str = ""
    url_day: date | None = None


def default_systems(notes: Notes) -> Systems:
    systems: dict[str, ParseDate] = {KABAR: partial(_kabar, product("kabar.clean.dates", "parse"))}
    dateparser = library("dateparser", notes)
    if dateparser is not None:
        systems["dateparser"] = partial(_dateparser, dateparser)
    return systems


def _kabar(parse: Any, raw: str, language: str) -> datetime | None:
    found = parse(raw, now_ms=NOW_MS, language=language)
    return None if found is None else moment_of(found)


def _dateparser(module: Any, raw: str, language: str) -> datetime | None:
    settings = {"RETURN_AS_TIMEZONE_AWARE": True, "TIMEZONE": "Asia/Jakarta" if language == "id" else "UTC"}
    found = module.parse(raw, languages=[language] if language else None, settings=settings)
    return found.astimezone(UTC) if found else None


def score(sets: Sequence[DataSet], notes: Notes, *, systems: Systems | None = None) -> Scores:
    systems = default_systems(notes) if systems is None else systems
    out: Scores = {}
    for data in sets:
        if data.name.startswith(DERIVED):
            continue
        found = load(data, notes)
        dates = sample(found, ROWS)
        if not dates:
            continue
        if len(dates) < len(found):
            notes.remark(f"{data.name}: sample of {len(dates)} of {len(found)} dates")
        inputs = [(item.raw, item.language) for item in dates]
        figures = compare(
            data.name, systems, inputs, notes, failed=None, measure=partial(measure, dates), unit="dates"
        )
        out[data.name] = beside(figures, len(dates))
    return out


def load(data: DataSet, notes: Notes) -> list[RawDate]:
    """The rows that hold a raw date; a clock time in a field of its own is put behind it."""
    out = []
    for _, row in data.rows(notes):
        raw = field(row, RAW_FIELDS)
        if not raw:
            continue
        clock = field(row, ("time_raw",)).strip()
        written = raw if clock in _NO_TIME else f"{raw.strip()} {clock}"
        out.append(RawDate(written, language_of(row, data.name), field(row, ISO_FIELDS), url_day(row)))
    return out


def url_day(row: Row) -> date | None:
    """The day in the article's URL, where it holds one."""
    found = _URL_DAY.search(field(row, ("url",)))
    if not found:
        return None
    try:
        return date(*map(int, found.groups()))
    except ValueError:
        return None


def measure(dates: Sequence[RawDate], answers: Sequence[datetime | None]) -> Figures:
    """Figures of one system."""
    pairs = list(zip(dates, answers, strict=True))
    figures: Figures = {"parsed": share(sum(answer is not None for answer in answers), len(answers))}
    gold = [(item, moment, answer) for item, answer in pairs if (moment := gold_moment(item))]
    if gold:
        right = [_same_day(moment, answer) for _, moment, answer in gold]
        figures["accuracy"] = share(sum(right), len(right))
    clocks = [(moment, answer) for item, moment, answer in gold if len(item.iso) > 10]
    if clocks:
        same = [
            answer is not None and abs((answer - moment).total_seconds()) < 60 for moment, answer in clocks
        ]
        figures["minute_accuracy"] = share(sum(same), len(same))
    witnessed = [(item.url_day, answer) for item, answer in pairs if item.url_day]
    if witnessed:
        near = [answer is not None and abs((answer.date() - day).days) <= 1 for day, answer in witnessed]
        figures["url_agreement"] = share(sum(near), len(near))
    return figures


def gold_moment(item: RawDate) -> datetime | None:
    """The ISO form with an offset; None where there is none or it is damaged."""
    try:
        when = datetime.fromisoformat(item.iso)
    except ValueError:
        return None
    home = JAKARTA if item.language in {"id", "ms"} else UTC
    return when if when.tzinfo else when.replace(tzinfo=home)


def _same_day(gold: datetime, answer: datetime | None) -> bool:
    return answer is not None and answer.astimezone(gold.tzinfo).date() == gold.date()
