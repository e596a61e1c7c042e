from __future__ import annotations

import gzip
import json
import random

import pytest

from kabar.clean.page.extraction import Extracted, extract

FIRST = "Panen raya di tiga kabupaten membuat harga beras turun sejak awal pekan ini, kata kepala dinas pertanian setempat."
SECOND = "Ia menambahkan bahwa stok di gudang cukup sampai akhir tahun, sehingga warga tidak perlu khawatir akan kekurangan."
THIRD = "Pedagang di pasar induk menyambut baik kabar itu, meskipun keuntungan mereka ikut berkurang dibandingkan bulan lalu."
TEXT = f"{FIRST}\n{SECOND}\n{THIRD}"
BODY = "".join(f"<p>{line}</p>" for line in (FIRST, SECOND, THIRD))
LINKED = {
    "@type": "NewsArticle",
    "headline": "Panen Raya Tiba, Harga Beras Turun",
    "datePublished": "2026-03-01T10:00:00+07:00",
    "author": {"name": "Budi Hartono"},
}


def page(body: str = f"<article>{BODY}</article>", head: str = "") -> str:
    title = "<title>Panen Raya Tiba, Harga Beras Turun - Kabar Nusa</title>"
    return f'<!DOCTYPE html><html lang="en"><head>{title}{head}</head><body>{body}</body></html>'


def script(data: object) -> str:
    return f'<script type="application/ld+json">{json.dumps(data)}</script>'


def test_an_ordinary_page():
    head = """
      <meta property="og:title" content="Panen Raya Tiba, Harga Beras Turun - Kabar Nusa">
      <meta property="og:site_name" content="Kabar Nusa"><meta property="og:image" content="/a.jpg">
      <meta property="article:published_time" content="2026-03-01T10:00:00+07:00">
      <meta name="author" content="Oleh: Budi Hartono"><link rel="canonical" href="/panen">
    """
    body = f"<h1>Panen Raya Tiba, Harga Beras Turun</h1><article>{BODY}</article>"
    found = extract(page(body, head), url="https://example.com/panen?utm=1")
    assert found == Extracted(
        text=TEXT,
        title="Panen Raya Tiba, Harga Beras Turun",
        authors=["Budi Hartono"],
        published="2026-03-01T10:00:00+07:00",
        image="https://example.com/a.jpg",
        canonical_url="https://example.com/panen",
        language="en",
        site_name="Kabar Nusa",
        method=found.method,
        notes=[f"extractor:{found.method}"],
    )


def test_the_title_in_the_body_is_not_the_first_paragraph():
    body = f"<article><h1>Panen Raya Tiba, Harga Beras Turun</h1>{BODY}</article>"
    assert extract(page(body, script(LINKED))).text == TEXT


def test_a_first_paragraph_that_only_begins_like_the_title_stays():
    lead = "Panen raya tiba, harga beras turun, demikian laporan dinas pertanian pada hari Senin pagi di balai kota."
    found = extract(
        page(f"<article><h1>Panen Raya Tiba, Harga Beras Turun</h1><p>{lead}</p>{BODY}</article>")
    )
    assert found.text == f"{lead}\n{TEXT}"


@pytest.mark.parametrize(
    "name", ["baca-juga", "bacajuga", "artikel-terkait", "related", "related-posts", "newsletter", "lihatjg"]
)
def test_boxes_of_related_links_are_gone(name):
    box = f'<div class="{name}"><p>Baca juga: <a href="/x">Pupuk Langka di Lima Kabupaten, Petani Mengeluh</a></p></div>'
    found = extract(page(f"<article><p>{FIRST}</p>{box}<p>{SECOND}</p><p>{THIRD}</p></article>"))
    assert "Pupuk Langka" not in found.text
    assert "boxes:1" in found.notes


def test_related_lines_in_plain_paragraphs_stay_for_the_line_rules():
    line = "Baca juga: Pupuk Langka di Lima Kabupaten, Petani Mengeluh"
    found = extract(
        page(f"<article><p>{FIRST}</p><p><strong>{line}</strong></p><p>{SECOND}</p><p>{THIRD}</p></article>")
    )
    assert line in found.text


def test_a_page_built_by_scripts_gives_the_body_of_its_json_ld():
    data = {**LINKED, "articleBody": f"{FIRST} {SECOND} {THIRD}"}
    found = extract(page("<div id='app'></div>", script(data)))
    assert found.text == f"{FIRST} {SECOND} {THIRD}"
    assert found.method == "json-ld"


def test_the_page_goes_before_a_body_in_json_ld_without_paragraphs():
    data = {**LINKED, "articleBody": f"{FIRST} {SECOND} {THIRD}"}
    assert extract(page(head=script(data))).text == TEXT


def test_json_ld_is_cut_short_the_page_is_whole():
    assert extract(page(head=script({**LINKED, "articleBody": FIRST[:60]}))).text == TEXT


