"""Decisions an editor can read."""

from __future__ import annotations

from kabar.clean.explain import explain
from kabar.clean.lines import strip
from kabar.clean.rulebook import by_id
from kabar.contracts.sections import CleanSection

RECEIVED = """JAKARTA, KOMPAS.com - Warga desa menanam padi di sawah milik bersama sejak pagi hari dan pulang sore.
Baca juga: Panen Raya di Lembah Hijau
Mereka menanam lagi pekan depan bila hujan turun, kata kepala desa, dilansir detikJabar, Rabu (27/5/2026).
Dikutip dari Reuters, Presiden memuji warga desa itu dalam pidatonya kemarin.
Editor: Sri Rahayu"""


def section(notes: list[str] | None = None) -> CleanSection:
    stripped = strip(RECEIVED)
    return CleanSection(
        text=stripped.text,
        dateline=stripped.dateline,
        attributions=stripped.attributions,
        related=stripped.related,
        removed=stripped.removed,
        notes=notes or [],
        content_hash="0" * 32,
    )


def test_removals_come_in_the_order_of_the_text_then_what_stayed():
    decisions = explain(section(), RECEIVED)
    assert [(entry.what, entry.removed) for entry in decisions] == [
        ("dateline", True),
        ("related", True),
        ("attribution", True),
        ("removed", True),
        ("attribution", False),
    ]
    assert [entry.start for entry in decisions[:4]] == sorted(entry.start for entry in decisions[:4])


def test_each_tells_what_it_is_about_what_became_of_it_and_why():
    first, related, credit, editor, stays = explain(section(), RECEIVED)
    assert first.text == "JAKARTA, KOMPAS.com -"
    assert first.result == "kept as dateline: source KOMPAS.com, place JAKARTA"
    assert related.result == "kept as related article: Panen Raya di Lembah Hijau"
    assert credit.result == "removed from the text, kept as credit to Reuters"
    assert editor.text == "Editor: Sri Rahayu"
    assert stays.result == "stays in the text, kept as credit to detikJabar"
    for entry in (first, related, credit, editor, stays):
        assert entry.why == by_id()[entry.rule].reason


def test_spans_of_removals_point_into_the_received_text():
    decided = explain(section(), RECEIVED)
    assert all(RECEIVED[entry.start : entry.end] == entry.text for entry in decided if entry.removed)


def test_a_channel_is_named():
    text = "Dilansir kanal Youtube LEMBAH 7, Presiden memuji warga desa itu dalam pidatonya kemarin."
    stripped = strip(text)
    only = CleanSection(text=stripped.text, attributions=stripped.attributions, content_hash="0" * 32)
    assert explain(only, text)[0].result.endswith("credit to LEMBAH 7 (youtube)")


def test_notes_are_explained():
    notes = ["extractor:json-ld", "guard:refused related.cue_colon", "repaired", "something:new"]
    decided = explain(section(notes), RECEIVED)[-4:]
    assert [(entry.rule, entry.text) for entry in decided] == [
        ("extractor", "json-ld"),
        ("guard", "refused related.cue_colon"),
        ("repaired", ""),
        ("something", "new"),
    ]
    assert all(entry.why for entry in decided[:3])
    assert decided[3].why == ""


def test_a_rule_of_another_version_is_named_without_a_reason():
    stripped = strip(RECEIVED)
    old = CleanSection(
        text=stripped.text,
        removed=[type(stripped.removed[0])(rule="old.rule", text="x", start=0, end=1)],
        content_hash="0" * 32,
    )
    assert explain(old, RECEIVED)[0].why == ""


def test_nothing_decided():
    assert explain(CleanSection(text="x", content_hash="0" * 32), "x") == []
