"""Hard-wrapped text."""

from __future__ import annotations

import pytest

from kabar.clean.lines.wrapping import unwrap

PARAGRAPH = """The valley council said it will close the old bridge over the
river for a year while a new one is built beside it, and asked
the two villages to share a ferry until then, whatever weather
comes down from the hills. The ferry runs from six in the early
morning until ten at night, every half hour, seven days a week,
with a break at noon for the crew."""


def test_lines_become_one_paragraph_of_the_same_length():
    joined = unwrap(PARAGRAPH)
    assert "\n" not in joined
    assert len(joined) == len(PARAGRAPH)


@pytest.mark.parametrize("gap", ["\n\n", "\n    "])
def test_blank_lines_and_indents_part_paragraphs(gap):
    joined = unwrap(PARAGRAPH + gap + PARAGRAPH)
    assert len([line for line in joined.split("\n") if line.strip()]) == 2


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Satu baris saja.",
        "Satu.\nDua.\nTiga.\nEmpat.\nLima.\nEnam.\nTujuh.",
        "\n".join(["Warga desa menanam padi di sawah milik bersama sejak pagi hari sekali."] * 10),
        "\n".join(["Warga desa menanam padi di sawah " * 10] * 8),
        "\n".join(f"{i}. Butir ke-{i} dari daftar" for i in range(20)),
    ],
)
def test_ordinary_text_stays(text):
    assert unwrap(text) == text


def test_a_short_last_line_ends_its_paragraph():
    text = PARAGRAPH + "\nNext one begins here with its own first line of about this width\nand goes on."
    assert "for the crew.\nNext one" in unwrap(text)
