"""Title, authors and date of a page.

- ``title``: share of the pages with a gold title where the words are the same, whatever case and punctuation.
- ``authors``: share of the pages with gold authors where the set of names is the same, compared likewise.
- ``published``: share of the pages with a gold date where the calendar day is the same, in the offset the date was
  written in or in UTC.

kabar is asked as the clean stage does it: the extractor's title without the site's name, its date parsed. Its pages
per second include the text, which the baselines here do not extract.

A field without gold is not scored: an empty gold does not prove that the page names nobody.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from bench.quality.layout import DataSet, sample
from bench.quality.notes import Notes
from bench.quality.pages import Page, load_pages, names
from bench.quality.scoring import normal, share
from bench.quality.systems import KABAR, Figures, Scores, Systems, beside, compare, library, product

PAGES = 200
NOW_MS = 1_790_000_000_000
"""The clock of date parsing, 21 September 2026: after every page."""
DAY_MS = 86_400_000
_ISO_DAY = re.compile(r"\s*(\d{4}-\d{2}-\d{2})(?!\d)")


@dataclass(frozen=True)
class Answer:
    """What a system says of a page; empty = it did not say."""

    title: str = ""
    authors: list[str] = field(default_factory=list)
    days: frozenset[str] = frozenset()
    """ISO days the answered date falls on."""


def default_systems(notes: Notes) -> Systems:
    extract = product("kabar.clean.page.extraction", "extract")
    clean_title, parse = product("kabar.clean.title", "clean_title"), product("kabar.clean.dates", "parse")
    domain_of = product("kabar.contracts.urls", "registrable_domain")
    systems: dict[str, Any] = {KABAR: partial(_kabar, extract, clean_title, domain_of, parse)}
    trafilatura, htmldate = library("trafilatura", notes), library("htmldate", notes)
    if trafilatura is not None:
        systems["trafilatura"] = partial(_trafilatura, trafilatura)
    if htmldate is not None:
        systems["htmldate"] = partial(_htmldate, htmldate)
    return systems


def _kabar(extract: Any, clean_title: Any, domain_of: Any, parse: Any, page: bytes, url: str) -> Answer:
    found = extract(page, url=url)
    title = clean_title(found.title, site_name=found.site_name, domain=domain_of(url))[0]
    when = parse(found.published, now_ms=NOW_MS, language=found.language) if found.published else None
    said = set() if when is None else {moment_of(when).date().isoformat()}
    return Answer(title, names(list(found.authors)), frozenset(said | written_day(found.published)))


def moment_of(parsed: Any) -> datetime:
    """A parsed date of kabar's, in UTC; a day without a clock time as its noon, so that no offset moves the day."""
    noon = DAY_MS // 2 if parsed.precision == "day" else 0
    return datetime.fromtimestamp((parsed.millis + noon) / 1000, UTC)


def _trafilatura(module: Any, page: bytes, url: str) -> Answer:
    found = module.extract_metadata(page, default_url=url or None)
    if found is None:
        return Answer()
    return Answer(found.title or "", names(found.author), frozenset(written_day(found.date or "")))


def _htmldate(module: Any, page: bytes, url: str) -> Answer:
    found = module.find_date(page, extensive_search=True, original_date=True, url=url or None)
    return Answer(days=frozenset(written_day(found or "")))


def written_day(text: object) -> set[str]:
    """The day at the head of an ISO date, as written."""
    found = _ISO_DAY.match(text) if isinstance(text, str) else None
    return {found.group(1)} if found else set()


def days_of(moment: str | float) -> set[str]:
    """Every day a gold date may be called: as written, and in UTC.

    Milliseconds carry no offset, so their day in Jakarta counts too; the pages whose gold is in milliseconds are
    Indonesian.
    """
    if isinstance(moment, str):
        try:
            when = datetime.fromisoformat(moment.strip())
        except ValueError:
            return written_day(moment)
        return {when.date().isoformat()} | (
            {when.astimezone(UTC).date().isoformat()} if when.tzinfo else set()
        )
    try:
        utc = datetime.fromtimestamp(moment / 1000, UTC)
    except (OverflowError, OSError, ValueError):
        return set()
    return {utc.date().isoformat(), (utc + timedelta(hours=7)).date().isoformat()}


def score(sets: Sequence[DataSet], notes: Notes, *, systems: Systems | None = None) -> Scores:
    systems = default_systems(notes) if systems is None else systems
    out: Scores = {}
    for data in sets:
        found = [p for p in load_pages(data, notes) if p.title or p.authors or p.published]
        pages = sample(found, PAGES)
        if not pages:
            continue
        if any(page.kind == "regression" for page in pages):
            notes.remark(f"{data.name}: gold is the output of Readability.js, not a human's")
        inputs = [(page.html, page.url) for page in pages]
        figures = compare(
            data.name, systems, inputs, notes, failed=Answer(), measure=partial(measure, pages), unit="pages"
        )
        for name in ("title", "authors"):
            figures.get("htmldate", {}).pop(name, None)  # it answers dates only
        out[data.name] = beside(figures, len(pages)) | gold_counts(pages)
    return out


def measure(pages: Sequence[Page], answers: Sequence[Answer]) -> Figures:
    """Accuracy of each field over the pages that have gold for it; a field without any is left out."""
    both = list(zip(pages, answers, strict=True))
    fields = {
        "title": [normal(p.title) == normal(a.title) for p, a in both if normal(p.title)],
        "authors": [_same_names(p.authors, a.authors) for p, a in both if p.authors],
        "published": [bool(days_of(p.published) & a.days) for p, a in both if days_of(p.published)],
    }
    return {name: share(sum(right), len(right)) for name, right in fields.items() if right}


def gold_counts(pages: Sequence[Page]) -> dict[str, int]:
    """How many pages each field's accuracy rests on."""
    return {
        "n_title": sum(bool(normal(page.title)) for page in pages),
        "n_authors": sum(bool(page.authors) for page in pages),
        "n_published": sum(bool(days_of(page.published)) for page in pages),
    }


def _same_names(gold: Sequence[str], predicted: Sequence[str]) -> bool:
    return {normal(name) for name in gold} == {normal(name) for name in predicted}
