"""Honest figures for a tagger on the rows it was trained on: the same training without the rows it is asked about.

The shipped model states its training sets and how many sentences of each it saw. A set in DIR with that name and
exactly as many rows of the training splits is taken for the same rows; the figures of the shipped model on it show
fit, not quality.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from bench.quality.layout import DataSet
from bench.quality.notes import Notes
from bench.quality.systems import Figures, product

FOLDS = 4
NAME = "kabar-held-out"


def held_out_figures(sets: Sequence[DataSet], notes: Notes) -> dict[str, Figures]:
    """By set, F1, precision and recall of taggers that did not see the fold they were measured on.

    Only for sets the shipped model saw; {} when it saw none of them, which costs no training.
    """
    counts = {data.name: trained_rows(data, notes) for data in sets}
    seen = [name for name, count in said_of_training().items() if count and counts.get(name) == count]
    if not seen:
        return {}
    notes.progress(f"training without the measured rows, {FOLDS} folds")
    corpora, read = (product("kabar.enrich.training.corpora", name) for name in ("CORPORA", "read"))
    validate = product("kabar.enrich.training.entities", "cross_validate")
    folder = next(data.path.parent for data in sets if data.name in seen)
    try:
        figures = validate({corpus.name: read(folder, corpus) for corpus in corpora}, FOLDS)
    except (KeyError, TypeError, ValueError) as error:  # the training is stricter about its rows than we are
        notes.remark(f"{', '.join(seen)}: seen in training; {NAME} could not be measured ({error!r})")
        return {}
    notes.remark(
        f"{', '.join(seen)}: the shipped model was trained on these rows, so its figure shows fit; {NAME} is the "
        f"tagger alone, trained {FOLDS} times without the rows it is asked about"
    )
    return {name: figures[name] for name in seen if name in figures}


def said_of_training() -> dict[str, int]:
    """Sentences the shipped model was trained on, by set, as its provenance says."""
    name = product("kabar.enrich.entities.tagger", "PROVENANCE_FILE")
    provenance: Any = json.loads(product("kabar.enrich.gazetteer", "read_data")(name))
    return {entry["set"]: entry["sentences"] for entry in provenance["trained_on"]}


def trained_rows(data: DataSet, notes: Notes) -> int:
    """Rows of the splits that training uses."""
    splits = product("kabar.enrich.training.corpora", "TRAINING_SPLITS")
    return sum(str(row.get("split")) in splits for _, row in data.rows(notes))
