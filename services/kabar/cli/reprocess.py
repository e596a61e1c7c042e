"""``kabar reprocess``: what came in, processed again by what is installed now."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from kabar.cli.context import AsJson, DataDir, err, out, print_json, settings
from kabar.cli.distributed import distributed
from kabar.cli.progress import Bar
from kabar.errors import QueryError, UsageError
from kabar.query.dates import interval
from kabar.runtime.clock import wall_ms
from kabar.runtime.embedded.reprocess import Reprocess
from kabar.runtime.rerun import STAGES, Plan, Progress, Summary
from kabar.settings import Settings

Report = Callable[[Progress], None]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("reprocess")(reprocess)


def reprocess(
    stage: Annotated[str, typer.Option("--from", help=f"First stage to run again: {', '.join(STAGES)}.")],
    since: Annotated[str, typer.Option(help="Only what was observed since: 2026-01-31, 12h, 7d.")] = "",
    source: Annotated[str, typer.Option(help="Only of this publisher: name or domain.")] = "",
    archive: Annotated[
        Path | None, typer.Option(help="On Kafka, with --from clean: read these segments first.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say how much it would be, change nothing.")
    ] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Process again what came in: new rules and models, the same versions, times and stories; no alerts.

    On a data directory it waits until everything has its outcome again, and resumes when it was cut off. On Kafka it
    returns when everything is in the log, and the workers do the rest.
    """
    loaded = settings(data_dir=data_dir)
    plan = _plan(stage, since, source)
    with Bar(quiet=as_json) as bar:
        if loaded.kafka_bootstrap and data_dir is None:
            summary = _on_kafka(loaded, plan, archive, partial(_show, bar), dry_run=dry_run)
        elif archive is not None:
            raise UsageError(
                "a data directory holds its own archive", hint="leave --archive out; see archive_days"
            )
        else:
            here = Reprocess(loaded, plan, report=partial(_show, bar))
            summary = here.dry_run() if dry_run else here.run()
    if as_json:
        print_json(summary)
    else:
        _print(summary)


def _plan(stage: str, since: str, source: str) -> Plan:
    for known in STAGES:
        if stage == known:
            return Plan(stage=known, since=since, since_ms=_millis(since), source=source)
    raise UsageError(f"there is no stage '{stage}'", hint=f"--from one of {', '.join(STAGES)}")


def _millis(since: str) -> int:
    """The first millisecond of the time named; 0 where none is.

    Raises:
        UsageError: it cannot be read as a time.
    """
    if not since:
        return 0
    try:
        return interval(since, now_ms=wall_ms(), position=0)[0]
    except QueryError as error:
        raise UsageError(f"--since: {error}", hint=error.hint) from error


def _on_kafka(
    loaded: Settings, plan: Plan, archive: Path | None, report: Report, *, dry_run: bool
) -> Summary:
    with distributed():
        from kabar.runtime.kafka.again import reprocess as on_kafka  # noqa: PLC0415 - an extra
    return on_kafka.Reprocess(loaded, plan, archive_dir=archive, report=report).run(dry_run=dry_run)


def _show(bar: Bar, state: Progress) -> None:
    """How much was looked at, of how much."""
    bar.show("resuming" if state.resumed else "reprocessing", state.looked_at, state.chosen)


def _print(summary: Summary) -> None:
    verb = "would be processed again" if summary.dry_run else "processed again"
    what = "resumed; " if summary.resumed else ""
    out.print(f"{what}{summary.queued:,} observations {verb}, generation {summary.generation}")
    for outcome, count in summary.outcomes.items():
        out.print(f"  {outcome:12} {count:,}")
    for note in summary.notes:
        err.print(f"kabar: {note}", markup=False, highlight=False, soft_wrap=True)
