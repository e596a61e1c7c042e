from __future__ import annotations

import pytest
from lxml.html import document_fromstring

from kabar.clean.page.jsonld import LinkedArticle
from kabar.clean.page.metadata import Metadata, read
from kabar.clean.page.pruning import prune


def about(
    head: str = "", body: str = "<p>x</p>", linked: LinkedArticle | None = None, url: str = ""
) -> Metadata:
    return read(document_fromstring(f"<html><head>{head}</head><body>{body}</body></html>"), linked, url)


def meta(name: str, content: str) -> str:
    return f'<meta name="{name}" content="{content}">'


@pytest.mark.parametrize(
    "head, body, title",
    [
        ("<title>Harga Beras Turun - Kabar Nusa</title>", "", "Harga Beras Turun - Kabar Nusa"),
        ("<title>Harga Beras Turun - Kabar Nusa</title>", "<h1>Harga Beras Turun</h1>", "Harga Beras Turun"),
        (meta("og:title", "Harga Beras Turun"), "<h1>Kabar Nusa</h1>", "Harga Beras Turun"),
        (
            "<title>Harga Beras Turun - Kabar Nusantara</title>",
            "<h1>Kabar Nusantara</h1>",
            "Harga Beras Turun - Kabar Nusantara",
        ),
        (meta("twitter:title", "Harga Beras"), "", "Harga Beras"),
        ("", "<h1>Harga <b>Beras</b> Turun</h1>", "Harga Beras Turun"),
        ("", "<h1>Satu</h1><h1>Dua</h1>", ""),
    ],
)
def test_title(head, body, title):
    assert about(head, body).title == title


@pytest.mark.parametrize(
    "head, body, published",
    [
        ('<meta property="article:published_time" content="2026-03-01T10:00Z">', "", "2026-03-01T10:00Z"),
        (meta("pubdate", "2026-03-01"), "", "2026-03-01"),
        ('<meta itemprop="datePublished" content="2026-03-01">', "", "2026-03-01"),
        ("", '<time datetime="2026-03-01">kemarin</time>', "2026-03-01"),
        ("", "<time>1 Maret 2026</time>", "1 Maret 2026"),
        (
            "",
            "<time>kemarin</time><div>Minggu, 1 Maret 2026 | 10:00 WIB</div>",
            "Minggu, 1 Maret 2026 | 10:00 WIB",
        ),
        ("", "<p>Minggu, 1 Maret 2026</p><span>01 Mar 2026, 10:00</span>", "01 Mar 2026, 10:00"),
        ("", "<p>Senin, 2 Maret 2026</p>", ""),  # without a time it may be today's date
        ("", f"<p>{'Kata ' * 60} 1 Maret 2026 10:00</p>", ""),  # prose speaks of other days
    ],
)
def test_published(head, body, published):
    assert about(head, body).published == published


@pytest.mark.parametrize(
    "head, body, authors",
    [
        (meta("author", "Oleh: Budi Hartono"), "", ("Budi Hartono",)),
        (meta("author", "Budi; Sari"), "", ("Budi", "Sari")),
        (meta("author", "budi@example.com"), "", ()),
        (meta("author", "https://example.com/budi"), "", ()),
        (meta("author", "10517"), "", ()),
        ("", '<a rel="author">By Sari Dewi</a><a rel="author">Sari Dewi</a>', ("Sari Dewi",)),
        ("", f'<div class="author">{"Sari Dewi menulis tentang pertanian " * 5}</div>', ()),
    ],
)
def test_authors(head, body, authors):
    assert about(head, body).authors == authors


@pytest.mark.parametrize(
    "body, url, published",
    [
        ("", "https://kabar.example/2026/03/01/panen", "2026-03-01"),
        ("", "https://kabar.example/20260301/panen", "2026-03-01"),
        ("", "https://kabar.example/20260399/panen", ""),
        ("", "https://kabar.example/123420260301", ""),
        ("<span>01 Mar 2026, 10:00</span>", "https://kabar.example/2026/03/01/panen", "01 Mar 2026, 10:00"),
        (
            "<span>Harga per 10 August 2027, 1:20</span>",
            "https://kabar.example/2026/03/01/panen",
            "2026-03-01",
        ),
        ("<time>2 Maret 2026</time>", "https://kabar.example/2026/03/01/panen", "2 Maret 2026"),
    ],
)
def test_the_day_in_the_address_is_the_last_resort(body, url, published):
    assert about("", body or "<p>x</p>", url=url).published == published


