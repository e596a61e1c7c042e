"""Article text out of a page: word 4-gram shingles against the gold text.

On the layout of article-extraction-benchmark the aggregate is that benchmark's own (mean precision over answered
pages, mean recall over pages with text, their harmonic mean); everywhere else it is the mean of each page's F1.
A gold that is only a prefix of the text scores recall alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from bench.quality.layout import DataSet, sample
from bench.quality.notes import Notes
from bench.quality.pages import Page, load_pages
from bench.quality.scoring import (
    Tally,
    mean,
    mean_f1,
    mean_of_pages,
    share,
    shingle_tally,
    shingles,
)
from bench.quality.systems import KABAR, Figures, Scores, Systems, beside, compare, library, product

PAGES = 200
"""Per set; four systems over more would not fit five minutes on two slow cores."""


def default_systems(notes: Notes) -> Systems:
    extract = product("kabar.clean.page.extraction", "extract")
    systems: dict[str, Callable[..., str]] = {KABAR: lambda page, url: extract(page, url=url).text}
    trafilatura = library("trafilatura", notes)
    if trafilatura is not None:
        modes = {"fast": {"fast": True}, "standard": {}, "precision": {"favor_precision": True}}
        for mode, options in modes.items():
            systems[f"trafilatura-{mode}"] = partial(_trafilatura, trafilatura, options)
    return systems


def _trafilatura(module: Any, options: dict[str, bool], page: bytes, url: str) -> str:
    return module.extract(page, url=url or None, include_comments=False, **options) or ""


def score(sets: Sequence[DataSet], notes: Notes, *, systems: Systems | None = None) -> Scores:
    systems = default_systems(notes) if systems is None else systems
    out: Scores = {}
    for data in sets:
        found = [page for page in load_pages(data, notes) if page.text.strip()]
        pages = sample(found, PAGES)
        if not pages:
            continue
        _remark(data, pages, len(found), notes)
        inputs = [(page.html, page.url) for page in pages]
        figures = compare(
            data.name, systems, inputs, notes, failed="", measure=partial(measure, pages), unit="pages"
        )
        out[data.name] = beside(figures, len(pages))
    return out


def measure(pages: Sequence[Page], texts: Sequence[str]) -> Figures:
    """Figures of one system over pages of one kind of gold."""
    tallies = [page_tally(page, text or "") for page, text in zip(pages, texts, strict=True)]
    kinds = {page.kind for page in pages}
    if kinds == {"prefix"}:
        return {"recall": mean([tally.recall for tally in tallies])}
    return mean_of_pages(tallies) if kinds == {"aeb"} else mean_f1(tallies)


def page_tally(page: Page, text: str) -> Tally:
    """4-grams of one page; those of text that may or may not be given are not held against the answer."""
    tally = shingle_tally(page.text, text)
    if not page.optional or not tally.wrong:
        return tally
    wanted, found = shingles(page.text), shingles(text)
    extra = found - wanted
    forgiven = (extra & shingles(page.optional)).total()
    left = (wanted | found).total() - forgiven
    return Tally(
        share((wanted & found).total(), left),
        share(extra.total() - forgiven, left),
        share((wanted - found).total(), left),
    )


def _remark(data: DataSet, pages: Sequence[Page], found: int, notes: Notes) -> None:
    if len(pages) < found:
        notes.remark(f"{data.name}: sample of {len(pages)} of {found} pages")
    kinds = {page.kind for page in pages}
    if "prefix" in kinds:
        notes.remark(f"{data.name}: gold is a prefix of the text, so recall only")
    if "regression" in kinds:
        notes.remark(f"{data.name}: gold is the output of Readability.js, not a human's")
    if any(page.optional for page in pages):
        notes.remark(f"{data.name}: the standfirst may or may not be given")
