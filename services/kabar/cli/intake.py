"""What commands that take in files show: a progress bar, the table of outcomes, and the exit code."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from kabar.cli.context import err, out, print_json
from kabar.cli.exits import Exit
from kabar.cli.progress import Bar
from kabar.producers.files import parse_map
from kabar.runtime.embedded.jobs import JobOptions
from kabar.runtime.intake import Progress, Summary
from kabar.settings import Settings

MEANING = {
    "indexed": "searchable: new articles, new versions, kills",
    "unchanged": "the same content as known",
    "superseded": "older than the newest known version",
    "dropped": "not an article, by a stated rule",
    "dead": "could not be processed: `kabar dead list`",
}

Paths = Annotated[
    list[str], typer.Argument(help="Files (.txt .html .json .jsonl .warc, .gz too), folders, or -.")
]
SourceName = Annotated[str | None, typer.Option("--source", help="Publisher of items that name none.")]
FieldMap = Annotated[str, typer.Option("--map", help="Fields by hand: text=isi,title=judul.")]
EventTime = Annotated[
    bool, typer.Option("--event-time", help="Trust an item's own observed_at: replays keep their order.")
]
SkipDone = Annotated[
    bool, typer.Option("--skip-done", help="Pass over files that were taken in completely before.")
]


def job_options(settings: Settings, field_map: str, *, event_time: bool) -> JobOptions:
    """How records are read.

    Raises:
        UsageError: the map cannot be read.
    """
    return JobOptions(
        mapping=parse_map(field_map) if field_map else {},
        default_source=settings.default_source,
        event_time=event_time,
    )


def show(bar: Bar, state: Progress) -> None:
    """Where the job is: decided of accepted, and of the whole file by its bytes."""
    share = state.read_bytes / state.total_bytes if state.total_bytes else 0
    expected = round(state.accepted / share) if share > 0.01 else 0
    name = f"{'resuming ' if state.resumed else ''}{Path(state.name).name}"
    bar.show(name, state.decided, max(expected, state.accepted))


def outcome_table(summary: Summary) -> Table:
    """How the observations ended, and what that means."""
    table = Table("outcome", "articles", "meaning", title=None)
    for name, meaning in MEANING.items():
        table.add_row(name, f"{getattr(summary, name):,}", meaning)
    return table


def print_total(summary: Summary, *, what: str) -> None:
    """The last line: how many, how fast."""
    fast = summary.seconds > 0.5 and not summary.skipped
    rate = f" ({summary.accepted / summary.seconds:,.0f}/s)" if fast else ""
    skipped = f", {summary.skipped} files were taken in before" if summary.skipped else ""
    out.print(f"{summary.accepted:,} observations {what}, {summary.seconds:.1f} s{rate}{skipped}")


def print_sent(summary: Summary, *, as_json: bool) -> None:
    """What is known where nobody waited for outcomes."""
    if as_json:
        print_json({
            "accepted": summary.accepted, "seconds": summary.seconds,
            "problems": summary.problems, "skipped": summary.skipped,
        })  # fmt: skip
    else:
        print_total(summary, what="accepted by Kafka")


def tell_problems(summary: Summary) -> None:
    """Name the files that could not be read.

    Raises:
        typer.Exit: there are some.
    """
    for problem in summary.problems:
        err.print(f"kabar: {problem}", markup=False, highlight=False, soft_wrap=True)
    if summary.problems:
        raise typer.Exit(Exit.INPUT)
