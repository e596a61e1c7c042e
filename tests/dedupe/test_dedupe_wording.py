"""Differences of a copy that lie in a single word."""

from __future__ import annotations

import pytest
from dedupe_wire import FERRY, article, section

from kabar.dedupe.similarity.copies import merge_differences
from kabar.dedupe.similarity.wording import word_differences
from kabar.dedupe.stage import DedupeStage

DIFFERS = [
    ("tiba pada Minggu pagi", "tiba pada Senin pagi", ["date: Minggu -> Senin"]),
    ("tiba pada minggu pagi", "tiba pada senin pagi", ["date: minggu -> senin"]),
    ("left on Friday night", "left on Thursday night", ["date: Friday -> Thursday"]),
    ("selesai bulan Maret nanti", "selesai bulan Mei nanti", ["date: Maret -> Mei"]),
    ("injuring three workers", "injuring four workers", ["number: three -> four"]),
    ("melukai tiga pekerja", "melukai 4 pekerja", ["number: tiga -> 4"]),
    ("kata pendaki itu. Ikram dan Fajar", "kata pendaki itu. Ikhram dan Fajar", ["name: Ikram -> Ikhram"]),
    ("ujar dokter Retnowati kemarin", "ujar dokter Retnawati kemarin", ["name: Retnowati -> Retnawati"]),
    ("said Catherine Mole", "said Katherine Mole", []),
    (
        "pada Senin dan tiga orang",
        "pada Selasa dan lima orang",
        ["date: Senin -> Selasa", "number: tiga -> lima"],
    ),
]
SAME = [
    ("tiba pada Minggu", "tiba pada Ahad"),  # one day
    ("on Sunday night", "on Sun night"),
    ("melukai tiga pekerja", "melukai 3 pekerja"),  # one number
    ("naik 12 persen", "naik 15 persen"),  # figures are read by shape elsewhere
    ("the American fleet", "the Americans fleet"),  # an ending
    ("dia mengatakan itu", "dia mengatakn itu"),  # a typing error in a plain word
    ("Pemerintah hadir", "Pemerinta hadir"),  # has its capital from the sentence
    ("milik Sa'adah", "milik Sa’adah"),  # another apostrophe
    ("Realizing this", "Realising this"),  # another spelling of English
    ("one man", "another man"),
    ("pada Senin", "pada kesempatan"),
    ("milik Anto Wijaya", "milik Bakti Prasetya"),  # other names are no respellings
    ("", ""),
]


@pytest.mark.parametrize("before, after, found", DIFFERS)
def test_a_word_in_anothers_place(before, after, found):
    assert word_differences(before, after) == found


@pytest.mark.parametrize("before, after", SAME)
def test_what_is_no_difference_of_facts(before, after):
    assert word_differences(before, after) == []


def test_a_rewritten_passage_is_no_list_of_substitutions():
    assert word_differences("pada Senin tiga orang itu pergi", "di Selasa empat warga ini datang") == []


def test_texts_that_differ_everywhere_are_not_searched():
    before = " ".join(f"satu kata{i}" for i in range(200))
    assert word_differences(before, before.replace("satu", "dua")) == []


def test_what_is_part_of_a_difference_found_already_is_not_repeated():
    found = ["date: 12 Maret 2025 -> 12 Mei 2025", "name: Retnowati Lay -> Retnawati Lay"]
    more = ["date: Maret -> Mei", "name: Retnowati -> Retnawati", "date: Senin -> Selasa"]
    assert merge_differences(found, more) == [*found, "date: Senin -> Selasa"]


def test_the_list_stays_short():
    assert len(merge_differences([], [f"name: A{i} -> B{i}" for i in range(99)])) == 20


@pytest.mark.parametrize(
    "old, new, differs",
    [
        ("Selasa pagi", "Rabu pagi", ["date: Selasa -> Rabu"]),
        ("dua helikopter", "tiga helikopter", ["number: dua -> tiga"]),
        ("Menurut Rahmat, kapal", "Menurut Rachmat, kapal", ["name: Rahmat -> Rachmat"]),
        ("seluruh penumpang", "semua penumpang", []),
    ],
)
def test_a_copy_lists_them(old, new, differs):
    stage = DedupeStage()
    stage.process(article("original", FERRY))
    assert old in FERRY
    assert section(stage.process(article("copy", FERRY.replace(old, new)))).duplicate.differs == differs
