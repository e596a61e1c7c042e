from __future__ import annotations

import pytest

from kabar.clean.page.choice import squash
from kabar.clean.page.recognition import is_article

PARAGRAPHS = [
    f"Paragraf nomor {number} menceritakan panen raya yang membuat harga beras turun di pasar induk kota itu."
    for number in range(12)
]
ARTICLE = "\n".join(PARAGRAPHS)
MENU = "\n".join(f"Berita pilihan {number}" for number in range(200))
VERSES = "\n".join(f"Padi menguning baris ke {number}" for number in range(20))


def _never() -> frozenset[str]:
    raise AssertionError("links were collected without need")


@pytest.mark.parametrize(
    "text, declared, expected",
    [
        (ARTICLE, False, True),
        (PARAGRAPHS[0], True, True),
        ("Rapat selesai.", True, True),
        ("Rapat selesai.", False, False),
        (MENU, False, False),
        (VERSES, False, False),
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
        "verses, nothing known of links",
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


def test_links_are_asked_for_only_without_prose():
    assert is_article(ARTICLE, declared=False, links=_never)
    assert is_article(MENU, declared=True, links=_never)


def test_verses_that_are_no_links_are_a_text():
    links = frozenset({"beranda", "kontak"})
    assert is_article(VERSES, declared=False, links=lambda: links)


def test_a_list_of_links_is_none():
    links = frozenset(map(squash, MENU.split("\n")))
    assert not is_article(MENU, declared=False, links=lambda: links)
    assert not is_article(f"{MENU}\nBerita tanpa tautan", declared=False, links=lambda: links)


@pytest.mark.parametrize(
    "text, expected",
    [
        ("Ini satu-satunya kalimat di halaman ini.", True),
        ("Ini bukan kalimat lengkap di halaman ini", False),
        ("Ya.", False),
        ("Checking your browser before accessing kabar.example.", False),
        ("The page you are looking for could not be found.", False),
        ("Halaman yang Anda cari tidak ditemukan.", False),
        ("Please enable JavaScript to view this page. " * 5, False),
        ("Error 404: this address leads nowhere, says the error page of this server.", False),
    ],
)
def test_a_page_without_links(text, expected):
    assert is_article(text, declared=False) is expected


def test_an_article_about_a_captcha_is_one():
    assert is_article(f"{ARTICLE}\nKata captcha disebut di sini.", declared=False)
    assert is_article("Sebuah captcha diperkenalkan hari ini.", declared=True)
