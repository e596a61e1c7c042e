"""Titles: what the site adds goes, what the publisher wrote stays."""

from __future__ import annotations

import pytest

from kabar.clean.title import clean_title


@pytest.mark.parametrize(
    "title, site, domain, kept",
    [
        ("Harga Cabai Naik - Kompas.com", "", "", "Harga Cabai Naik"),
        ("Harga Cabai Naik - Kompas.com - Halaman 2", "", "", "Harga Cabai Naik"),
        ("Harga Cabai Naik Halaman all - Kompas.com", "", "", "Harga Cabai Naik"),
        ("Bridge closes for a year | BBC News", "", "", "Bridge closes for a year"),
        ("Bridge closes for a year - BBC News", "", "", "Bridge closes for a year"),
        ("Bridge closes | News | The Valley Post", "The Valley Post", "", "Bridge closes"),
        ("Bridge closes — The Valley Post", "The Valley Post", "", "Bridge closes"),
        ("Bridge closes :: valleypost.example", "", "valleypost.example", "Bridge closes"),
        ("Bridge closes - valleypost", "", "valleypost.example", "Bridge closes"),
        ("Bridge closes - The  Valley   Post ", "THE VALLEY POST", "", "Bridge closes"),
        ("The Valley Post | Bridge closes", "The Valley Post", "", "Bridge closes"),
        ("A - B - C - The Valley Post", "The Valley Post", "", "A - B - C"),
        ("Sungai Meluap (Page 3)", "", "", "Sungai Meluap"),
    ],
)
def test_what_the_site_added_goes(title, site, domain, kept):
    text, suffix = clean_title(title, site_name=site, domain=domain)
    assert text == kept
    assert suffix
    assert suffix.strip(" -|—:") not in text


@pytest.mark.parametrize(
    "title",
    [
        "Warga Panen Raya - Bupati Senang",
        "Kompas.com",
        "BBC News",
        "The Valley Post",
        "Gugatan terhadap Kompas.com",
        "Menang 3 - 2",
        "Liga 1: Lembah FC - Bukit FC",
        "Ulasan | Panen raya",
        "Semua - Bola",
        "-",
        "",
        "Page 3",
        "Halaman 2",
    ],
)
def test_what_the_publisher_wrote_stays(title):
    assert clean_title(title, site_name="The Valley Post", domain="valleypost.example") == (title, "")


@pytest.mark.parametrize(
    "title, kept",
    [
        ("  Harga\n Cabai\tNaik ", "Harga Cabai Naik"),
        ("Kopi &amp; Teh", "Kopi & Teh"),
        ("Caf\u00c3\u00a9 tua", "Café tua"),
        ("Harga\u200b Cabai\u00a0Naik", "Harga Cabai Naik"),
    ],
)
def test_titles_are_repaired_and_on_one_line(title, kept):
    assert clean_title(title) == (kept, "")


@pytest.mark.parametrize("title", ["| " * 3_000, "- a " * 3_000, " - Halaman 2" * 900, "a" * 100_000])
def test_hostile_titles_end(title):
    assert len(clean_title(title, site_name="a")[0]) <= 4_096


@pytest.mark.parametrize(
    "title, kept",
    [
        ("Warga Tiga Desa Mengungsi - Kabar.id Regional", "Warga Tiga Desa Mengungsi"),
        ("Warga Tiga Desa Mengungsi - Kabar.id menang", "Warga Tiga Desa Mengungsi - Kabar.id menang"),
        ("Warga Tiga Desa Mengungsi - Regional Baru", "Warga Tiga Desa Mengungsi - Regional Baru"),
    ],
)
def test_the_site_with_its_section(title, kept):
    assert clean_title(title, site_name="Kabar.id")[0] == kept
