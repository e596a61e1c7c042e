"""Coordinates of place names (``geo_*``: ``text`` and ``toponyms`` with spans and latitude, longitude).

The gold spans are given, so this measures which place a name means, not whether it was found.

- ``accuracy_161km``: share of all gold names with coordinates that are put within 161 km (100 miles) of them; a
  name that is not resolved counts as wrong. ``precision_161km`` is over the resolved ones.
- ``resolved``: share that got coordinates at all.

The baseline takes the most populous place of that name in kabar's own table.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from bench.quality.layout import DataSet, language_of, number, sample
from bench.quality.notes import Notes
from bench.quality.scoring import kilometres, share
from bench.quality.systems import KABAR, Figures, Scores, Systems, beside, compare, product

TEXTS = 400
NEAR_KM = 161.0

Point = tuple[float, float]


@dataclass(frozen=True)
class Toponym:
    """A name in a text and where it is."""

    start: int
    end: int
    point: Point


@dataclass(frozen=True)
class Located:
    """A text and its place names."""

    text: str
    language: str
    toponyms: tuple[Toponym, ...]


Resolve = Callable[[Located], "list[Point | None]"]
"""One answer per toponym."""


def default_systems(_: Notes) -> Systems:
    return {KABAR: KabarPlaces(), "most-populous": MostPopulous()}


class KabarPlaces:
    """kabar's resolver, given the gold names as place entities, with the whole text as context."""

    def __init__(self) -> None:
        self._resolve: Any = product("kabar.enrich.places", "resolve")
        self._text: Any = product("kabar.enrich.document", "Text")
        self._entity: Any = product("kabar.contracts.sections", "Entity")
        self._span: Any = product("kabar.contracts.sections", "Span")

    def __call__(self, item: Located) -> list[Point | None]:
        """One answer per toponym; the same name means the same place throughout a text."""
        by_name: dict[str, list[Toponym]] = {}
        for toponym in item.toponyms:
            by_name.setdefault(item.text[toponym.start : toponym.end], []).append(toponym)
        entities = [
            self._entity(
                text=name,
                type="place",
                name=name,
                count=len(found),
                spans=[self._span(t.start, t.end) for t in found],
            )
            for name, found in by_name.items()
        ]
        places = self._resolve(entities, self._text(item.text, language=item.language))
        points = {p.name: (p.location.lat, p.location.lon) for p in places if p.location is not None}
        return [points.get(item.text[t.start : t.end]) for t in item.toponyms]


class MostPopulous:
    """Baseline: of the places of that name, a country or region first, else the one with the most people."""

    def __init__(self) -> None:
        self._table: Any = product("kabar.enrich.gazetteer", "gazetteer")()

    def __call__(self, item: Located) -> list[Point | None]:
        """One answer per toponym."""
        return [self._answer(item.text[t.start : t.end], item.language) for t in item.toponyms]

    def _answer(self, name: str, language: str) -> Point | None:
        sites = self._table.lookup(name, language)
        if not sites:
            return None
        best = max(sites, key=lambda site: (site.kind in {"country", "region"}, site.population))
        return best.lat, best.lon


def score(sets: Sequence[DataSet], notes: Notes, *, systems: Systems | None = None) -> Scores:
    systems = default_systems(notes) if systems is None else systems
    out: Scores = {}
    for data in sets:
        texts = load(data, notes)
        if not texts:
            continue
        inputs = [(item,) for item in texts]
        judge = partial(measure, texts)
        figures = compare(data.name, systems, inputs, notes, failed=[], measure=judge, unit="texts")
        out[data.name] = beside(figures, sum(len(item.toponyms) for item in texts))
    return out


def load(data: DataSet, notes: Notes) -> list[Located]:
    """A sample of the texts that have a name with coordinates."""
    found = []
    for path, row in data.rows(notes):
        text, listed = row.get("text"), row.get("toponyms")
        if not isinstance(text, str) or not isinstance(listed, list):
            notes.skip(f"{data.name}/{path.name}", "no text or no toponyms")
            continue
        toponyms = tuple(t for item in listed if isinstance(item, dict) if (t := _toponym(item, len(text))))
        notes.skip(
            f"{data.name}/{path.name}", "name without coordinates or span", len(listed) - len(toponyms)
        )
        if toponyms:
            found.append(Located(text, language_of(row, data.name) or "en", toponyms))
    texts = sample(found, TEXTS)
    if texts:
        names = sum(len(item.toponyms) for item in texts)
        notes.remark(f"{data.name}: {names} names with coordinates in {len(texts)} of {len(found)} texts")
    return texts


def _toponym(item: dict[str, Any], length: int) -> Toponym | None:
    lat, lon = number(item.get("lat")), number(item.get("lon"))
    start, end = item.get("start"), item.get("end")
    if lat is None or lon is None or not isinstance(start, int) or not isinstance(end, int):
        return None
    inside = 0 <= start < end <= length and not item.get("offset_bad")
    return Toponym(start, end, (lat, lon)) if inside and abs(lat) <= 90 and abs(lon) <= 180 else None


def measure(texts: Sequence[Located], answers: Sequence[Sequence[Point | None]]) -> Figures:
    """Figures of one system; an answer list that is too short leaves the rest unresolved."""
    near = resolved = names = 0
    for item, said in zip(texts, answers, strict=True):
        names += len(item.toponyms)
        for toponym, point in zip(item.toponyms, said, strict=False):
            resolved += point is not None
            near += point is not None and kilometres(point, toponym.point) <= NEAR_KM
    return {
        "accuracy_161km": share(near, names),
        "precision_161km": share(near, resolved),
        "resolved": share(resolved, names),
    }
