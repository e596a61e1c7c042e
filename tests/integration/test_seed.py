"""The article the project began with, where it is at hand; its text is not ours to ship."""

from pathlib import Path

import pytest
from product import Kabar

SEED = Path(__file__).parents[3] / "shared" / "seed" / "000_668fe0676afc80c6.txt"
pytestmark = pytest.mark.skipif(not SEED.is_file(), reason=f"{SEED.name} is not beside the repository")


@pytest.fixture(scope="module")
def document(tmp_path_factory):
    kabar = Kabar(tmp_path_factory.mktemp("seed"))
    (article_id,) = kabar.json("ingest", SEED, "--data-dir", "d")["ids"]
    return kabar.json("show", article_id, "--data-dir", "d")


@pytest.fixture(scope="module")
def received():
    return SEED.read_text("utf-8")


def test_language_and_dateline(document):
    assert document["article"]["language"] == "id"
    assert document["dateline"]["source"] == "TOPMEDIA"
    assert document["article"]["text"].startswith("Presiden Rusia Vladimir Putin")


def test_related_links_are_fields_and_not_text(document, received):
    titles = [related["title"] for related in document["related"]]
    assert len(titles) == 3
    for title in titles:
        assert title in received
        assert title not in document["article"]["text"]
    assert "baca juga" not in document["article"]["text"].lower()


def test_attributions(document):
    assert [a["outlet"] for a in document["attributions"]] == ["FRANCE 24 English"] * 2
    assert document["attributions"][0]["channel"] == "youtube"


def test_quotes_and_their_speakers(document):
    spoken = {quote["text"][:20]: quote["speaker"] for quote in document["quotes"] if quote["direct"]}
    assert spoken["Bayangkan Ukraina me"] == "Vladimir Putin"
    assert spoken["Haruskah kita melawa"] == "Vladimir Putin"
    assert spoken["tidak ada yang kami "] == "pejabat itu"
    assert spoken["Kami terus mendengar"] == "pejabat itu"
    allowed = {"Vladimir Putin", "pejabat itu", "pejabat tersebut", ""}
    assert {quote["speaker"] for quote in document["quotes"]} <= allowed


@pytest.mark.parametrize(
    "name, kind",
    [
        ("Vladimir Putin", "person"),
        ("Blinken", "person"),
        ("Lavrov", "person"),
        ("Victor Orban", "person"),
        ("NATO", "organization"),
        ("Rusia", "place"),
        ("Ukraina", "place"),
    ],
)
def test_entities(document, name, kind):
    assert (name, kind) in {(entity["name"], entity["type"]) for entity in document["entities"]}


def test_no_person_is_invented(document):
    assert set(document["persons"]) == {"Vladimir Putin", "Blinken", "Lavrov", "Victor Orban"}


@pytest.mark.parametrize(
    "name, lat, lon", [("Jenewa", 46.2, 6.1), ("Moskow", 55.8, 37.6), ("Krimea", 45, 34)]
)
def test_places(document, name, lat, lon):
    (place,) = [place for place in document["places"] if place["name"] == name]
    assert abs(place["location"]["lat"] - lat) < 1
    assert abs(place["location"]["lon"] - lon) < 1


def test_spans(document, received):
    text = document["article"]["text"]
    for entity in document["entities"]:
        assert text[slice(*entity["spans"][0])] == entity["text"]
        assert len(entity["spans"]) == entity["count"]
    for quote in document["quotes"]:
        assert text[quote["start"] : quote["end"]] == quote["text"]
    assert (
        received[document["dateline"]["start"] : document["dateline"]["end"]] == document["dateline"]["text"]
    )


def test_every_character_is_accounted_for(document, received):
    left = list(received)
    taken = [document["dateline"], *document["related"], *document["removed"]]
    for piece in [*taken, *(a for a in document["attributions"] if a["removed"])]:
        left[piece["start"] : piece["end"]] = [" "] * (piece["end"] - piece["start"])
    assert "".join("".join(left).split()) == "".join(document["article"]["text"].split())
