from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kabar.clean.dates import parse
from kabar.clean.dates.words import WORDS, Words

NOW = int(datetime(2026, 3, 15, 12, 0, tzinfo=UTC).timestamp() * 1000)  # a Sunday


def moment(text: str, language: str = "") -> str | None:
    found = parse(text, now_ms=NOW, language=language)
    return None if found is None else f"{datetime.fromtimestamp(found.millis / 1000, UTC):%Y-%m-%dT%H:%M:%S}"


@pytest.mark.parametrize(
    "text, language, expected",
    [
        # Indonesian
        ("Selasa, 24 September 2019 13:30 WIB", "", "2019-09-24T06:30:00"),
        ("Selasa, 24 September 2019 13.30 WITA", "", "2019-09-24T05:30:00"),
        ("Selasa, 24 September 2019 | 13:30 WIT", "", "2019-09-24T04:30:00"),
        ("05 Juli 2019", "id", "2019-07-04T17:00:00"),
        ("Oktober 16, 2019", "", "2019-10-15T17:00:00"),
        ("12 Pebruari 2018 08:15 WIB", "", "2018-02-12T01:15:00"),
        ("Jum'at, 1 Nopember 2019", "", "2019-10-31T17:00:00"),
        ("Jum’at, 1 Nopember 2019", "", "2019-10-31T17:00:00"),
        ("5 Agu 2019, 10:00 WIB", "", "2019-08-05T03:00:00"),
        ("5 Ags 2019 10:00", "id", "2019-08-05T03:00:00"),
        ("3 Okt 2020 10:00", "", "2020-10-03T03:00:00"),
        ("3 Des 2020 10:00", "", "2020-12-03T03:00:00"),
        ("Kamis (28/5/2026) pukul 19.18 WIB", "id", "2026-05-28T12:18:00"),
        ("10:30 WIB, 24 Sept 2019", "", "2019-09-24T03:30:00"),
        ("24 September 2019 07.30 malam", "id", "2019-09-24T12:30:00"),
        # Malay
        ("Isnin, 5 Ogos 2019 3:15 PTG", "ms", "2019-08-05T15:15:00"),
        ("17 Mac 2021", "ms", "2021-03-17T00:00:00"),
        ("1 Disember 2021 10:00 MYT", "ms", "2021-12-01T02:00:00"),
        # English
        (" Sep 27, 2019 ", "", "2019-09-27T00:00:00"),
        ("Sunday, October 20, 2019 at 10:30 AM EDT", "en", "2019-10-20T14:30:00"),
        ("May 24, 2013 2:45 p.m. GMT", "en", "2013-05-24T14:45:00"),
        ("12:05 am, Oct 1, 2019", "en", "2019-10-01T00:05:00"),
        ("Oct 1, 2019, 5pm", "en", "2019-10-01T17:00:00"),
        ("1st of March 2021", "en", "2021-03-01T00:00:00"),
        ("26-FEB-1987 15:03:27.51", "en", "1987-02-26T15:03:27"),
        ("27-MAR-1987 13:59:50.01F", "en", "1987-03-27T13:59:50"),
        ("10-Sep-19", "", "2019-09-10T00:00:00"),
        ("19-Sep-19 11:32", "en", "2019-09-19T11:32:00"),
        ("10-Sep-87", "", "1987-09-10T00:00:00"),
        # machines
        ("2019-09-17", "", "2019-09-17T00:00:00"),
        ("2019-09-17", "id", "2019-09-16T17:00:00"),
        ("2019-09-12 07:06 WIB", "", "2019-09-12T00:06:00"),
        ("2019-09-17T13:30:00Z", "id", "2019-09-17T13:30:00"),
        ("2019-09-17T13:30:00.123+07:00", "", "2019-09-17T06:30:00"),
        ("2019-09-17T13:30:00+0700", "", "2019-09-17T06:30:00"),
        ("2009-03-23 04:42:16.066252-05", "", "2009-03-23T09:42:16"),
        ("2019/09/17 13:30", "", "2019-09-17T13:30:00"),
        ("Tue, 24 Sep 2019 13:30:00 +0700", "", "2019-09-24T06:30:00"),
        ("Tue, 24 Sep 2019 13:30:00 GMT", "", "2019-09-24T13:30:00"),
        ("Tue Sep 24 13:30:00 WIB 2019", "", "2019-09-24T06:30:00"),
        ("24/Sep/2019:13:30:00 +0700", "", "2019-09-24T06:30:00"),
        ("20190917", "", "2019-09-17T00:00:00"),
        ("20190917T133000Z", "", "2019-09-17T13:30:00"),
        ("20190917133000", "", "2019-09-17T13:30:00"),
        ("1492455915", "id", "2017-04-17T19:05:15"),
        ("1492455915123", "", "2017-04-17T19:05:15"),
        ("1492455915.25", "", "2017-04-17T19:05:15"),
        ("2019-06-30T23:59:60Z", "", "2019-06-30T23:59:59"),
        # others
        ("1er août 2024 à 13h30", "fr", "2024-08-01T13:30:00"),
        ("5 de mayo de 2024", "es", "2024-05-05T00:00:00"),
        ("3. Oktober 2019", "de", "2019-10-03T00:00:00"),
        ("24.09.2019 13.30 Uhr", "de", "2019-09-24T13:30:00"),
        ("2019年9月17日 10:20", "zh", "2019-09-17T10:20:00"),
        ("2024. 5. 3.", "ko", "2024-05-03T00:00:00"),
    ],
)
def test_absolute(text, language, expected):
    assert moment(text, language) == expected


