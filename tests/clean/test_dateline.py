"""Which part of a dateline is the outlet and which the place, and what is no dateline."""

from __future__ import annotations

import pytest

from kabar.clean.lines import strip

REST = (
    "Presiden meresmikan bendungan itu pada hari Senin dan berbicara dengan warga desa selama satu jam penuh."
)


def read(head: str, rest: str = REST):
    found = strip(head + rest).dateline
    return (found.source, found.place, found.text) if found else None


@pytest.mark.parametrize(
    "head, source, place",
    [
        ("TOPMEDIA - ", "TOPMEDIA", ""),
        ("JAKARTA, KOMPAS.com – ", "KOMPAS.com", "JAKARTA"),
        ("TEMPO.CO, Jakarta - ", "TEMPO.CO", "Jakarta"),
        ("Liputan6.com, Jakarta ", "Liputan6.com", "Jakarta"),
        ("Liputan6.com, Jakarta: ", "Liputan6.com", "Jakarta"),
        ("WASHINGTON (Reuters) - ", "Reuters", "WASHINGTON"),
        ("HOUSTON, Feb 26 -", "", "HOUSTON"),
        ("ROSEMONT, Ill., Feb 26 - ", "", "ROSEMONT, Ill"),
        ("YORK, Pa., March 20 - ", "", "YORK, Pa"),
        ("SURABAYA, iNews.id -", "iNews.id", "SURABAYA"),
        ("KUALA LUMPUR: ", "", "KUALA LUMPUR"),
        ("(ANTARA) - ", "ANTARA", ""),
        ("Jakarta (ANTARA) - ", "ANTARA", "Jakarta"),
        ("Jakarta (ANTARA News) -", "ANTARA News", "Jakarta"),
        ("New York, Boston, (ANTARA News) - ", "ANTARA News", "New York, Boston"),
        ("MOSCOW, February 1. /TASS/. ", "TASS", "MOSCOW"),
        ("São Paulo, 1 fev (EFE).- ", "EFE", "São Paulo"),
        ("balitribune.co.id | Denpasar - ", "balitribune.co.id", "Denpasar"),
        ("Merdeka.com - ", "Merdeka.com", ""),
        ("Bisnis.com, JAKARTA -- ", "Bisnis.com", "JAKARTA"),
        ("Bisnis.com, JAKARTA—", "Bisnis.com", "JAKARTA"),
        ("AKURAT.CO, ", "AKURAT.CO", ""),
        ("AKURAT.CO ", "AKURAT.CO", ""),
        ("VIVA – ", "VIVA", ""),
        ("JAKARTA (Pos Kota) – ", "Pos Kota", "JAKARTA"),
        ("Jakarta, CNN Indonesia - - ", "CNN Indonesia", "Jakarta"),
        ("Karanganyar, Gatra.com -", "Gatra.com", "Karanganyar"),
        ("Lembah Hijau, Gatra.com - ", "Gatra.com", "Lembah Hijau"),
        ("REPUBLIKA.CO.ID, PENANG, MALAYSIA -- ", "REPUBLIKA.CO.ID", "PENANG, MALAYSIA"),
        ("KONTAN.CO.ID - JAKARTA. ", "KONTAN.CO.ID", "JAKARTA"),
        ("NEW YORK/LONDON, March 2 - ", "", "NEW YORK, LONDON"),
        ("JOHANNESBURG March 13 - ", "", "JOHANNESBURG"),
        ("Jakarta, 12 Mei 2024 - ", "", "Jakarta"),
        ("JAKARTA - ", "", "JAKARTA"),
        ("Yogyakarta – ", "", "Yogyakarta"),
        ("LONDON (PA) - ", "PA", "LONDON"),
    ],
)
def test_source_and_place(head, source, place):
    assert read(head) == (source, place, head.strip())


