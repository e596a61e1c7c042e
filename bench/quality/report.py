"""Figures as tables for people and as one JSON object for programs."""

from __future__ import annotations

import json
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.quality.notes import Notes
from bench.quality.registry import Capability
from bench.quality.systems import KABAR, Scores

_BESIDE = ("n", "baseline")


def as_json(results: dict[str, Scores]) -> str:
    """``{capability: {set: {metric: number, …, "n": count, "baseline": {library: {metric: number}}}}}`` as text."""
    return json.dumps(rounded(results), ensure_ascii=False, indent=2)


def rounded(value: Any) -> Any:
    """Four digits behind the point are more than any of these sets can carry."""
    if isinstance(value, dict):
        return {name: rounded(inner) for name, inner in value.items()}
    if isinstance(value, bool):
        return int(value)
    return round(value, 4) if isinstance(value, float) else value


def print_capability(console: Console, capability: Capability, scores: Scores, notes: Notes) -> None:
    """The metric, a table per set with kabar first, and the remarks."""
    console.print(f"[bold]{capability.name}[/bold]: {capability.metric}", highlight=False, soft_wrap=True)
    for name, entry in scores.items():
        console.print(_table(name, entry))
    for remark in notes.remarks:
        console.print(f"  {remark}", style="dim", markup=False, highlight=False, soft_wrap=True)
    if not scores and not notes.remarks:
        console.print("  no set of a known layout in DIR", style="dim")
    console.print()


def _table(name: str, entry: dict[str, Any]) -> Table:
    """A row per metric and a column per system: there are more metrics than systems, and terminals are narrow."""
    systems = {KABAR: {key: value for key, value in entry.items() if key not in _BESIDE}, **entry["baseline"]}
    metrics = list(dict.fromkeys(metric for figures in systems.values() for metric in figures))
    table = Table(title=f"{name} (n = {entry['n']:,})", title_justify="left", box=None, pad_edge=False)
    table.add_column("metric", no_wrap=True)
    for system in systems:
        table.add_column(system, justify="right", overflow="fold")
    for metric in metrics:
        table.add_row(metric, *(_cell(figures.get(metric)) for figures in systems.values()))
    return table


def _cell(value: float | None) -> str:
    if value is None:
        return "–"
    if isinstance(value, int) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3f}"
