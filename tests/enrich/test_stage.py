"""The enrich stage: one message in, the same message with one more section out."""

from __future__ import annotations

import pytest

from kabar.contracts.message import Header, Message, decode_message
from kabar.contracts.outcomes import Forward
from kabar.contracts.sections import CleanSection, EnrichSection
from kabar.enrich.analysis import NAMES, analyse
from kabar.enrich.stage import EnrichOptions, EnrichStage
from kabar.errors import BadMessage, ConfigError

TEXT = '"Jembatan sudah aman untuk dilewati," kata Rahmat Hidayat.\nJembatan itu dibuka lagi pada hari Selasa pagi.'
ID = "0" * 32


def message(kind: str = "article", text: str = TEXT, language: str = "id") -> Message:
    header = Header(observation_id=ID, observed_at=1, article_id=ID, kind=kind)
    if kind == "kill":
        return Message(header)
    return Message(header).with_section(
        CleanSection(title="Jembatan", text=text, language=language, content_hash=ID)
    )


def test_an_article_goes_on_with_its_section():
    (effect,) = EnrichStage().process(message())
    assert isinstance(effect, Forward)
    assert effect.message.enrich == analyse(TEXT, title="Jembatan", language="id")
    assert effect.message.clean.text == TEXT
    assert effect.message.header == message().header


def test_the_message_handed_in_is_not_changed():
    given = message()
    before = given.encode()
    EnrichStage().process(given)
    assert given.encode() == before
    assert not given.has(EnrichSection)


def test_a_kill_passes_untouched():
    kill = message("kill")
    assert EnrichStage().process(kill) == [Forward(kill)]
    assert not kill.has(EnrichSection)


def test_a_message_from_the_wire_keeps_what_this_version_does_not_know():
    wire = message().encode()[:-1] + b',"weather":{"sky":"grey"}}'
    (effect,) = EnrichStage().process(decode_message(wire))
    assert b'"weather":{"sky":"grey"}' in effect.message.encode()


def test_enriching_again_replaces_the_section():
    stage = EnrichStage()
    (once,) = stage.process(message())
    (twice,) = stage.process(once.message)
    assert twice.message.encode() == once.message.encode()


def test_the_result_does_not_depend_on_what_came_before():
    stage = EnrichStage()
    alone = EnrichStage().process(message())
    stage.process(message(text="Vladimir Putin berkata lain di Moskow pada hari itu juga.", language="id"))
    assert stage.process(message()) == alone


def test_enabled_annotators_only():
    (effect,) = EnrichStage(EnrichOptions(annotators=("entities", "quotes"))).process(message())
    assert effect.message.enrich.annotators.keys() == {"entities", "quotes"}
    assert effect.message.enrich.summary == ""


def test_all_annotators_by_default():
    assert EnrichOptions().annotators == NAMES


@pytest.mark.parametrize("names", [("quotes",), ("weather",)], ids=["needs entities", "unknown"])
def test_wrong_options_are_refused_at_construction(names):
    with pytest.raises(ConfigError):
        EnrichStage(EnrichOptions(annotators=names))


def test_a_message_without_clean_section_is_poison():
    bare = Message(Header(observation_id=ID, observed_at=1, article_id=ID))
    with pytest.raises(BadMessage, match="no section 'clean'"):
        EnrichStage().process(bare)


@pytest.mark.parametrize("text", ["", " ", "\x00", "😀" * 50, "\u202e" * 50, "a" * 400_000])
def test_odd_texts_are_enriched_all_the_same(text):
    (effect,) = EnrichStage().process(message(text=text))
    assert decode_message(effect.message.encode()).enrich == effect.message.enrich
