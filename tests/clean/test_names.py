"""Authors' names."""

from __future__ import annotations

import pytest

from kabar.clean.names import is_name, is_role, merge_names, split_names


@pytest.mark.parametrize(
    "text, names",
    [
        ("Budi Santoso", ["Budi Santoso"]),
        ("Budi Santoso, Ana Brook", ["Budi Santoso", "Ana Brook"]),
        ("Budi Santoso dan Ana Brook", ["Budi Santoso", "Ana Brook"]),
        ("By Ana Brook and Tom Field", ["Ana Brook", "Tom Field"]),
        ("Oleh: Budi Santoso", ["Budi Santoso"]),
        (
            "Ana Brook/Tom Field; Sri Rahayu | Joko & Lia",
            ["Ana Brook", "Tom Field", "Sri Rahayu", "Joko", "Lia"],
        ),
        ("Dandi Andika", ["Dandi Andika"]),
        ("Budi Santoso, S.H., M.H.", ["Budi Santoso"]),
        ("ana@valley.example", []),
        ("https://valley.example/ana", []),
        ("Ana Brook ana@valley.example", ["Ana Brook"]),
        ("Ana Brook und Tom Field", ["Ana Brook", "Tom Field"]),
        ("Ana Brook & Tom Field", ["Ana Brook", "Tom Field"]),
        ("Ana Brook/Tom Field", ["Ana Brook", "Tom Field"]),
        ("ab/cde", ["ab/cde"]),
        ("Undine Brandt", ["Undine Brandt"]),
        ("Ana Brook, Staff Writer", ["Ana Brook"]),
        ("Editor: Sri Rahayu", ["Sri Rahayu"]),
        ("王小明、李大同", ["王小明", "李大同"]),
        ("김민수 기자", ["김민수"]),
        ("12:30 WIB", []),
        ("  ", []),
        ("-", []),
        ("x" * 500, []),
    ],
)
def test_split(text, names):
    assert split_names(text) == names


def test_merge_keeps_the_first_spelling_and_the_order():
    assert merge_names(["Ana  Brook"], ["ANA BROOK, Tom Field"], ["Sri"]) == ["Ana Brook", "Tom Field", "Sri"]


def test_merge_is_bounded():
    assert len(merge_names([f"Nama {chr(97 + i % 26) * (i % 90 + 1)}" for i in range(5_000)])) <= 200


@pytest.mark.parametrize(
    "text", ["Ana Brook", "Budi bin Ahmad", "Ludwig van Bonn", "王小明", "ANA BROOK", "Suharto"]
)
def test_names(text):
    assert is_name(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "by clicking here",
        "5 Comments",
        "Link Copied",
        "AFP",
        "Staff Writer",
        "in Sport",
        "Satu Dua Tiga Empat Lima Enam",
    ],
)
def test_no_names(text):
    assert not is_name(text)


@pytest.mark.parametrize(
    "text, role", [("Redaksi", True), ("Senior Editor", True), ("Edi Torang", False), ("Staffan Berg", False)]
)
def test_roles(text, role):
    assert is_role(text) is role
