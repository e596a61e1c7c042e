"""All annotators together: order, switches, versions, limits, and no silent half."""

from __future__ import annotations

import msgspec
import pytest

from kabar.contracts.sections import EnrichSection
from kabar.enrich import analysis, sentiment
from kabar.enrich.analysis import ANNOTATORS, NAMES, Annotator, analyse, chosen, plan
from kabar.errors import ConfigError

ARTICLE = (
    "Presiden Rusia Vladimir Putin bertemu Perdana Menteri Hongaria di Moskow pada hari Selasa. "
    "Pertemuan itu membahas gandum, gas, dan jalan kereta api yang rusak.\n"
    '"Kami tetap terbuka untuk bicara," kata Putin. "Apakah ada yang keberatan?"\n'
    "Pejabat kedua negara akan bertemu lagi bulan depan untuk membahas gandum dan gas."
)


def test_every_field_is_filled():
    section = analyse(ARTICLE, title="Putin Bahas Gandum", language="id")
    assert {entity.name for entity in section.entities} >= {"Vladimir Putin"}
    assert "Moskow" in {place.name for place in section.places}
    assert [quote.speaker for quote in section.quotes] == ["Vladimir Putin", "Vladimir Putin"]
    assert "gandum" in {keyword.term for keyword in section.keywords}
    assert section.sentiment is not None
    assert section.summary.startswith("Presiden Rusia")
    assert section.annotators == {annotator.name: annotator.version for annotator in ANNOTATORS}


def test_spans_index_the_text():
    section = analyse(ARTICLE, title="", language="id")
    for entity in section.entities:
        assert ARTICLE[entity.spans[0].start : entity.spans[0].end] == entity.text
    for quote in section.quotes:
        assert ARTICLE[quote.start : quote.end] == quote.text


def test_the_section_survives_the_wire():
    section = analyse(ARTICLE, title="", language="id")
    assert msgspec.json.decode(msgspec.json.encode(section), type=EnrichSection) == section


def test_the_same_article_is_analysed_the_same():
    assert analyse(ARTICLE, title="T", language="id") == analyse(ARTICLE, title="T", language="id")


@pytest.mark.parametrize("text", ["", " ", "\n\n", "?", "a"])
@pytest.mark.parametrize("language", ["id", "en", "", "zh"])
def test_hardly_any_text(text, language):
    section = analyse(text, title="", language=language)
    assert section.quotes == []
    assert section.keywords == []
    assert section.summary == ""
    assert section.sentiment is None


def test_other_languages_get_what_is_safe():
    text = "Le maire a ouvert le pont mardi. « Nous sommes très heureux ce matin. » Le pont était fermé depuis deux ans."
    section = analyse(text, title="", language="fr")
    assert [(quote.text, quote.speaker) for quote in section.quotes] == [
        ("Nous sommes très heureux ce matin.", "")
    ]
    assert section.keywords == []
    assert section.sentiment is None
    assert section.summary


def test_only_the_first_characters_are_read():
    text = ARTICLE + "\n" + "Baris biasa tanpa nama apa pun di dalamnya. " * (analysis.MAX_CHARS // 40)
    section = analyse(text + '\n"Kami pulang besok," kata Putin.', title="", language="id")
    assert len(section.quotes) == 2
    assert all(quote.end <= analysis.MAX_CHARS for quote in section.quotes)


# ---------------------------------------------------------------- switches


def test_a_single_annotator():
    section = analyse(ARTICLE, title="", language="id", enabled=("summary",))
    assert section.annotators.keys() == {"summary"}
    assert section == EnrichSection(summary=section.summary, annotators=section.annotators)


def test_the_order_of_names_does_not_matter():
    names = ("quotes", "entities")
    assert [annotator.name for annotator in chosen(names)] == ["entities", "quotes"]


def test_none_enabled_is_an_empty_section():
    assert analyse(ARTICLE, title="", language="id", enabled=()) == EnrichSection()


@pytest.mark.parametrize("dependent", ["places", "quotes", "keywords"])
def test_what_needs_entities_is_refused_without_them(dependent):
    with pytest.raises(ConfigError, match=rf"'{dependent}' needs 'entities'") as raised:
        chosen((dependent,))
    assert dependent in raised.value.hint


def test_an_unknown_annotator_is_refused_with_the_known_ones():
    with pytest.raises(ConfigError, match="no annotator 'topics'") as raised:
        chosen(("topics",))
    assert all(name in raised.value.hint for name in NAMES)


# ---------------------------------------------------------------- the plan


def annotator(name: str, requires: tuple[str, ...] = (), assigns: tuple[str, ...] = ()) -> Annotator:
    return Annotator(name, "test-1", requires, assigns, lambda doc, done: {})


def test_the_shipped_order_works():
    assert plan(ANNOTATORS) == ANNOTATORS


BROKEN = [
    ([annotator("a", ("entities",))], "needs 'entities', which no annotator before it fills"),
    ([annotator("a", ("entities",)), annotator("b", (), ("entities",))], "needs 'entities'"),
    ([annotator("a", (), ("moods",))], "the section has no such field"),
    ([annotator("a", (), ("summary",)), annotator("b", (), ("summary",))], "'a' fills it already"),
    ([annotator("a"), annotator("a")], "listed twice"),
]


@pytest.mark.parametrize(
    "order,message", BROKEN, ids=["missing", "too late", "no field", "twice filled", "twice listed"]
)
def test_an_order_that_cannot_work_is_refused_before_any_text(order, message):
    with pytest.raises(ConfigError, match=message):
        plan(order)


def test_requirements_and_results_are_fields_of_the_section():
    fields = set(EnrichSection.__struct_fields__)
    for each in ANNOTATORS:
        assert {*each.requires, *each.assigns} <= fields
        assert each.assigns
        assert each.version


def test_a_failing_annotator_fails_the_whole_analysis(monkeypatch):
    def broken(doc):
        raise ZeroDivisionError

    monkeypatch.setattr(sentiment, "find", broken)
    with pytest.raises(ZeroDivisionError):
        analyse(ARTICLE, title="", language="id")
    assert analyse(ARTICLE, title="", language="id", enabled=("summary",)).summary
