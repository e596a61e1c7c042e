"""Places: the gazetteer's tables, and which of several places of one name a text means."""

from __future__ import annotations

import gzip
import math
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kabar.contracts.sections import Entity, Place, Span
from kabar.enrich import entities, places
from kabar.enrich.document import Text
from kabar.enrich.gazetteer import TOWNS_FILE, Towns, gazetteer, is_abbreviation, place_key, read_data
from kabar.enrich.training.places import line, pack, wanted


def kilometres(place: Place, lat: float, lon: float) -> float:
    assert place.location is not None
    a, b, c, d = map(math.radians, (place.location.lat, place.location.lon, lat, lon))
    half = math.sin((c - a) / 2) ** 2 + math.cos(a) * math.cos(c) * math.sin((d - b) / 2) ** 2
    return 12_742 * math.asin(math.sqrt(half))


def resolve(text: str, language: str = "id", *names: str) -> dict[str, Place]:
    """Places of a text; ``names`` are its place entities, else the annotator finds them."""
    doc = Text(text, "", language)
    found = entities.find(doc)
    if names:
        found = []
        for name in names:
            start = text.index(name)
            found.append(
                Entity(text=name, type="place", name=name, count=1, spans=[Span(start, start + len(name))])
            )
    return {place.name: place for place in places.resolve(found, doc)}


# ---------------------------------------------------------------- lookup


@pytest.mark.parametrize(
    "one, other",
    [
        ("São Paulo", "Sao Paulo"),
        ("Guinea-Bissau", "guinea bissau"),
        ("Xi’an", "Xian"),
        ("St. Ives", "st ives"),
    ],
)
def test_spellings_share_a_key(one, other):
    assert place_key(one) == place_key(other)


@pytest.mark.parametrize(
    "name, language, country, kind",
    [
        ("Jenewa", "id", "CH", "city"),
        ("Geneva", "en", "CH", "city"),
        ("Krimea", "id", "UA", "region"),
        ("Moskow", "id", "RU", "city"),
        ("Kremlin", "id", "RU", "landmark"),
        ("Gedung Putih", "id", "US", "landmark"),
        ("AS", "id", "US", "country"),
        ("U.S.", "en", "US", "country"),
        ("Inggris", "id", "GB", "country"),
        ("Tiongkok", "id", "CN", "country"),
        ("Cina", "id", "CN", "country"),
        ("Jawa Barat", "id", "ID", "region"),
        ("Jabar", "id", "ID", "region"),
        ("Kota Bogor", "id", "ID", "city"),
        ("Kabupaten Cianjur", "id", "ID", "city"),
        ("Kiev", "en", "UA", "city"),
        ("Timur Tengah", "id", "", "area"),
    ],
)
def test_lookup(name, language, country, kind):
    first = gazetteer().lookup(name, language)[0]
    assert (first.country, first.kind) == (country, kind)


@pytest.mark.parametrize(
    "name, language",
    [
        ("as", "id"),
        ("As", "en"),
        ("AS", "en"),
        ("us", "en"),
        ("Us", "en"),
        ("", "id"),
        ("x" * 500, "id"),
        ("Kota", "id"),
        ("Barat", "id"),
    ],
)
def test_lookup_finds_nothing(name, language):
    assert gazetteer().lookup(name, language) == ()


def test_the_name_follows_the_language():
    site = gazetteer().lookup("Geneva", "en")[0]
    assert (site.name("id"), site.name("en"), site.name("ms")) == ("Jenewa", "Geneva", "Jenewa")


@given(st.text(max_size=100))
def test_lookup_survives_anything(name):
    assert isinstance(gazetteer().lookup(name, "id"), tuple)


def test_larger_towns_come_first():
    towns = [site for site in gazetteer().lookup("Springfield") if site.kind == "city"]
    assert len(towns) > 5
    assert [t.population for t in towns] == sorted((t.population for t in towns), reverse=True)


# ---------------------------------------------------------------- the lists


def lists(name: str) -> dict:
    return tomllib.loads(read_data(f"{name}.toml").decode())


def test_every_country_is_found_under_its_names():
    for code, entry in lists("countries").items():
        for name in (entry["en"], entry.get("id", entry["en"]), *entry.get("also", [])):
            assert code in {site.country for site in gazetteer().lookup(name, "id")}, name
        assert -90 <= entry["at"][0] <= 90
        assert -180 <= entry["at"][1] <= 180


def test_every_province_of_indonesia_is_there():
    provinces = {e.get("id", e["name"]) for e in lists("regions")["indonesia"] if e.get("admin1")}
    assert {"Aceh", "Papua Barat Daya", "Kalimantan Utara", "DKI Jakarta", "Banten"} <= provinces
    assert len({e["admin1"] for e in lists("regions")["indonesia"] if e.get("admin1")}) == 38


def test_exonyms_mean_the_town_they_name():
    for key, names in lists("cities")["exonyms"].items():
        country = key.split("/")[0]
        for name in filter(None, names):
            assert gazetteer().lookup(name, "id")[0].country == country, name


