"""Summary: two sentences that can stand alone, word for word; a table of what cannot."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kabar.enrich import summary
from kabar.enrich.document import Text

FIRST = "Pemerintah kota membuka kembali jembatan lama pada hari Selasa."
SECOND = "Jembatan itu ditutup selama dua tahun untuk diperbaiki oleh dinas."
THIRD = "Warga menyambut pembukaan tersebut dengan arak-arakan di tepi sungai."


def of(text: str, language: str = "id", title: str = "") -> str:
    return summary.find(Text(text=text, title=title, language=language))


def test_the_first_two_sentences():
    assert of(f"{FIRST} {SECOND}\n{THIRD}") == f"{FIRST} {SECOND}"


def test_sentences_of_different_paragraphs_are_joined_by_a_blank():
    assert of(f"{FIRST}\n\n{SECOND}\n\n{THIRD}") == f"{FIRST} {SECOND}"


def test_sentences_are_kept_word_for_word():
    text = "Harga  beras naik 12,5 persen menjadi Rp 14.500 per kilogram. " + SECOND
    for sentence in ("Harga  beras naik 12,5 persen menjadi Rp 14.500 per kilogram.", SECOND):
        assert sentence in of(text)


CANNOT_STAND = [
    ("Baca juga: Lima Jembatan Tertua di Negeri Ini yang Masih Dipakai.", "a related link"),
    ("Baca Juga Lima Jembatan Tertua di Negeri Ini yang Masih Dipakai.", "a related link without colon"),
    ("Simak juga video tentang jembatan tertua di negeri ini.", "a link to a video"),
    ("Tonton juga video tentang jembatan tertua di negeri ini.", "another"),
    ("Read more: the five oldest bridges that are still in use.", "an English link"),
    ("Also read: the five oldest bridges that are still in use.", "another English link"),
    ("Related: the five oldest bridges that are still in use today.", "and another"),
    ("SCROLL TO CONTINUE WITH THE CONTENT OF THIS PAGE.", "a page instruction"),
    ("ADVERTISEMENT for the best bridges in the whole country.", "an advertisement"),
    ("Foto: Jembatan lama di tepi sungai pada hari Selasa pagi.", "a photo credit"),
    ("(Foto: Jembatan lama di tepi sungai pada hari Selasa pagi.)", "a photo credit in brackets"),
    ("Reporter: Rahmat Hidayat, Editor: Dewi Anggraini, Foto: Andi Wijaya.", "credits"),
    ("Sumber: dinas jembatan dan sungai kota pada hari Selasa pagi.", "a source line"),
    ("JAKARTA, Kabar Senja -", "a dateline alone"),
    ("Jembatan Lama Dibuka Kembali Oleh Pemerintah Kota Hari Ini", "a heading: no end"),
    ("Apakah jembatan lama itu benar-benar sudah aman untuk dilewati?", "a question"),
    ("Jembatan itu dibuka lagi.", "too few words"),
    ('Walikota berkata, "Jembatan ini sudah aman untuk dilewati warga.', "a quote that does not close"),
    ("“Jembatan ini sudah aman untuk dilewati oleh semua warga kota.", "a curly one"),
    ('dan sudah aman untuk dilewati warga," katanya pada hari Selasa.', "the end of one"),
    ("jembatan ini sudah aman untuk dilewati oleh semua warga kota.", "the rest of a sentence"),
    ("(jembatan ini sudah aman untuk dilewati oleh semua warga kota.", "half a bracket"),
    ("Jembatan " + "panjang sekali dan " * 60 + "selesai.", "a sentence without end"),
]


@pytest.mark.parametrize("sentence,why", CANNOT_STAND, ids=[row[1] for row in CANNOT_STAND])
def test_what_cannot_stand_alone_is_passed_over(sentence, why):
    assert of(f"{sentence}\n{FIRST}\n{SECOND}") == f"{FIRST} {SECOND}"
    assert of(sentence) == ""


STANDS = [
    '"Jembatan ini sudah aman untuk dilewati warga," kata walikota.',
    "Walikota berkata, “Jembatan ini sudah aman untuk dilewati warga.”",
    "Baca-tulis menjadi masalah utama warga di tepi sungai itu.",
    "Fotografer kota memamerkan gambar jembatan lama di balai kota.",
    "Sumber air di dekat jembatan lama mengering sejak hari Selasa.",
    "Editorial koran itu memuji keberanian dinas jembatan dan sungai kota.",
    "Watching the bridge open again moved many people of the old town.",
    "Reading the report took the council two days and one long night.",
    "Jembatan itu dibuka kembali pada hari Selasa pagi!",
    "Jembatan itu akhirnya dibuka kembali (setelah dua tahun) oleh dinas.",
]


@pytest.mark.parametrize("sentence", STANDS)
def test_what_can_stand_alone_is_kept(sentence):
    assert of(f"{sentence}\n{FIRST}\n{SECOND}") == f"{sentence} {FIRST}"


@pytest.mark.parametrize("text", ["", "   ", "\n\n", "Ya.", "- - -", "?"])
def test_nothing_to_say(text):
    assert of(text) == ""


def test_one_sentence_is_better_than_a_bad_second():
    assert of(f"{FIRST}\nApakah jembatan itu sudah aman untuk dilewati?") == FIRST


def test_a_repeated_sentence_counts_once():
    assert of(f"{FIRST}\n{FIRST}\n{SECOND}") == f"{FIRST} {SECOND}"


def test_only_the_beginning_is_searched():
    filler = "Bab baru tanpa akhir kalimat\n" * (summary.LOOK_AT + 5)
    assert of(filler + FIRST) == ""


@pytest.mark.parametrize(
    "text,language",
    [
        ("La ville a rouvert le vieux pont mardi matin. Il était fermé depuis deux ans déjà.", "fr"),
        ("市政府星期二重新开放了那座老桥。这座桥已经关闭了整整两年。", "zh"),
        ("قررت المدينة إعادة فتح الجسر القديم يوم الثلاثاء الماضي.", "ar"),
    ],
    ids=["fr", "zh", "ar"],
)
def test_other_languages_have_leads_too(text, language):
    assert of(text, language)
    assert all(part in text for part in of(text, language).split(" "))


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet=st.sampled_from('ab .,!?"“”()\n-:ABaca juga'), max_size=300))
def test_any_text_gives_sentences_of_the_text(text):
    found = of(text)
    assert len(found) <= 2 * summary.MAX_CHARS + 1
    assert found == of(text)
