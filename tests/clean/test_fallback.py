from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kabar.clean.page.fallback import extract

FIRST = "Panen raya di tiga kabupaten membuat harga beras turun sejak awal pekan ini, kata kepala dinas pertanian."
SECOND = "Ia menambahkan bahwa stok di gudang cukup sampai akhir tahun, sehingga warga tidak perlu khawatir."
THIRD = "Pedagang di pasar induk menyambut baik kabar itu, meskipun keuntungan mereka ikut berkurang."
BODY = f"<p>{FIRST}</p><p>{SECOND}</p><p>{THIRD}</p>"
TEXT = f"{FIRST}\n{SECOND}\n{THIRD}"
MENU = "<ul>" + "".join(f'<li><a href="/{n}">Rubrik nomor {n}</a></li>' for n in range(20)) + "</ul>"


@pytest.mark.parametrize(
    "page",
    [
        BODY,
        f"<html><head><title>Judul</title></head><body>{MENU}{BODY}{MENU}</body></html>",
        f"<nav>{SECOND}</nav>{BODY}<footer>{FIRST}</footer>",
        f"<div>{FIRST}<br>{SECOND}<br/>{THIRD}</div>",
        f"<div>{FIRST}</div><div>{SECOND}</div><section>{THIRD}</section>",
        f"<script>var a = '<p>{SECOND}</p>';</script><style>p{{}}</style>{BODY}",
        f"<!-- <p>{SECOND}</p> -->{BODY}",
        f"<p>{FIRST}</p><p>{SECOND}</p><p>{THIRD}<div id='comments'><p>{FIRST * 20}</p></div>",
        f"<P CLASS=a>{FIRST}</P><P>{SECOND}<P>{THIRD}",
        f"<noscript>{SECOND}</noscript>{BODY}<aside>{FIRST}</aside>",
    ],
    ids=[
        "plain",
        "menus",
        "nav and footer",
        "line breaks",
        "divs",
        "scripts",
        "comment",
        "readers",
        "unclosed",
        "aside",
    ],
)
def test_the_article_and_nothing_else(page):
    assert extract(page) == TEXT


def test_words_inside_links_and_emphasis_stay():
    page = f'<p>{FIRST} <a href="/x">Baca data</a> dari <b>dinas</b>.</p><p>{SECOND}</p>'
    assert extract(page) == f"{FIRST} Baca data dari dinas.\n{SECOND}"


def test_headings_between_paragraphs_stay():
    assert (
        extract(f"<h1>Judul</h1><p>{FIRST}</p><h2>Stok aman</h2><p>{SECOND}</p>")
        == f"{FIRST}\nStok aman\n{SECOND}"
    )


def test_a_list_of_links_between_paragraphs_goes():
    assert extract(f"<p>{FIRST}</p>{MENU.replace('20', '3')[:150]}</ul><p>{SECOND}</p>").count("Rubrik") == 0


def test_short_closing_sentences_stay_and_short_labels_go():
    page = f"<p>{FIRST}</p><p>Rapat selesai menjelang sore.</p><p>Foto: Antok</p><p>{SECOND}</p>"
    assert extract(page) == f"{FIRST}\nRapat selesai menjelang sore.\n{SECOND}"


def test_entities_are_decoded():
    assert extract(f"<p>{FIRST} Budi &amp; Ani &ldquo;siap&rdquo;.</p>") == f"{FIRST} Budi & Ani “siap”."


def test_an_unclosed_nav_does_not_swallow_the_article():
    assert extract(f"<nav><a href=/>Beranda</a><article>{BODY}</article>") == TEXT


@pytest.mark.parametrize(
    "page", ["", "   ", "<p></p>", MENU, "<html><body><p>Halo</p></body></html>", "<<<>>>", "<!--", "<"]
)
def test_no_article(page):
    assert extract(page) == ""


def test_an_unclosed_comment_or_script_ends_with_the_page():
    assert extract(f"{BODY}<!-- {SECOND}") == TEXT
    assert extract(f"{BODY}<script>{SECOND}") == TEXT


@pytest.mark.parametrize(
    "page",
    [
        "<div>" * 100_000 + BODY,
        BODY + "<span>" * 100_000,
        BODY + "<b><i>" * 50_000,
        BODY + "<script>" * 50_000,
        BODY + "<!--" * 100_000,
        BODY + "<" * 500_000,
        BODY + "<table>" * 50_000,
        BODY + "<div id='comments'>" * 20_000,
        BODY + "<div " + 'a="b" ' * 100_000 + ">",
    ],
    ids=[
        "nested",
        "inline",
        "formatting",
        "scripts",
        "comments",
        "brackets",
        "tables",
        "readers",
        "attributes",
    ],
)
def test_hostile_pages_end_and_keep_the_article(page):
    assert TEXT in extract(page)


def test_an_enormous_page_is_read_up_to_a_limit():
    assert len(extract(f"<p>{FIRST}</p>" * 100_000)) <= 6_000_000


@settings(deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "<p>",
                "</p>",
                "<div>",
                "<a href=x>",
                "</a>",
                "<!--",
                "-->",
                "<br>",
                FIRST,
                "&amp;",
                "<script>",
                "<",
            ]
        )
    )
)
def test_any_soup_gets_an_answer(pieces):
    text = extract("".join(pieces))
    assert "\n\n" not in text
    assert text == text.strip()