@pytest.mark.parametrize("charset", ["utf-8", "cp1252", "utf-16"])
def test_bytes(charset):
    data = page().replace("Panen raya", "“Panen” raya").encode(charset)
    found = extract(data)
    assert found.text.startswith("“Panen” raya")


def test_another_character_set_is_noted():
    assert (
        "charset:cp1252"
        in extract(page().replace("Panen", "“Panen”").encode("cp1252"), charset="utf-8").notes
    )


MENU = "".join(f'<li><a href="/{number}">Berita pilihan nomor {number}</a></li>' for number in range(60))


@pytest.mark.parametrize(
    "html",
    [
        "",
        "   ",
        "<html></html>",
        "<html><body></body></html>",
        "<p>Halo</p>",
        "teks tanpa markah",
        page(f"<ul>{MENU}</ul>"),
        page("<form><input name=q></form>"),
        "\x00\x01\x02\x03" * 1000,
    ],
    ids=["empty", "space", "bare", "no body", "one word", "no markup", "list of links", "form", "binary"],
)
def test_no_article(html):
    found = extract(html)
    assert found.text == ""
    assert found.method == ""


@pytest.mark.parametrize("url", ["https://example.com", "https://example.com/"])
def test_a_front_page_is_no_article(url):
    assert extract(page(), url=url).text == ""
    assert extract(page(), url=f"{url.rstrip('/')}/panen").text == TEXT


def test_an_unreadable_address_does_no_harm():
    assert extract(page(head='<link rel="canonical" href="http://[::1/x">'), url="http://[::1").text == TEXT


def test_the_same_page_gives_the_same_answer():
    assert extract(page(head=script(LINKED))) == extract(page(head=script(LINKED)).encode())


HOSTILE = {
    "nested": "<div>" * 100_000 + BODY,
    "nested inline": page() + "<b><i>" * 50_000,
    "a table of 180,000 cells": "<table>" + "<tr><td>satu</td><td>dua</td></tr>" * 60_000,
    "20 MB": BODY * 60_000,
    "unclosed comment": page() + "<!-- " + "x" * 1_000_000,
    "unclosed scripts": page() + "<script>" * 50_000,
    "brackets": "<" * 1_000_000,
    "attributes": "<div " + 'a="b" ' * 200_000 + f">{BODY}",
    "one class of 800 kB": f'<div class="{"related " * 100_000}">{BODY}</div>',
    "many links": "<a href=x>tautan ke berita</a> " * 5_000,
    "open links": "<a href=x>" * 10_000 + BODY,
    "many short paragraphs": "<p>ya</p>" * 2_000,
    "entities": f"{BODY}<p>" + "&amp;" * 300_000,
    "NULs": page().replace("<p>", "<p>\x00"),
    "broken JSON-LD": page(head='<script type="application/ld+json">' + "[" * 100_000 + "</script>"),
    "deep lists": ("<ul><li>" * 110 + "butir" + "</li></ul>" * 110) * 8,
    "headings": "<h1>Judul</h1>" * 5_000 + BODY,
    "surrogates": page() + "\ud800" * 1_000,
}


@pytest.mark.parametrize("html", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_pages_get_an_answer(html):
    assert isinstance(extract(html).text, str)


@pytest.mark.parametrize(
    "name", ["nested", "unclosed comment", "unclosed scripts", "NULs", "broken JSON-LD", "surrogates"]
)
def test_hostile_pages_with_an_article_keep_it(name):
    assert FIRST in extract(HOSTILE[name]).text


def test_a_page_too_large_for_a_tree_says_so():
    assert "page:oversized" in extract(HOSTILE["20 MB"]).notes
    assert "page:oversized" in extract(HOSTILE["nested"]).notes


def test_an_oversized_page_still_has_its_metadata():
    found = extract(page(head=script(LINKED)) + "<p>x</p>" * 700_000)
    assert found.published == "2026-03-01T10:00:00+07:00"
    assert found.title == "Panen Raya Tiba, Harga Beras Turun"


@pytest.mark.parametrize(
    "data", [gzip.compress(b"x" * 100_000), random.Random(1).randbytes(100_000)], ids=["gzip", "random"]
)
def test_bytes_that_are_no_page(data):
    assert extract(data, charset="utf-8").text == ""


@pytest.mark.parametrize("seed", range(25))
def test_a_page_cut_or_shuffled_anywhere_gets_an_answer(seed):
    chance = random.Random(seed)
    whole = page(head=script(LINKED))
    pieces = [whole[at : at + 20] for at in range(0, len(whole), 20)]
    chance.shuffle(pieces)
    assert isinstance(extract("".join(pieces)), Extracted)
    assert isinstance(extract(whole[: chance.randrange(len(whole))]), Extracted)
