"""The guard: how much may go, and what is given up first."""

from __future__ import annotations

import pytest

from kabar.clean.lines import guard, strip
from kabar.clean.lines.provenance import Cut, Page

BODY = "Warga desa menanam padi di sawah milik bersama sejak pagi hari dan baru pulang setelah gelap."


def cut(page: Page, index: int, rule: str, strength: int) -> Cut:
    line = page.lines[index]
    return Cut(start=line.start, end=line.end, rule=rule, kind="removed", strength=strength)


@pytest.mark.parametrize(
    "words, allowed",
    [(0, 0), (4, 3), (40, 30), (80, 60), (100, 60), (150, 60), (200, 80), (1_000, 400)],
)
def test_budget(words, allowed):
    assert guard.budget(words) == allowed


class TestRefusal:
    page = Page("\n".join([" ".join(["kata"] * 60)] * 10))  # 600 words: 240 may go

    def test_within_the_budget_all_go(self):
        cuts = [cut(self.page, i, "a", 5) for i in range(4)]
        assert guard.check(self.page, cuts) == (cuts, [])

    def test_the_weakest_rule_is_given_up_whole(self):
        cuts = [cut(self.page, 0, "strong", 9), *(cut(self.page, i, "weak", 2) for i in range(1, 6))]
        assert guard.check(self.page, cuts) == (cuts[:1], ["guard:refused weak"])

    def test_of_equally_weak_rules_the_greedier(self):
        small = [cut(self.page, 0, "small", 5)]
        large = [cut(self.page, i, "large", 5) for i in range(1, 6)]
        assert guard.check(self.page, [*small, *large]) == (small, ["guard:refused large"])

    def test_even_the_strongest_when_it_takes_nearly_all(self):
        cuts = [cut(self.page, i, "strong", 9) for i in range(8)]
        assert guard.check(self.page, cuts) == ([], ["guard:refused strong"])

    def test_rules_go_one_after_the_other(self):
        cuts = [cut(self.page, i, f"rule{i}", i + 1) for i in range(8)]
        kept, notes = guard.check(self.page, cuts)
        assert [entry.rule for entry in kept] == ["rule4", "rule5", "rule6", "rule7"]
        assert notes == [f"guard:refused rule{i}" for i in range(4)]

    def test_nothing_to_check(self):
        assert guard.check(Page(""), []) == ([], [])


class TestInAnArticle:
    def test_a_brief_with_many_links_loses_them(self):
        received = "\n".join([BODY, *(f"Baca juga: Judul Berita Nomor {i}" for i in range(3))])
        stripped = strip(received)
        assert stripped.text == BODY
        assert stripped.notes == []

    def test_a_page_of_nothing_but_links_keeps_them_and_says_so(self):
        received = "\n".join(f"Baca juga: Judul Berita Lain Nomor {i}" for i in range(40))
        stripped = strip(received)
        assert stripped.text == received
        assert stripped.related == []
        assert stripped.notes == ["guard:refused related.cue_colon"]

    def test_a_lone_line_is_never_emptied(self):
        assert strip("Baca juga: Judul Berita Lain").text == "Baca juga: Judul Berita Lain"
