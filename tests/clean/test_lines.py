"""From received text to article text: everything together, and every character accounted for."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kabar.clean.lines import Stripped, strip
from tests.clean.samples import assert_accounted, taken

ARTICLE = """KABARTOP - Ketua Dewan Sungai Rahmat Hidayat mengatakan pada hari Senin bahwa bendungan tetap aman, tetapi menambahkan bahwa pintu air harus diperbaiki sebelum musim hujan tiba.
Rahmat berpendapat masih ada waktu untuk memperbaikinya bila semua pihak bekerja bersama.
Baca Juga: Teknologi Pintu Air Paling Kuat Di Abad Ini
Pemimpin desa itu mengatakan warga di hilir sudah tiga kali mengungsi dalam dua tahun.
Dilansir kanal Youtube LEMBAH 7 English; “Bayangkan air datang pada malam hari,” kata Rahmat. “Apakah ada yang memikirkannya?”
Pemerintah daerah ingin mencegah apa yang dilihatnya sebagai bencana yang dapat diduga.
Baca Juga: Sampan, Sejarah Warga Menyeberang Sungai
Seorang pejabat Dinas Pengairan mengatakan Rahmat sudah menyerahkan surat kepada gubernur dan menunggu jawaban.
Keputusan itu "akan lebih baik jika diambil sekarang", pejabat tersebut melaporkan kepada gubernur dikutip dari LEMBAH 7 English.
Namun, pejabat itu mengatakan, "tidak ada yang kami dengar dalam beberapa hari ini".
Baca Juga: Gubernur Khawatirkan Pasokan Air di Tengah Kemarau
"Kami terus mendengar janji," kata pejabat itu, yang berbicara tanpa menyebut nama."""


@pytest.fixture(scope="module")
def stripped() -> Stripped:
    return strip(ARTICLE)


class TestAWholeArticle:
    def test_the_dateline_is_a_field(self, stripped):
        assert stripped.dateline
        assert (stripped.dateline.source, stripped.dateline.place) == ("KABARTOP", "")
        assert stripped.text.startswith("Ketua Dewan Sungai")

    def test_related_titles_leave_the_text(self, stripped):
        assert [link.title for link in stripped.related] == [
            "Teknologi Pintu Air Paling Kuat Di Abad Ini",
            "Sampan, Sejarah Warga Menyeberang Sungai",
            "Gubernur Khawatirkan Pasokan Air di Tengah Kemarau",
        ]
        assert "Baca Juga" not in stripped.text
        assert ARTICLE[stripped.related[0].start : stripped.related[0].end].startswith("Baca Juga: ")

    def test_credits_name_the_outlet_and_the_channel(self, stripped):
        assert [(c.outlet, c.channel, c.removed) for c in stripped.attributions] == [
            ("LEMBAH 7 English", "youtube", True),
            ("LEMBAH 7 English", "", True),
        ]
        assert "LEMBAH 7" not in stripped.text

    def test_sentences_stay_whole(self, stripped):
        assert "\n“Bayangkan air datang pada malam hari,” kata Rahmat." in stripped.text
        assert "pejabat tersebut melaporkan kepada gubernur.\n" in stripped.text

    def test_every_character_is_accounted_for(self, stripped):
        assert_accounted(ARTICLE, stripped)

    def test_nothing_was_noted(self, stripped):
        assert stripped.notes == []

    def test_stripping_again_takes_nothing(self, stripped):
        again = strip(stripped.text)
        assert taken(again) == []
        assert again.text == stripped.text


class TestWhiteSpace:
    @pytest.mark.parametrize(
        "received, text",
        [
            ("Satu.\n\n\n\nDua.", "Satu.\nDua."),
            ("  Satu.  \r\n\r\n\tDua.  \n", "Satu.\nDua."),
            ("Satu  dua\ttiga.", "Satu dua tiga."),
            ("Satu.\u2028Dua.", "Satu.\nDua."),
            ("\n \n", ""),
            ("", ""),
        ],
    )
    def test_paragraphs(self, received, text):
        assert strip(received).text == text

    def test_a_cut_in_the_middle_of_a_line_leaves_one_space(self):
        body = "Warga pulang ke desa. [Gambas:Video 20detik] Mereka membersihkan rumah masing-masing sejak pagi hari."
        assert strip(body).text.startswith("Warga pulang ke desa. Mereka membersihkan")


class TestRepairedText:
    def test_spans_point_into_the_text_as_it_came(self):
        received = "JAKARTA, KOMPAS.com &ndash; Caf&eacute; itu ramai &amp; murah, kata pemiliknya kepada para tamu yang datang.\nBaca juga: Kopi &amp; Teh Naik Harga\nWarga datang setiap hari untuk minum kopi dan berbicara tentang sawah mereka."
        stripped = strip(received)
        assert stripped.text.startswith("Café itu ramai & murah")
        assert stripped.dateline
        assert received[stripped.dateline.start : stripped.dateline.end] == stripped.dateline.text
        assert stripped.dateline.text.startswith("JAKARTA, KOMPAS.com")
        link = stripped.related[0]
        assert link.title == "Kopi & Teh Naik Harga"
        assert received[link.start : link.end] == "Baca juga: Kopi &amp; Teh Naik Harga"
        assert "repaired" in stripped.notes

    def test_windows_line_ends_move_no_span(self):
        received = ARTICLE.replace("\n", "\r\n\r\n")
        stripped = strip(received)
        assert stripped.text == strip(ARTICLE).text
        assert_accounted(received, stripped)


class TestWrappedText:
    WIRE = """  LEMBAH, March 3 - The valley council said it will close the old
