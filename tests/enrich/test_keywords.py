"""Keywords: what is frequent here and rare elsewhere; never grammar, numbers, or the same thing twice."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kabar.contracts.sections import Entity, Span
from kabar.enrich import keywords
from kabar.enrich.document import Text
from kabar.enrich.wordlists import FREQUENCY_LANGUAGES, frequencies

REEF = (
    "Terumbu karang di Teluk Saleha mulai pulih setelah nelayan berhenti memakai bom ikan. "
    "Kelompok nelayan menanam terumbu karang baru di tiga titik. "
    "Menurut Dewi Anggraini, terumbu karang itu tumbuh dua kali lebih cepat dari perkiraan. "
    "Dewi Anggraini dan para nelayan akan menanam lagi tahun depan."
)
MILL = (
    "The paper mill in Harrowgate will close in June, and the town council fears for the river trade. "
    "The paper mill has employed the town for a century. "
    "Council members said the paper mill could become a museum. "
    "The museum would show how paper was made from rags and river water."
)


def entity(text: str, name: str, kind: str = "person") -> Entity:
    starts = [i for i in range(len(text)) if text.startswith(name, i)]
    spans = [Span(i, i + len(name)) for i in starts]
    return Entity(text=name, type=kind, name=name, count=len(spans), spans=spans)


def terms(text: str, language: str = "id", title: str = "", *entities: Entity) -> list[str]:
    found = keywords.find(Text(text=text, title=title, language=language), entities)
    assert len(found) <= keywords.MAX_KEYWORDS
    assert [k.score for k in found] == sorted((k.score for k in found), reverse=True)
    if found:
        assert found[0].score == 1.0
    assert len({k.term.casefold() for k in found}) == len(found)
    return [k.term for k in found]


@pytest.mark.parametrize(
    "text,language,expected",
    [(REEF, "id", {"terumbu karang", "nelayan"}), (MILL, "en", {"paper mill"})],
    ids=["id", "en"],
)
def test_the_subject_comes_first(text, language, expected):
    assert expected <= set(terms(text, language)[:5])


@pytest.mark.parametrize("text,language", [(REEF, "id"), (MILL, "en")], ids=["id", "en"])
def test_words_of_grammar_and_numbers_are_no_keywords(text, language):
    grammar = {"yang", "dan", "di", "itu", "akan", "para", "the", "and", "for", "has", "would", "how", "was"}
    for term in terms(text + " 2024 2024 2024 12 12 12", language):
        assert not grammar.intersection(term.split())
        assert not any(char.isdigit() for char in term)


def test_a_phrase_pushes_out_its_parts():
    found = terms(REEF)
    assert "terumbu karang" in found
    assert "terumbu" not in found
    assert "karang" not in found


def test_a_phrase_does_not_cross_punctuation():
    text = "Kapal karam. Nelayan selamat. " * 6
    assert not any("karam nelayan" in term for term in terms(text))


def test_names_keep_their_spelling_and_stand_for_their_aliases():
    name = entity(REEF, "Dewi Anggraini")
    found = terms(REEF, "id", "", name)
    assert "Dewi Anggraini" in found
    assert "dewi" not in found
    assert "dewi anggraini" not in found


def test_the_title_lifts_a_word():
    plain = terms(MILL, "en")
    lifted = terms(MILL, "en", "A museum of rags")
    assert "museum" in lifted
    assert lifted.index("museum") < plain.index("museum")


def test_an_early_word_beats_a_late_one_of_the_same_rarity():
    text = (
        "Gerhana terlihat. "
        + "Warga kota berkumpul di lapangan untuk makan bersama sore itu. " * 3
        + "Komet terlihat."
    )
    found = keywords.find(Text(text=text, language="id"), [])
    scores = {keyword.term: keyword.score for keyword in found}
    assert scores.get("gerhana", 0) > scores.get("komet", 0)


def test_the_suffixed_form_of_a_common_word_is_common():
    text = "Menurutnya harga cabai naik. Menurutnya panen cabai gagal. Menurutnya cabai akan turun lagi."
    assert "menurutnya" not in terms(text)
    assert "cabai" in terms(text)


@pytest.mark.parametrize(
    "text,language",
    [
        ("", "id"),
        ("Harga cabai naik lagi.", "id"),
        (REEF, ""),
        (REEF, "fr"),
        (
            "Die Papierfabrik schließt im Juni, und die Stadt fürchtet um den Handel am Fluss und um die Arbeit.",
            "de",
        ),
        ("dan yang di itu akan para dari untuk dengan ini adalah pada", "id"),
    ],
    ids=["empty", "too short", "language unknown", "no table", "german", "grammar only"],
)
def test_no_ground_no_keywords(text, language):
    assert terms(text, language) == []


def test_an_endless_word_is_no_keyword():
    assert not any(len(term) > keywords.LONGEST for term in terms("z" * 5_000 + " " + REEF))


def test_malay_borrows_the_indonesian_table():
    assert terms(REEF, "ms") == terms(REEF, "id")


def test_entities_outside_what_is_read_are_left_out():
    text = REEF + " kata" * 20_000 + " Rahmat Hidayat"
    late = entity(text, "Rahmat Hidayat")
    assert "Rahmat Hidayat" not in terms(text, "id", "", late)


def test_only_the_beginning_is_read():
    head = "Gerhana bulan terlihat jelas di pulau itu malam tadi oleh warga. " * 1_000
    assert len(head.split()) > keywords.MAX_TOKENS
    assert "zirkonium" not in terms(head + "Zirkonium langka. " * 5_000)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=400), st.sampled_from(["id", "en", "fr", ""]))
def test_any_text_is_answered_and_the_same_each_time(text, language):
    assert terms(text, language) == terms(text, language)


@pytest.mark.parametrize("language", sorted(FREQUENCY_LANGUAGES))
def test_the_frequency_tables(language):
    table = frequencies(language)
    assert table is not None
    assert len(table) > 25_000
    assert all(2.5 < zipf < 8 for zipf in table.values())
    assert max(table.values()) > 7
    common = {"id": "yang", "ms": "yang", "en": "the"}[language]
    assert table[common] == max(table.values())


def test_no_table_for_other_languages():
    assert frequencies("fr") is None
    assert frequencies("") is None
