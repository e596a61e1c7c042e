from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kabar.contracts import ids
from kabar.contracts.message import Message, decode_message
from kabar.contracts.observation import accept
from kabar.contracts.types import MAX_BODY_BYTES, MAX_BODY_CHARS
from kabar.errors import BadMessage, Oversize, Poison

OBSERVATION = ids.observation_id("job", 1)
NOW = 1_783_209_600_000  # 2026-07-05T00:00:00Z
URL = "https://kabarpagi.example/read/17/banjir?utm_source=x"


def take(record, **options) -> Message:
    arguments = {
        "observation_id": OBSERVATION,
        "observed_at": NOW,
        "accepted_at": NOW + 5,
        "origin": "file:wire.jsonl#1",
        **options,
    }
    return accept(record, **arguments)


def test_a_full_record():
    message = take(
        {
            "url": URL,
            "publisher_id": 17,
            "title": "Banjir di Muara Angin",
            "text": "Air naik.\n\nWarga mengungsi.",
            "authors": ["Sari Wulan", " ", "Tio"],
            "source": " Kabar Pagi ",
            "feed": "https://kabarpagi.example/rss",
            "country": "id",
            "collections": ["banjir"],
            "published": "05 Juli 2026",
            "modified": 1_783_209_600,
            "language": "id",
            "category": "daerah",
            "image": "https://kabarpagi.example/a.jpg",
            "something_else": {"is": "ignored"},
        }
    )
    header, raw = message.header, message.raw
    assert (header.kind, header.observed_at, header.accepted_at) == ("article", NOW, NOW + 5)
    assert header.observation_id == OBSERVATION
    assert header.article_id == ids.article_id(url=URL)
    assert header.trace_id == ids.trace_id(OBSERVATION)
    assert header.origin == "file:wire.jsonl#1"
    assert raw.url == URL
    assert raw.canonical_url == "https://kabarpagi.example/read/17/banjir"
    assert raw.publisher_id == "17"
    assert (raw.title, raw.text) == ("Banjir di Muara Angin", "Air naik.\n\nWarga mengungsi.")
    assert (raw.content_type, raw.data, raw.charset) == ("text/plain", b"", "")
    assert raw.authors == ["Sari Wulan", "Tio"]
    assert (raw.source.name, raw.source.domain) == ("Kabar Pagi", "kabarpagi.example")
    assert (raw.source.country, raw.source.collections) == ("ID", ["banjir"])
    assert (raw.published, raw.modified) == ("05 Juli 2026", "1783209600")


def test_it_survives_the_wire():
    message = take({"url": URL, "text": "isi", "title": "judul"})
    assert decode_message(message.encode()).encode() == message.encode()
    assert decode_message(message.encode()).raw == message.raw


def test_same_record_same_message():
    record = {"title": "a", "text": "b", "source": "X"}
    assert take(record) == take(dict(reversed(record.items())))


# ---------------------------------------------------------------- body


@pytest.mark.parametrize(
    "record, content_type, text, data",
    [
        ({"text": "isi"}, "text/plain", "isi", b""),
        ({"html": "<p>isi"}, "text/html", "<p>isi", b""),
        ({"data": b"<p>\xe9"}, "text/html", "", b"<p>\xe9"),
        ({"data": b"isi", "content_type": "text/plain; charset=utf-8"}, "text/plain", "", b"isi"),
        ({"text": "<p>isi", "content_type": "TEXT/HTML"}, "text/html", "<p>isi", b""),
        ({"text": "isi", "html": "<p>lain"}, "text/plain", "isi", b""),
        ({"text": " \n", "html": "<p>isi"}, "text/html", "<p>isi", b""),
        ({"text": None, "html": " ", "data": b"x"}, "text/html", "", b"x"),
        ({"title": "hanya judul"}, "text/plain", "", b""),
        ({"text": " "}, "text/plain", " ", b""),
        ({}, "text/plain", "", b""),
    ],
)
def test_exactly_one_body(record, content_type, text, data):
    raw = take(record).raw
    assert (raw.content_type, raw.text, raw.data) == (content_type, text, data)


def test_charset_belongs_to_bytes():
    assert take({"data": b"x", "charset": "iso-8859-1"}).raw.charset == "iso-8859-1"
    assert take({"text": "x", "charset": "iso-8859-1"}).raw.charset == ""


def test_caps_of_bodies():
    assert len(take({"text": "a" * MAX_BODY_CHARS}).raw.text) == MAX_BODY_CHARS
    for record in ({"text": "a" * (MAX_BODY_CHARS + 1)}, {"html": "a" * (MAX_BODY_CHARS + 1)}):
        with pytest.raises(Oversize, match=next(iter(record))):
            take(record)
    with pytest.raises(Oversize, match="data"):
        take({"data": bytes(MAX_BODY_BYTES + 1)})


