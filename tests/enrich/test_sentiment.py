"""Sentiment: word lists with negation and intensifiers; neutral is an answer, and so is none."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kabar.enrich import sentiment
from kabar.enrich.document import Text
from kabar.enrich.wordlists import VALENCE_LANGUAGES, Valences, lines, valences
from kabar.text.tokens import words


def of(text: str, language: str = "id", title: str = ""):
    return sentiment.find(Text(text=text, title=title, language=language))


def total(text: str, language: str = "id") -> float:
    return sentiment.weigh(words(text), language, valences(language))


LABELS = [
    ("Gempa menewaskan puluhan warga dan merusak ratusan rumah di kota itu.", "id", "negative"),
    ("Pejabat itu ditahan karena korupsi dana bantuan bencana.", "id", "negative"),
    ("Tim tuan rumah meraih kemenangan gemilang dan menjadi juara.", "id", "positive"),
    ("Warga bersyukur karena anak itu selamat dan sembuh.", "id", "positive"),
    ("Rapat dewan kota berlangsung pada hari Selasa di balai kota.", "id", "neutral"),
    ("A fire killed ten people and destroyed the old market.", "en", "negative"),
    ("The minister was arrested over bribery and fraud.", "en", "negative"),
    ("The team celebrated a wonderful victory with happy fans.", "en", "positive"),
    ("The town council meets on Tuesday in the old hall.", "en", "neutral"),
    ("The United Nations will meet on interest rates and shares.", "en", "neutral"),
]


@pytest.mark.parametrize("text,language,label", LABELS, ids=[row[0][:40] for row in LABELS])
def test_labels(text, language, label):
    found = of(text, language)
    assert found is not None
    assert found.label == label
    assert -1 <= found.score <= 1
    assert (found.score > 0) == (label == "positive") or label != "positive"


ORDER = [
    ("Makanan itu tidak enak.", "Makanan itu enak.", "id", "negation"),
    ("Hasilnya belum memuaskan.", "Hasilnya memuaskan.", "id", "not yet"),
    ("Itu bukan kemenangan.", "Itu kemenangan.", "id", "not a noun"),
    ("Pelayanannya buruk sekali.", "Pelayanannya buruk.", "id", "an intensifier behind the word"),
    ("Pelayanannya sangat buruk.", "Pelayanannya buruk.", "id", "an intensifier before the word"),
    ("Pelayanannya buruk.", "Pelayanannya agak buruk.", "id", "a weakener"),
    ("Enak tetapi buruk.", "Buruk tetapi enak.", "id", "what stands behind 'but' counts more"),
    ("The food was not good.", "The food was good.", "en", "English negation"),
    ("The food was very bad.", "The food was bad.", "en", "English intensifier"),
    ("It was good but terrible.", "It was terrible but good.", "en", "English contrast"),
]


@pytest.mark.parametrize("worse,better,language,why", ORDER, ids=[row[3] for row in ORDER])
def test_modifiers(worse, better, language, why):
    assert total(worse, language) < total(better, language)


def test_negation_turns_the_sign_and_weakens():
    plain, negated = total("Hasilnya gemilang."), total("Hasilnya tidak gemilang.")
    assert plain > 0 > negated
    assert abs(negated) < abs(plain)


def test_negation_reaches_three_words_and_no_further():
    assert total("tidak akan pernah gemilang") < 0
    assert total("tidak ada yang datang ke pesta gemilang") > 0


def test_the_longest_phrase_counts_and_its_words_do_not_count_again():
    table = Valences.of({"luar": -3.0, "biasa": -3.0, "luar biasa": 4.0})
    assert sentiment.weigh(["luar", "biasa"], "id", table) == 4.0


def test_the_title_weighs_more_than_a_sentence():
    body = "Rapat dewan berlangsung pada hari Selasa. " * 3
    good = of(body, title="Kemenangan gemilang bagi kota")
    bad = of(body, title="Korupsi dan pembunuhan mengerikan")
    assert good is not None
    assert bad is not None
    assert good.score > 0 > bad.score


def test_what_stands_far_down_does_not_count():
    head = "Rapat dewan berlangsung pada hari Selasa.\n" * sentiment.MAX_SENTENCES
    assert of(head) == of(head + "Pembunuhan sadis dan korupsi.\n" * 50)


@pytest.mark.parametrize(
    "text,language",
    [
        ("", "id"),
        ("Gempa besar.", "id"),
        ("12 34 56 78", ""),
        ("Un terrible incendie a tué dix personnes dans le vieux marché.", "fr"),
        ("Kebakaran dahsyat membunuh sepuluh orang di pasar lama itu.", "ms"),
        ("A fire killed ten people and destroyed the old market.", ""),
    ],
    ids=["empty", "two words", "numbers", "no list", "malay", "language unknown"],
)
def test_no_answer(text, language):
    assert of(text, language) is None


@pytest.mark.parametrize("value", [-1e9, -8.0, -0.1, 0.0, 0.1, 8.0, 1e9])
def test_squeeze_stays_within_bounds_and_keeps_the_sign(value):
    squeezed = sentiment.squeeze(value)
    assert -1 <= squeezed <= 1
    assert squeezed * value >= 0


def test_squeeze_is_the_formula_of_vader():
    assert sentiment.squeeze(4.0) == pytest.approx(4 / 31**0.5)


@pytest.mark.parametrize("language", VALENCE_LANGUAGES)
def test_thresholds_name_every_score(language):
    low, high = sentiment.THRESHOLDS[language]
    assert low < 0 < high
    assert [sentiment.label(s, language) for s in (-1.0, low, 0.0, high, 1.0)] == [
        "negative",
        "negative",
        "neutral",
        "positive",
        "positive",
    ]


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=300), st.sampled_from(["id", "en"]))
def test_any_text_gives_a_score_within_bounds(text, language):
    found = of(text, language)
    assert found is None or -1 <= found.score <= 1
    assert found == of(text, language)


@pytest.mark.parametrize(
    "name", [f"{kind}_{lang}.txt" for kind in ("valence", "learned") for lang in VALENCE_LANGUAGES]
)
def test_the_lists_are_well_formed(name):
    seen: set[str] = set()
    for line in lines(name):
        score, _, listed = line.partition("\t")
        assert -4 <= float(score) <= 4
        assert float(score) != 0
        for term in listed.split(", "):
            assert term == " ".join(words(term)), f"{term!r} would never match"
            assert len(term.split()) <= sentiment.MAX_TERM_WORDS
            assert term not in seen, f"{term!r} is listed twice"
            seen.add(term)
    assert len(seen) > 300


def test_the_indonesian_list_was_written_with_four_hundred_words_and_more():
    assert sum(len(line.split(", ")) for line in lines("valence_id.txt")) > 400


@pytest.mark.parametrize("language", VALENCE_LANGUAGES)
def test_modifiers_do_not_overlap(language):
    rule = sentiment.rules(language)
    assert not rule.stronger & rule.weaker
    assert not rule.negations & rule.stronger
    assert rule.after <= rule.stronger
