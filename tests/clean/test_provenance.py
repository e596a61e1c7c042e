"""Lines, cuts, and the article text built from what is kept."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kabar.clean.lines.provenance import Cut, Page, assemble, disjoint, lower, split_lines


def cut(start: int, end: int, rule: str = "r") -> Cut:
    return Cut(start=start, end=end, rule=rule, kind="removed", strength=5)


@pytest.mark.parametrize(
    "text, lines",
    [
        ("", []),
        (" \n\t\n", []),
        ("a", [(0, 1, "a")]),
        ("  a b \n\n c", [(2, 5, "a b"), (9, 10, "c")]),
        ("\n\na\n", [(2, 3, "a")]),
    ],
)
def test_split_lines(text, lines):
    assert [tuple(line) for line in split_lines(text)] == lines


@pytest.mark.parametrize("text", ["ABC", "İstanbul BACA", "ẞ Σ ǅ", "", "ÀÉ"])
def test_lower_never_moves_an_offset(text):
    assert len(lower(text)) == len(text)


@given(st.text())
def test_lower_keeps_the_length_of_any_text(text):
    assert len(lower(text)) == len(text)


class TestAssemble:
    @pytest.mark.parametrize(
        "text, cuts, result",
        [
            ("a b c", [], "a b c"),
            ("a b c", [(2, 3)], "a c"),
            ("a b c", [(0, 1)], "b c"),
            ("a b c", [(4, 5)], "a b"),
            ("a b c", [(0, 5)], ""),
            ("a\nb\nc", [(2, 3)], "a\nc"),
            ("a b.", [(2, 3)], "a."),
            ("“a” b, c", [(4, 5)], "“a”, c"),
            ("a  b\t c", [], "a b c"),
            ("a b\nc d", [(2, 5)], "a\nd"),
            ("ab", [(1, 1)], "a b"),
            ("a b c d e", [(2, 3), (6, 7)], "a c e"),
        ],
    )
    def test_what_is_kept(self, text, cuts, result):
        assert assemble(Page(text), [cut(*span) for span in cuts]).text == result

    def test_places_of_kept_stretches(self):
        built = assemble(Page("x  hello world\n\n gone\nlast line"), [cut(0, 1), cut(17, 21)])
        assert built.text == "hello world\nlast line"
        assert built.locate(3, 8) == (0, 5)
        assert built.locate(22, 26) == (12, 16)
        assert built.locate(0, 1) is None
        assert built.locate(16, 20) is None

    @given(
        st.text(alphabet="ab .\n\t", max_size=60),
        st.lists(st.tuples(st.integers(0, 60), st.integers(1, 9)), max_size=4),
    )
    def test_nothing_else_is_lost(self, text, spans):
        cuts = disjoint(
            cut(start, min(start + size, len(text))) for start, size in spans if start < len(text)
        )
        built = assemble(Page(text), cuts)
        gone = {offset for entry in cuts for offset in range(entry.start, entry.end)}
        kept = "".join(char for offset, char in enumerate(text) if offset not in gone and not char.isspace())
        assert "".join(built.text.split()) == kept
        for offset, char in enumerate(text):
            place = built.locate(offset, offset + 1)
            if place is not None:
                assert built.text[place[0]] == char
            else:
                assert char.isspace() or offset in gone


class TestDisjoint:
    def test_of_two_that_overlap_the_first_stays(self):
        assert [(c.start, c.end) for c in disjoint([cut(5, 9), cut(0, 6), cut(8, 12), cut(9, 10)])] == [
            (5, 9),
            (9, 10),
        ]

    def test_order_is_that_of_the_text(self):
        assert [c.start for c in disjoint([cut(9, 10), cut(0, 1), cut(4, 5)])] == [0, 4, 9]

    def test_the_same_span_is_taken_once(self):
        assert [c.rule for c in disjoint([cut(0, 3, "a"), cut(0, 3, "b")])] == ["a"]


class TestPlaces:
    page = Page("Baca juga, BACA lagi; membaca (baca) baca")

    def test_words_only(self):
        assert self.page.places("baca") == [0, 11, 31, 37]

    def test_phrases(self):
        assert self.page.places("baca juga") == [0]

    def test_absent(self):
        assert self.page.places("simak") == []

    def test_line_of_an_offset(self):
        page = Page("satu\n\ndua")
        assert page.line_at(0).text == "satu"
        assert page.line_at(5).text == "satu"
        assert page.line_at(7).text == "dua"
