"""What commands that take in files show: a progress bar, the table of outcomes, and the exit code."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Self

import typer
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import Progress as RichProgress
from rich.table import Table

from kabar.cli.context import err, out, print_json
from kabar.cli.exits import Exit
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


class Bar:
    """A progress bar with rate and remaining time, on standard error; nothing where nobody watches."""

    def __init__(self, *, quiet: bool) -> None:
        self._progress = RichProgress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            console=err,
            disable=quiet or not err.is_terminal,
            transient=True,
        )
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *details: object) -> None:
        self._progress.stop()

    def update(self, state: Progress) -> None:
        """Show where the job is: decided of accepted, and of the whole file by its bytes."""
        if self._task is None:
            self._task = self._progress.add_task("", total=None, rate="")
        task = self._progress.tasks[0]
        share = state.read_bytes / state.total_bytes if state.total_bytes else 0
        expected = round(state.accepted / share) if share > 0.01 else None
        rate = f"{state.decided / task.elapsed:,.0f}/s" if task.elapsed else ""
        self._progress.update(
            self._task,
            description=f"{'resuming ' if state.resumed else ''}{Path(state.name).name}",
            completed=state.decided,
            total=max(expected or 0, state.accepted) or None,
            rate=rate,
        )


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