def test_no_trusted_name_is_an_ordinary_abbreviation():
    assert is_abbreviation("AS")
    assert is_abbreviation("U.S.")
    assert not is_abbreviation("Aceh")
    assert not is_abbreviation("JAKARTA")


def test_the_table_of_towns_is_sorted_and_small():
    packed = read_data(TOWNS_FILE)
    assert len(packed) <= 1_500_000
    rows = [row.split(b"\t") for row in gzip.decompress(packed).splitlines()]
    keys = [row[0] for row in rows]
    assert keys == sorted(keys)
    assert len(Towns(packed)) == len(rows)
    assert all(len(row) == 7 for row in rows)


# ---------------------------------------------------------------- building the table


def town(name: str, population: int, country: str = "DE") -> dict:
    return {
        "name": name,
        "countrycode": country,
        "admin1code": "01",
        "latitude": 1.23456,
        "longitude": -2.0,
        "population": population,
    }


def test_towns_are_packed_by_key_and_size():
    towns = Towns(
        pack([town("Zwei", 20_000), town("Éins", 30_000), town("Eins", 90_000), town("Klein", 900)])
    )
    assert len(towns) == 3
    assert [site.population for site in towns.lookup("eins")] == [90_000, 30_000]
    assert towns.lookup("zwei")[0].lat == 1.235
    assert towns.lookup("klein") == []
    assert towns.lookup("") == []
    assert towns.lookup("zzz") == []


def test_small_towns_are_kept_where_news_is_local():
    assert wanted(town("Kecil", 2_000, "ID"))
    assert not wanted(town("Klein", 2_000, "DE"))
    assert not wanted(town("---", 90_000))


def test_packing_is_reproducible():
    towns = [town("Eins", 20_000), town("Zwei", 30_000)]
    assert pack(towns) == pack(towns[::-1])
    assert line(towns[0])[0] == b"eins"


# ---------------------------------------------------------------- resolving


@pytest.mark.parametrize(
    "text, language, name, lat, lon",
    [
        ("Pertemuan digelar di Jenewa, Swiss.", "id", "Jenewa", 46.2, 6.15),
        ("Ia berbicara di Kremlin kemarin.", "id", "Kremlin", 55.75, 37.62),
        ("Pasukan masuk ke Krimea pada malam hari.", "id", "Krimea", 45.3, 34.4),
        ("Warga Solo menyambut tamu.", "id", "Solo", -7.56, 110.82),
        ("He lives in Paris, France.", "en", "Paris", 48.85, 2.35),
    ],
)
def test_places_of_a_text(text, language, name, lat, lon):
    assert kilometres(resolve(text, language)[name], lat, lon) < 50


@pytest.mark.parametrize(
    "text, names, name, lat, lon",
    [
        ("The fair is in Paris, Texas, near Dallas.", ("Paris", "Texas", "Dallas"), "Paris", 33.66, -95.55),
        ("A fire in Alexandria, La. hurt one.", ("Alexandria",), "Alexandria", 31.31, -92.44),
        (
            "Police in Gainesville, Denton and Sherman said Dallas had sent help.",
            ("Gainesville", "Denton", "Sherman", "Dallas"),
            "Gainesville",
            33.63,
            -97.13,
        ),
        ("A match in Birmingham, England.", ("Birmingham", "England"), "Birmingham", 52.48, -1.9),
        ("Flights from Birmingham, Ala., were late.", ("Birmingham",), "Birmingham", 33.52, -86.8),
        ("A plane from London to Berlin and Rome.", ("London", "Berlin", "Rome"), "London", 51.5, -0.12),
        (
            "Atlanta and Savannah, Georgia, are hot.",
            ("Atlanta", "Savannah", "Georgia"),
            "Georgia",
            32.75,
            -83.5,
        ),
        ("Georgian troops left Tbilisi, Georgia.", ("Tbilisi", "Georgia"), "Georgia", 42.0, 43.5),
    ],
)
def test_the_context_decides(text, names, name, lat, lon):
    assert kilometres(resolve(text, "en", *names)[name], lat, lon) < 100


def test_home_is_likelier_in_its_language():
    assert resolve("Harga beras di Depok naik.", "id", "Depok")["Depok"].country == "ID"


def test_a_place_that_is_not_in_the_table_has_no_coordinates():
    assert resolve("Warga Desa Sukaramai Permai mengungsi.", "id", "Sukaramai Permai") == {}


def test_only_places_are_resolved():
    person = Entity(text="Paris", type="person", name="Paris", count=1, spans=[Span(0, 5)])
    assert places.resolve([person], Text("Paris sang.", "", "en")) == []


def test_certainty_is_in_the_score():
    sure = resolve("Ia tiba di Jepang.", "id", "Jepang")["Jepang"]
    doubtful = resolve("A man from Springfield won.", "en", "Springfield")["Springfield"]
    assert sure.score > 0.95
    assert doubtful.score < 0.7


def test_the_name_of_a_people_means_the_country():
    assert resolve("Palestinian farmers", "en", "Palestinian")["Palestinian"].country == "PS"
