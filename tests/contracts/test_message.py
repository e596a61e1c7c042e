"""The envelope: what a stage does not know travels on untouched."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kabar.contracts.message import Header, Message, Tick, decode_message
from kabar.contracts.sections import CleanSection, DedupeSection, EnrichSection, RawSection
from kabar.errors import BadMessage

HEADER = Header(
    observation_id="a" * 32, observed_at=1_700_000_000_000, article_id="b" * 32, origin="file:x#1"
)


def message(**raw):
    return Message(HEADER).with_section(RawSection(**(raw or {"text": "Halo"})))


def test_round_trip():
    again = decode_message(message(text="Halo “dunia”", title="Judul").encode())
    assert again.header == HEADER
    assert again.raw == RawSection(text="Halo “dunia”", title="Judul")
    assert again == message(text="Halo “dunia”", title="Judul")


def test_sections_are_added_one_by_one():
    cleaned = message().with_section(CleanSection(text="Halo", content_hash="0" * 32))
    done = (
        decode_message(cleaned.encode())
        .with_section(DedupeSection(first_seen_at=1))
        .with_section(EnrichSection())
    )
    assert set(json.loads(done.encode())) >= {"raw", "clean", "dedupe", "enrich"}


def test_with_section_leaves_the_original_alone():
    first = message()
    first.with_section(CleanSection(text="Halo", content_hash="0" * 32))
    assert not first.has(CleanSection)


def newer():
    """What a service from the future writes."""
    wire = json.loads(message().encode())
    wire["translate"] = {"text": "Hello"}
    wire["priority"] = 7
    wire["raw"]["sponsor"] = "nobody"
    return json.dumps(wire).encode()


@pytest.mark.parametrize("touch", [False, True], ids=["unread", "raw was read"])
def test_what_a_newer_service_wrote_is_passed_on(touch):
    old = decode_message(newer())
    if touch:
        assert old.raw.text == "Halo"
    passed_on = json.loads(old.with_section(CleanSection(text="Halo", content_hash="0" * 32)).encode())
    assert passed_on["translate"] == {"text": "Hello"}
    assert passed_on["priority"] == 7
    assert passed_on["raw"]["sponsor"] == "nobody"


def test_a_replaced_section_is_replaced_also_where_it_came_encoded():
    first = decode_message(message(text="old").encode())
    assert decode_message(first.with_section(RawSection(text="new")).encode()).raw.text == "new"
    encoded = first.with_encoded(RawSection, msgspec.json.encode(RawSection(text="newer")))
    assert decode_message(encoded.encode()).raw.text == "newer"
    assert encoded.raw.text == "newer"


@pytest.mark.parametrize(
    "data, named",
    [
        (b"", "truncated"),
        (b"[]", "array"),
        (b"{", "truncated"),
        (b"nonsense", "invalid"),
        (b"{}", "observation_id"),
        (b'{"observation_id":"zz","observed_at":1,"article_id":"' + b"b" * 32 + b'"}', "observation_id"),
        (message().encode().replace(b"1700000000000", b'"yesterday"'), "observed_at"),
        (message().encode().replace(b"1700000000000", b"-5"), "observed_at"),
        (message().encode().replace(b"Halo", b"\xff\xfe"), "utf-8"),
        (b"[" * 100_000, "message"),
        (b'{"a":' * 100_000, "message"),
    ],
)
def test_what_breaks_the_contract_is_named(data, named):
    with pytest.raises(BadMessage) as caught:
        decode_message(data).section(RawSection)
    assert named.lower() in str(caught.value).lower()


def test_a_newer_schema_is_refused_not_misread():
    data = message().encode().replace(b"{", b'{"schema_version":99,', 1)
    with pytest.raises(BadMessage, match="schema_version 99") as caught:
        decode_message(data)
    assert "upgrade" in caught.value.hint


def test_a_missing_section_is_named():
    with pytest.raises(BadMessage, match="no section 'clean'"):
        _ = message().clean


@pytest.mark.parametrize(
    "section",
    [
        {"text": 5},
        {"content_type": "image/png"},
        {"authors": "Budi"},
        {"url": "x" * 5_000},
        {"title": None},
    ],
)
def test_a_section_is_checked_when_it_is_read(section):
    wire = json.loads(message().encode())
    wire["raw"] = section
    with pytest.raises(BadMessage, match="section 'raw'"):
        _ = decode_message(json.dumps(wire).encode()).raw


@given(st.text(max_size=200), st.text(max_size=50))
def test_any_text_survives(text, title):
    # Lone surrogates are replaced at acceptance; hypothesis' default text has none.
    again = decode_message(message(text=text, title=title).encode())
    assert (again.raw.text, again.raw.title) == (text, title)


def test_a_tick_names_its_time():
    assert msgspec.json.decode(msgspec.json.encode(Tick(5)), type=Tick) == Tick(5)
