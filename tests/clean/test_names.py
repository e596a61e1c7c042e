"""Authors' names."""

from __future__ import annotations

import pytest

from kabar.clean.names import merge_names, split_names


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
