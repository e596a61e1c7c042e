from __future__ import annotations

import pytest

from kabar.clean.extraction_choice import choose, is_article, squash

PARAGRAPHS = [
    f"Paragraf nomor {number} menceritakan panen raya yang membuat harga beras turun di pasar induk kota itu."
    for number in range(12)
]
ARTICLE = "\n".join(PARAGRAPHS)
MENU = "\n".join(f"Berita pilihan {number}" for number in range(200))


def _never() -> str:
    raise AssertionError("the thorough extractor was asked without need")


def test_the_main_extractor_stands_where_nothing_speaks_against_it():
    assert choose(ARTICLE, thorough=_never, dense=ARTICLE, described="") == (ARTICLE, "trafilatura")
    assert choose(ARTICLE, thorough=_never, dense="", described="") == (ARTICLE, "trafilatura")
    assert (
        choose(ARTICLE, thorough=_never, dense=ARTICLE, described=" ".join(PARAGRAPHS)).method
        == "trafilatura"
    )


def test_lists_around_the_article_are_left_to_the_thorough_extractor():
    found = choose(f"{ARTICLE}\n{MENU}", thorough=lambda: ARTICLE, dense=ARTICLE, described="")
    assert found == (ARTICLE, "trafilatura-thorough")


def test_a_list_is_kept_where_the_thorough_extractor_finds_the_same():
    listing = f"{MENU}\n{ARTICLE[:400]}"
    assert choose(listing, thorough=lambda: listing, dense="", described="").text == listing


def test_the_thorough_extractor_does_not_win_by_losing_the_article():
    found = choose(f"{ARTICLE}\n{MENU}", thorough=lambda: PARAGRAPHS[0], dense="", described="")
    assert found.method == "trafilatura"


def test_an_article_spread_over_several_boxes():
    part = "\n".join(PARAGRAPHS[:4])
    assert choose(part, thorough=_never, dense=ARTICLE, described="") == (ARTICLE, "density")


def test_teasers_behind_the_article_do_not_make_it_a_part():
    part = "\n".join(PARAGRAPHS[:4])
    teasers = "\n".join(
        f"Berita lain nomor {n} tentang hal yang sama sekali berbeda dan tanpa titik di akhirnya" * 2
        for n in range(9)
    )
    assert choose(part, thorough=_never, dense=f"{part}\n{teasers}", described="").text == part


def test_a_different_text_does_not_make_it_a_part():
    other = "\n".join(
        f"Kalimat lain nomor {n} yang tidak ada di dalam artikel utama sama sekali, kata orang."
        for n in range(40)
    )
    assert choose(ARTICLE, thorough=_never, dense=other, described="").text == ARTICLE


def test_a_text_that_lost_its_paragraphs():
    blob = " ".join(PARAGRAPHS * 2)
    assert choose(blob, thorough=_never, dense="\n".join(PARAGRAPHS * 2), described="").method == "density"


def test_the_publishers_own_body_where_it_has_paragraphs_and_the_page_text_is_another():
    described = "\n".join(line.replace("panen", "tanam") for line in PARAGRAPHS)
    assert choose(ARTICLE, thorough=_never, dense=ARTICLE, described=described) == (described, "json-ld")


@pytest.mark.parametrize(
    "described",
    [ARTICLE[:200], " ".join(line.replace("panen", "tanam") for line in PARAGRAPHS), ARTICLE * 3],
    ids=["cut short", "without paragraphs", "more than the article"],
)
def test_the_publishers_own_body_is_not_believed_when(described):
    assert choose(ARTICLE, thorough=_never, dense=ARTICLE, described=described).method == "trafilatura"


def test_where_the_page_shows_nothing_the_publishers_own_body_is_taken():
    described = " ".join(PARAGRAPHS)
    assert choose("", thorough=lambda: "", dense="", described=described) == (described, "json-ld")


def test_nothing_stays_nothing():
    assert choose("", thorough=lambda: "", dense="", described="").text == ""


@pytest.mark.parametrize(
    "text, declared, expected",
    [
        (ARTICLE, False, True),
        (PARAGRAPHS[0], True, True),
        ("Rapat selesai.", True, True),
        ("Rapat selesai.", False, False),
        (MENU, False, False),
        (MENU, True, True),
        ("", True, False),
        ("1 2 3 4 5 6 7 8 9 10 11 12", True, False),
        ("\ufffd\ufffd abc \ufffd" * 50, True, False),
        ("QUJD" * 500, True, False),
        ("今天政府宣布新的经济政策，专家表示欢迎。" * 20, False, True),
        ("အစိုးရက ဆန်ဈေးနှုန်း ကျဆင်းလာသည်ဟု ကြေညာခဲ့သည်။ " * 10, False, True),
    ],
    ids=[
        "article",
        "short",
        "line, declared",
        "line",
        "list",
        "list, declared",
        "empty",
        "numbers",
        "binary",
        "base64",
        "chinese",
        "burmese",
    ],
)
def test_what_can_be_an_article(text, declared, expected):
    assert is_article(text, declared=declared) is expected


def test_squash_compares_words_alone():
    assert squash("“Panen Raya” – TIBA!") == squash("panen raya  tiba")
