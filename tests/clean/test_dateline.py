"""Which part of a dateline is the outlet and which the place, and what is no dateline."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kabar.clean.lines import strip
from kabar.clean.stage import CleanStage
from kabar.contracts.observation import accept
from kabar.contracts.outcomes import Forward
from kabar.errors import BadMessage, Oversize
from kabar.producers.files.inputs import open_input

WIRE = Path(__file__).parents[2] / "samples" / "wire"
OWN = ("Kabar Pagi", "kabarpagi.example", "")

REST = (
    "Presiden meresmikan bendungan itu pada hari Senin dan berbicara dengan warga desa selama satu jam penuh."
)


def read(head: str, rest: str = REST, outlets: tuple[str, ...] = ()):
    found = strip(head + rest, outlets=outlets).dateline
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
    "head, source, place",
    [
        ("TERNATE, KABARPAGI - ", "KABARPAGI", "TERNATE"),
        ("Ternate, KabarPagi - ", "KabarPagi", "Ternate"),
        ("TERNATE (Kabar Pagi) – ", "Kabar Pagi", "TERNATE"),
        ("Kabar Pagi, Ternate - ", "Kabar Pagi", "Ternate"),
        ("Kabar Pagi, Ternate | ", "Kabar Pagi", "Ternate"),
        ("Ternate, Kabarpagi.example | ", "Kabarpagi.example", "Ternate"),
        ("LEMBAH SUNYI, KABARPAGI.EXAMPLE – ", "KABARPAGI.EXAMPLE", "LEMBAH SUNYI"),
        ("Kabar Pagi - ", "Kabar Pagi", ""),
        ("KABAR-PAGI - ", "KABAR-PAGI", ""),
        ("kabarpagi.example - ", "kabarpagi.example", ""),
        ("KABARPAGI.EXAMPLE ", "KABARPAGI.EXAMPLE", ""),
    ],
)
def test_the_producers_name_and_domain_in_any_spelling(head, source, place):
    assert read(head, outlets=OWN) == (source, place, head.strip())


@pytest.mark.parametrize("domain", ["www.kabarpagi.example", "news.kabarpagi.co.id", "m.kabarpagi.com"])
def test_of_a_domain_the_name_in_it(domain):
    assert read("KABAR PAGI – ", outlets=(domain,)) == ("KABAR PAGI", "", "KABAR PAGI –")
    assert read("News - ", outlets=(domain,)) is None


@pytest.mark.parametrize("outlets", [("",), ("-", "."), ("é",), ("Lembah",)])
def test_other_names_of_the_producer_open_nothing(outlets):
    assert read("Kabar Pagi - ", outlets=outlets) is None


def test_a_producer_called_like_a_place():
    assert read("SEMARANG - ", outlets=("Semarang",)) == ("", "SEMARANG", "SEMARANG -")


@pytest.mark.parametrize(
    "head, source, place",
    [
        ("SEMARANG, KABARPAGI - ", "KABARPAGI", "SEMARANG"),
        ("MANADO, HALMAHERAPOS – ", "HALMAHERAPOS", "MANADO"),
        ("MANADO, LEMBAH SUNYI – ", "LEMBAH SUNYI", "MANADO"),
        ("Manado, Halmahera Pos – ", "Halmahera Pos", "Manado"),
        ("Halmahera Pos, Manado - ", "Halmahera Pos", "Manado"),
        ("Radar Lembah, Manado - ", "Radar Lembah", "Manado"),
        ("RADAR LEMBAH, Manado - ", "RADAR LEMBAH", "Manado"),
        ("LEMBAHKITA, Manado - ", "LEMBAHKITA", "Manado"),
        ("KUPANG, LEMBAH.EXAMPLE - ", "LEMBAH.EXAMPLE", "KUPANG"),
        ("Kupang, lembah.example - ", "lembah.example", "Kupang"),
        ("PANTURA POST - ", "PANTURA POST", ""),
        ("KABAR LEMBAH SUNYI — ", "KABAR LEMBAH SUNYI", ""),
        ("NORTHVALE (Valewire) — ", "Valewire", "NORTHVALE"),
        ("NORTHVALE, July 5 (Valewire) - ", "Valewire", "NORTHVALE"),
        ("Northvale, July 5 (Valewire) - ", "Valewire", "Northvale"),
        ("LONDON, England (Valley Wire) – ", "Valley Wire", "LONDON, England"),
        ("NORTHVALE, Canada — ", "", "NORTHVALE, Canada"),
        ("CIHIRIS, Jawa Barat – ", "", "CIHIRIS, Jawa Barat"),
        ("NEWPORT NEWS, Va., April 1 - ", "", "NEWPORT NEWS, Va"),
        ("Peoria, April 7 - ", "", "Peoria"),
        ("Toboali, 12 Mei 2024 - ", "", "Toboali"),
        ("PORT MORESBY - ", "", "PORT MORESBY"),
    ],
)
def test_names_that_no_list_holds(head, source, place):
    assert read(head) == (source, place, head.strip())


def test_a_head_the_article_speaks_of_is_a_town():
    rest = (
        "Builders restoring the lighthouse at Hollow Point found a lamp that nobody had seen for a century."
    )
    assert read("HOLLOW POINT — ", rest) == ("", "HOLLOW POINT", "HOLLOW POINT —")


def test_but_an_outlet_one_spoke_to_is_none():
    rest = "Warga menanam padi sejak pagi hari, kata kepala desa kepada Lembah Kita pada hari Senin kemarin."
    assert read("LEMBAH KITA — ", rest) == ("LEMBAH KITA", "", "LEMBAH KITA —")


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
        "BREAKING NEWS - The dam broke at noon and the villages were warned.",
        "EXCLUSIVE - The mayor sold the bridge to his own company in May.",
        "FOTO ARSIP - Warga menanam padi di sawah milik bersama sejak pagi.",
        "VIDEO: LEMBAH - Warga menanam padi di sawah milik bersama sejak pagi.",
        "OPINI - Mengapa warga desa menolak bendungan yang dijanjikan itu.",
        "JAKARTA, FOTO - Warga menanam padi di sawah milik bersama sejak pagi.",
        "JAKARTA, COVID-19 - Jumlah kasus turun untuk pekan ketiga di kota.",
        "WHAT WE KNOW - The dam broke at noon and the villages were warned.",
        "TANYA JAWAB - Bagaimana cara menanam padi di lahan yang sempit itu.",
        "SATU DUA TIGA EMPAT - Anak-anak berhitung bersama di halaman sekolah.",
        "LEMBAH SUNYI - sebuah desa kecil di kaki gunung yang selalu hijau.",
        "LEMBAH-Sunyi itu desa kecil di kaki gunung yang selalu hijau.",
        "Kabar Baik - Warga menanam padi di sawah milik bersama sejak pagi.",
        "Pantai Lembah, Bali - Warga menanam padi di sawah milik bersama.",
        "SIWALAN (SWL) - Saham perusahaan itu naik tiga persen pada hari Senin.",
        "Senin, 26 Feb - Presiden hadir bersama para menteri dan gubernur.",
        "Harga emas | Rupiah menguat terhadap dolar pada hari Senin kemarin.",
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


def wire_articles():
    """Every article of the sample wire, cleaned: its source and its clean section."""
    for file in sorted(WIRE.glob("*.jsonl")):
        with open_input(file) as records:
            for record in records.read():
                try:
                    message = accept(
                        record.fields or {},
                        observation_id="0" * 32,
                        observed_at=1_783_296_000_000,
                        accepted_at=1_783_296_000_000,
                        origin=f"{file.name}#{record.number}",
                    )
                except (BadMessage, Oversize):
                    continue  # what hostile producers send
                effects = CleanStage().process(message) if message.header.kind == "article" else []
                for effect in effects:
                    if isinstance(effect, Forward):
                        yield message, effect.message.clean


@pytest.fixture(scope="module")
def articles():
    return list(wire_articles())


class TestWire:
    """The wire's own outlets, by what its producers say of them and no list."""

    SHAPE = re.compile(
        r"[A-Z][A-Z.' ]{2,30}(?:, [A-Z][\w.' ]{2,30}){0,2}(?:, July \d)?(?: \([A-Z]\w+\))?\s[-–—|]\s"
    )

    def test_no_text_begins_with_a_dateline(self, articles):
        assert len(articles) > 190
        left = [clean.text[:60] for _, clean in articles if self.SHAPE.match(clean.text)]
        assert left == []

    def test_nor_with_the_name_of_its_outlet_before_a_dash(self, articles):
        for message, clean in articles:
            head = re.split(r"\s[-–—|]\s", clean.text[:90])
            letters = "".join(filter(str.isalpha, head[0].casefold()))
            name = "".join(filter(str.isalpha, message.raw.source.name.casefold()))
            assert len(head) == 1 or name not in letters, clean.text[:90]

    @pytest.mark.parametrize(
        "outlet", ["Kabar Pagi", "Warta Timur", "Harian Laut", "Suara Selatan", "Lentera", "Teras Kota"]
    )
    def test_who_always_writes_one_is_its_source(self, articles, outlet):
        name = outlet.casefold().replace(" ", "")
        lines = [clean.dateline for message, clean in articles if message.raw.source.name == outlet]
        ours = [line for line in lines if line and name in line.source.casefold().replace(" ", "")]
        assert len(ours) >= len(lines) - 2, "all but what begins in the middle"
        assert len(ours) > 10

    def test_agencies_in_brackets_whoever_carries_them(self, articles):
        lines = [clean.dateline for _, clean in articles if clean.dateline and "(" in clean.dateline.text]
        assert len(lines) > 20
        assert {line.source for line in lines} == {"Coastwire", "Nusawire"}
        assert all(line.place for line in lines)
