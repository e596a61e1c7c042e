"""``kabar ingest``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Self

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table

from kabar.cli.context import AsJson, DataDir, err, out, print_json, settings
from kabar.cli.exits import Exit
from kabar.errors import UsageError
from kabar.producers.files import parse_map
from kabar.runtime.embedded import ingest as runtime
from kabar.runtime.embedded.jobs import JobOptions

OUTCOMES = {
    "indexed": "searchable: new articles, new versions, kills",
    "unchanged": "the same content as known",
    "superseded": "older than the newest known version",
    "dropped": "not an article, by a stated rule",
    "dead": "could not be processed: `kabar dead list`",
}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("ingest")(ingest)


def ingest(
    paths: Annotated[
        list[str], typer.Argument(help="Files (.txt .html .json .jsonl .warc, .gz too), folders, or -.")
    ],
    source: Annotated[str | None, typer.Option(help="Publisher of items that name none.")] = None,
    field_map: Annotated[str, typer.Option("--map", help="Fields by hand: text=isi,title=judul.")] = "",
    event_time: Annotated[
        bool, typer.Option("--event-time", help="Trust an item's own observed_at: replays keep their order.")
    ] = False,
    skip_done: Annotated[
        bool, typer.Option("--skip-done", help="Pass over files that were taken in completely before.")
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 5 if anything became a dead letter.")
    ] = False,
    workers: Annotated[int | None, typer.Option(help="Worker processes; 0 = one per core.")] = None,
    batch_max: Annotated[int | None, typer.Option(help="Articles per transaction, at most.")] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Take in files and wait until each record has its outcome.

    A job that was interrupted resumes when the same file is given again.
    """
    loaded = settings(data_dir=data_dir, workers=workers, batch_max=batch_max, default_source=source)
    options = JobOptions(
        mapping=parse_map(field_map) if field_map else {},
        default_source=loaded.default_source,
        event_time=event_time,
    )
    if not paths:
        raise UsageError("nothing to ingest", hint="name files or folders, or - for standard input")
    with _Bar(quiet=as_json) as bar:
        summary = runtime.Ingest(loaded, options, skip_done=skip_done, report=bar.update).run(list(paths))
    if as_json:
        print_json(summary)
    else:
        _print(summary)
    for problem in summary.problems:
        err.print(f"kabar: {problem}", markup=False, highlight=False, soft_wrap=True)
    if summary.problems:
        raise typer.Exit(Exit.INPUT)
    if strict and summary.dead:
        raise typer.Exit(Exit.DEAD_LETTERS)


class _Bar:
    """A progress bar with rate and remaining time, on standard error; nothing where nobody watches."""

    def __init__(self, *, quiet: bool) -> None:
        self._progress = Progress(
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

    def update(self, state: runtime.Progress) -> None:
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


def _print(summary: runtime.Summary) -> None:
    table = Table("outcome", "articles", "meaning", title=None)
    for name, meaning in OUTCOMES.items():
        table.add_row(name, f"{getattr(summary, name):,}", meaning)
    out.print(table)
    rate = (
        f" ({summary.accepted / summary.seconds:,.0f}/s)"
        if summary.seconds > 0.5 and not summary.skipped
        else ""
    )
    skipped = f", {summary.skipped} files were taken in before" if summary.skipped else ""
    out.print(f"{summary.accepted:,} observations accepted, {summary.seconds:.1f} s{rate}{skipped}")
