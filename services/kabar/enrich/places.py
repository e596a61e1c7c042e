"""Which place of the gazetteer a place entity is: coordinates and country.

Most names stand for several places ("Alexandria", "Georgia", "Solo"). Each candidate gets a weight, as a logarithm:

* its prior: how much is written about it, for which its population stands; listed places above towns;
* the context: the share of the article's other evidence (countries, peoples, regions, the language, towns already
  certain) that points to its country and to its first-order region;
* the company: towns of one region are named together, so each name gives one vote, shared among the regions that
  have a place of that name;
* the neighbour: "Tyler, Texas" or "Cianjur, Jawa Barat" names the region itself.

Against all candidates stands the chance that the place is not in the table at all. The score of the answer is its
share of the sum; places that come out less likely than "not in the table" stay without coordinates. The method is
the usual one of population prior and context (Leidner 2007, chapter 5), in two rounds: what the first makes certain
is evidence in the second.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from kabar.contracts.sections import Entity, GeoPoint, Place
from kabar.enrich.document import Text
from kabar.enrich.gazetteer import Site, gazetteer

MAX_PLACES = 1_000
MAX_CANDIDATES = 40
"""The largest of a name are looked at; "San José" has over a hundred."""

_PRIOR = {"country": 19.0, "area": 18.5, "region": 15.5, "landmark": 15.0, "locality": 12.5}
"""Logarithms of a population; what a name means first outweighs any town of that name."""
_UNKNOWN = math.log(8_000)
"""The chance of a place that is not in the table, as a town of this size."""
_COUNTRY_WEIGHT = 4.0
_REGION_WEIGHT = 6.0
_COMPANY_WEIGHT = 5.0
_NEIGHBOUR_WEIGHT = 9.0
_CERTAIN = 0.8
"""From this score on, an answer is evidence for the other names."""
_HOME = {"id": "ID", "ms": "MY"}
_HOME_EVIDENCE = 2.0
_AFTER = re.compile(r",\s{1,2}([A-Z][A-Za-z.]{1,5})")


Region = tuple[str, str]
"""Country and GeoNames' code of its first-order division."""


@dataclass
class _Evidence:
    """What the article says about countries and regions, as counts."""

    countries: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    regions: dict[Region, float] = field(default_factory=lambda: defaultdict(float))
    company: dict[Region, float] = field(default_factory=lambda: defaultdict(float))

    def add(self, site: Site, weight: float) -> None:
        if site.country:
            self.countries[site.country] += weight
            if site.admin1:
                self.regions[site.country, site.admin1] += weight

    def bonus(self, site: Site) -> float:
        """What the context adds to the weight of a candidate."""
        total = sum(self.countries.values())
        if not total:
            return 0.0
        country = self.countries[site.country] / (total + 1)
        region = (
            self.regions[site.country, site.admin1] / (sum(self.regions.values()) + 1) if site.admin1 else 0.0
        )
        return _COUNTRY_WEIGHT * country + _REGION_WEIGHT * region

    def together(self, site: Site, alternatives: int) -> float:
        """What the other names add that have a place in the candidate's region."""
        if not site.admin1:
            return 0.0
        others = self.company.get((site.country, site.admin1), 0.0) - 1.0 / alternatives
        return _COMPANY_WEIGHT * math.log1p(max(others, 0.0))


def resolve(entities: Iterable[Entity], doc: Text) -> list[Place]:
    """The place entities that the gazetteer knows, in their order, under the entity's name.

    A place that is not found, or is most likely another one than the table's, is left out.
    """
    named = [entity for entity in entities if entity.type == "place"][:MAX_PLACES]
    candidates = [_candidates(entity, doc) for entity in named]
    neighbours = _neighbours(named, doc)
    evidence = _first_evidence(doc)
    evidence.company = _company(candidates)
    _collect(evidence, named, candidates, neighbours)
    answers = [
        _answer(sites, evidence, neighbours.get(position, ())) for position, sites in enumerate(candidates)
    ]
    return [
        _place(entity, site, score)
        for entity, (site, score) in zip(named, answers, strict=True)
        if site is not None
    ]


