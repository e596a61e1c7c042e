"""Figures on rows a model was trained on."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from bench.quality import entities, held_out

ROWS = [
    {"split": "train", "tokens": ["Ani"], "tags": ["B-PER"]},
    {"split": "test", "tokens": ["x"], "tags": ["O"]},
]


@pytest.fixture
def trained(monkeypatch):
    """A model that saw one sentence of ``ner_seen``; calls of the training are recorded."""
    calls = []

    def validate(rows, folds):
        calls.append((rows, folds))
        return {"ner_seen": {"f1": 0.4}, "ner_other": {"f1": 0.3}}

    names = {
        "PROVENANCE_FILE": "entities.json",
        "read_data": lambda name: json.dumps({"trained_on": [{"set": "ner_seen", "sentences": 1}]}),
        "TRAINING_SPLITS": frozenset({"train", "all"}),
        "CORPORA": [SimpleNamespace(name="ner_seen")],
        "read": lambda folder, corpus: [f"{folder.name}/{corpus.name}"],
        "cross_validate": validate,
    }
    monkeypatch.setattr(held_out, "product", lambda module, name: names[name])
    return calls


def test_a_set_the_model_saw_is_measured_without_its_rows(directory, notes, trained):
    directory.rows("ner_seen", ROWS).rows("ner_other", ROWS)
    assert held_out.held_out_figures(directory.sets(), notes) == {"ner_seen": {"f1": 0.4}}
    assert trained == [({"ner_seen": [f"{directory.path.name}/ner_seen"]}, held_out.FOLDS)]
    assert "ner_seen: the shipped model was trained on these rows" in notes.remarks[0]


def test_another_part_of_the_same_set_is_not_taken_for_it(directory, notes, trained):
    directory.rows("ner_seen", ROWS * 2)
    assert held_out.held_out_figures(directory.sets(), notes) == {}
    assert trained == []
    assert notes.remarks == []


def test_rows_the_training_cannot_read_do_not_stop_the_scorer(directory, notes, trained, monkeypatch):
    directory.rows("ner_seen", [*ROWS, {"split": ["odd"]}])
    fake = held_out.product

    def broken(rows, folds):
        raise KeyError("tokens")

    monkeypatch.setattr(
        held_out, "product", lambda m, name: broken if name == "cross_validate" else fake(m, name)
    )
    assert held_out.held_out_figures(directory.sets(), notes) == {}
    assert "could not be measured" in notes.remarks[0]


def test_the_figures_stand_beside_kabars(directory, notes, monkeypatch):
    directory.rows("ner_seen", ROWS)
    monkeypatch.setattr(entities, "held_out_figures", lambda sets, notes: {"ner_seen": {"f1": 0.4}})
    monkeypatch.setattr(entities, "default_systems", lambda notes: {"kabar": lambda text, language: []})
    entry = entities.score(directory.sets(), notes)["ner_seen"]
    assert entry["baseline"]["kabar-held-out"] == {"f1": 0.4}
