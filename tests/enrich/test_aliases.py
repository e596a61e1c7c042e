"""Aliases: which names are one, and which stay apart because two would fit."""

from __future__ import annotations

import pytest

from kabar.enrich import entities
from kabar.enrich.document import Text
from kabar.enrich.entities.aliases import abbreviates, nicknames, unify
from kabar.enrich.entities.draft import Draft, Mention
from kabar.enrich.names import unify as names_of


def unified(*names: str, kind: str = "person") -> dict[str, str]:
    """The unified name of each name, where all of them stand in one text."""
    doc = Text(". ".join(names), "", "id")
    draft = Draft.of(doc)
    mentions = []
    offset = 0
    for name in names:
        first, last = doc.token_at(offset), doc.token_at(offset + len(name))
        mentions.append(Mention(first, last, kind, 1.0))
        offset += len(name) + 2
    return {key[1]: name for key, name in unify(draft, mentions).items()}


@pytest.mark.parametrize(
    "full, short",
    [
        ("Vladimir Putin", "Putin"),
        ("Vladimir Putin", "Vladimir"),
        ("Veda Ega Pratama", "Veda Ega"),
        ("Veda Ega Pratama", "Ega"),
        ("George Walker Marsh", "George Marsh"),
        ("George Marsh", "G. Marsh"),
        ("VLADIMIR PUTIN", "Putin"),
    ],
)
def test_a_part_joins_the_whole(full, short):
    assert unified(full, short)[short] == full


@pytest.mark.parametrize(
    "names, apart",
    [
        (("Budi Santoso", "Andi Santoso", "Santoso"), "Santoso"),
        (("Budi Santoso", "Budi Wijaya", "Budi"), "Budi"),
        (("Budi Santoso", "Andi Wijaya", "Citra"), "Citra"),
        (("Budi Santoso", "Andi Santoso"), "Andi Santoso"),
        (("George Marsh", "K. Marsh"), "K. Marsh"),
    ],
)
def test_where_two_fit_or_none_nothing_is_merged(names, apart):
    assert unified(*names)[apart] == apart


def test_the_last_word_decides_between_two_names():
    assert unified("Budi Santoso", "Santoso Wijaya", "Santoso")["Santoso"] == "Budi Santoso"


def test_a_nickname_stands_for_its_name_unless_the_text_has_another():
    assert unified("Jokowi")["Jokowi"] == nicknames()["Jokowi"]
    assert unified("Megawati Hangestri", "Megawati")["Megawati"] == "Megawati Hangestri"


def test_the_legal_form_makes_no_other_company():
    names = unified("PT Maju Bersama Tbk", "Maju Bersama", "Maju Bersama", kind="organization")
    assert set(names.values()) == {"Maju Bersama"}


def test_a_generic_word_makes_no_other_place():
    assert set(unified("Kota Bogor", "Bogor", "Bogor", kind="place").values()) == {"Bogor"}


def test_a_place_in_capitals_is_spelt_as_usual():
    assert unified("JAKARTA", kind="place") == {"JAKARTA": "Jakarta"}


@pytest.mark.parametrize(
    "short, long",
    [
        ("KPK", "Komisi Pemberantasan Korupsi"),
        ("WHO", "World Health Organization"),
        ("DKP", "Dinas Kelautan dan Perikanan"),
        ("LKSN", "Lembaga Kajian Sungai Nusantara"),
        ("BRIN", "Badan Riset dan Inovasi Nasional"),
    ],
)
def test_abbreviations(short, long):
    assert abbreviates(short, long)


@pytest.mark.parametrize(
    "short, long",
    [
        ("KPK", "Komisi Yudisial"),
        ("PKK", "Komisi Pemberantasan Korupsi"),
        ("Persero", "PT Maju Bersama"),
        ("kpk", "Komisi Pemberantasan Korupsi"),
        ("K", "Komisi Pemberantasan Korupsi"),
        ("", "Komisi Pemberantasan Korupsi"),
        ("A B", "Alpha Beta"),
        ("KPK", ""),
        ("AB", "Alpha"),
    ],
)
def test_no_abbreviations(short, long):
    assert not abbreviates(short, long)


# ---------------------------------------------------------------- names: from a mention to the name

TEXT = "Presiden Rusia Vladimir Putin bertemu Viktor Orban di Moskow. Putin memuji Orban."


@pytest.mark.parametrize(
    "mention, name",
    [
        ("Putin", "Vladimir Putin"),
        ("PUTIN", "Vladimir Putin"),
        ("Vladimir Putin", "Vladimir Putin"),
        ("Presiden Putin", "Vladimir Putin"),
        ("Presiden Rusia Vladimir Putin", "Vladimir Putin"),
        ("Moskow", "Moskow"),
        ("pejabat itu", ""),
        ("", ""),
        ("Putin mengatakan", ""),
    ],
)
def test_the_name_of_a_mention(mention, name):
    assert names_of(entities.find(Text(TEXT, "", "id"))).name(mention) == name


def test_a_part_of_two_names_stands_for_neither():
    text = "Budi Santoso bertemu Andi Santoso di Jakarta. Menurut Budi Santoso, Andi Santoso setuju."
    names = names_of(entities.find(Text(text, "", "id")))
    assert names.name("Santoso") == ""
    assert names.name("Budi") == "Budi Santoso"


def test_entities_by_place():
    names = names_of(entities.find(Text(TEXT, "", "id")))
    putin = TEXT.index("Vladimir")
    found = names.at(putin, putin + 5)
    assert found is not None
    assert found.name == "Vladimir Putin"
    assert names.at(0, 3) is None
    second = TEXT.index("Putin memuji")
    assert [entity.name for entity in names.within(second, len(TEXT))] == ["Vladimir Putin", "Viktor Orban"]


def test_no_entities_no_names():
    names = names_of([])
    assert names.name("Putin") == ""
    assert names.at(0, 10) is None
    assert names.within(0, 10) == []
