"""Entities, places, quotes, keywords, sentiment and summaries."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from bench.quality import entities, keywords, places, quotes, sentiment, summaries
from bench.quality.quotes import Said
from bench.quality.summaries import Summarised

# ---------------------------------------------------------------- entities


@pytest.mark.parametrize(
    "tags, expected",
    [
        (["B-PER", "I-PER", "O"], [(0, 1, "PER")]),
        (["I-PER", "I-PER"], [(0, 1, "PER")]),
        (["I-PER", "I-ORG"], [(0, 0, "PER"), (1, 1, "ORG")]),
        (["I-PER", "B-PER"], [(0, 0, "PER"), (1, 1, "PER")]),
        (["B-person", "I-person"], [(0, 1, "PERSON")]),
        (["S-LOC", "S-LOC"], [(0, 0, "LOC"), (1, 1, "LOC")]),
        (["B-LOC", "E-LOC", "I-LOC"], [(0, 1, "LOC"), (2, 2, "LOC")]),
        (["B-creative-work", "I-creative-work"], [(0, 1, "CREATIVE-WORK")]),
        (["O", "O"], []),
        ([], []),
    ],
)
def test_chunks_of_tags(tags, expected):
    assert list(entities.chunks(tags)) == expected


def test_tokens_become_a_text_with_offsets():
    row = {
        "tokens": ["Ani", "Contoh", "di", "Kota", "Misal"],
        "tags": ["B-PER", "I-PER", "O", "B-PLC", "I-PLC"],
    }
    sentence = entities.sentence_of(row, "ner_x_id")
    assert sentence.text == "Ani Contoh di Kota Misal"
    assert [(sentence.text[a:b], kind) for a, b, kind in sentence.gold] == [
        ("Ani Contoh", "person"),
        ("Kota Misal", "place"),
    ]
    assert sentence.language == "id"


def rows_of(split):
    return {"split": split, "tokens": ["Ani", "makan"], "tags": ["B-PER", "O"]}


@pytest.mark.parametrize(
    "splits, used, warned",
    [
        (["train", "test", "valid"], 1, False),
        (["train", "valid"], 1, False),
        (["train", "dev"], 1, False),
        (["train", "all"], 2, True),
        ([None], 1, True),
    ],
)
def test_the_split_is_chosen_and_said(directory, notes, splits, used, warned):
    directory.rows("ner_x", [rows_of(split) for split in splits])
    assert len(entities.load(directory.sets()[0], notes)) == used
    assert ("trained" in notes.remarks[0]) is warned


def test_a_set_that_does_not_say_its_language_is_asked_in_the_detected_one(directory, notes):
    words = [
        "Presiden",
        "mengatakan",
        "bahwa",
        "harga",
        "beras",
        "di",
        "pasar",
        "sudah",
        "turun",
        "sejak",
        "kemarin",
    ]
    directory.rows("ner_x", [{"tokens": words, "tags": ["O"] * len(words)}] * 3)
    assert {sentence.language for sentence in entities.load(directory.sets()[0], notes)} == {"id"}


def test_entities_are_exact_and_typed(directory, notes):
    rows = [
        {"tokens": ["Ani", "Contoh", "pergi"], "tags": ["B-PER", "I-PER", "O"]},
        {"tokens": ["PT", "Misal"], "tags": ["B-ORG", "I-ORG"]},
        {"tokens": ["rusak"], "tags": []},
        {"tokens": [1], "tags": ["O"]},
        {"text": "no tokens"},
    ]
    directory.rows("ner_x", rows)
    answers = {"Ani Contoh pergi": [(0, 10, "person"), (0, 3, "person")], "PT Misal": [(0, 8, "place")]}
    entry = entities.score(directory.sets(), notes, systems={"kabar": lambda t, lang: answers[t]})["ner_x"]
    assert entry["precision"] == pytest.approx(1 / 3)
    assert entry["recall"] == 0.5
    assert entry["untyped_f1"] == pytest.approx(0.8)
    assert entry["f1_organization"] == 0.0
    assert "f1_place" not in entry  # nothing to find
    assert notes.skipped == {("ner_x/rows.jsonl", "tokens and tags do not fit"): 3}


def test_a_catch_all_tag_is_neither_wanted_nor_wrong(directory, notes):
    directory.rows("ner_x", [{"tokens": ["Produk", "Misal", "Ani"], "tags": ["B-IND", "I-IND", "B-EVT"]}])
    systems = {
        "kabar": lambda t, lang: [(0, 12, "organization")],
        "event": lambda t, lang: [(13, 16, "person")],
    }
    sentences = entities.load(directory.sets()[0], notes)
    assert sentences[0].gold == []
    scores = {name: entities.measure(sentences, [tag("", "")]) for name, tag in systems.items()}
    assert scores["kabar"]["precision"] == 0.0  # nothing counted at all
    assert not entities._covers_unsure((13, 16, "person"), sentences[0])


def test_every_span_of_an_entity_is_a_mention():
    span = SimpleNamespace
    found = SimpleNamespace(
        entities=[
            SimpleNamespace(type="person", spans=[span(start=0, end=3), span(start=9, end=12)]),
            SimpleNamespace(type="place", spans=[]),
        ]
    )
    assert entities.mentions(lambda text, language: found, "", "") == [(0, 3, "person"), (9, 12, "person")]


def test_the_capitals_baseline():
    text = "Kemarin Ani Contoh tiba di Kota Misal bersama PT Maju Terus."
    assert [(text[a:b], kind) for a, b, kind in entities.capitals(text, "id")] == [
        ("Kemarin Ani Contoh", "person"),
        ("Kota Misal", "place"),
        ("PT Maju Terus", "organization"),
    ]
    assert entities.capitals("Kemarin hujan.", "id") == []


# ---------------------------------------------------------------- places


def located(directory):
    toponyms = [
        {"start": 0, "end": 5, "lat": "-6.2", "lon": "106.8"},
        {"start": 10, "end": 15, "lat": 0, "lon": 0},
        {"start": 0, "end": 5, "lat": None, "lon": None},
        {"start": 0, "end": 500, "lat": 1, "lon": 1},
        {"start": 0, "end": 5, "lat": 1, "lon": 1, "offset_bad": True},
        "odd",
    ]
    directory.rows(
        "geo_new", [{"text": "Misal dan Pulau.", "toponyms": toponyms}, {"text": "x", "toponyms": []}, {}]
    )
    return directory.sets("geo_*")


def test_places_are_near_or_not(directory, notes):
    systems = {
        "kabar": lambda item: [(-6.9, 107.6), None],  # Bandung is 118 km from Jakarta
        "far": lambda item: [(10.0, 106.8), (0.0, 1.0)],
        "short": lambda item: [],
    }
    entry = places.score(located(directory), notes, systems=systems)["geo_new"]
    assert (entry["accuracy_161km"], entry["precision_161km"], entry["resolved"], entry["n"]) == (
        0.5,
        1.0,
        0.5,
        2,
    )
    assert entry["baseline"]["far"]["accuracy_161km"] == 0.5
    assert entry["baseline"]["far"]["resolved"] == 1.0
    assert entry["baseline"]["short"]["accuracy_161km"] == 0.0
    assert notes.skipped["geo_new/rows.jsonl", "name without coordinates or span"] == 4
    assert notes.skipped["geo_new/rows.jsonl", "no text or no toponyms"] == 1


def test_the_population_baseline_prefers_countries():
    def site(kind, population, lat):
        return SimpleNamespace(kind=kind, population=population, lat=lat, lon=0.0)

    table = SimpleNamespace(
        lookup=lambda name, language: {
            "Misal": (site("city", 5, 1.0), site("country", 0, 2.0)),
            "Kota": (site("city", 5, 3.0), site("city", 9, 4.0)),
        }.get(name, ())
    )
    baseline = places.MostPopulous.__new__(places.MostPopulous)
    baseline._table = table
    toponyms = tuple(places.Toponym(a, b, (0.0, 0.0)) for a, b in ((0, 5), (6, 10), (11, 14)))
    item = places.Located("Misal Kota Tak", "id", toponyms)
    assert baseline(item) == [(2.0, 0.0), (4.0, 0.0), None]


# ---------------------------------------------------------------- quotes

ARTICLE = "“Hujan akan turun,” kata Ani Contoh. “Bawa payung.”\nBudi menyebutnya “luar biasa” kemarin. Film “Judul” tayang."


def span_of(piece):
    start = ARTICLE.index(piece)
    return [start, start + len(piece)]


def part(*pieces):
    return [{"spans": [span_of(piece) for piece in pieces]}]


def polnear(directory):
    attributions = [
        {
            "source": part("Ani Contoh"),
            "content": part("“Hujan akan turun,”", "“Bawa payung.”"),
            "direct": True,
            "has_quote_marks": True,
        },
        {
            "source": part("Budi"),
            "content": part("menyebutnya “luar biasa” kemarin"),
            "has_quote_marks": True,
        },
        {"source": [], "content": part("tayang"), "direct": False, "has_quote_marks": False},
        {"source": None, "content": [{"spans": [[0, 9_999], "odd", [3, 1]]}, "odd"], "direct": True},
        "odd",
    ]
    directory.rows("quotes_new", [{"text": ARTICLE, "attributions": attributions}, {"text": "x"}])
    return directory.sets("quotes_*")


def test_gold_quotes_are_the_quoted_stretches(directory, notes):
    (item,) = quotes.load(polnear(directory)[0], notes)
    assert [(ARTICLE[said.start : said.end], said.speaker) for said in item.gold] == [
        ("Hujan akan turun", "Ani Contoh"),
        ("Bawa payung.", "Ani Contoh"),
        ("luar biasa", "Budi"),
    ]
    assert notes.skipped == {("quotes_new/rows.jsonl", "no text or no attributions"): 1}


def answer(piece, speaker="", where=""):
    start, end = span_of(piece)
    return Said(start, end, speaker, tuple(span_of(where)) if where else None)


def test_quotes_and_speakers(directory, notes):
    said = [
        answer("Hujan akan turun,", "Ani Contoh", "Ani Contoh"),
        answer("Bawa payung", "Budi", "Budi"),
        answer("Judul", "Film"),
    ]
    entry = quotes.score(polnear(directory), notes, systems={"kabar": lambda t, lang: said})["quotes_new"]
    assert entry["n"] == 3
    assert entry["precision"] == entry["recall"] == pytest.approx(2 / 3)
    assert entry["speaker_precision"] == 0.5
    assert entry["speaker_recall"] == pytest.approx(1 / 3)
    assert entry["speakers_not_judged"] == 0


def test_one_answer_matches_one_quote():
    text = "a" * 40
    gold = [Said(0, 10), Said(10, 20)]
    assert len(quotes.matches(text, gold, [Said(0, 20)])) == 1
    assert len(quotes.matches(text, gold, [Said(0, 9), Said(1, 10)])) == 1
    assert quotes.matches(text, gold, [Said(0, 4), Said(25, 30)]) == []


@pytest.mark.parametrize(
    "gold, said, verdict",
    [
        (Said(0, 1, "Menteri Ani Contoh", (5, 20)), Said(0, 1, "Ani Contoh", (13, 23)), True),
        (Said(0, 1, "Menteri Ani Contoh"), Said(0, 1, "Contoh"), True),
        (Said(0, 1, "Budi Misal"), Said(0, 1, "Ani Contoh"), False),
        (Said(0, 1, "he"), Said(0, 1, "Ani Contoh"), None),
        (Said(0, 1, "he", (5, 7)), Said(0, 1, "Ani Contoh", (5, 7)), None),
        (Said(0, 1, "he", (5, 7)), Said(0, 1, "He", (5, 7)), True),
        (Said(0, 1, "the mayor", (5, 14)), Said(0, 1, "Ani Contoh", (5, 14)), None),
        (Said(0, 1, "the mayor", (5, 14)), Said(0, 1, "Ani Contoh", (55, 60)), False),
        (Said(0, 1, "The president"), Said(0, 1, "the president"), True),
        (Said(0, 1, "she", (5, 8)), Said(0, 1, "she", (90, 93)), None),
        (Said(0, 1, "President of Misal"), Said(0, 1, "President of Contoh"), False),
    ],
)
def test_same_speaker(gold, said, verdict):
    assert quotes.same_speaker(gold, said) is verdict


def test_every_quote_of_the_answer_counts_with_its_kind():
    def quote(start, *, direct, speaker="", span=None):
        return SimpleNamespace(start=start, end=start + 5, direct=direct, speaker=speaker, speaker_span=span)

    span = SimpleNamespace(start=30, end=33)
    section = SimpleNamespace(
        quotes=[quote(0, direct=True), quote(10, direct=False, speaker="Ani", span=span)]
    )
    found = quotes.kabar_quotes(lambda text, language: section, "", "")
    assert found == [Said(0, 5), Said(10, 15, "Ani", (30, 33), direct=False)]


def test_direct_speech_is_scored_by_itself():
    speech, fragment = Said(0, 10), Said(20, 30, direct=False)
    said = [Said(0, 10), Said(20, 30), Said(40, 50), Said(60, 70, direct=False)]
    text = "a" * 80
    tally = quotes.direct_tally([speech, fragment], said, quotes.matches(text, [speech, fragment], said))
    assert (tally.hit, tally.wrong, tally.missed) == (1, 1, 0)
    missed = quotes.direct_tally([speech], [Said(0, 10, direct=False)], [(speech, Said(0, 10, direct=False))])
    assert (missed.hit, missed.wrong, missed.missed) == (0, 0, 1)


def test_source_and_cue_in_each_others_place_are_put_right():
    text = '"Bawa payung," ujar Ani Contoh.'
    spans = {
        name: [{"spans": [[text.index(name), text.index(name) + len(name)]]}]
        for name in ("ujar", "Ani Contoh")
    }
    content = [{"spans": [[0, 14]]}]
    for source, cue in (("ujar", "Ani Contoh"), ("Ani Contoh", "ujar")):
        (said,) = quotes.gold_quotes(
            text, {"source": spans[source], "cue": spans[cue], "content": content, "direct": True}
        )
        assert (said.speaker, said.speaker_span) == ("Ani Contoh", (20, 30))


def test_two_apostrophes_are_a_quote_mark():
    text = "Ia menyebut ''terlalu mahal'' harga itu."
    attribution = {"content": [{"spans": [[3, 29]]}], "has_quote_marks": True}
    (said,) = quotes.gold_quotes(text, attribution)
    assert text[said.start : said.end] == "terlalu mahal"
    assert not said.direct


def test_the_nearest_name_baseline():
    found = quotes.nearest_name(ARTICLE, "id")
    assert [(ARTICLE[said.start : said.end], said.speaker) for said in found][:2] == [
        ("Hujan akan turun,", "Ani Contoh"),
        ("Bawa payung.", "Budi"),  # past the line break: naive on purpose
    ]
    assert quotes.nearest_name("“tanpa nama”", "id")[0].speaker == ""


def test_quotes_of_hand_made_gold(directory, notes):
    start, end = span_of("“Bawa payung.”")
    rows = [
        {
            "text": ARTICLE,
            "language": "id",
            "spans": [{"kind": "quote", "start": start, "end": end, "speaker": "Ani"}],
        }
    ]
    directory.rows("gold_mine", rows)
    said = [answer("Bawa payung.", "Ani Contoh")]
    entry = quotes.score(directory.sets(), notes, systems={"kabar": lambda t, lang: said})["gold_mine"]
    assert (entry["f1"], entry["speaker_precision"], entry["n"]) == (1.0, 1.0, 1)


# ---------------------------------------------------------------- keywords


def test_keywords_at_ten_without_punctuation(directory, notes):
    directory.rows(
        "kw_new",
        [{"text": "x", "keys": ["Ex-Wife", "pasar cabai", 3, "—"]}, {"text": "y", "keys": []}],
        "one.jsonl",
    )
    directory.rows("kw_new", [{"text": "z", "keys": ["satu"]}], "two.jsonl")
    terms = {"x": ["exwife", "EX-WIFE", *(f"lain{n}" for n in range(9)), "pasar cabai"], "z": ["dua"]}
    scores = keywords.score(directory.sets(), notes, systems={"kabar": lambda t, lang: terms[t]})
    assert scores["kw_new/one"]["precision"] == 0.1  # "pasar cabai" is the eleventh
    assert scores["kw_new/one"]["recall"] == 0.5
    assert scores["kw_new/two"]["f1"] == 0.0
    assert scores["kw_new"]["recall"] == pytest.approx(1 / 3)
    assert scores["kw_new"]["n"] == 2
    assert notes.skipped == {("kw_new/one.jsonl", "no text or no keys"): 1}


@pytest.mark.parametrize(
    "key, expected", [("  Twitter.com/Andy ", "twittercomandy"), ("A  B", "a b"), ("!?", ""), ("É", "é")]
)
def test_comparable_keys(key, expected):
    assert keywords.comparable(key) == expected


# ---------------------------------------------------------------- sentiment


@pytest.mark.parametrize(
    "row, label",
    [
        ({"label": "positif"}, "positive"),
        ({"label": "Negative"}, "negative"),
        ({"TRUE_SENTIMENT": "Neutral"}, "neutral"),
        ({"targets": [{"polarity": 2.0}, {"polarity": 2}]}, ""),
        ({"targets": [{"polarity": 6.0}, {"polarity": 6.0}]}, "positive"),
        ({"targets": [{"polarity": 2.0}, {"polarity": 4.0}]}, ""),
        ({"Decisions": {"A": "negative", "B": "negative"}}, "negative"),
        ({"Decisions": {"A": "negative", "B": "positive"}}, ""),
        ({"Decisions": {}}, ""),
        ({"label": "mixed"}, ""),
        ({}, ""),
    ],
)
def test_labels(row, label):
    assert sentiment.label_of(row) == label


def test_nested_agreement_levels_use_the_strictest(directory, notes):
    rows = [
        {"set": "50Agree", "text": "a", "label": "neutral"},
        {"set": "AllAgree", "text": "b", "label": "positive"},
    ]
    directory.rows("sent_x", rows)
    assert [item[0] for item in sentiment.load(directory.sets()[0], notes)] == ["b"]


def test_sentiment_with_a_majority_baseline(directory, notes):
    rows = [
        {"text": "baik", "label": "positif"},
        {"text": "buruk", "label": "negatif"},
        {"text": "apik", "label": "positif"},
    ]
    directory.rows("sent_x_id", [*rows, {"text": "", "label": "positif"}])
    systems = {
        "kabar": lambda text, lang: "negative" if text == "buruk" else "positive",
        "vader": lambda text, lang: "positive",
    }
    entry = sentiment.score(directory.sets(), notes, systems=systems)["sent_x_id"]
    assert (entry["macro_f1"], entry["accuracy"], entry["n"]) == (1.0, 1.0, 3)
    assert entry["baseline"]["majority"]["accuracy"] == pytest.approx(2 / 3)
    assert entry["baseline"]["majority"]["macro_f1"] == pytest.approx(0.4)
    assert "vader" not in entry["baseline"]  # an English word list says nothing about Indonesian


# ---------------------------------------------------------------- summaries


def test_summaries_with_sentences_and_without(directory, notes):
    rows = [
        {
            "sentences": [["Hujan turun di Kota Contoh.", "Warga menunggu."], ["Jalan ditutup sementara."]],
            "summary": ["Hujan turun di Kota Contoh."],
        },
        {
            "text": "Pasar ramai sejak pagi. Harga naik! Pembeli mengeluh.",
            "summary": "Pasar ramai sejak pagi hari.",
        },
        {"text": "Pendek.", "summary": "Lebih panjang dari teksnya sendiri, jadi bukan ringkasan."},
        {"text": "Tanpa ringkasan."},
    ]
    directory.rows("id_news_sum", rows)
    systems = {"kabar": lambda item: item.summary, "lead-1": summaries.lead(1), "none": lambda item: ""}
    entry = summaries.score(directory.sets(), notes, systems=systems)["id_news_sum"]
    assert (entry["rouge1"], entry["rougeL"], entry["n"]) == (1.0, 1.0, 2)
    assert entry["baseline"]["lead-1"]["rouge1"] == pytest.approx((1.0 + 8 / 9) / 2)
    assert entry["baseline"]["none"]["rougeL"] == 0.0
    assert "silver" in notes.remarks[0]
    assert notes.skipped == {("id_news_sum/rows.jsonl", "no summary, or one as long as the text"): 1}


def test_lead_takes_whole_sentences():
    item = Summarised("", ("Satu.", "Dua.", "Tiga."), "id", "")
    assert summaries.lead(2)(item) == "Satu. Dua."
    assert summaries.lead(9)(item) == "Satu. Dua. Tiga."