@pytest.mark.parametrize(
    "outlet", ["Merdeka.com - ", "(ANTARA) - ", "WASHINGTON (Reuters) - ", "HOUSTON, Feb 26 -"]
)
def test_what_is_left_begins_the_sentence(outlet):
    assert strip(outlet + REST).text == REST


@pytest.mark.parametrize(
    "opening",
    [
        "Analysis - What the vote means for the valley and its two villages.",
        "Update - The road is open again after the storm of last night.",
        "ANALYSIS - What the vote means for the valley and its two villages.",
        "BREAKING - The dam broke at noon and the villages were warned.",
        "Putin - the president - spoke for an hour about the harvest.",
        "Presiden Rusia - Vladimir Putin - hadir dalam pertemuan itu kemarin.",
        "Jakarta - ibu kota lama - tetap ramai pada hari libur panjang.",
        "Jakarta - Bandung kini satu jam dengan kereta cepat yang baru.",
        "KPK - Lembaga itu memeriksa tiga saksi pada hari Senin kemarin.",
        "WARTALEMBAH - sebuah desa kecil di kaki gunung yang selalu hijau.",
        "Reuters - the agency - was told first about the new bridge.",
        "Putri Ayu (23) - Mahasiswi itu pulang ke desa setelah ujian selesai.",
        "Tiket.com, Traveloka, dan Pegipegi memberi potongan harga untuk libur.",
        "Booking.com Indonesia membuka kantor baru di kota itu pada hari Senin.",
        "Kompas.com melaporkan kejadian itu pada hari Senin pagi di lokasi.",
        "Jakarta: kota yang tidak pernah tidur dan selalu bising di malam hari.",
        "CATATAN: Harga belum termasuk pajak dan biaya kirim ke luar kota.",
        "Rapat, 3 Maret - Presiden hadir bersama para menteri dan gubernur.",
        "COVID-19 - Jumlah kasus turun untuk pekan ketiga di seluruh provinsi.",
        "People - Three of them left the valley before the snow came down.",
        "Dia berkata - dengan pelan - bahwa semua akan baik pada akhirnya.",
        "Skor akhir 3 - 2 untuk tim tamu yang bermain lebih baik semalam.",
        "- Warga desa menanam padi di sawah milik bersama sejak pagi hari.",
        "- Jakarta - 2019 - 2024 -",
    ],
)
def test_no_dateline(opening):
    stripped = strip(opening)
    assert stripped.dateline is None
    assert stripped.text == opening


class TestPosition:
    CAPTION = "Warga berdiri di tepi sungai pada hari Senin pagi, beberapa jam sebelum pintu air dibuka oleh petugas."

    def test_behind_a_caption_where_the_outlet_is_named(self):
        stripped = strip(f"{self.CAPTION}\n\nREPUBLIKA.CO.ID, PENANG -- {REST}")
        assert stripped.dateline
        assert stripped.dateline.place == "PENANG"
        assert stripped.text == f"{self.CAPTION}\n{REST}"

    def test_not_behind_one_where_only_the_place_is(self):
        assert strip(f"{self.CAPTION}\nJAKARTA - {REST}").dateline is None

    def test_behind_an_advertisement(self):
        stripped = strip(f"ADVERTISEMENT\nJAKARTA - {REST}\n{self.CAPTION}")
        assert stripped.dateline
        assert stripped.dateline.start == len("ADVERTISEMENT\n")

    def test_not_deep_in_the_article(self):
        assert strip("\n".join([self.CAPTION] * 6) + f"\nMerdeka.com - {REST}").dateline is None

    def test_on_a_line_of_its_own(self):
        stripped = strip(f"Merdeka.com -\n{REST}")
        assert stripped.dateline
        assert stripped.text == REST


def test_one_dateline_is_taken_not_two():
    stripped = strip(f"JAKARTA, KOMPAS.com - JAKARTA - {REST}")
    assert stripped.dateline
    assert stripped.dateline.text == "JAKARTA, KOMPAS.com -"
