"""The table of places: names in two languages and more → where they are.

Two sources. The lists written for kabar (``data/countries.toml``, ``regions.toml``, ``cities.toml``) hold every
country, provinces, seas and other areas, the Indonesian names of cities and buildings that stand for an
institution; what they name is *trusted*. ``data/places.tsv.gz`` holds towns, made from GeoNames
(https://www.geonames.org, CC BY 4.0) by :mod:`kabar.enrich.training.places`.

The towns stay one block of bytes beside their sorted keys and are searched by bisection: about 8 MB for 57,000 of
them, where objects would take five times that. Nothing is read before the first question.
"""

from __future__ import annotations

import gzip
import tomllib
import unicodedata
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, Literal, NamedTuple

import numpy as np

Kind = Literal["country", "region", "area", "city", "landmark", "locality"]

TOWNS_FILE = "places.tsv.gz"
_SEPARATORS = str.maketrans(
    {"-": " ", "‐": " ", "–": " ", ".": "", "'": "", "’": "", "‘": "", "`": "", ",": ""}
)
_GENERIC_HEADS = frozenset({"kota", "kabupaten", "kab", "provinsi", "pulau", "negara", "wilayah"})
_LONGEST_NAME = 80
"""Characters; nothing longer is looked up."""
_SHORT = 4
"""Abbreviations up to this length count only in capitals: "AS" is a country, "as" a word."""


class Site(NamedTuple):
    """One place of the table. ``english`` and ``indonesian`` are its usual names; ``population`` 0 = not known."""

    english: str
    indonesian: str
    kind: Kind
    country: str
    admin1: str
    lat: float
    lon: float
    population: int
    trusted: bool

    def name(self, language: str) -> str:
        """The usual name in the language of a text."""
        return self.indonesian if language in ("id", "ms") else self.english


def place_key(name: str) -> str:
    """What two spellings of a place share: no case, no diacritics, no dots or apostrophes, hyphens as blanks."""
    if not name.isascii():
        decomposed = unicodedata.normalize("NFKD", name)
        name = "".join(c for c in decomposed if not unicodedata.combining(c))
    return " ".join(name.casefold().translate(_SEPARATORS).split())


def is_abbreviation(name: str) -> bool:
    """Whether a name counts only as it is written: a few capitals, with or without dots."""
    letters = name.replace(".", "")
    return len(letters) <= _SHORT and letters.isupper() and letters.isascii()


def read_data(name: str) -> bytes:
    """A file of the package's ``data`` folder."""
    return files("kabar.enrich").joinpath("data", name).read_bytes()


class Towns:
    """GeoNames' towns, searched in place.

    Lines ``key, name, country, admin1, latitude, longitude, population`` (tabs), sorted by key as bytes and within a
    key by falling population.
    """

    def __init__(self, packed: bytes) -> None:
        self._lines = gzip.decompress(packed)
        rows = self._lines.splitlines()
        self._keys = [row[: row.index(b"\t")] for row in rows]
        lengths = np.fromiter((len(row) + 1 for row in rows), dtype=np.uint32, count=len(rows))
        self._starts = np.concatenate(
            (np.zeros(1, dtype=np.uint32), np.cumsum(lengths[:-1], dtype=np.uint32))
        )

    def __len__(self) -> int:
        return len(self._keys)

    def lookup(self, key: str) -> list[Site]:
        """All towns with a key, the largest first."""
        wanted = key.encode(errors="replace")
        row = bisect_left(self._keys, wanted)
        out = []
        while row < len(self) and self._keys[row] == wanted:
            out.append(self._site(row))
            row += 1
        return out

    def _site(self, row: int) -> Site:
        start = int(self._starts[row])
        line = self._lines[start : self._lines.index(b"\n", start)].decode()
        _, name, country, admin1, lat, lon, population = line.split("\t")
        return Site(
            name, name, "city", country, admin1, float(lat), float(lon), int(population), trusted=False
        )


