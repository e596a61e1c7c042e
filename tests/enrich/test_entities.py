"""Entities of whole texts: what is found, under which name and role, and what is no entity."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kabar.contracts.sections import Entity
from kabar.enrich import entities
from kabar.enrich.document import MAX_TOKENS, Text
from kabar.enrich.entities.draft import Draft, Mention
from kabar.enrich.entities.repeats import place_repeats

SUMMIT = """Presiden Rusia Vladimir Putin bertemu Perdana Menteri Hongaria Viktor Orban di Moskow, Selasa.
Pemimpin Rusia itu berkata bahwa NATO tidak boleh memperluas diri ke Ukraina. Bayangkan Ukraina menjadi anggota NATO, kata Putin.
Orban berterima kasih kepada Putin. AS dan sekutunya belum menanggapi. Seorang pejabat Departemen Luar Negeri menolak berkomentar.
Dilansir kanal Youtube FRANCE 24 English, pertemuan di Kremlin itu berlangsung lima jam."""


def find(text: str, language: str = "id") -> dict[str, Entity]:
    return {entity.name: entity for entity in entities.find(Text(text, "", language))}


def kinds(text: str, language: str = "id") -> dict[str, str]:
    return {name: entity.type for name, entity in find(text, language).items()}


def mentions(text: str, entity: Entity) -> list[str]:
    return [text[span.start : span.end] for span in entity.spans]


# ---------------------------------------------------------------- one article


def test_persons_of_an_article():
    found = find(SUMMIT)
    persons = {name for name, entity in found.items() if entity.type == "person"}
    assert persons == {"Vladimir Putin", "Viktor Orban"}
    assert mentions(SUMMIT, found["Vladimir Putin"]) == ["Vladimir Putin", "Putin", "Putin"]
    assert mentions(SUMMIT, found["Viktor Orban"]) == ["Viktor Orban", "Orban"]


def test_roles_are_beside_the_name_and_the_place_in_them_is_found():
    found = find(SUMMIT)
    assert found["Vladimir Putin"].role == "Presiden Rusia"
    assert found["Viktor Orban"].role == "Perdana Menteri Hongaria"
    assert found["Rusia"].count == 2
    assert found["Hongaria"].type == "place"


def test_places_of_an_article():
    places = {name for name, entity in find(SUMMIT).items() if entity.type == "place"}
    assert places == {"Rusia", "Hongaria", "Moskow", "Ukraina", "Amerika Serikat", "Kremlin"}


def test_organizations_of_an_article():
    organizations = {name for name, entity in find(SUMMIT).items() if entity.type == "organization"}
    assert organizations == {"NATO", "Departemen Luar Negeri", "FRANCE 24 English"}


def test_the_most_mentioned_comes_first_then_the_order_of_the_text():
    found = entities.find(Text(SUMMIT, "", "id"))
    assert [entity.count for entity in found] == sorted((entity.count for entity in found), reverse=True)
    for one, other in itertools.pairwise(found):
        assert one.count > other.count or one.spans[0].start < other.spans[0].start


# ---------------------------------------------------------------- persons


@pytest.mark.parametrize(
    "text, language, name, role",
    [
        (
            "Menteri Luar Negeri Amerika Serikat Antony Marsh tiba di Kairo.",
            "id",
            "Antony Marsh",
            "Menteri Luar Negeri Amerika Serikat",
        ),
        (
            "Gubernur Jawa Tengah Budi Santoso meresmikan jembatan.",
            "id",
            "Budi Santoso",
            "Gubernur Jawa Tengah",
        ),
        ("Juru bicara KPK Rina Lestari membenarkan kabar itu.", "id", "Rina Lestari", "Juru bicara KPK"),
        ("Ketua Umum Partai Golkar Andi Wijaya mundur.", "id", "Andi Wijaya", "Ketua Umum Partai Golkar"),
        (
            "British Prime Minister Anna Smith resigned on Friday.",
            "en",
            "Anna Smith",
            "British Prime Minister",
        ),
        ("The company said chairman Robert Miller would leave.", "en", "Robert Miller", "chairman"),
        ("Menurut Siti Rahmawati, harga akan turun.", "id", "Siti Rahmawati", ""),
    ],
)
def test_a_role_is_split_off(text, language, name, role):
    entity = find(text, language)[name]
    assert (entity.type, entity.role) == ("person", role)


@pytest.mark.parametrize(
    "text",
    [
        "Pemimpin Rusia itu berbicara lama.",
        "Bayangkan Ukraina menjadi anggota.",
        "Menteri Luar Negeri menolak hadir.",
        "Presiden Indonesia akan berpidato.",
        "Namun Jakarta tetap tenang pada hari Senin.",
        "Selasa, Rabu, dan Kamis adalah hari kerja.",
        "The Foreign Minister will travel on Monday.",
        "Europeans and Americans like it.",
    ],
)
def test_roles_sentence_starts_and_days_are_no_persons(text):
    language = "en" if " the " in f" {text.lower()} " or " and " in text else "id"
    assert "person" not in kinds(text, language).values()


def test_a_word_that_stands_in_lower_case_elsewhere_is_no_name():
    text = "Erosi mengancam pantai. Warga takut erosi meluas. Erosi itu parah dan erosi terus terjadi."
    assert find(text) == {}


def test_a_title_in_front_finds_an_unheard_name():
    assert kinds("Blinken bertemu Menlu Mesir Sameh Shoukry di sana.")["Sameh Shoukry"] == "person"


def test_a_product_with_a_number_is_no_person():
    text = "Ponsel itu memakai RAM LPDDR5X dan layar baru."
    assert "person" not in kinds(text).values()


def test_nicknames_that_news_does_not_explain():
    found = find("Jokowi meninjau bendungan. Presiden Joko Widodo didampingi menteri.")
    assert found["Joko Widodo"].count == 2


@pytest.mark.parametrize(
    "text",
    [
        "Menlu Rusia Sergei Lavrov tiba. Blinkov dan Lavrov bertemu di sana.",
        "Harga naik, kata Zubrovin. Menurut Zubrovin, panen gagal.",
        "Kemarin Anna Smith dan Xuvrian bertemu. Lalu surat dikirim kepada Xuvrian.",
    ],
)
def test_what_stands_beside_a_name_tells_a_person(text):
    name = next(word for word in ("Lavrov", "Zubrovin", "Xuvrian") if word in text)
    (entity,) = [e for e in entities.find(Text(text, "", "id")) if name in e.name]
    assert entity.type == "person"
    assert entity.count == 2


def test_a_part_of_a_name_that_is_all_over_the_text_and_no_person_there_is_a_brand():
    text = "Sirvexo Nova dirilis. Ponsel Sirvexo murah. Layar Sirvexo baru. Harga Sirvexo naik. Nova Prima hadir."
    draft = Draft.of(Text(text, "", "id"))
    draft.add(Mention(0, 2, "person", 0.6))
    place_repeats(draft, frozenset())
    assert [draft.surface(m.first, m.last) for m in draft] == ["Sirvexo Nova"]
    place_repeats(draft, frozenset({5}))
    assert [draft.surface(m.first, m.last) for m in draft].count("Sirvexo") > 0


@pytest.mark.parametrize(
    "text",
    ["Idul Adha dirayakan besok.", "Haruskah kita pergi? Inilah jawabannya.", "Natal dan Lebaran tiba."],
)
def test_holidays_and_questions_are_no_persons(text):
    assert "person" not in kinds(text).values()


# ---------------------------------------------------------------- organisations


@pytest.mark.parametrize(
    "text, language, name",
    [
        (
            "Kementerian Pemberdayaan Perempuan dan Perlindungan Anak menggelar rapat.",
            "id",
            "Kementerian Pemberdayaan Perempuan dan Perlindungan Anak",
        ),
        ("Ia bekerja di PT Maju Bersama Sentosa sejak 2010.", "id", "PT Maju Bersama Sentosa"),
        ("Dosen Universitas Nusa Harapan meneliti padi.", "id", "Universitas Nusa Harapan"),
        ("Dinas Kesehatan Kota Bogor mencatat tiga kasus.", "id", "Dinas Kesehatan Kota Bogor"),
        ("Menurut Reuters, pabrik itu tutup.", "id", "Reuters"),
        ("Direktur Utama PT Maju Sentosa hadir.", "id", "PT Maju Sentosa"),
        ("She teaches at North Harbour University in town.", "en", "North Harbour University"),
        ("Kementerian Hukum dan HAM memeriksa paspor.", "id", "Kementerian Hukum dan HAM"),
        ("The European Union and the U.N. Security Council met.", "en", "European Union"),
        ("The European Union and the U.N. Security Council met.", "en", "UN Security Council"),
    ],
)
def test_organizations(text, language, name):
    assert kinds(text, language).get(name) == "organization"


def test_the_name_of_an_organization_follows_the_language():
    assert "PBB" in find("Sidang PBB digelar kemarin.")
    assert "United Nations" in find("The United Nations met yesterday in the capital.", "en")


def test_an_abbreviation_counts_only_in_its_capitals():
    assert "Amerika Serikat" in find("Pasukan AS tiba kemarin.")
    assert "United States" not in find("As of today the as yet unknown road is open.", "en")
    assert "United States" not in find("AS OF TODAY THE ROAD IS OPEN.", "en")


def test_an_abbreviation_in_brackets_is_an_alias():
    text = "Lembaga Kajian Sungai Nusantara (LKSN) menolak. Ketua LKSN menulis surat, dan LKSN menunggu."
    found = find(text)["Lembaga Kajian Sungai Nusantara"]
    assert found.type == "organization"
    assert mentions(text, found)[1:] == ["LKSN", "LKSN", "LKSN"]


# ---------------------------------------------------------------- languages and limits


@pytest.mark.parametrize("language", ["de", "fr", "ru", "zh", "ar"])
def test_other_languages_are_not_guessed(language):
    assert entities.find(Text("Bundeskanzler Olaf Berger reiste nach Paris und London.", "", language)) == []


def test_unknown_language_needs_words_of_ours():
    assert entities.find(Text("Zyx Qwv Brtz klmn prst vwxz", "", "")) == []
    assert "Jakarta" in {
        e.name for e in entities.find(Text("Presiden tiba di Jakarta pada hari ini.", "", ""))
    }


def test_empty_text():
    assert entities.find(Text("", "", "id")) == []


def test_tokens_beyond_the_limit_are_not_read():
    filler = "kata " * MAX_TOKENS
    assert entities.find(Text(filler + "Vladimir Putin di Moskow", "", "id")) == []


# ---------------------------------------------------------------- properties

ALPHABET = st.sampled_from(
    [
        *[
            "Presiden",
            "Rusia",
            "Vladimir",
            "Putin",
            "Orban",
            "Jakarta",
            "KPK",
            "PT",
            "PBB",
            "AS",
            "U.S.",
            "Kementerian",
            "dan",
            "of",
            "the",
            "di",
            "kata",
            "Komisi",
        ],
        *".,()-–\"“”'\n;:?!@#0",
        "\u0301",
        "İ",
        "ß",
        "京",
        "😀",
        "\u202e",
        "ﬁ",
    ]
)
WRITTEN = st.lists(ALPHABET, max_size=60).map(" ".join)


def check(text: str, language: str) -> None:
    taken: list[tuple[int, int]] = []
    for entity in entities.find(Text(text, "", language)):
        assert entity.name
        assert entity.count == len(entity.spans) > 0
        spans = [(span.start, span.end) for span in entity.spans]
        assert spans == sorted(spans)
        assert text[slice(*spans[0])] == entity.text
        assert all(0 <= a < b <= len(text) and text[a:b].strip() == text[a:b] for a, b in spans)
        assert 0 <= entity.score <= 1
        taken += spans
    taken.sort()
    assert all(one[1] <= other[0] for one, other in itertools.pairwise(taken))


@settings(max_examples=150, deadline=None)
@given(WRITTEN, st.sampled_from(["id", "en", "ms", ""]))
@example("Komisi Pemberantasan Korupsi (KPK", "id")
@example("(KPK) (PBB) (", "id")
@example("Presiden", "id")
@example("PT", "id")
def test_spans_are_exact_sorted_and_apart(text, language):
    check(text, language)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=300), st.sampled_from(["id", "en"]))
def test_any_unicode_is_survived(text, language):
    check(text, language)


@pytest.mark.parametrize(
    "piece",
    ["Budi Santoso ", "KPK (KPK) ", "PT ", "Presiden Rusia ", "A. ", "( ", "Menteri ", "Putin\n", "Rusia-"],
)
def test_repetition_is_survived(piece):
    check(piece * 3_000, "id")


def test_many_names_that_share_a_word():
    text = ". ".join(
        f"Menurut Ani{chr(97 + i % 26)}{chr(97 + i // 26)} Santoso, harga naik" for i in range(600)
    )
    check(text, "id")


def test_the_same_text_gives_the_same_answer():
    once, again = (entities.find(Text(SUMMIT, "", "id")) for _ in range(2))
    assert once == again