def test_several_authors_in_meta_of_the_same_name():
    head = meta("author", "Kabar Nusa") + meta("author", "Sari Dewi") + meta("og:site_name", "Kabar Nusa")
    assert about(head).authors == ("Sari Dewi",)


def test_content_may_stand_in_value():
    assert about('<meta name="og:title" value="Harga Beras Turun">').title == "Harga Beras Turun"


def test_json_ld_goes_first_for_what_it_says():
    linked = LinkedArticle(
        authors=("Budi",), published="2026-03-01", modified="2026-03-02", publisher="Kabar Nusa"
    )
    found = about(meta("author", "Redaksi") + meta("date", "2020-01-01"), linked=linked)
    assert (found.authors, found.published, found.modified, found.site_name) == (
        ("Budi",),
        "2026-03-01",
        "2026-03-02",
        "Kabar Nusa",
    )


def test_an_address_in_place_of_an_author_gives_way():
    assert about(meta("author", "Sari"), linked=LinkedArticle(authors=("redaksi@example.com",))).authors == (
        "Sari",
    )


@pytest.mark.parametrize(
    "address, url, expected",
    [
        ("/a", "https://example.com/b/c", "https://example.com/a"),
        ("https://example.com/a", "", "https://example.com/a"),
        ("/a", "", ""),
        ("javascript:alert(1)", "https://example.com/", ""),
        ("http://[bad", "https://example.com/", ""),
    ],
)
def test_canonical_address(address, url, expected):
    assert about(f'<link rel="canonical" href="{address}">', url=url).canonical_url == expected


def test_calls_itself_an_article():
    assert about('<meta property="og:type" content="article">').is_article
    assert not about('<meta property="og:type" content="website">').is_article


NAMED = [
    "baca-juga", "bacajuga", "baca_juga box", "artikel-terkait", "berita-terkait", "terkait", "related", "post-related",
    "related-articles", "read-also", "newsletter", "newsletter-form", "terpopuler", "most-read", "trending", "lihatjg",
    "recommended", "article__related", "kcm-read-terkait",
]  # fmt: skip
NOT_NAMED = [
    "unrelated",
    "article-body",
    "content",
    "relatedness",
    "bacaan",
    "terkaitnya",
    "popularity-index",
    "subscriber-content",
    "",
]
LINK = '<a href="/x">Berita lain</a>'


@pytest.mark.parametrize("name", NAMED)
@pytest.mark.parametrize("attribute", ["class", "id"])
def test_boxes_that_are_pruned(name, attribute):
    tree = document_fromstring(
        f'<body><p>{"Kata " * 100}</p><div {attribute}="{name}">{LINK}</div>ekor</body>'
    )
    assert prune(tree) == 1
    assert "Berita lain" not in tree.text_content()
    assert "ekor" in tree.text_content()


@pytest.mark.parametrize("name", ["comments", "comment-list", "box sf_comment_list", "kolom-komentar"])
def test_long_comments_are_pruned(name):
    article, comments = f"<p>{'Kata ' * 1000}</p>", f"<p>{'Komentar ' * 1000}</p>"
    tree = document_fromstring(f'<body>{article}<div class="{name}">{comments}</div></body>')
    assert prune(tree) == 1
    assert "Komentar" not in tree.text_content()


@pytest.mark.parametrize("name", ["comments-open", "commentary", "has-comments"])
def test_what_only_mentions_comments_stays(name):
    tree = document_fromstring(
        f'<body><p>x</p><div class="{name}"><h1>J</h1><p>{"Kata " * 1000}</p></div></body>'
    )
    assert prune(tree) == 0


@pytest.mark.parametrize("name", NOT_NAMED)
def test_boxes_that_are_kept(name):
    tree = document_fromstring(f'<body><p>{"Kata " * 100}</p><div class="{name}">{LINK}</div></body>')
    assert prune(tree) == 0


def test_a_wrapper_around_the_article_is_kept_whatever_its_name():
    tree = document_fromstring(f'<body><div class="related-content"><p>{"Kata " * 100}</p></div></body>')
    assert prune(tree) == 0
    tree = document_fromstring(
        f'<body><p>{"Lain " * 5000}</p><div class="related"><p>{"Kata " * 500}</p></div></body>'
    )
    assert prune(tree) == 0