class Gazetteer:
    """Names → places. Get it from :func:`gazetteer`."""

    def __init__(self, towns: Towns, lists: Mapping[str, Mapping[str, Any]]) -> None:
        self._towns = towns
        self._by_key: dict[str, list[Site]] = defaultdict(list)
        self._exact: dict[str, list[Site]] = defaultdict(list)
        self._listed: list[tuple[str, Site]] = []
        self.after_comma: dict[str, list[Site]] = defaultdict(list)
        """Abbreviations of regions that count only after a town and a comma: "Tex." """
        self.people: dict[str, str] = {}
        """Adjectives and names of peoples, folded → country: "russian" → "RU"."""
        self._add_countries(lists["countries"])
        self._add_regions(lists["regions"])
        self._add_cities(lists["cities"])

    # ------------------------------------------------------------ building

    def _add(self, site: Site, names: Iterable[str]) -> None:
        for name in dict.fromkeys(names):
            self._listed.append((name, site))
            target, key = (self._exact, name) if is_abbreviation(name) else (self._by_key, place_key(name))
            if site not in target[key]:
                target[key].append(site)

    def _add_entry(self, kind: Kind, country: str, entry: Mapping[str, Any]) -> None:
        english = entry["name"]
        indonesian = entry.get("id", english)
        lat, lon = entry["at"]
        site = Site(english, indonesian, kind, country, entry.get("admin1", ""), lat, lon, 0, trusted=True)
        self._add(site, [english, indonesian, *entry.get("also", [])])
        for short in entry.get("after_comma", []):
            self.after_comma[short].append(site)

    def _add_countries(self, countries: Mapping[str, Any]) -> None:
        for code, entry in countries.items():
            self._add_entry("country", code, {**entry, "name": entry["en"]})
            self.people.update({word.casefold(): code for word in entry.get("people", [])})

    def _add_regions(self, regions: Mapping[str, Any]) -> None:
        for entry in regions["indonesia"]:
            self._add_entry("region", "ID", entry)
        for entry in regions["usa"]:
            self._add_entry("region", "US", entry)
        for entry in regions["world"]:
            self._add_entry("region", entry["country"], entry)
        for entry in regions["area"]:
            self._add_entry("area", entry.get("country", ""), entry)

    def _add_cities(self, cities: Mapping[str, Any]) -> None:
        for key, others in cities["exonyms"].items():
            country, _, name = key.partition("/")
            town = next(site for site in self._towns.lookup(place_key(name)) if site.country == country)
            english = cities["english"].get(key, name)
            site = town._replace(english=english, indonesian=others[0] or name, trusted=True)
            self._add(site, filter(None, [name, english, *others]))
        for kind in ("landmark", "locality"):
            for entry in cities[kind]:
                self._add_entry(kind, entry["country"], entry)

    # ------------------------------------------------------------ asking

    @lru_cache(maxsize=20_000)  # noqa: B019 - there is one gazetteer per process
    def lookup(self, name: str, language: str = "") -> tuple[Site, ...]:
        """Candidates for a name as written: trusted ones first, then towns, the largest first; () = not known.

        A generic word before the name ("Kota Bogor", "Provinsi Aceh") is passed over when the whole is not known.
        """
        if not name or len(name) > _LONGEST_NAME:
            return ()
        if name == "AS" and language not in ("id", "ms", ""):
            return ()
        if name in self._exact:
            return tuple(self._exact[name])
        if is_abbreviation(name):
            return ()
        key = place_key(name)
        found = self._candidates(key) if key not in _GENERIC_HEADS else ()
        head, _, rest = key.partition(" ")
        if not found and rest and head in _GENERIC_HEADS:
            found = self._candidates(rest)
        return found

    def _candidates(self, key: str) -> tuple[Site, ...]:
        listed = self._by_key.get(key, [])
        known = {(site.lat, site.lon) for site in listed}
        return (*listed, *(town for town in self._towns.lookup(key) if (town.lat, town.lon) not in known))

    def trusted(self, name: str, language: str = "") -> bool:
        """Whether a hand-written list names this place."""
        found = self.lookup(name, language)
        return bool(found) and found[0].trusted

    def country(self, code: str) -> tuple[Site, ...]:
        """The country of a code, as candidates."""
        return tuple(site for _, site in self._listed if site.kind == "country" and site.country == code)[:1]

    def listed(self) -> list[tuple[str, Site]]:
        """Every name in the hand-written lists with the place it means first."""
        return list(self._listed)


@cache
def gazetteer() -> Gazetteer:
    """The gazetteer of this process, read at the first call (about 0.2 s)."""
    lists = {
        name: tomllib.loads(read_data(f"{name}.toml").decode()) for name in ("countries", "regions", "cities")
    }
    return Gazetteer(Towns(read_data(TOWNS_FILE)), lists)
