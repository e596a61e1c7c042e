"""Whom an article credits: outlet, channel, and whether the words can go."""

from __future__ import annotations

import pytest

from kabar.clean.lines import strip
from tests.clean.samples import AFTER, BEFORE, assert_accounted

PADDING = "\n".join(BEFORE) + "\n"


def credits_of(sentence: str, *, last: bool = False):
    received = PADDING + sentence + ("" if last else "\n" + "\n".join(AFTER))
    stripped = strip(received)
    assert_accounted(received, stripped)
    lines = stripped.text.split("\n")
    rest = lines[len(BEFORE) :] if last else lines[len(BEFORE) : -len(AFTER)]
    return stripped.attributions, "\n".join(rest)


@pytest.mark.parametrize(
    "sentence, outlet, channel",
    [
        ("Dilansir kanal Youtube FRANCE 24 English; Ia pergi dari kota itu.", "FRANCE 24 English", "youtube"),
        ("Dilansir dari laman Instagram Dunia Kita, Ia pergi dari kota itu.", "Dunia Kita", "instagram"),
        ("Ia pergi dari kota, seperti dikutip dari akun X Polisi Lembah.", "Polisi Lembah", "twitter"),
        ("Ia pergi dari kota, seperti dilansir situs Warta Bola.", "Warta Bola", ""),
        ("Ia pergi dari kota, dikutip dari Reuters.", "Reuters", ""),
        ("Ia pergi dari kota, dikutip detikINET dari BBC.", "BBC", ""),
        ("Ia pergi dari kota, dilansir kantor berita Xinhua.", "Xinhua", ""),
        ("Ia pergi dari kota, dilansir dari dailymail.co.uk.", "dailymail.co.uk", ""),
        ("Ia pergi dari kota, dikutip Kompas.com Selasa (15/1/2019).", "Kompas.com", ""),
        ("Ia pergi dari kota, sebagaimana dikutip The New York Times.", "The New York Times", ""),
        ("Mengutip CNBC Indonesia, harga emas turun lagi pekan ini.", "CNBC Indonesia", ""),
        ("Melansir laman resmi Persib Bandung, bus itu rusak parah.", "Persib Bandung", ""),
        ("Seperti diberitakan Kompas.com, kapal itu tenggelam di teluk.", "Kompas.com", ""),
        ("The ship sank, according to the French news agency AFP.", "AFP", ""),
        ("The ship sank, Reuters reported on Monday morning.", "Reuters", ""),
        ("The talks failed, citing Bloomberg News and two others.", "Bloomberg News", ""),
        ("It was as quoted by the China Daily on Monday.", "China Daily", ""),
    ],
)
def test_outlet_and_channel(sentence, outlet, channel):
    found, _ = credits_of(sentence)
    assert [(credit.outlet, credit.channel) for credit in found] == [(outlet, channel)]


@pytest.mark.parametrize(
    "sentence, left",
    [
        ("Dikutip dari Reuters, Presiden menolak usul itu.", "Presiden menolak usul itu."),
        ('Dilansir Antara: "Kami siap," kata dia.', '"Kami siap," kata dia.'),
        ("Dikutip dari Reuters, 500 orang datang.", "500 orang datang."),
        ("Ia pergi. Dikutip dari Reuters, Presiden menolak.", "Ia pergi. Presiden menolak."),
        ('"Kami siap," kata dia, seperti dilansir Antara.', '"Kami siap," kata dia.'),
        (
            '"Kami siap," kata dia dikutip dari Bloomberg. Ia lalu pergi.',
            '"Kami siap," kata dia. Ia lalu pergi.',
        ),
        ("Ia menolak usul itu. Demikian dikutip dari AFP.", "Ia menolak usul itu."),
        ("Mengutip Warta Kecil, Presiden menolak usul itu.", "Presiden menolak usul itu."),
    ],
)
def test_what_can_go_goes(sentence, left):
    found, rest = credits_of(sentence)
    assert [credit.removed for credit in found] == [True]
    assert rest == left


@pytest.mark.parametrize(
    "sentence",
    [
        "Dikutip dari Reuters, harga minyak naik dua persen.",  # the clause goes on in lower case
        "Dilansir dari Kompas.com, Senin (12/5/2025), Menteri itu mundur.",  # a date belongs to the news
        "Kata dia, dilansir detikJabar, Rabu (27/5/2026).",
        "Laporan yang dilansir laman Warta Kota itu benar.",  # part of a noun phrase
        "Penelitian itu, yang dikutip Reuters.",
        "Dikutip dari Reuters, BBC, dan CNN, Presiden menolak.",  # a list of outlets
        "Dikutip dari laman Dinas Kesehatan (DKL) Kota, warga sehat.",
        "According to Reuters, the ship sank.",
        "The ship sank, The Guardian reported.",
    ],
)
def test_what_carries_its_sentence_stays(sentence):
    found, rest = credits_of(sentence)
    assert rest == sentence
    assert found
    assert not any(credit.removed for credit in found)


@pytest.mark.parametrize(
    "sentence",
    [
        "Ayat itu dikutip dua kali dalam pidatonya.",
        "Ucapan Presiden dikutip banyak orang.",
        "Dikutip dari berbagai sumber, cara ini aman.",
        "Dikutip Selasa (26/5/2026), ia menolak.",
        "Mengutip Presiden Rahmat, ia meminta warga tenang.",
        "Ia mengutip Chairil dalam pidatonya.",
        "Dia mengutip data Badan Pusat Statistik.",
        "Seperti diberitakan sebelumnya, Kapal itu tenggelam.",
        "Korban dilaporkan Budi ke polisi.",
        "According to Peter, the ship sank.",
        "As reported, the ship sank.",
        "Peter reported the theft to the council.",
        "According to the Economist Intelligence Unit's Mr Field, it rains.",
        "Dikutip dari buku Ramuan Desa, daun itu berguna.",
    ],
)
def test_nobody_is_credited(sentence):
    found, rest = credits_of(sentence)
    assert found == []
    assert rest == sentence


class TestSourceLines:
    def test_each_source_is_one_credit_and_the_line_goes(self):
        found, rest = credits_of("Sumber: Warta Teknik dan The Valley Post.", last=True)
        assert [credit.outlet for credit in found] == ["Warta Teknik", "The Valley Post"]
        assert rest == ""

    def test_a_picture_credit_in_it_is_no_source(self):
        found, _ = credits_of("Sumber berita Warta Teknik dan gambar dari arsip.", last=True)
        assert [credit.outlet for credit in found] == ["Warta Teknik"]

    def test_only_at_the_end(self):
        found, rest = credits_of("Sumber: Warta Teknik.\n" + "\n".join(BEFORE))
        assert found == []
        assert rest.startswith("Sumber: Warta Teknik.")


def test_a_credit_in_a_removed_line_is_not_annotated():
    found, _ = credits_of("Baca juga: Harga Emas Naik, Dikutip dari Reuters")
    assert found == []


def test_spans_of_annotations_index_the_article():
    stripped = strip(
        "ADVERTISEMENT\nJAKARTA - Harga naik, seperti dikutip dari Reuters, Rabu (24/5).\n" + PADDING
    )
    credit = stripped.attributions[0]
    assert stripped.text[credit.start : credit.end] == credit.text == "seperti dikutip dari Reuters"