@pytest.mark.parametrize(
    "text, expected",
    [
        ("KabarNusa | Senin 05 Agu 2019, 10:00 WIB", "2019-08-05T03:00:00"),
        ("Published: 24 September 2019 10:00 GMT by Staff", "2019-09-24T10:00:00"),
        ("Diterbitkan Senin, 5 Agustus 2019 10:00 WIB | Diperbarui 6 Agustus 2019", "2019-08-05T03:00:00"),
        ("Dibaca 1.250 kali - 5 Agustus 2019 10:00 WIB", "2019-08-05T03:00:00"),
        ("9-APR-1987 00:00:00.00    # added by hand", "1987-04-09T00:00:00"),
    ],
)
def test_what_stands_around_a_date_does_not_matter(text, expected):
    assert moment(text) == expected


@pytest.mark.parametrize(
    "text, language, expected",
    [
        ("03/04/2019", "id", "2019-04-02T17:00:00"),
        ("03/04/2019", "ms", "2019-04-03T00:00:00"),
        ("03/04/2019", "", "2019-04-03T00:00:00"),
        ("03/04/2019", "en", "2019-04-03T00:00:00"),
        ("03/04/2019", "en-GB", "2019-04-03T00:00:00"),
        ("03/04/2019", "en-US", "2019-03-04T00:00:00"),
        ("03/04/2019", "en_US", "2019-03-04T00:00:00"),
        ("3/4/2019 6:45 PM", "en", "2019-03-04T18:45:00"),
        ("3/4/2019 18:45 EST", "en", "2019-03-04T23:45:00"),
        ("3/4/2019 6:45 pm", "de", "2019-04-03T18:45:00"),
        ("16/09/2019", "en-US", "2019-09-16T00:00:00"),
        ("10/17/2025 13:00", "id", "2025-10-17T06:00:00"),
        ("16.9.19", "de", "2019-09-16T00:00:00"),
    ],
)
def test_day_or_month_first(text, language, expected):
    assert moment(text, language) == expected


@pytest.mark.parametrize(
    "text, language, expected",
    [
        ("2 jam yang lalu", "id", "2026-03-15T10:00:00"),
        ("sejam yang lalu", "id", "2026-03-15T11:00:00"),
        ("15 menit lalu", "id", "2026-03-15T11:45:00"),
        ("baru saja", "id", "2026-03-15T12:00:00"),
        ("3 hours ago", "en", "2026-03-15T09:00:00"),
        ("Published: an hour ago", "en", "2026-03-15T11:00:00"),
        ("1 hour 5 minutes ago", "en", "2026-03-15T11:00:00"),
        ("2h", "en", "2026-03-15T10:00:00"),
        ("5 minit lepas", "ms", "2026-03-15T11:55:00"),
        ("yesterday", "en", "2026-03-14T00:00:00"),
        ("Yesterday at 10:15 am", "en", "2026-03-14T10:15:00"),
        ("kemarin", "id", "2026-03-13T17:00:00"),
        ("Kemarin, 13.30 WIB", "id", "2026-03-14T06:30:00"),
        ("kemarin lusa", "id", "2026-03-12T17:00:00"),
        ("Hari ini, 09:00 WIB", "", "2026-03-15T02:00:00"),
        ("2 days ago", "en", "2026-03-13T00:00:00"),
        ("seminggu yang lalu", "id", "2026-03-07T17:00:00"),
        ("14 Maret", "id", "2026-03-13T17:00:00"),
        ("Des 5", "id", "2025-12-04T17:00:00"),
        ("March 16", "en", "2026-03-16T00:00:00"),
        ("March 17", "en", "2025-03-17T00:00:00"),
    ],
)
def test_counted_from_now(text, language, expected):
    assert moment(text, language) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "n/a",
        "-",
        "2019",
        "pada hari Minggu",
        "31 Februari 2020",
        "30-Feb-2021",
        "2020-13-01",
        "99/99/2020",
        "0/0/2020",
        "1969-12-31",
        "29 Februari 2019",
        "12 ekor 2019",
        "12345",
        "lalu",
        "9999 years ago",
        "Jakarta",
        "13:30 WIB",
        "1.2.3",
    ],
)
def test_no_date(text):
    assert parse(text, now_ms=NOW) is None


