"""Quotes: tables of sentences, the words heard in them, who says them, and what must not be taken for a speaker."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kabar.contracts.sections import Entity, Quote, Span
from kabar.enrich import quotes
from kabar.enrich.document import Text
from kabar.enrich.quotes.cues import LANGUAGES, cues_of, table
from kabar.enrich.quotes.marks import MAX_QUOTE, scan

PEOPLE = (
    "Vladimir Putin",
    "Budi Santoso",
    "Andi Wijaya",
    "Citra Lestari",
    "Eko Wahyuni",
    "Lisa Mariana",
    "Jhony Boy Nababan",
    "Maria Lopez",
    "John Smith",
    "Clara Murphy",
    "Donald Reed",
)
ORGANIZATIONS = ("NATO", "Kremlin", "Dinas Cuaca", "Bank of Norland", "Polda Sumut")


def entities(text: str) -> list[Entity]:
    """What a perfect entity annotator would find of the invented names: full names, and their parts as aliases."""
    out = []
    for kind, names in (("person", PEOPLE), ("organization", ORGANIZATIONS)):
        for name in names:
            parts = [name, *name.split()] if kind == "person" else [name]
            spans: list[Span] = []
            for part in parts:
                for match in re.finditer(rf"\b{part}\b", text):
                    if not any(span.start <= match.start() < span.end for span in spans):
                        spans.append(Span(match.start(), match.end()))
            if spans:
                spans.sort(key=lambda span: span.start)
                first = text[spans[0].start : spans[0].end]
                out.append(Entity(text=first, type=kind, name=name, count=len(spans), spans=spans))
    return out


def find(text: str, language: str = "id") -> list[Quote]:
    """Quotes of a text, with what must hold for all of them checked."""
    found = quotes.find(Text(text=text, language=language), entities(text))
    for quote in found:
        assert text[quote.start : quote.end] == quote.text
        assert quote.text == quote.text.strip()
        assert quote.text
        assert bool(quote.speaker) == (quote.speaker_span is not None)
        assert 0 <= quote.score <= 1
        if quote.speaker_span:
            assert 0 <= quote.speaker_span.start < quote.speaker_span.end <= len(text)
    starts = [quote.start for quote in found]
    assert starts == sorted(starts)
    return found


def speakers(text: str, language: str = "id") -> list[str]:
    return [quote.speaker for quote in find(text, language)]


# ---------------------------------------------------------------- marks

MARKS = [
    ('"Harga naik lagi," kata Budi.', ["Harga naik lagi,"], "straight"),
    ("“Harga naik lagi,” kata Budi.", ["Harga naik lagi,"], "curly"),
    ("«Harga naik lagi», kata Budi.", ["Harga naik lagi"], "guillemets"),
    ("„Harga naik lagi,“ kata Budi.", ["Harga naik lagi,"], "low opening, high closing"),
    ('“Harga naik lagi," kata Budi.', ["Harga naik lagi,"], "opened curly, closed straight"),
    ('"Harga naik lagi,” kata Budi.', ["Harga naik lagi,"], "opened straight, closed curly"),
    ("”Harga naik lagi,” kata Budi.", ["Harga naik lagi,"], "closing shape used to open"),
    ("''Harga naik lagi,'' kata Budi.", ["Harga naik lagi,"], "two apostrophes"),
    ("``Harga naik lagi,'' kata Budi.", ["Harga naik lagi,"], "TeX habits"),
    ("＂Harga naik lagi,＂ kata Budi.", ["Harga naik lagi,"], "full width"),
    (
        "‘We will go,’ she said. ‘It’s time.’",
        ["We will go,", "It’s time."],
        "single, with an apostrophe inside",
    ),
    ("the dogs’ owners’ club’s night", [], "apostrophes are no quotes"),
    ("it's John's '90s band", [], "straight apostrophes neither"),
    ('Sinetron " Sajadah Senja " tayang.', ["Sajadah Senja"], "blanks inside the marks"),
    ('pasar."Apakah karena pajak?" katanya.', ["Apakah karena pajak?"], "opening mark glued to a word"),
    ('"Harga naik lagi,"kata Budi.', ["Harga naik lagi,"], "closing mark glued to a word"),
    ('("Harga naik lagi")', ["Harga naik lagi"], "in brackets"),
    (
        '"Dia bilang "tidak mau" kemarin," kata Budi.',
        ['Dia bilang "tidak mau" kemarin,'],
        "nested, same marks",
    ),
    (
        "“Dia bilang ‘tidak mau’ kemarin,” kata Budi.",
        ["Dia bilang ‘tidak mau’ kemarin,"],
        "nested, other marks",
    ),
    ('"The 27" screen is good," she said.', ['The 27" screen is good,'], "an inch mark does not close"),
    (
        '"I won in 2016" and "I lost in 2018" were heard.',
        ["I won in 2016", "I lost in 2018"],
        "a number at the end",
    ),
    ('A 19" rack and a 21" one.', [], "inch marks alone"),
    ('"".', [], "nothing between the marks"),
    ('"   "', [], "blanks between the marks"),
    ("", [], "no text"),
    ('"', [], "a single mark"),
]


@pytest.mark.parametrize("text,expected,why", MARKS, ids=[row[2] for row in MARKS])
def test_words_between_marks(text, expected, why):
    assert [text[piece.start : piece.end] for piece in scan(text)] == expected


UNBALANCED = [
    (
        '"Kami siap, kata Budi.\nHari ini cerah.\n"Kami pergi," kata Andi.',
        ["Kami pergi,"],
        "a forgotten closing mark loses one line",
    ),
    ('Kami siap," kata Budi.\n"Kami pergi," kata Andi.', ["Kami pergi,"], "a forgotten opening mark"),
    ('"Kami siap, kata Budi. "Kami pergi," kata Andi.', ["Kami pergi,"], "resynchronised within the line"),
    (
        'Ia berkata "siap\n\nBaris biasa.\n\nBaris "kedua" biasa.',
        ["kedua"],
        "an open mark ends with its line",
    ),
    ('"Kami siap."\n"', ["Kami siap."], "a lone mark at the end"),
]


@pytest.mark.parametrize("text,expected,why", UNBALANCED, ids=[row[2] for row in UNBALANCED])
def test_unbalanced_marks_do_not_swallow_the_article(text, expected, why):
    assert [quote.text for quote in find(text)] == expected


def test_a_quote_longer_than_the_limit_is_none():
    text = '"' + "kata " * (MAX_QUOTE // 5 + 1) + '" selesai.'
    assert scan(text) == []


def test_speech_over_paragraphs_opens_each_and_closes_the_last():
    text = '"Kami datang pagi.\n"Kami pulang malam.\n"Itu saja," kata Budi.'
    found = find(text)
    assert [quote.text for quote in found] == ["Kami datang pagi.", "Kami pulang malam.", "Itu saja,"]
    assert {quote.speaker for quote in found} == {"Budi Santoso"}
    assert all(quote.direct for quote in found)


def test_speech_over_paragraphs_closed_without_opening_again():
    text = "“Kami datang pagi.\n\nKami pulang malam,” kata Budi."
    found = find(text)
    assert [quote.text for quote in found] == ["Kami datang pagi.", "Kami pulang malam,"]
    assert [quote.speaker for quote in found] == ["Budi Santoso", "Budi Santoso"]


def test_a_paragraph_that_tells_its_speaker_is_not_joined_to_the_next():
    text = '"Kami siap, kata Budi.\n"Kami pergi," kata Andi.'
    assert [(quote.text, quote.speaker) for quote in find(text)] == [("Kami pergi,", "Andi Wijaya")]


# ---------------------------------------------------------------- speakers behind the quote

BEHIND_ID = [
    ('"Harga naik lagi," kata Budi Santoso.', "Budi Santoso", "kata"),
    ('"Harga naik lagi," ujar Budi.', "Budi Santoso", "ujar"),
    ('"Harga naik lagi" kata Budi.', "Budi Santoso", "kata"),
    ('"Harga naik lagi", ucap Budi, Senin (2/3).', "Budi Santoso", "ucap"),
    ('"Harga naik lagi," begitu kata Budi.', "Budi Santoso", "kata"),
    ('"Harga naik lagi," tutur Pak Budi di Solo.', "Budi Santoso", "tutur"),
    ('"Harga naik lagi," Budi menuturkan.', "Budi Santoso", "menuturkan"),
    ('"Harga naik lagi", pejabat tersebut melaporkan Budi kepada Andi.', "pejabat tersebut", "melaporkan"),
    ('"Harga naik lagi," kata pejabat itu, yang tak mau disebut namanya.', "pejabat itu", "kata"),
    ('"Harga naik lagi," ujar hakim.', "hakim", "ujar"),
    (
        '"Harga naik lagi," kata seorang pejabat Kementerian Cuaca.',
        "seorang pejabat Kementerian Cuaca",
        "kata",
    ),
    (
        '"Harga naik lagi," kata politisi dari partai biru tersebut.',
        "politisi dari partai biru tersebut",
        "kata",
    ),
    ('"Harga naik lagi," ujar pria yang akrab disapa Aco, kemarin.', "pria yang akrab disapa Aco", "ujar"),
    ('"Harga naik lagi," kata perempuan berhijab itu sambil tersenyum.', "perempuan berhijab itu", "kata"),
    ('"Harga naik lagi," tulis Dinas Cuaca dalam rilisnya.', "Dinas Cuaca", "tulis"),
    ('"Harga naik lagi," tegas Menag.', "Menag", "tegas"),
    ('"Harga naik lagi," kata Kanit, terpisah.', "Kanit", "kata"),
    (
        '"Harga naik lagi," jelas Kasubdit I Penindakan Kortas Tipikor, Kombes Eko Wahyuni.',
        "Eko Wahyuni",
        "jelas",
    ),
    ('"Harga naik lagi," kata Direktur Reserse Polda Sumut Kombes Eko Wahyuni, Rabu.', "Eko Wahyuni", "kata"),
    ('"Harga naik lagi," kata Ketua Umum Persatuan Layar (PL) Budi Santoso.', "Budi Santoso", "kata"),
    ('"Harga naik lagi," kata Menteri Laut dan Ikan Budi Santoso.', "Budi Santoso", "kata"),
    (
        '"Harga naik lagi," kata pengacara Lisa Mariana, Jhony Boy Nababan, Senin.',
        "Jhony Boy Nababan",
        "kata",
    ),
    ('"Harga naik lagi," kata Budi, Ketua RT setempat.', "Budi Santoso", "kata"),
    ('"Harga naik lagi," kata Budi kepada Andi.', "Budi Santoso", "kata"),
    ('"Harga naik lagi," menurut Budi.', "Budi Santoso", "menurut"),
    ('"Naik lagi?" tanya Budi.', "Budi Santoso", "tanya"),
    ('"Harga naik lagi," Kata Budi.', "Budi Santoso", "kata"),
]


@pytest.mark.parametrize("text,speaker,cue", BEHIND_ID, ids=[row[0][18:60] for row in BEHIND_ID])
def test_indonesian_speaker_behind_the_quote(text, speaker, cue):
    (quote,) = find(text)
    assert (quote.speaker, quote.cue, quote.direct) == (speaker, cue, True)


BEHIND_EN = [
    ('"Prices rose again," said Maria Lopez.', "Maria Lopez", "said"),
    ('"Prices rose again," Maria Lopez said.', "Maria Lopez", "said"),
    ('"Prices rose again," Mr Murphy conceded.', "Clara Murphy", "conceded"),
    ('"Prices rose again," said Mr. Smith on Friday.', "John Smith", "said"),
    ('"Prices rose again," said 22-year-old student Maria Lopez.', "Maria Lopez", "said"),
    ('"Prices rose again," John Smith, a spokesman for the mill, told reporters.', "John Smith", "told"),
    ('"Prices rose again," said John Smith, who owns the mill.', "John Smith", "said"),
    ('"Prices rose again," said Sen. John Smith (R-Ohio), the chairman.', "John Smith", "said"),
    ('"Prices rose again," Sen. John Smith (R-Ohio) said.', "John Smith", "said"),
    ('"Prices rose again," according to John Smith.', "John Smith", "according to"),
    ('"Prices rose again," a spokesman for the mill said.', "a spokesman for the mill", "said"),
    ('"Prices rose again," said the judge.', "the judge", "said"),
    ('"Prices rose again," said Reed\'s spokesman, John Smith.', "John Smith", "said"),
    ('"Prices rose again," said Reed adviser John Smith.', "John Smith", "said"),
    ('"Prices rose again," added Maria Lopez of the Bank of Norland.', "Maria Lopez", "added"),
    ('"Prices rose again." - Maria Lopez', "Maria Lopez", ""),
    ('"Have prices risen?" asked Maria Lopez.', "Maria Lopez", "asked"),
]


@pytest.mark.parametrize("text,speaker,cue", BEHIND_EN, ids=[row[0][20:60] for row in BEHIND_EN])
def test_english_speaker_behind_the_quote(text, speaker, cue):
    (quote,) = find(text, "en")
    assert (quote.speaker, quote.cue, quote.direct) == (speaker, cue, True)


# ---------------------------------------------------------------- speakers before the quote

BEFORE = [
    ('Putin mengatakan, "Kami tetap terbuka."', "id", "Vladimir Putin", "mengatakan"),
    ('Putin juga mengatakan: "Kami tetap terbuka."', "id", "Vladimir Putin", "mengatakan"),
    (
        'Presiden Vladimir Putin menegaskan kepada pers, "Kami tetap terbuka."',
        "id",
        "Vladimir Putin",
        "menegaskan",
    ),
    ('Vladimir Putin (71) berkata, "Kami tetap terbuka."', "id", "Vladimir Putin", "berkata"),
    (
        'Budi Santoso, Ketua RT setempat, mengatakan, "Kami tetap terbuka."',
        "id",
        "Budi Santoso",
        "mengatakan",
    ),
    (
        'Namun, pejabat itu mengatakan, "tidak ada yang kami dengar" soal itu.',
        "id",
        "pejabat itu",
        "mengatakan",
    ),
    (
        'Seorang pejabat Kementerian Cuaca mengatakan: "Kami siap."',
        "id",
        "Seorang pejabat Kementerian Cuaca",
        "mengatakan",
    ),
    ('Menurut Budi, "Kami tetap terbuka untuk bicara."', "id", "Budi Santoso", "menurut"),
    ('Kapolresta menambahkan, "Kami tetap terbuka."', "id", "Kapolresta", "menambahkan"),
    ('Maria Lopez said: "We remain open to talks."', "en", "Maria Lopez", "said"),
    ('But Maria Lopez told reporters, "We remain open to talks."', "en", "Maria Lopez", "told"),
    ('According to Maria Lopez, "We remain open to talks."', "en", "Maria Lopez", "according to"),
    (
        'The long talks may well fail in the end again, Smith said: "We remain open to talks."',
        "en",
        "John Smith",
        "said",
    ),
    ('The spokesman said, "We remain open to talks."', "en", "The spokesman", "said"),
]


@pytest.mark.parametrize("text,language,speaker,cue", BEFORE, ids=[row[0][:40] for row in BEFORE])
def test_speaker_before_the_quote(text, language, speaker, cue):
    (quote,) = find(text, language)
    assert (quote.speaker, quote.cue, quote.direct) == (speaker, cue, True)


# ---------------------------------------------------------------- going on, and pronouns

SEQUENCES = [
    (
        "“Bayangkan mereka menjadi anggota,” kata Putin. “Haruskah kita melawan? Apakah ada yang memikirkannya?”",
        "id",
        ["Vladimir Putin"] * 2,
        "a split quote",
    ),
    ('"Kami siap," kata Budi, "dan kami datang."', "id", ["Budi Santoso"] * 2, "split within the sentence"),
    ('"We are ready," Smith said. "We will come."', "en", ["John Smith"] * 2, "split in English"),
    (
        '"We are ready," said Mr. Smith. "We will come."',
        "en",
        ["John Smith"] * 2,
        "an abbreviation ends no sentence",
    ),
    ('"Kami siap," kata Budi.\n"Kami datang," katanya.', "id", ["Budi Santoso"] * 2, "suffix form"),
    ('"Kami siap," kata Budi.\n"Kami datang," ujar dia.', "id", ["Budi Santoso"] * 2, "pronoun"),
    ('"Kami siap," kata pejabat itu.\n"Kami datang," imbuhnya.', "id", ["pejabat itu"] * 2, "a role goes on"),
    ('"We are ready," Lopez said.\n"We will come," she added.', "en", ["Maria Lopez"] * 2, "she"),
    (
        "“We are ready,” Lopez said.\n“We will come soon, all of us.”",
        "en",
        ["Maria Lopez"] * 2,
        "a paragraph of speech",
    ),
    (
        'Eko menyebut kasus lain diusut juga. "Saat ini kami menyelidiki," tuturnya.',
        "id",
        ["Eko Wahyuni"],
        "the subject of the sentence before",
    ),
    (
        '"Kami siap," kata Budi.\nMenurut Andi, jalan itu rusak.\n"Kami datang," katanya.',
        "id",
        ["Budi Santoso", "Andi Wijaya"],
        "somebody else began to speak",
    ),
    (
        'Andi mengaku belum menerima laporan. Ia menduga Budi sedang beristirahat.\n"Saya belum tahu," ucapnya.',
        "id",
        ["Andi Wijaya"],
        "the object of a pronoun's sentence is not meant",
    ),
    (
        '"Kami siap," jelas Jhony.\nMeski begitu, dia meyakini bahwa Lisa taat hukum.\n"Klien kami taat," terang dia.',
        "id",
        ["Jhony Boy Nababan"] * 2,
        "nor is it behind an opener",
    ),
    (
        '"Kami siap," kata Budi.\nLisa sempat kabur ke luar kota.\n"Kami mencarinya," katanya.',
        "id",
        ["Budi Santoso", ""],
        "somebody who only appears between two quotes",
    ),
    (
        'Kapolresta menambahkan, miras itu rumahan. "Kami menyita semuanya," ujarnya.',
        "id",
        ["Kapolresta"],
        "a role told indirectly",
    ),
    ('Ia bertanya, "Kapan?" Ia menjawab, "Besok."', "id", ["", ""], "nobody is named"),
]


@pytest.mark.parametrize("text,language,expected,why", SEQUENCES, ids=[row[3] for row in SEQUENCES])
def test_speakers_of_several_quotes(text, language, expected, why):
    assert speakers(text, language) == expected


# ---------------------------------------------------------------- no wrong speaker

NO_SPEAKER = [
    (
        '"Kami siap," kata Budi kepada Andi. Citra tersenyum.\n"Kami datang," katanya.',
        1,
        "another person came between",
    ),
    ('Budi dan Andi bertemu Citra.\n"Kami datang," katanya.', 0, "two candidates"),
    ('Dinas Cuaca menilai hujan akan turun.\n"Kami datang," katanya.', 0, "an office is not he or she"),
    ('"Kami datang," kata Budi dan Andi.', 0, "two speakers"),
    ('"Kami datang," kata mereka.', 0, "a group"),
    ('"Kami datang," katanya.', 0, "nobody before"),
    ('"Kami datang." Ketiganya lalu pulang.', 0, "a word with a capital behind the quote"),
    ('"Kami datang."\nBudi pulang dan mengatakan hal lain.', 0, "a name in the next paragraph"),
    ('"Kami datang." Budi mengatakan hal lain kepada Andi.', 0, "a new sentence about somebody"),
    ('"Kami datang," terangnya.\nMelihat itu, Budi pulang.', 0, "the speaker does not cross a line"),
    ('"Kami datang dari English."\nNamun, Budi pulang.', 0, "nor does a name"),
    ('Budi bertemu Andi, "Kami datang."', 0, "no verb of speech"),
]


@pytest.mark.parametrize("text,index,why", NO_SPEAKER, ids=[row[2] for row in NO_SPEAKER])
def test_no_speaker_is_better_than_a_wrong_one(text, index, why):
    assert find(text)[index].speaker == ""


NOT_THEM = [
    (
        '"Kami datang", pejabat tersebut melaporkan Putin kepada Andi.',
        "id",
        {"Vladimir Putin", "Andi Wijaya"},
    ),
    ('"Kami datang," kata pengacara Lisa Mariana.', "id", {"Lisa Mariana"}),
    ('"Kami datang," kata pendukung Budi itu.', "id", {"Budi Santoso"}),
    ('"Kami datang," kata kuasa hukum Lisa Mariana di Solo.', "id", {"Lisa Mariana"}),
    ('Pertemuan dengan Budi mengatakan, "Kami datang."', "id", {"Budi Santoso"}),
    ('"We are coming," said Reed\'s spokesman.', "en", {"Donald Reed"}),
    ('"We are coming," when Reed criticised him.', "en", {"Donald Reed"}),
    ('Smith left. A friend of Reed said, "We are coming."', "en", {"John Smith", "Donald Reed"}),
    ('"Really?" Then Reed left, and Smith said nothing.', "en", {"Donald Reed", "John Smith"}),
]


@pytest.mark.parametrize("text,language,wrong", NOT_THEM, ids=[row[0][:50] for row in NOT_THEM])
def test_these_do_not_speak(text, language, wrong):
    assert not wrong.intersection(speakers(text, language))


def test_a_lawyer_without_a_name_is_kept_as_written():
    (quote,) = find('"Kami datang," kata pengacara Lisa Mariana di Solo.')
    assert quote.speaker == "pengacara Lisa Mariana"


def test_the_words_of_an_alias_that_fits_two_persons_stay_as_written():
    text = 'Agung Kiwi, teman mereka, datang.\n"Dia sakit," ujar Agung.'
    agungs = [
        Entity(text="Agung Kiwi", type="person", name="Agung Kiwi", count=1, spans=[Span(0, 10)]),
        Entity(
            text="Agung",
            type="person",
            name="Agung Hercules",
            count=1,
            spans=[Span(text.rindex("Agung"), len(text) - 1)],
        ),
    ]
    (quote,) = quotes.find(Text(text=text, language="id"), agungs)
    assert quote.speaker == "Agung"


# ---------------------------------------------------------------- speech or not

NOT_SPEECH = [
    ('Jagoan "Si Pitung" alias Budi ditangkap.', "id", "a nickname"),
    ('Lagu "Senja di Kota Lama" menang.', "id", "a song"),
    (
        'Ia menyanyikan lagu berjudul "Aku Akan Pulang Nanti Malam," kata Budi.',
        "id",
        "a title with a comma inside",
    ),
    ('Seminar bertajuk "Laut Kita Bersama" dibuka.', "id", "a seminar"),
    ('Tempat itu disebut "ruang hitam" oleh warga.', "id", "a name for a place"),
    ('Jawaban itu mengandung "risiko".', "id", "a scare quote"),
    ('Diskusi "akan lebih baik jika ditunda", pejabat tersebut melaporkan.', "id", "a fragment in a clause"),
    ('The song "Born in the Valley" won.', "en", "an English song"),
    ('Councillor Marcia "Cia" Price left early.', "en", "an English nickname"),
    ('In his book "Make Your Kid Rich," Smith suggested saving.', "en", "a book, though a verb follows"),
    ('The so-called "experts" were wrong.', "en", "an English scare quote"),
    ('Smith told the station\'s "Morning Show" about it.', "en", "a broadcast that somebody owns"),
    ('It was "very, very big" for them.', "en", "a fragment without a speaker"),
]


@pytest.mark.parametrize("text,language,why", NOT_SPEECH, ids=[row[2] for row in NOT_SPEECH])
def test_not_speech(text, language, why):
    assert [quote.direct for quote in find(text, language)] == [False]


@pytest.mark.parametrize(
    "text,language",
    [
        ('Lagu "Senja di Kota Lama" menang.', "id"),
        ('In his book "Make Your Kid Rich," Smith suggested saving.', "en"),
        ('Smith told the station\'s "Morning Show" about it.', "en"),
        ('Councillor Marcia "Cia" Price (Reed), shouted to the crowd.', "en"),
    ],
)
def test_titles_have_no_speaker(text, language):
    assert speakers(text, language) == [""]


def test_a_fragment_of_reported_speech_keeps_the_speaker_and_is_not_direct():
    (quote,) = find('Maria Lopez said the plan was "a very bad idea" for all.', "en")
    assert (quote.speaker, quote.direct) == ("Maria Lopez", False)
    assert quote.score < 0.9


def test_an_unattributed_sentence_is_speech_without_a_speaker():
    (quote,) = find('Hari itu cerah. "Kami akan pulang besok pagi."')
    assert (quote.speaker, quote.direct) == ("", True)


# ---------------------------------------------------------------- languages, limits, data


@pytest.mark.parametrize("language", ["fr", "ja", "", "xx"])
def test_other_languages_have_marks_and_no_speaker(language):
    found = find("« Nous sommes prêts à partir demain. » a dit Maria Lopez.", language)
    assert [(quote.speaker, quote.direct) for quote in found] == [("", True)]


def test_malay_uses_the_indonesian_words():
    assert speakers('"Kami sudah sedia," kata Budi.', "ms") == ["Budi Santoso"]


def test_no_entities_still_names_what_is_written():
    (quote,) = quotes.find(Text(text='"Kami siap," kata Rahmat Hidayat, Senin.', language="id"), [])
    assert quote.speaker == "Rahmat Hidayat"


def test_the_number_of_quotes_is_bounded():
    text = '"Ya benar sekali," kata Budi.\n' * (quotes.MAX_QUOTES + 50)
    assert len(quotes.find(Text(text=text, language="id"), [])) == quotes.MAX_QUOTES


def test_a_speaker_as_long_as_a_paragraph_is_none():
    (quote,) = quotes.find(Text(text='"Kami siap," kata B' + "u" * 5_000, language="id"), [])
    assert quote.speaker == ""


HOSTILE = [
    '"' * 50_000,
    "“a " * 50_000,
    '" a ' * 50_000,
    '"Kami datang\n' * 20_000,
    '"A," ' + "Budi " * 50_000,
    '5" ' * 50_000,
]


@pytest.mark.parametrize("text", HOSTILE, ids=["marks", "open", "blanks", "unclosed", "names", "inches"])
def test_hostile_texts_end(text):
    for quote in quotes.find(Text(text=text, language="id"), []):
        assert text[quote.start : quote.end] == quote.text


_PARTS = st.one_of(
    st.sampled_from("\"“”«»'‘’,.?:()-5 \n"),
    st.sampled_from(
        ["''", "Budi", "Andi", "kata", "katanya", "ujar", "mengatakan", "menurut", "dia", "pejabat itu", " "]
    ),
    st.sampled_from(["said", "he", "according to", "film", "alias", "Pak", " "]),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(_PARTS, max_size=40).map("".join), st.sampled_from(["id", "en", "fr"]))
def test_any_jumble_gives_exact_spans(text, language):
    once = find(text, language)
    assert once == find(text, language)


def test_the_tables_of_both_languages_have_the_same_lists():
    tables = table()
    assert set(tables) == set(LANGUAGES.values())
    assert len({frozenset(lists) for lists in tables.values()}) == 1


@pytest.mark.parametrize("language", ["id", "en"])
def test_cues_are_lower_case_and_listed_once(language):
    for name, value in table()[language].items():
        listed = value.split()
        assert value == value.lower(), name
        if name in ("verb_first", "subject_first", "pronouns", "joints"):
            repeated = {word for word in listed if listed.count(word) > 1}
            assert not repeated, f"{name}: {repeated}"
    cues = cues_of(language)
    assert cues is not None
    assert not cues.pronouns & cues.group
    assert not cues.verb_first & cues.pronouns
    assert cues.honorifics <= cues.titles
