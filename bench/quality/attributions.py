"""Whom an article credits ("dikutip dari …"): exact spans, and whether the outlet is named right.

No public set has gold for it, and a pattern's silver would only measure the pattern, so this scorer takes
``gold_*`` sets alone (see :mod:`bench.quality.span_gold`). There is no library to compare with.

- ``f1``, ``precision``, ``recall``: spans with the same ends.
- ``name_accuracy``: of the spans found whose gold names an outlet, the share whose outlet has the same words.
"""

from __future__ import annotations

from collections.abc import Sequence

from bench.quality.layout import DataSet
from bench.quality.notes import Notes
from bench.quality.stripping import kabar_strip, score_gold
from bench.quality.systems import KABAR, Scores, Systems


def score(sets: Sequence[DataSet], notes: Notes, *, systems: Systems | None = None) -> Scores:
    systems = {KABAR: kabar_strip()} if systems is None else systems
    out = score_gold(sets, notes, systems, kind="attribution", spans=lambda answer: answer.attributions)
    if not out:
        notes.remark("no gold in DIR: no set named gold_* annotates attributions")
    return out
