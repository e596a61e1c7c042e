from __future__ import annotations

import pytest
from lxml.html import document_fromstring

from kabar.clean.page.headline import Claims, PageTitle, choose_title, headings_of

NEWS = "Panen Raya Tiba, Harga Beras Turun"
OTHER = "Petani Tiga Kabupaten Mulai Memanen Padi"
SEARCH = "Harga beras hari ini: panen raya, update terbaru"


@pytest.mark.parametrize(
    "claims, headings, title",
    [
        (Claims(), [], ""),
        (Claims(), [NEWS], NEWS),
        (Claims(), ["Satu", "Dua"], ""),
        (Claims(window=f"{NEWS} - Kabar Nusa"), [NEWS], NEWS),
        (Claims(window=f"{NEWS} - Kabar Nusa"), [], f"{NEWS} - Kabar Nusa"),
        (Claims(window=f"{NEWS} - Kabar Nusa", site="Kabar Nusa"), ["Kabar Nusa"], f"{NEWS} - Kabar Nusa"),
        # The editors' headline in JSON-LD goes before what is written for sharing and searching.
        (Claims(linked=NEWS, shared=SEARCH, window=SEARCH), [NEWS], NEWS),
        (Claims(linked=NEWS, shared=OTHER, window=OTHER), [OTHER], NEWS),
        # ... unless it is the window's, and the page shows and shares another.
        (Claims(linked=SEARCH, shared=NEWS, window=f"{SEARCH} | Kabar Nusa"), [NEWS], NEWS),
        (Claims(linked=f"{NEWS} | Ekonomi", shared=NEWS), [NEWS], NEWS),
        (Claims(linked=f"Beras: {NEWS}", shared=f"Beras: {NEWS}"), [NEWS], f"Beras: {NEWS}"),
        # Without JSON-LD the visible heading goes before what is shared.
        (Claims(shared=SEARCH, window=SEARCH), [OTHER], OTHER),
        (Claims(shared=NEWS, window=SEARCH), ["Ekonomi"], NEWS),
        (Claims(shared=NEWS), ["EKONOMI PASAR", OTHER], NEWS),
        (Claims(shared=NEWS), ["Kabar Nusa", NEWS], NEWS),
        (Claims(shared=NEWS, site="Kabar Nusa"), ["Berita ekonomi terbaru: Kabar Nusa"], NEWS),
        (Claims(shared=NEWS), [f"Ekonomi {NEWS}"], NEWS),
        (
            Claims(shared="„Turun Lagi“ - Kabar Nusantara Yang Panjang Sekali Namanya"),
            ["„Turun Lagi“"],
            "„Turun Lagi“",
        ),
        (Claims(shared="粮食价格下降专家表示欢迎"), ["粮食价格下降专家表示欢迎"], "粮食价格下降专家表示欢迎"),
        (
            Claims(shared="粮食价格下降专家表示欢迎：某某日报社新闻中心"),
            ["新闻"],
            "粮食价格下降专家表示欢迎：某某日报社新闻中心",
        ),
    ],
)
def test_title(claims, headings, title):
    assert choose_title(claims, headings).title == title


def test_the_heading_is_given_beside_another_title():
    assert choose_title(Claims(linked=NEWS, shared=OTHER), [OTHER]) == PageTitle(NEWS, OTHER)


@pytest.mark.parametrize(
    "markup, text",
    [
        ("<span>Ekonomi</span><span>Beras\n Turun</span>", "Ekonomi Beras Turun"),
        ("Harga <em>Beras</em>, Turun", "Harga Beras, Turun"),
        ("<span>P</span>anen Raya", "Panen Raya"),
        ("Beras<br>Turun", "Beras Turun"),
    ],
)
def test_headings(markup, text):
    assert headings_of(document_fromstring(f"<div><h1>{markup}</h1><h1> </h1><h2>x</h2></div>")) == [text]


def test_headings_are_bounded():
    tree = document_fromstring("<h1>Judul</h1>" * 500 + f"<h1>{'x' * 600}</h1>")
    assert len(headings_of(tree)) <= 20
    assert headings_of(document_fromstring(f"<h1>{'x' * 600}</h1>")) == []
