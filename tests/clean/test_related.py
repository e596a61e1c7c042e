"""Related links: alone on a line, before a list of titles, glued to a paragraph."""

from __future__ import annotations

import pytest

from kabar.clean.lines import strip
from tests.clean.samples import AFTER, BEFORE, assert_accounted


def links(middle: str):
    received = "\n".join([*BEFORE, middle, *AFTER])
    stripped = strip(received)
    assert_accounted(received, stripped)
    return stripped.related, "\n".join(stripped.text.split("\n")[len(BEFORE) : -len(AFTER)])


@pytest.mark.parametrize(
    "line, title",
    [
        ("Baca Juga: Panen Raya di Lembah", "Panen Raya di Lembah"),
        ("Baca juga :Panen raya di lembah hijau", "Panen raya di lembah hijau"),
        ("BACA JUGA Panen Raya di Lembah Hijau", "Panen Raya di Lembah Hijau"),
        ("Baca: Panen Raya di Lembah Hijau", "Panen Raya di Lembah Hijau"),
        ("Simak juga: Benarkah Panen Gagal? Ini Kata Bupati", "Benarkah Panen Gagal? Ini Kata Bupati"),
        ("Lihat juga Video Detik-detik Panen Raya", "Detik-detik Panen Raya"),
        ('Tonton juga "Panen Raya di Lembah" di sini:', "Panen Raya di Lembah"),
        ("Saksikan juga: Panen raya di lembah", "Panen raya di lembah"),
        ("Artikel terkait: Panen raya di lembah", "Panen raya di lembah"),
        ("Baca lagi: Tuaian padi di kampung", "Tuaian padi di kampung"),
        ("Berita berkaitan: Tuaian padi di kampung", "Tuaian padi di kampung"),
        ("• Baca juga: Panen Raya", "Panen Raya"),
        ("(Baca juga: Panen Raya di Lembah)", "Panen Raya di Lembah"),
        ("[Baca Juga: Panen Raya di Lembah]", "Panen Raya di Lembah"),
        ("*Baca Juga:* **Panen Raya di Lembah**", "Panen Raya di Lembah"),
        ("Also read: Five villages share one doctor", "Five villages share one doctor"),
        ("READ ALSO: Five Villages Share One Doctor", "Five Villages Share One Doctor"),
        ("Read more: Five villages share one doctor", "Five villages share one doctor"),
        ("Related: Five villages share one doctor", "Five villages share one doctor"),
        ("See also: Five villages share one doctor", "Five villages share one doctor"),
        ("Watch: Ferry leaves for the last time", "Ferry leaves for the last time"),
        ("You may also like: Five villages share one doctor", "Five villages share one doctor"),
    ],
)
def test_a_line_of_its_own(line, title):
    found, rest = links(line)
    assert [link.title for link in found] == [title]
    assert rest == ""


def test_an_address_in_the_line_is_kept():
    (found,), _ = links("Baca juga: Panen Raya di Lembah https://kabar.example/panen?id=5")
    assert (found.title, found.url) == ("Panen Raya di Lembah", "https://kabar.example/panen?id=5")


class TestCueAlone:
    def test_following_titles_are_links(self):
        found, rest = links(
            "Baca juga:\nPanen Raya di Lembah Hijau\nHarga Gabah Naik Lagi\nWarga pulang ke desa pada malam hari."
        )
        assert [link.title for link in found] == ["Panen Raya di Lembah Hijau", "Harga Gabah Naik Lagi"]
        assert rest == "Warga pulang ke desa pada malam hari."

    def test_running_text_after_it_stays(self):
        found, rest = links("Baca juga:\nWarga pulang ke desa pada malam hari.")
        assert found == []
        assert rest == "Warga pulang ke desa pada malam hari."

    def test_at_most_six(self):
        titles = [f"Judul Berita Panjang Nomor {i}" for i in range(9)]
        found, _ = links("Berita terkait:\n" + "\n".join(titles))
        assert [link.title for link in found] == titles[:6]

    @pytest.mark.parametrize("word", ["Baca", "More", "Lihat", "Watch"])
    def test_one_word_is_no_cue(self, word):
        assert links(word) == ([], word)


@pytest.mark.parametrize(
    "line, title, rest",
    [
        ("Air sudah surut. Baca Juga: Warga Pulang ke Rumah", "Warga Pulang ke Rumah", "Air sudah surut."),
        ("Air surut. Baca juga: Warga pulang. Mereka membersihkan rumah.", "Warga pulang.", "Air surut. Mereka membersihkan rumah."),
        ("Air surut. Baca Juga: Harga Gabah Naik Lagi Menurut dia, panen bagus.", "Harga Gabah Naik Lagi", "Air surut. Menurut dia, panen bagus."),
        ("Beras, gula, dan lainnya. Baca Juga Negara Kepulauan Sepakat Hapus Bea", "Negara Kepulauan Sepakat Hapus Bea", "Beras, gula, dan lainnya."),
        ("Air surut (Baca juga: Warga Pulang ke Rumah) di tiga desa.", "Warga Pulang ke Rumah", "Air surut di tiga desa."),
        ("Air surut, katanya. Simak Video 'Warga Pulang ke Rumah':", "Warga Pulang ke Rumah", "Air surut, katanya."),
        ("The water fell. Read more: Families Return Home", "Families Return Home", "The water fell."),
    ],
)  # fmt: skip
def test_glued_to_a_paragraph(line, title, rest):
    found, left = links(line)
    assert [link.title for link in found] == [title]
    assert left == rest


@pytest.mark.parametrize(
    "line",
    [
        "Baca juga hati rakyat, katanya",
        "Baca juga hati rakyat, katanya.",
        "Itu pesannya. Baca juga hati rakyat, katanya kepada para menteri.",
        "Kami lihat juga saat latihan, belum bisa memutuskan, kata pelatih.",
        "Ia harus melihat juga sosok itu dari dekat sebelum menilai.",
        "Simak baik-baik apa yang ia katakan tentang desa itu.",
        "Saksikan sendiri, kata dia, betapa indahnya lembah itu.",
        "Read more books, the teacher told the children.",
        "See also how the river bends, she told the visitors.",
        "Related to the storm, he said, were three power cuts.",
        "Ia membaca (baca: menghafal) seluruh naskah itu.",
        "Buku itu wajib dibaca juga oleh para guru.",
        "Itu pesannya. Baca juga Pasal 12 undang-undang itu dengan teliti.",
    ],
)
def test_plain_speech_stays(line):
    assert links(line) == ([], line)
