"""Figures as tables for people and as one JSON object for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.speed.inputs import Kind
from bench.speed.machine import Facts
from bench.speed.pipeline import Measured

_SITUATIONS = {
    "idle": "idle",
    "load": "at {rate:.0f}/s ({share:.0%})",
    "saturation": "always {depth} waiting, {rate:.0f}/s",
}


def as_json(results: Mapping[str, Any]) -> str:
    """One object: ``{benchmark: {"machine": {…}, kind: {…}}}``; a benchmark that comes later is empty."""
    return json.dumps(_rounded(results), ensure_ascii=False, indent=2)


def _rounded(value: Any) -> Any:
    """Four significant digits are more than a shared machine can carry."""
    if isinstance(value, Mapping):
        return {name: _rounded(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_rounded(inner) for inner in value]
    return float(f"{value:.4g}") if isinstance(value, float) else value


def pipeline_as_dict(machine: Facts, found: Mapping[Kind, Measured]) -> dict[str, Any]:
    """The figures of the benchmark ``pipeline``."""
    return {"machine": machine, **{kind: measured.as_dict() for kind, measured in found.items()}}


def print_pipeline(console: Console, machine: Facts, found: Mapping[Kind, Measured]) -> None:
    """Machine, and per kind of input throughput, stages and latencies."""
    _line(console, ", ".join(f"{name} {value}" for name, value in machine.items()))
    for kind, measured in found.items():
        console.print()
        console.print(f"[bold]{kind}[/bold]: {measured.corpus.origin}; {_size(measured)}", highlight=False,
                      soft_wrap=True)  # fmt: skip
        console.print(_throughput(measured))
        console.print(_stages(measured))
        console.print(_latencies(measured))


def _size(measured: Measured) -> str:
    outcomes = ", ".join(f"{count} {name}" for name, count in measured.throughput.laps[-1].outcomes.items())
    return f"{measured.corpus.mean_bytes / 1000:,.1f} kB on average; {outcomes}"


def _line(console: Console, text: str) -> None:
    console.print(text, style="dim", markup=False, highlight=False, soft_wrap=True)


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for place, name in enumerate(columns):
        table.add_column(name, justify="right" if place else "left", no_wrap=not place)
    return table


def _throughput(measured: Measured) -> Table:
    run = measured.throughput
    table = _table(
        f"Throughput (rounds: {len(run.laps)}, medians; CPU of all processes)",
        "", "articles/s, wall", "CPU ms/article",
    )  # fmt: skip
    table.add_row(f"kabar, {run.workers} workers", f"{run.per_second:,.1f}", f"{run.cpu_ms:.2f}")
    table.add_row(run.loop, f"{run.bare_per_second:,.1f}", f"{run.bare_cpu_ms:.3f}")
    table.add_row("kabar / bare loop", f"{run.wall_ratio:.4g} ×", f"{run.cpu_ratio:.4g} ×")
    table.caption = f"meanwhile other programs kept {run.foreign_cores:.1f} cores busy"
    table.caption_justify = "left"
    return table


def _stages(measured: Measured) -> Table:
    table = _table("CPU per stage, all in one process", "stage", "CPU ms/article", "share", "articles")
    total = measured.throughput.cpu_ms
    for stage, spent in measured.stages.cpu_ms.items():
        table.add_row(stage, f"{spent:.2f}", f"{spent / total:.0%}", str(measured.stages.messages[stage]))
    other = measured.other_cpu_ms
    table.add_row("other: pipes, and processes side by side", f"{other:.2f}", f"{other / total:.0%}", "")
    return table


def _latencies(measured: Measured) -> Table:
    probes = next(iter(measured.latencies.values())).probes
    table = _table(
        f"Accepted -> searchable, wall milliseconds, {probes} probes each",
        "", "p50", "p99", "accepting p50", "p99", "inbox",
    )  # fmt: skip
    for name, found in measured.latencies.items():
        share = found.load_per_second / measured.throughput.per_second
        shown = _SITUATIONS[name].format(rate=found.load_per_second, share=share, depth=found.deepest_inbox)
        figures = (found.p(0.5), found.p(0.99), found.acceptance(0.5), found.acceptance(0.99))
        table.add_row(shown, *(f"{figure:,.1f}" for figure in figures), str(found.deepest_inbox))
    return table


def print_figures(console: Console, name: str, figures: Mapping[str, Any]) -> None:
    """Every figure on a line of its own, under its path."""
    console.print(f"[bold]{name}[/bold]", highlight=False)
    for path, value in _flat(_rounded(figures)):
        console.print(f"  {path:60} {value}", markup=False, highlight=False, soft_wrap=True)


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Leaves with their paths: ``workers.0.per_second``."""
    if isinstance(value, Mapping):
        inner = value.items()
    elif isinstance(value, list) and any(isinstance(one, Mapping) for one in value):
        inner = ((str(number), one) for number, one in enumerate(value))
    else:
        yield path, value
        return
    for name, one in inner:
        yield from _flat(one, f"{path}.{name}" if path else name)
