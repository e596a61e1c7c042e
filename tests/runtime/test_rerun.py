"""What of a message is made anew."""

import json

import pytest

from kabar.contracts.message import decode_message
from kabar.contracts.sections import CleanSection, DedupeSection, EnrichSection
from kabar.errors import BadMessage
from kabar.runtime.rerun import again, as_received, header_of, made_before, published_by

HASH = "0" * 32


@pytest.fixture
def whole(message):
    return (
        message("isi", url="https://laut.example/1")
        .with_section(CleanSection(text="isi", content_hash=HASH))
        .with_section(DedupeSection(version=3, status="updated", first_seen_at=5))
        .with_section(EnrichSection(summary="isi"))
    )


@pytest.mark.parametrize(
    "stage, left",
    [
        ("clean", {"raw", "dedupe"}),
        ("dedupe", {"raw", "clean", "dedupe"}),
        ("enrich", {"raw", "clean", "dedupe"}),
        ("index", {"raw", "clean", "dedupe", "enrich"}),
    ],
)
def test_the_sections_of_the_stages_that_run_are_gone_and_nothing_else(whole, stage, left):
    before = json.loads(whole.encode())
    before["of_a_newer_kabar"] = {"deep": [1, {"x": None}]}
    after = json.loads(again(json.dumps(before).encode(), stage, 4))
    assert {name for name in ("raw", "clean", "dedupe", "enrich") if name in after} == left
    assert after.pop("generation") == 4
    for name in ("clean", "enrich"):
        after.setdefault(name, before[name])
    assert after == before


def test_the_higher_generation_replaces_the_lower(whole):
    twice = again(again(whole.encode(), "index", 1), "index", 2)
    assert header_of(twice).generation == 2
    assert twice.count(b'"generation"') == 1


def test_a_decision_can_be_given_along(message):
    known = message("isi").encode()
    section = DedupeSection(version=2, status="updated", first_seen_at=7)
    whole = message("isi").with_section(section)
    found = decode_message(again(known, "clean", 1, decision=whole.encoded(DedupeSection)))
    assert found.dedupe == section


@pytest.mark.parametrize("rubbish", [b"", b"{", b"[]", b"\xff\xfe"])
def test_what_is_no_message_is_refused(rubbish):
    for act in (lambda data: again(data, "clean", 1), header_of):
        with pytest.raises(BadMessage):
            act(rubbish)


def test_as_received_has_no_section_but_raw(whole, message):
    assert json.loads(as_received(whole)) == json.loads(message("isi", url="https://laut.example/1").encode())


@pytest.mark.parametrize("generation, expected", [(0, False), (1, True)])
def test_a_section_is_passed_over_only_when_it_comes_again(whole, generation, expected):
    found = decode_message(again(whole.encode(), "index", generation))
    assert made_before(found, CleanSection) is expected
    assert made_before(decode_message(again(found.encode(), "clean", generation)), CleanSection) is False


@pytest.mark.parametrize(
    "source, expected",
    [("", True), ("Harian Laut", True), (" harian LAUT ", True), ("laut", False), ("Harian Darat", False)],
)
def test_whose_it_is(whole, source, expected):
    assert published_by(whole.encode(), source) is expected


def test_a_domain_is_a_source_and_a_missing_one_is_not(message):
    from kabar.contracts.sections import Source

    of_domain = message("isi").with_section(
        message("isi").raw.__class__(text="isi", source=Source(domain="laut.example"))
    )
    assert published_by(of_domain.encode(), "laut.example")
    nameless = message("isi").with_section(message("isi").raw.__class__(text="isi", source=Source()))
    assert not published_by(nameless.encode(), "x")