@pytest.mark.parametrize(
    "text, precision, rule",
    [
        ("2019-09-17", "day", "iso"),
        ("2019-09-17 10:00", "minute", "iso"),
        ("2019-09-17 10:00:01", "second", "iso"),
        ("2019-09-17 00:00:00", "day", "iso"),
        ("2019-09-17T00:00:00Z", "second", "iso"),
        ("2019-09-17 25:00", "day", "iso"),
        ("24 September 2019", "day", "day-month-year"),
        ("September 24, 2019 10:00", "minute", "month-day-year"),
        ("16/09/2019", "day", "numbers-day-first"),
        ("09/16/2019", "day", "numbers-month-first"),
        ("24 September", "day", "without-year"),
        ("1492455915", "second", "epoch"),
        ("20190917", "day", "compact"),
        ("2019/09/17", "day", "year-first"),
        ("2 hours ago", "minute", "relative-ago"),
        ("2 days ago", "day", "relative-ago"),
        ("yesterday", "day", "relative-day"),
        ("just now", "minute", "relative-now"),
    ],
)
def test_precision_and_rule(text, precision, rule):
    found = parse(text, now_ms=NOW)
    assert (found.precision, found.rule) == (precision, rule)


@pytest.mark.parametrize(
    "text, language, offset_hours",
    [
        ("24 September 2019 10:00", "", 0),
        ("24 September 2019 10:00", "en", 0),
        ("24 September 2019 10:00", "id", 7),
        ("Selasa, 24 September 2019 10:00", "en", 7),  # the page says en, the words are Indonesian
        ("24 Oktober 2019 10:00", "", 7),
        ("24 Oktober 2019 10:00", "de", 0),
        ("24 Oktober 2019 10:00", "ms", 0),
        ("24 September 2019 10:00 (GMT+9)", "id", 9),
        ("24 September 2019 10:00 UTC-3", "id", -3),
        ("24 September 2019 10:00 IST", "en", 5.5),
    ],
)
def test_zones(text, language, offset_hours):
    found = parse(text, now_ms=NOW, language=language)
    assert (10 - datetime.fromtimestamp(found.millis / 1000, UTC).hour - 24) % 24 == offset_hours % 24 or (
        offset_hours == 5.5 and moment(text, language).endswith("04:30:00")
    )


MONTHS = [
    (name, number)
    for language in (
        "Januari Februari Maret April Mei Juni Juli Agustus September Oktober November Desember",
    )
    for number, name in enumerate(language.split(), start=1)
]


@pytest.mark.parametrize("name, number", MONTHS)
def test_every_indonesian_month(name, number):
    for written in (name, name.upper(), name[:3]) if name != "Agustus" else (name, "Agu", "AGT"):
        assert moment(f"15 {written} 2021 12:00 GMT", "id") == f"2021-{number:02}-15T12:00:00"


_FIRST = datetime(1970, 1, 2, tzinfo=UTC).replace(tzinfo=None)  # the strategy wants both without a zone
_LAST = datetime(2099, 12, 31, tzinfo=UTC).replace(tzinfo=None)


@settings(deadline=None)
@given(st.datetimes(min_value=_FIRST, max_value=_LAST))
def test_what_is_printed_is_read_back(when):
    when = when.replace(microsecond=0)
    expected = int(when.replace(tzinfo=UTC).timestamp() * 1000)
    for form in (
        "%Y-%m-%dT%H:%M:%SZ",
        "%a, %d %b %Y %H:%M:%S +0000",
        "%B %d, %Y %H:%M:%S GMT",
        "%d %B %Y %H:%M:%S UTC",
    ):
        assert parse(when.strftime(form), now_ms=NOW).millis == expected


@settings(deadline=None)
@given(st.text(max_size=80), st.sampled_from(["", "id", "en", "en-US", "x"]))
def test_any_text_gets_an_answer(text, language):
    found = parse(text, now_ms=NOW, language=language)
    assert found is None or found.millis >= 0


@settings(deadline=None)
@given(st.text(alphabet="0123456789 :./-,TZsepagomwib+", max_size=60))
def test_anything_that_resembles_a_date_gets_an_answer(text):
    found = parse(text, now_ms=NOW)
    assert found is None or found.precision in {"second", "minute", "day"}


@pytest.mark.parametrize(
    "piece", ["1", "1/", "1 a ", "a 1 ", "24 ", "(1:1", "1 sep ", "1:", "2019-", " ago", "9" * 9 + " "]
)
def test_hostile_texts_end(piece):
    parse(piece * 100_000, now_ms=NOW)


def test_words_are_loaded_from_the_table():
    assert WORDS.month("nopember") == 11
    assert WORDS.month("bukan") == 0
    assert WORDS.zone("wita") == 480
    assert WORDS.zone("xyz") is None


def test_a_word_for_two_months_is_refused():
    data = {"months": {"aa": [["one"], ["two"]], "bb": [["two"]]}}
    with pytest.raises(ValueError, match="'two' is month 1 in bb"):
        Words(data)
