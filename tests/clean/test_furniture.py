"""What the publisher puts around the text, beyond the samples of the rules."""

from __future__ import annotations

import pytest

from kabar.clean.lines import strip
from tests.clean.samples import BEFORE, assert_accounted


def tail(*lines: str):
    received = "\n".join([*BEFORE, *lines])
    stripped = strip(received)
    assert_accounted(received, stripped)
    return stripped, stripped.text.split("\n")[len(BEFORE) :]


@pytest.mark.parametrize(
    "line, authors",
    [
        ("Editor: Sri Rahayu", ["Sri Rahayu"]),
        ("Penulis: Budi Santoso | Editor: Sri Rahayu", ["Budi Santoso", "Sri Rahayu"]),
        ("Penulis : Kontributor Medan, Budi Santoso|Editor : Sri Rahayu", ["Budi Santoso", "Sri Rahayu"]),
        ("Reporter: FBA", ["FBA"]),
        ("Penulis: drew / cie", ["drew", "cie"]),
        ("Pewarta: Budi Santoso dan Ana Brook", ["Budi Santoso", "Ana Brook"]),
        ("Reporting by Ana Brook, Tom Field and Sri Rahayu", ["Ana Brook", "Tom Field", "Sri Rahayu"]),
        ("Produced and edited by Ana Brook", ["Ana Brook"]),
        ("Redaktur : Joko Anwar", ["Joko Anwar"]),
    ],
)
def test_credits_become_authors(line, authors):
    stripped, rest = tail(line)
    assert stripped.authors == authors
    assert rest == []


def test_a_label_with_the_name_on_the_next_line():
    stripped, rest = tail("Editor:", "Sri Rahayu")
    assert stripped.authors == ["Sri Rahayu"]
    assert rest == []


def test_a_byline_at_the_top():
    stripped = strip("\n".join(["By Ana Brook", *BEFORE]))
    assert stripped.authors == ["Ana Brook"]
    assert stripped.text == "\n".join(BEFORE)


@pytest.mark.parametrize(
    "sign",
    ["(abc)", "(abc/xyz)", "[noe]", "(ard / ard)", "(Ant/bud)", "(T.I025/R010)", "(M054)", "(Antara)", "[Antara]", "(Adv)", "(Reuters)", "***", "(Amir Fajar/P-3)"],
)  # fmt: skip
def test_sign_offs_behind_the_last_sentence(sign):
    stripped, rest = tail(f"“Kami senang,” ujarnya. {sign}")
    assert rest == ["“Kami senang,” ujarnya."]
    assert [piece.text for piece in stripped.removed] == [sign]


@pytest.mark.parametrize(
    "line",
    [
        "Ia tinggal di Lembah (Jawa)",
        "Harganya naik (sekitar)",
        "Partai itu menang (PKL).",
        "Ia dibantu tim dokter (dan perawat).",
        "Warga pulang. (Mereka lelah sekali.)",
        "“Perusahaan ini [Lembah] maju.”",
    ],
)
def test_other_brackets_stay(line):
    _, rest = tail(line)
    assert rest == [line]


def test_initials_in_the_middle_stay():
    received = "\n".join(["Warga pulang. (abc)", *BEFORE, *BEFORE])
    assert strip(received).text == received


@pytest.mark.parametrize(
    "lines",
    [
        ["ADVERTISEMENT", "SCROLL TO CONTINUE WITH CONTENT"],
        ["3 dari 5 halaman"],
        ["Halaman Selanjutnya"],
        ["Artikel ini telah tayang di Warta Lembah dengan judul Panen Raya"],
        ["Cek Berita dan Artikel yang lain di Google News"],
        ["Ikuti Warta Lembah di WhatsApp"],
        ["Yuk, gabung di kanal Telegram kami"],
        ["Follow Valley Radio on Twitter."],
        ["Sign up for our newsletter"],
        ["© 2024 Warta Lembah"],
        ["All rights reserved."],
        ["Foto: Dok. Warga"],
        ["Saksikan video pilihan di bawah ini:"],
        ["Reuter"],
        ["[Gambas:Video 20detik]"],
    ],
)
def test_furniture_goes(lines):
    _, rest = tail(*lines)
    assert rest == []


@pytest.mark.parametrize(
    "line",
    [
        "By Monday",
        "Penulis buku itu, Yusuf, lahir di desa.",
        "Iklan rokok dilarang di stasiun televisi.",
        "Ikuti jejak ayahnya, ia menjadi guru di desa itu.",
        "Halaman rumah itu luas dan hijau sepanjang tahun.",
        "Copyright law is changing, lawyers say.",
        "Video berdurasi satu menit itu diunggah pada hari Minggu.",
        "3 dari 5 anak kekurangan gizi, kata dokter desa.",
        "Selanjutnya, polisi memeriksa saksi.",
        "Reuters, the agency, said so.",
    ],
)
def test_sentences_with_the_same_words_stay(line):
    _, rest = tail(line)
    assert rest == [line]
