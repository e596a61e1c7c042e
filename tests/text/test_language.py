from __future__ import annotations

from importlib import resources

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kabar.text.language import detect

TEXTS = [
    (
        "id",
        "Pemerintah menyatakan bahwa harga beras di beberapa kota besar mulai turun karena panen raya sudah tiba.",
    ),
    (
        "ms",
        "Kerajaan memaklumkan bahawa harga beras di beberapa bandar besar mula menurun kerana musim menuai sudah tiba.",
    ),
    (
        "en",
        "The government said that the price of rice in several large cities has begun to fall after the harvest.",
    ),
    ("fr", "Le gouvernement a déclaré que le prix du riz dans plusieurs grandes villes commence à baisser."),
    ("de", "Die Regierung teilte mit, dass der Preis für Reis in mehreren großen Städten zu sinken beginnt."),
    ("es", "El gobierno dijo que el precio del arroz en varias ciudades grandes ha comenzado a bajar."),
    (
        "nl",
        "De regering zei dat de prijs van rijst in verschillende grote steden begint te dalen na de oogst.",
    ),
    ("ru", "Правительство сообщило, что цена на рис в нескольких крупных городах начала снижаться."),
    ("ar", "قالت الحكومة إن سعر الأرز في عدة مدن كبيرة بدأ في الانخفاض بعد موسم الحصاد."),
    ("zh", "政府表示，收获季节过后，几个大城市的大米价格开始下降。"),
    ("ja", "政府は、収穫期の後、いくつかの大都市で米の価格が下がり始めたと発表した。"),
    ("th", "รัฐบาลกล่าวว่าราคาข้าวในหลายเมืองใหญ่เริ่มลดลงหลังฤดูเก็บเกี่ยว"),
]

HEADLINES = [
    ("id", "Polisi Tangkap Dua Pelaku Pencurian Sepeda Motor di Bandung"),
    ("id", "Rumah Sakit Umum Daerah Kekurangan Tenaga Perawat"),
    ("id", "Harga Cabai Naik, Ibu-ibu Mengeluh"),
    ("id", "Silver Stone Band Rilis Album Baru Bertajuk 'Midnight Rain'"),
    ("ms", "Polis tahan dua lelaki disyaki curi motosikal di Johor Bahru"),
    ("ms", "Hospital awam kekurangan jururawat, kata menteri"),
    ("ms", "Kes baharu kemalangan jalan raya meningkat pada Ogos"),
    ("en", "Police arrest two men over stolen bicycles"),
    ("en", "Minister of Health visits Kuala Lumpur hospital"),
    ("fr", "La police arrête deux hommes après un vol de vélos"),
]


@pytest.mark.parametrize("language, text", TEXTS)
def test_texts(language, text):
    found = detect(text)
    assert found.language == language
    assert found.confidence > 0.7


@pytest.mark.parametrize("language, title", HEADLINES)
def test_headlines(language, title):
    assert detect("", title).language == language


def test_title_and_text_count_together():
    assert (
        detect(
            "Pemerintah daerah akan memperbaiki jalan yang rusak pekan depan.", "Breaking News: Update"
        ).language
        == "id"
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n\t",
        "12.30 5/8 2019",
        "😀 🎉",
        "a",
        "https://example.com/a/b?c=d",
        "@someone #topic",
        "\x93\x94 \ud800",
    ],
)
def test_what_has_no_language_is_unknown(text):
    assert detect(text) == ("", 0.0)


def test_one_word_is_never_certain():
    assert detect("Rapat").confidence < 0.75
    assert detect("OK").confidence < 0.75


def test_a_doubtful_headline_is_less_certain_than_a_long_text():
    assert detect("", "Isu Utama Hari Ini").confidence < detect(TEXTS[0][1]).confidence


def test_a_relative_that_is_not_in_the_list_is_not_certain():
    text = "Urang Minang tu taka nan lah acok kito danga, pai marantau jauah manyubarangi lauik mancari iduik nan labiah rancak "
    assert detect(text * 2).confidence < 0.9


def test_control_characters_and_surrogates_do_not_disturb():
    dirty = TEXTS[0][1].replace(" ", "\x93 ", 3).replace("kota", "kota\ud800\ufffe")
    assert detect(dirty).language == "id"


def test_addresses_and_handles_do_not_count():
    links = "https://www.example.com/the/quick/brown/fox/jumps/over/the/lazy/dog/and/the/other/one " * 3
    assert detect(f"Warga menolak pembangunan jalan itu. {links} @english_user_name").language == "id"


@settings(deadline=None)  # the first call loads the models
@given(st.text(max_size=300))
def test_any_text_gets_an_answer(text):
    found = detect(text, text[:50])
    assert 0.0 <= found.confidence <= 1.0
    assert len(found.language) <= 16
    assert bool(found.language) == (found.confidence > 0)


@pytest.mark.parametrize(
    "text",
    ["x" * 500_000, "x " * 500_000, "http://" * 100_000, "@" * 500_000, "\ud800" * 100_000, "漢" * 300_000],
)
def test_hostile_texts_end(text):
    assert detect(text, text).confidence <= 1.0


def test_the_word_list_is_whole_and_says_where_it_is_from():
    lines = resources.files("kabar.text").joinpath("language_words.tsv").read_text("utf-8").splitlines()
    head = " ".join(line for line in lines if line.startswith("#"))
    assert "CC BY-SA 4.0" in head
    assert "wordfreq" in head
    rows = [line.split("\t") for line in lines if not line.startswith("#")]
    assert len(rows) > 10_000
    assert all(len(row) == 2 and len(row[1]) == 4 and row[1].isdigit() and "0" in row[1] for row in rows)
    assert len({word for word, _ in rows}) == len(rows)
