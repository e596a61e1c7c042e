"""Capabilities without a figure yet: they say why and are no failure."""

from __future__ import annotations

from collections.abc import Sequence

from bench.quality.layout import DataSet
from bench.quality.notes import Notes
from bench.quality.systems import Scores, Systems


def topics(_sets: Sequence[DataSet], notes: Notes, *, systems: Systems | None = None) -> Scores:
    del systems
    notes.remark("topics: the feature comes later, so there is nothing to score")
    return {}


def feeds(_sets: Sequence[DataSet], notes: Notes, *, systems: Systems | None = None) -> Scores:
    del systems
    notes.remark("feeds: the feature comes later, so there is nothing to score")
    return {}


def aliases(_sets: Sequence[DataSet], notes: Notes, *, systems: Systems | None = None) -> Scores:
    del systems
    notes.remark("aliases: no data set in DIR says which names mean one person, so there is nothing to score")
    return {}