bridge over the river for a year while a new one is built beside
it, and asked the two villages to share a ferry until then.
    The ferry will run from six in the morning until ten at night,
every half hour, the council said in a statement to the people of
the valley.
 Reuter"""

    def test_paragraphs_are_joined(self):
        assert strip(self.WIRE).text.split("\n") == [
            "The valley council said it will close the old bridge over the river for a year while a new one is built beside it, and asked the two villages to share a ferry until then.",
            "The ferry will run from six in the morning until ten at night, every half hour, the council said in a statement to the people of the valley.",
        ]

    def test_dateline_and_end_mark_go(self):
        stripped = strip(self.WIRE)
        assert stripped.dateline
        assert stripped.dateline.place == "LEMBAH"
        assert [piece.rule for piece in stripped.removed] == ["furniture.wire_end"]
        assert_accounted(self.WIRE, stripped)


class TestHeadline:
    BODY = "Warga Menanam Padi\nWarga desa menanam padi di sawah milik bersama sejak pagi.\nMereka pulang sore hari."

    def test_the_title_repeated_in_the_body_goes(self):
        stripped = strip(self.BODY, title="Warga menanam “padi”")
        assert stripped.text.startswith("Warga desa")
        assert stripped.removed[0].rule == "furniture.headline"
        assert_accounted(self.BODY, stripped)

    def test_another_first_line_stays(self):
        assert strip(self.BODY, title="Warga Menanam Jagung").text == self.BODY


class TestOwnSource:
    BODY = "Lembahku - warga desa menanam padi di sawah milik bersama sejak pagi hari dan pulang sore."

    def test_an_unknown_name_is_no_dateline(self):
        assert strip(self.BODY.replace("warga", "Warga")).dateline is None

    def test_the_articles_own_source_is(self):
        stripped = strip(self.BODY.replace("warga", "Warga"), outlets=["Lembahku"])
        assert stripped.dateline
        assert stripped.dateline.source == "Lembahku"


class TestAuthors:
    def test_names_of_credit_lines_in_order(self):
        body = ARTICLE + "\nReporter: Sari Dewi\nEditor: Joko Anwar"
        stripped = strip(body)
        assert stripped.authors == ["Sari Dewi", "Joko Anwar"]
        assert "Editor" not in stripped.text
        assert_accounted(body, stripped)


PIECES = st.sampled_from(
    [
        "Baca Juga: Judul Berita Lain yang Panjang", "baca juga:", "JAKARTA, KOMPAS.com - ", "Dilansir dari Reuters, Presiden pergi.",
        "“Kami siap,” kata dia, seperti dikutip dari Antara.", "ADVERTISEMENT", "(abc/xyz)", "Editor: Budi Santoso", "\n", "\n\n", " ", "\t", "\r\n",
        "Read more: Bridge closes", "[Gambas:Video 20detik]", "&amp;", "caf\u00e9", "cafÃ©", "\u200b", "😀", "İ", "ß", "Warga pulang ke desa.", "3 dari 5 halaman",
        "(Baca juga: Judul Lain)", "Sumber: Reuters dan Antara", "“", "”", "- ", "Halaman Selanjutnya", "Follow us on Facebook.", "\u2028", "\x0b",
    ]
)  # fmt: skip


def test_a_cut_before_a_tab_leaves_no_blank_at_the_start():
    assert strip("Dilansir dari Reuters, Presiden pergi.\tKe Bogor.").text == "Presiden pergi. Ke Bogor."


class TestAnyText:
    @settings(max_examples=150, deadline=None)
    @given(st.lists(st.one_of(PIECES, st.text(max_size=20)), max_size=40).map("".join))
    def test_spans_hold_and_nothing_is_lost(self, received):
        stripped = strip(received)
        if "repaired" not in stripped.notes:
            assert_accounted(received, stripped)
        for credit in stripped.attributions:
            source = received if credit.removed else stripped.text
            assert source[credit.start : credit.end] == credit.text
        for piece in stripped.removed:
            assert received[piece.start : piece.end] == piece.text
        assert stripped.text == stripped.text.strip()
        assert "\n\n" not in stripped.text

    @settings(max_examples=50, deadline=None)
    @given(st.lists(PIECES, max_size=30).map("".join))
    def test_the_same_text_gives_the_same_result(self, received):
        assert strip(received) == strip(received)

    @pytest.mark.parametrize(
        "hostile",
        [
            "a" * 1_000_000, "Baca juga: " * 20_000, "(baca: " * 20_000, "[gambas:" * 20_000, "Dilansir " + "Aa " * 50_000,
            "Jakarta, " * 20_000, "- " * 100_000, "dikutip dari Reuters. " * 12_000, "\n" * 200_000, 'Simak "' * 20_000,
            ("Editor: " + "A b " * 60 + "\n") * 200, "\x00\u200b" * 10_000, "Reuters reported " * 12_000, "Baca juga: Judul Lain Lagi\n" * 11_000,
        ],
        ids=lambda text: text[:12],
    )  # fmt: skip
    def test_hostile_text_ends(self, hostile):
        stripped = strip(hostile)
        assert len(stripped.text) <= len(hostile)
        assert len(stripped.related) + len(stripped.removed) <= 10_000
        assert len(stripped.attributions) <= 10_000