# ---------------------------------------------------------------- identity


def test_identity_falls_back_step_by_step():
    by_url = take({"url": URL, "publisher_id": "1", "text": "a"}).header.article_id
    assert by_url == take({"url": URL, "publisher_id": "2", "text": "b"}).header.article_id
    by_id = take({"publisher_id": "1", "source": "X", "text": "a"}).header.article_id
    assert by_id == take({"publisher_id": "1", "source": "X", "text": "b"}).header.article_id
    assert by_id != take({"publisher_id": "1", "source": "Y", "text": "a"}).header.article_id
    by_content = take({"source": "X", "text": "a"}).header.article_id
    assert by_content == take({"source": "X", "text": "a"}).header.article_id
    assert len({by_url, by_id, by_content, take({"source": "X", "text": "b"}).header.article_id}) == 4


def test_the_default_source_counts_where_the_record_names_none():
    assert take({"text": "a"}, default_source="Arsip").raw.source.name == "Arsip"
    assert take({"text": "a", "source": " "}, default_source="Arsip").raw.source.name == "Arsip"
    assert take({"text": "a", "source": "X"}, default_source="Arsip").raw.source.name == "X"
    assert (
        take({"publisher_id": 1}, default_source="Arsip").header.article_id
        == take({"publisher_id": "1", "source": "Arsip"}).header.article_id
    )


def test_a_bare_path_travels_along_but_identifies_nothing():
    message = take({"url": "/news/uk-63378673", "publisher_id": "mk-1", "text": "a"})
    assert (message.raw.url, message.raw.canonical_url) == ("/news/uk-63378673", "")
    assert message.header.article_id == ids.article_id(publisher_id="mk-1")


def test_an_empty_url_is_no_url():
    for url in ("", "  ", None):
        assert take({"url": url, "text": "a"}).raw.canonical_url == ""


# ---------------------------------------------------------------- kills


@pytest.mark.parametrize("record", [{"url": URL}, {"publisher_id": 17, "source": "X"}])
def test_a_kill_names_its_article_and_carries_no_body(record):
    message = take({**record, "kind": "KILL", "text": "isi", "html": 5})
    assert message.header.kind == "kill"
    assert (message.raw.text, message.raw.data) == ("", b"")
    assert message.header.article_id == take({**record, "text": "isi"}).header.article_id


@pytest.mark.parametrize("record", [{}, {"title": "a", "text": "b"}, {"url": "/news/1"}, {"url": ""}])
def test_a_kill_of_nothing_is_refused(record):
    with pytest.raises(BadMessage, match="names no article") as caught:
        take({**record, "kind": "kill"})
    assert "url" in caught.value.hint


# ---------------------------------------------------------------- wrong types and values

WRONG = [
    ({"title": 5}, "field 'title' is a number, expected a string"),
    ({"title": ["a"]}, "field 'title' is a list"),
    ({"title": True}, "field 'title' is true or false"),
    ({"text": ["a", "b"]}, "field 'text' is a list"),
    ({"text": {"p": 1}}, "field 'text' is an object"),
    ({"html": 1.5}, "field 'html' is a number"),
    ({"html": b"<p>"}, "field 'html' is bytes"),
    ({"data": "text"}, "field 'data' is a string, expected bytes"),
    ({"url": 7}, "field 'url' is a number"),
    ({"url": "javascript:alert(1)"}, "field 'url': url has the scheme"),
    ({"url": "kabarpagi.example/a"}, "field 'url': url has no scheme"),
    ({"source": {"name": "X"}}, "field 'source' is an object"),
    ({"publisher_id": True}, "field 'publisher_id' is true or false"),
    ({"publisher_id": 1.5}, "field 'publisher_id' is a number"),
    ({"publisher_id": 2**200}, "field 'publisher_id' is a number"),
    ({"authors": {"name": "A"}}, "field 'authors' is an object, expected a string or a list of strings"),
    ({"authors": ["A", 5]}, r"field 'authors\[1\]' is a number"),
    ({"published": 1.5}, "field 'published' is a number"),
    ({"published": {}}, "field 'published' is an object"),
    ({"image": ["a"]}, "field 'image' is a list"),
    ({"kind": "berita"}, "field 'kind' is 'berita'"),
    ({"kind": 1}, "field 'kind' is a number"),
    ({"text": "a", "content_type": "application/pdf"}, "field 'content_type' is 'application/pdf'"),
]


@pytest.mark.parametrize("record, said", WRONG)
def test_wrong_types_are_named_never_coerced(record, said):
    with pytest.raises(BadMessage, match=said) as caught:
        take(record)
    assert caught.value.hint or "url" in record