def _candidates(entity: Entity, doc: Text) -> tuple[Site, ...]:
    places = gazetteer()
    found = places.lookup(entity.text, doc.language) or places.lookup(entity.name, doc.language)
    if not found and entity.text.casefold() in places.people:
        found = places.country(places.people[entity.text.casefold()])
    return found[:MAX_CANDIDATES]


def _regions(sites: Iterable[Site]) -> set[Region]:
    return {(site.country, site.admin1) for site in sites if site.admin1}


def _company(candidates: Iterable[Sequence[Site]]) -> dict[Region, float]:
    """How many names have a place in each region; a name with many regions says little about each."""
    votes: dict[Region, float] = defaultdict(float)
    for sites in candidates:
        regions = _regions(sites)
        for region in sorted(regions):
            votes[region] += 1.0 / len(regions)
    return votes


def _first_evidence(doc: Text) -> _Evidence:
    """Peoples named in the text, and the home of its language."""
    evidence = _Evidence()
    people = gazetteer().people
    for form, count in doc.forms.items():
        country = people.get(form.lower()) if form[0].isupper() else None
        if country:
            evidence.countries[country] += min(count, 3)
    home = _HOME.get(doc.language)
    if home:
        evidence.countries[home] += _HOME_EVIDENCE
    return evidence


def _collect(
    evidence: _Evidence,
    named: Sequence[Entity],
    candidates: Sequence[tuple[Site, ...]],
    neighbours: dict[int, list[Site]],
) -> None:
    """First round: names that mean one thing, and names whose neighbour says which."""
    for around in neighbours.values():
        if len({(site.country, site.admin1) for site in around}) == 1:
            evidence.add(around[0], 2.0)
    settled = []
    for position, (entity, sites) in enumerate(zip(named, candidates, strict=True)):
        site, score = _answer(sites, evidence, neighbours.get(position, ()))
        if site is not None and score >= _CERTAIN:
            settled.append((site, math.sqrt(entity.count) * score))
    for site, weight in settled:
        evidence.add(site, weight)


def _answer(
    sites: Sequence[Site], evidence: _Evidence, neighbours: Sequence[Site]
) -> tuple[Site | None, float]:
    """The best candidate and its share; None where none is likelier than a place outside the table."""
    if not sites:
        return None, 0.0
    regions = len(_regions(sites)) or 1
    weights = [
        _prior(site) + evidence.bonus(site) + evidence.together(site, regions) + _neighbour(site, neighbours)
        for site in sites
    ]
    best = max(range(len(sites)), key=lambda i: (weights[i], -i))
    if weights[best] < _UNKNOWN:
        return None, 0.0
    top = weights[best]
    total = sum(math.exp(weight - top) for weight in [*weights, _UNKNOWN])
    return sites[best], 1.0 / total


def _prior(site: Site) -> float:
    if site.kind == "city":
        return math.log(site.population + 100) + (1.0 if site.trusted else 0.0)
    return _PRIOR[site.kind]


def _neighbour(site: Site, neighbours: Sequence[Site]) -> float:
    for other in neighbours:
        same_region = other.admin1 and (other.country, other.admin1) == (site.country, site.admin1)
        if (
            same_region or (other.kind == "country" and other.country == site.country)
        ) and site.kind != "country":
            return _NEIGHBOUR_WEIGHT
    return 0.0


def _neighbours(named: Sequence[Entity], doc: Text) -> dict[int, list[Site]]:
    """For each entity the regions and countries that follow one of its mentions after a comma."""
    places = gazetteer()
    begins = {span.start: entity for entity in named for span in entity.spans}
    out: dict[int, list[Site]] = {}
    for position, entity in enumerate(named):
        for span in entity.spans:
            after = _AFTER.match(doc.text, span.end)
            if after is None:
                continue
            short = after[1]
            out.setdefault(position, []).extend(places.after_comma.get(short, ()))
            out[position].extend(places.after_comma.get(short.rstrip("."), ()))
            follower = begins.get(after.start(1))
            if follower is not None:
                sites = places.lookup(follower.text, doc.language)
                out[position].extend(site for site in sites if site.kind in ("region", "country"))
    return out


def _place(entity: Entity, site: Site, score: float) -> Place:
    return Place(
        name=entity.name,
        country=site.country,
        location=GeoPoint(lat=site.lat, lon=site.lon),
        kind=site.kind,
        score=round(score, 3),
    )
