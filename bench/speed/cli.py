"""The command line.

Exit codes: 0 = every benchmark asked for was run, or said that it comes later; 1 = DIR holds nothing to measure
with, or a measurement failed; 2 = wrong use.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from bench.quality.notes import Notes
from bench.speed import pipeline
from bench.speed.machine import facts
from bench.speed.pipeline import Sizes
from bench.speed.report import as_json, pipeline_as_dict, print_figures, print_pipeline
from kabar.errors import KabarError

LATER = {
    "enrich": "each annotator against its library",
    "alerts": "content rules per second",
}
"""Benchmarks of what is not built yet, and what they will measure."""
DISTRIBUTED = ("sink", "stream", "restore")
"""On a real Kafka and a real Elasticsearch: those the KABAR_* variables name, else some of their own."""
SINK_ARTICLES = 3_000
NAMES = ("pipeline", *DISTRIBUTED, *LATER)


def _at_least(least: int) -> Any:
    def parse(text: str) -> int:
        number = int(text)
        if number < least:
            raise argparse.ArgumentTypeError(f"must be at least {least}")
        return number

    return parse


def parser() -> argparse.ArgumentParser:
    """The options."""
    sizes = Sizes()
    out = argparse.ArgumentParser(
        prog="python -m bench.speed",
        description="Measure speed on the data sets of a directory, as ratios to bare loops of the same run.",
    )
    out.add_argument("names", nargs="+", metavar="NAME", choices=NAMES, help=" ".join(NAMES))
    out.add_argument("--data", required=True, type=Path, metavar="DIR", help="one folder per data set")
    out.add_argument("--json", action="store_true", help="one JSON object on standard output, nothing else")
    out.add_argument("--articles", type=_at_least(2), default=sizes.articles, help="texts (%(default)s)")
    out.add_argument("--pages", type=_at_least(2), default=sizes.pages, help="HTML pages (%(default)s)")
    out.add_argument("--rounds", type=_at_least(1), default=sizes.rounds, help="rounds (%(default)s)")
    out.add_argument("--probes", type=_at_least(1), default=sizes.probes, help="probes (%(default)s)")
    return out


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit code."""
    options = parser().parse_args(arguments)
    if not options.data.is_dir():
        print(f"error: {options.data} is not a directory; --data wants the folder that holds loadtest_replay and the "
              "other sets", file=sys.stderr)  # fmt: skip
        return 2
    results: dict[str, Any] = {}
    failed = False
    for name in dict.fromkeys(options.names):
        if name in LATER:
            _say(f"{name}: comes later ({LATER[name]}), so there is nothing to measure")
            results[name] = {}
            continue
        figures = _distributed(name, options) if name in DISTRIBUTED else _pipeline(options)
        failed = failed or figures is None
        if figures is not None:
            results[name] = figures
    if options.json:
        print(as_json(results))
    return 1 if failed else 0


def _pipeline(options: argparse.Namespace) -> dict[str, Any] | None:
    """Measure and, without ``--json``, print; None where DIR holds nothing."""
    sizes = Sizes(options.articles, options.pages, options.rounds, options.probes)
    machine = facts()
    notes = Notes()
    start = time.monotonic()
    found = pipeline.run(options.data, sizes, notes, _say)
    for remark in notes.remarks:
        _say(remark)
    notes.report_skipped()
    _say(f"pipeline: {time.monotonic() - start:.0f} s")
    if not found:
        print(
            f"error: {options.data} holds neither loadtest_replay, id_news_*, en_news_* nor html_*",
            file=sys.stderr,
        )
        return None
    if not options.json:
        print_pipeline(Console(), machine, found)
    return pipeline_as_dict(machine, found)


def _distributed(name: str, options: argparse.Namespace) -> dict[str, Any] | None:
    """Measure on real servers and, without ``--json``, print; None where that cannot be."""
    # Here and not above: only these need the distributed extra.
    from bench.speed.servers import servers  # noqa: PLC0415
    from tests.stack.artifacts import StackUnavailable  # noqa: PLC0415

    start = time.monotonic()
    try:
        with servers(_say):
            found = _measured(name, options)
    except (KabarError, StackUnavailable, RuntimeError) as error:
        print(f"error: {name}: {error}", file=sys.stderr)
        return None
    _say(f"{name}: {time.monotonic() - start:.0f} s")
    if found is None:
        print(
            f"error: {options.data} holds neither loadtest_replay nor id_news_* nor en_news_*",
            file=sys.stderr,
        )
        return None
    figures = {"machine": facts(), **found}
    if not options.json:
        print_figures(Console(), name, figures)
    return figures


def _measured(name: str, options: argparse.Namespace) -> dict[str, Any] | None:
    from bench.speed import restore, sink, stream  # noqa: PLC0415 - as above

    notes = Notes()
    if name == "sink":
        found = sink.run(options.data, articles=SINK_ARTICLES, rounds=options.rounds, notes=notes, say=_say)
    elif name == "stream":
        found = stream.run(options.data, stream.Sizes(), notes, _say)
    else:
        found = restore.run(restore.Sizes(rounds=options.rounds), _say)
    for remark in notes.remarks:
        _say(remark)
    return None if found is None else found.as_dict()


def _say(text: str) -> None:
    print(f"  {text}", file=sys.stderr, flush=True)