@pytest.mark.parametrize(
    "record, said",
    [
        ({"title": "a" * 4_097}, "field 'title' has 4097 characters, at most 4096"),
        ({"url": "https://kabarpagi.example/" + "a" * 5_000}, "field 'url'"),
        ({"url": "https://kabarpagi.example/" + "é" * 2_000}, "field 'url'"),
        ({"publisher_id": "a" * 1_025}, "field 'publisher_id'"),
        ({"published": "a" * 1_025}, "field 'published'"),
        ({"authors": ["a"] * 201}, "field 'authors' has 201 items, at most 200"),
        ({"authors": "a" * 1_025}, r"field 'authors\[0\]'"),
        ({"language": "bahasa indonesia baku"}, "field 'language' has 21 characters"),
        ({"country": "IDN"}, "field 'country'"),
        ({"image": "data:image/png;base64," + "A" * 5_000}, "field 'image'"),
    ],
)
def test_caps_are_named(record, said):
    with pytest.raises(Oversize, match=said):
        take(record)


def test_none_is_absent_everywhere():
    fields = (
        "url publisher_id title text html data authors source feed country collections published modified"
    )
    record = dict.fromkeys(
        [*fields.split(), "language", "category", "image", "kind", "observed_at", "charset"]
    )
    assert take(record, event_time=True) == take({})


def test_the_observation_id_must_be_one():
    with pytest.raises(BadMessage, match="observation_id"):
        take({"text": "a"}, observation_id="17")


# ---------------------------------------------------------------- time


@pytest.mark.parametrize(
    "given_time, millis",
    [
        (NOW - 1_000, NOW - 1_000),
        ("2026-07-04T23:00:00Z", NOW - 3_600_000),
        ("2026-07-05T06:00:00+07:00", NOW - 3_600_000),
        (" 2026-07-04T23:00:00.250 ", NOW - 3_600_000 + 250),
        ("2026-07-04", NOW - 86_400_000),
        (NOW + 86_400_000, NOW),  # the future is capped to now
        ("2027-01-01T00:00:00Z", NOW),
        (None, NOW),
        ("", NOW),
    ],
)
def test_event_time_where_allowed(given_time, millis):
    assert take({"text": "a", "observed_at": given_time}, event_time=True).header.observed_at == millis


def test_event_time_is_ignored_where_not_allowed():
    for given_time in (NOW - 1_000, "yesterday", [], 3):
        assert take({"text": "a", "observed_at": given_time}).header.observed_at == NOW


@pytest.mark.parametrize(
    "given_time, said",
    [
        ("kemarin", "not a date"),
        ("2026-13-01", "not a date"),
        ("0001-01-01T00:00:00+07:00", "no"),
        (1_783_209_600, "no plausible time"),  # seconds
        (-5, "no plausible time"),
        (10**18, "no plausible time"),
        (1.5, "a number, expected an ISO"),
        (True, "true or false"),
        ([], "a list"),
    ],
)
def test_a_wrong_event_time_is_refused(given_time, said):
    with pytest.raises(BadMessage, match="field 'observed_at'.*" + said):
        take({"text": "a", "observed_at": given_time}, event_time=True)


# ---------------------------------------------------------------- what breaks transport


def test_nul_and_lone_surrogates_become_replacement_characters_one_for_one():
    message = take({"title": "a\x00b", "text": "x\ud800y\udfffz", "authors": ["\ud83d"], "source": "S\x00"})
    assert message.raw.title == "a\ufffdb"
    assert message.raw.text == "x\ufffdy\ufffdz"
    assert message.raw.authors == ["\ufffd"]
    assert message.raw.source.name == "S\ufffd"
    decode_message(message.encode())


def test_nothing_else_is_touched():
    text = "\x01\x85\u202e\u200b\ufeff<script>“x”</script>\r\n\tÃ©&amp;\U0001f600"
    assert take({"text": text}).raw.text == text


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(codec=None))
    | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)
FIELDS = ["url", "publisher_id", "title", "text", "html", "data", "charset", "content_type", "authors", "source", "feed", "country", "collections", "published", "modified", "language", "category", "image", "kind", "observed_at"]  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from(FIELDS), anything, max_size=6), st.text(st.characters(codec=None)))
def test_any_record_is_a_sound_message_or_a_reasoned_refusal(record, origin):
    try:
        message = take(record, origin=origin, event_time=True)
    except Poison as error:
        assert "field '" in str(error) or "kill" in str(error)  # noqa: PT017 - both ways out are right
        return
    again = decode_message(message.encode())
    assert again.raw == message.raw
    assert again.header == message.header
    assert again.header.observed_at <= NOW
