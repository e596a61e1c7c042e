"""Line rules, hand-made gold, dates and languages."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta, timezone

import pytest

from bench.quality import attributions, datelines, dates, language, lines
from bench.quality.span_gold import gold_texts
from bench.quality.stripping import Span, Stripped

BODY = "Hujan turun sejak pagi di Kota Contoh.\nBaca juga: Jalan Misal Ditutup\nWarga menunggu reda."
CLEAN = "Hujan turun sejak pagi di Kota Contoh.\nWarga menunggu reda."


def keep(text, lang):
    return Stripped(text)


def drop_everything(text, lang):
    return Stripped("")


# ---------------------------------------------------------------- lines


@pytest.mark.parametrize(
    "line",
    [
        "Baca juga: Judul",
        "BACA JUGA Judul",
        "  - Baca: Judul",
        "Lihat juga video ini",
        "Read also: Title",
        "(Simak juga: X)",
    ],
)
def test_cue_lines(line):
    assert lines.CUE.match(line)


@pytest.mark.parametrize(
    "line",
    [
        "Ia suka membaca juga menulis.",
        "Baca buku ini sampai selesai",
        "Readers also said so",
        "Lihatlah juga ini",
        "",
    ],
)
def test_ordinary_lines_are_no_cue(line):
    assert not lines.CUE.match(line)


def test_recall_counts_listed_lines_that_are_gone(directory, notes):
    rows = [
        {"id": "1", "text": BODY, "baca_juga_lines": ["Baca juga: Jalan  Misal Ditutup"]},
        {"id": "2", "text": "Tidak ada apa-apa di sini.", "baca_juga_lines": []},
        {"id": "3", "baca_juga_lines": ["Baca juga: Hilang"]},
    ]
    directory.rows("id_news_new", rows)
    systems = {
        "kabar": lambda text, lang: Stripped(CLEAN),
        "keep": keep,
        "drop": drop_everything,
        "line-regex": lines.line_regex,
    }
    entry = lines.score(directory.sets(), notes, systems=systems)["id_news_new"]
    assert (entry["recall"], entry["cue_lines"], entry["cue_lines_left"], entry["kept"]) == (1.0, 1, 0, 1.0)
    assert entry["n"] == 1  # the text without any cue line is not asked about
    assert entry["baseline"]["keep"]["recall"] == 0.0
    assert entry["baseline"]["keep"]["cue_lines_left"] == 1
    assert entry["baseline"]["drop"]["recall"] == 1.0
    assert entry["baseline"]["drop"]["kept"] == 0.0  # what gives it away
    assert entry["baseline"]["line-regex"]["recall"] == entry["baseline"]["line-regex"]["kept"] == 1.0
    assert notes.skipped == {("id_news_new/rows.jsonl", "no text"): 1}


def test_a_set_without_lists_has_no_recall(directory, notes):
    directory.rows("id_news_plain", [{"content": BODY}])
    entry = lines.score(directory.sets(), notes, systems={"kabar": keep})["id_news_plain"]
    assert "recall" not in entry
    assert entry["cue_lines"] == 1


def test_a_failing_cleaner_keeps_nothing(directory, notes):
    directory.rows("id_news_plain", [{"content": BODY, "baca_juga_lines": "not a list"}])

    def broken(text, lang):
        raise ValueError

    assert lines.score(directory.sets(), notes, systems={"kabar": broken})["id_news_plain"]["kept"] == 0.0


# ---------------------------------------------------------------- hand-made gold


def test_gold_names_its_text_by_hash_or_holds_it(directory, notes):
    digest = hashlib.sha256(BODY.encode()).hexdigest()
    directory.rows("id_news_home", [{"isi": BODY}])
    rows = [
        {"sha256": digest, "kinds": ["related"], "spans": [{"kind": "related", "start": 39, "end": 69}]},
        {"sha256": "0" * 64, "spans": [{"kind": "related", "start": 0, "end": 1}]},
        {"text": "Pendek.", "kinds": ["related", "quote"], "spans": []},
        {"text": "Pendek.", "spans": [{"kind": "related", "start": 3, "end": 99}, {"kind": "related"}]},
        {"text": "Lain.", "spans": [{"kind": "quote", "start": 0, "end": 4}]},
    ]
    directory.rows("gold_mine", rows)
    (golds,) = gold_texts(directory.sets(), "related", notes).values()
    assert [(gold.text, len(gold.spans)) for gold in golds] == [(BODY, 1), ("Pendek.", 0), ("Pendek.", 0)]
    assert notes.skipped == {("gold_mine/rows.jsonl", "the text of the hash is in no set"): 1}


def test_gold_lines_score_exact_spans_with_negatives(directory, notes):
    start = BODY.index("Baca juga")
    rows = [
        {"text": BODY, "language": "id", "spans": [{"kind": "related", "start": start, "end": start + 31}]},
        {"text": CLEAN, "kinds": ["related"], "spans": []},
    ]
    directory.rows("gold_mine", rows)

    def every_second_line(text, lang):
        first = text.index("\n") + 1
        return Stripped(
            "", related=[Span(first, text.find("\n", first) if text.count("\n") > 1 else len(text))]
        )

    entry = lines.score(directory.sets(), notes, systems={"kabar": every_second_line})["gold_mine"]
    assert (entry["recall"], entry["precision"], entry["n"]) == (1.0, 0.5, 2)


def test_attributions_without_gold_say_so(directory, notes):
    directory.rows("id_news_x", [{"text": "Dikutip dari Kanal Contoh, hujan turun."}])
    assert attributions.score(directory.sets(), notes, systems={"kabar": keep}) == {}
    assert "no gold in DIR" in notes.remarks[0]


def test_attributions_score_spans_and_outlets(directory, notes):
    text = "Dikutip dari Kanal Contoh, hujan turun. Mengutip Radio Misal, banjir surut."
    spans = [
        {"kind": "attribution", "start": 0, "end": 26, "outlet": "Kanal Contoh"},
        {"kind": "attribution", "start": 40, "end": 61, "outlet": "Radio Misal"},
    ]
    directory.rows("gold_mine", [{"text": text, "language": "id", "spans": spans}])
    answer = Stripped(
        text, attributions=[Span(0, 26, "kanal contoh"), Span(40, 61, "Misal"), Span(62, 68, "X")]
    )
    entry = attributions.score(directory.sets(), notes, systems={"kabar": lambda t, lang: answer})[
        "gold_mine"
    ]
    assert entry["recall"] == 1.0
    assert entry["precision"] == pytest.approx(2 / 3)
    assert entry["name_accuracy"] == 0.5


# ---------------------------------------------------------------- datelines


def opening(text, lang):
    """Finds a dateline only where the text begins with it."""
    if text.startswith("KOTA CONTOH"):
        return Stripped(text, dateline=Span(0, text.index("-") + 1, "Kota Contoh"))
    return Stripped(text)


def test_datelines_are_asked_with_and_without(directory, notes):
    rows = [
        {"dateline": "KOTA CONTOH, March 3 -", "body": "The market opened."},
        {"dateline": "DESA MISAL, March 4 -", "body": "The market closed."},
        {"dateline": None, "body": "No place."},
    ]
    directory.rows("en_news_wire", rows)
    systems = {
        "kabar": opening,
        "greedy": lambda t, lang: Stripped(t, dateline=Span(0, 3, "?")),
        "first-dash": datelines.first_dash,
    }
    entry = datelines.score(directory.sets(), notes, systems=systems)["en_news_wire"]
    assert entry["n"] == 4
    assert (entry["precision"], entry["recall"], entry["place_accuracy"]) == (1.0, 0.5, 1.0)
    assert entry["baseline"]["greedy"]["precision"] == 0.0
    assert entry["baseline"]["first-dash"]["recall"] == 1.0
    assert sum(notes.skipped.values()) == 1


def test_guessed_datelines_give_a_silver_recall_only(directory, notes):
    rows = [
        {"text": "KOTA CONTOH - Hujan turun.", "dateline_guess": "KOTA CONTOH"},
        {"text": "Lain.", "dateline_guess": "Lain"},
    ]
    directory.rows("id_news_guess", rows)
    entry = datelines.score(directory.sets(), notes, systems={"kabar": opening})["id_news_guess"]
    assert entry["silver_recall"] == 0.5
    assert "f1" not in entry


@pytest.mark.parametrize(
    "dateline, place",
    [
        ("KOTA CONTOH, British Misal, March 12 -", "KOTA CONTOH"),
        ("KOTA CONTOH, Oct 1 -", "KOTA CONTOH"),
        ("KOTA CONTOH -", "KOTA CONTOH"),
    ],
)
def test_place_of_a_dateline(dateline, place):
    assert datelines.place_of(dateline) == place


# ---------------------------------------------------------------- dates


def test_dates_with_iso_form(directory, notes):
    rows = [
        {"date_raw": "3 Feb 2031 10:00", "date_iso": "2031-02-03T10:00:00"},
        {"date_raw": "4 Feb 2031 10:00", "date_iso": "2031-02-04T10:00:00"},
        {"date_raw": "5 Feb 2031", "date_iso": "damaged"},
        {"date_raw": "", "date_iso": "2031-02-05"},
    ]
    directory.rows("en_news_x", rows)
    fixed = datetime(2031, 2, 3, 10, 0, 30, tzinfo=UTC)
    systems = {"kabar": lambda raw, lang: fixed, "none": lambda raw, lang: None}
    entry = dates.score(directory.sets(), notes, systems=systems)["en_news_x"]
    assert (entry["n"], entry["parsed"], entry["accuracy"], entry["minute_accuracy"]) == (3, 1.0, 0.5, 0.5)
    assert entry["baseline"]["none"] | {"dates_per_second": 0} == {
        "parsed": 0.0, "accuracy": 0.0, "minute_accuracy": 0.0, "dates_per_second": 0,
    }  # fmt: skip


def test_days_without_offset_are_jakartas_in_indonesian_sets(directory, notes):
    directory.rows("id_news_x", [{"date_raw": "x", "date_iso": "2031-02-03"}])
    midnight = datetime(2031, 2, 3, tzinfo=timezone(timedelta(hours=7))).astimezone(UTC)
    assert midnight.day == 2
    assert (
        dates.score(directory.sets(), notes, systems={"kabar": lambda r, lang: midnight})["id_news_x"][
            "accuracy"
        ]
        == 1.0
    )


def test_a_clock_in_a_field_of_its_own_is_put_behind_the_day(directory, notes):
    rows = [{"date_raw": " 3/2/2031 ", "time_raw": "13:30 WIB"}, {"date_raw": "Feb 3, 2031", "time_raw": "-"}]
    directory.rows("id_news_x", rows)
    assert [item.raw for item in dates.load(directory.sets()[0], notes)] == [
        "3/2/2031 13:30 WIB",
        "Feb 3, 2031",
    ]


def test_the_day_in_the_url_is_a_witness(directory, notes):
    rows = [
        {"date_raw": "03/02/2031", "url": "https://contoh.test/read/2031/02/03/0812/judul"},
        {"date_raw": "03/02/2031", "url": "https://contoh.test/2031/2/9/judul"},
        {"date_raw": "03/02/2031", "url": "https://contoh.test/2031/13/45/judul"},
        {"date_raw": "03/02/2031", "url": "https://contoh.test/read/20310203"},
    ]
    directory.rows("id_news_x", rows)
    said = datetime(2031, 2, 2, 17, tzinfo=UTC)  # midnight in Jakarta
    entry = dates.score(directory.sets(), notes, systems={"kabar": lambda r, lang: said})["id_news_x"]
    assert entry["url_agreement"] == 0.5


def test_derived_sets_are_not_counted_again(directory, notes):
    directory.rows("loadtest_replay", [{"published_raw": "3 Feb 2031"}])
    assert dates.score(directory.sets(), notes, systems={"kabar": lambda r, lang: None}) == {}


# ---------------------------------------------------------------- language


def test_pools_of_languages(directory, notes):
    directory.rows(
        "id_news_x", [{"title": "Harga cabai naik lagi", "text": "Harga cabai naik lagi di pasar."}]
    )
    directory.rows(
        "en_news_x", [{"headline": "Prices rise again", "text": "IN CAPITALS ONLY HERE", "lang": "eng"}]
    )
    directory.rows("id_news_danantara", [{"title": "Judul yang tidak berlabel"}])
    rows = [
        {"lang": "ms", "kind": "headline", "text": "Harga barang naik semula"},
        {"lang": "zh", "kind": "headline", "text": "价格上涨"},
        {"lang": "ms", "code": "mly_latn", "text": "Setiap orang berhak atas kehidupan"},
        {"lang": "ms-Arab", "code": "mly_arab", "text": "سموا"},
        {"lang": "jv-Java", "text": "Saben wong"},
        {"text": "no label"},
    ]
    directory.rows("langid_new", rows)
    directory.rows(
        "langid_new",
        [{"lang": "ms", "text": "gaul banget"}, {"lang": "de", "text": "Guten Tag"}],
        "lingua_x.jsonl",
    )
    found = language.pools(directory.sets(), notes)
    assert [lang for _, lang in found["titles"][0]] == ["en", "id", "ms"]
    assert [lang for _, lang in found["bodies"][0]] == ["id", "ms"]
    assert sorted(lang for _, lang in found["sentences"][0]) == ["de", "jv"]
    assert notes.skipped == {("langid_new/rows.jsonl", "no text or no language"): 1}


def test_language_reports_pools_under_their_names(directory, notes):
    rows = [{"title": f"Judul berita nomor {n}", "text": f"Isi berita nomor {n}"} for n in range(3)]
    directory.rows("id_news_x", rows).rows(
        "en_news_x", [{"title": "One more title", "text": "One more text"}]
    )
    scores = language.score(
        directory.sets(), notes, systems={"kabar": lambda text: "id", "none": lambda text: ""}
    )
    assert set(scores) == {"titles", "bodies"}
    titles = scores["titles"]
    assert (titles["accuracy"], titles["accuracy_id"], titles["accuracy_en"], titles["n"]) == (
        0.75,
        1.0,
        0.0,
        4,
    )
    assert titles["macro_accuracy"] == 0.5
    assert titles["titles_per_second"] > 0
    assert titles["baseline"]["none"]["accuracy"] == 0.0


def test_codes_of_one_language_are_one():
    assert [language.canonical(code) for code in ("zh-Hant", "jv-Java", "no", "in", "id", "")] == [
        "zh", "jv", "nb", "id", "id", "",
    ]  # fmt: skip


def test_samples_are_per_language_and_distinct():
    labelled = [("a", "id")] * 5 + [(str(n), "en") for n in range(10)]
    rows = language.balanced(labelled, 4)
    assert [lang for _, lang in rows] == ["en"] * 4 + ["id"]
