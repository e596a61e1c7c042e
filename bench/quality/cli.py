"""The command line.

Exit codes: 0 = every capability asked for was measured, or said that its feature comes later; 1 = one could not be
measured (its reason is on standard error, the others are reported); 2 = wrong use.
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from bench.quality.layout import find_sets
from bench.quality.notes import Notes
from bench.quality.registry import CAPABILITIES
from bench.quality.report import as_json, print_capability
from bench.quality.systems import MissingProduct, Scores

MINUTES = 5
"""What one capability may take; a longer run is reported, not stopped."""


def parser() -> argparse.ArgumentParser:
    """The options."""
    out = argparse.ArgumentParser(
        prog="python -m bench.quality",
        description="Score capabilities on the data sets of a directory, beside library baselines.",
        epilog="capabilities: " + " ".join(CAPABILITIES),
    )
    out.add_argument("names", nargs="+", metavar="NAME", choices=list(CAPABILITIES), help="a capability")
    out.add_argument("--data", required=True, type=Path, metavar="DIR", help="one folder per data set")
    out.add_argument("--json", action="store_true", help="one JSON object on standard output, nothing else")
    return out


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit code."""
    options = parser().parse_args(arguments)
    if not options.data.is_dir():
        print(f"error: {options.data} is not a directory; --data wants the folder that holds html_zyte_aeb and the "
              "other sets", file=sys.stderr)  # fmt: skip
        return 2
    console = Console()
    results: dict[str, Scores] = {}
    failed = False
    for name in dict.fromkeys(options.names):
        notes = Notes()
        scores = measure(name, options.data, notes)
        if scores is None:
            failed = True
            continue
        results[name] = scores
        if options.json:
            for remark in notes.remarks:
                print(f"  {remark}", file=sys.stderr)
        else:
            print_capability(console, CAPABILITIES[name], scores, notes)
    if options.json:
        print(as_json(results))
    return 1 if failed else 0


def measure(name: str, directory: Path, notes: Notes) -> Scores | None:
    """The figures of one capability; None, with the reason on standard error, where it cannot be measured."""
    capability = CAPABILITIES[name]
    print(f"{name}: {capability.metric}", file=sys.stderr, flush=True)
    start = time.monotonic()
    try:
        scores = capability.score(find_sets(directory, capability.patterns), notes)
    except MissingProduct as error:
        print(f"error: {name}: cannot import what it measures: {error}", file=sys.stderr)
        return None
    except Exception:  # noqa: BLE001 - one broken capability must not hide the figures of the others
        print(f"error: {name}: the scorer failed", file=sys.stderr)
        traceback.print_exc()
        return None
    seconds = time.monotonic() - start
    notes.report_skipped()
    if seconds > MINUTES * 60:
        notes.remark(f"took {seconds / 60:.1f} minutes, more than the {MINUTES} it may")
    print(f"  {name}: {seconds:.0f} s", file=sys.stderr, flush=True)
    return scores
