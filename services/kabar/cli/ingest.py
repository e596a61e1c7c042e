"""``kabar ingest``."""

from __future__ import annotations

from enum import StrEnum
from functools import partial
from typing import Annotated

import typer

from kabar.cli.context import AsJson, DataDir, out, print_json, settings
from kabar.cli.distributed import distributed, on_kafka
from kabar.cli.exits import Exit
from kabar.cli.intake import (
    EventTime,
    FieldMap,
    Paths,
    SkipDone,
    SourceName,
    job_options,
    outcome_table,
    print_sent,
    print_total,
    show,
    tell_problems,
)
from kabar.cli.progress import Bar
from kabar.errors import UsageError
from kabar.runtime.embedded import ingest as embedded
from kabar.runtime.embedded.jobs import JobOptions
from kabar.runtime.intake import Report, Summary
from kabar.settings import Settings


class To(StrEnum):
    """Where observations go."""

    STORE = "store"
    KAFKA = "kafka"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("ingest")(ingest)


def ingest(
    paths: Paths,
    to: Annotated[
        To,
        typer.Option(help="store = the data directory, processed here; kafka = news.raw, for the workers."),
    ] = To.STORE,
    source: SourceName = None,
    field_map: FieldMap = "",
    event_time: EventTime = False,
    skip_done: SkipDone = False,
    no_wait: Annotated[
        bool, typer.Option("--no-wait", help="With --to kafka: do not wait for the outcomes.")
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
    options = job_options(loaded, field_map, event_time=event_time)
    _check(to, no_wait=no_wait, strict=strict, of_the_store={"--workers": workers, "--batch-max": batch_max})
    with Bar(quiet=as_json) as bar:
        if to is To.KAFKA:
            summary = _into_kafka(
                loaded, options, paths, partial(show, bar), skip_done=skip_done, wait=not no_wait
            )
        else:
            summary = embedded.Ingest(loaded, options, skip_done=skip_done, report=partial(show, bar)).run(
                paths
            )
    if no_wait:
        print_sent(summary, as_json=as_json)
    elif as_json:
        print_json(summary)
    else:
        out.print(outcome_table(summary))
        print_total(summary, what="accepted")
    tell_problems(summary)
    if strict and summary.dead:
        raise typer.Exit(Exit.DEAD_LETTERS)


def _check(to: To, *, no_wait: bool, strict: bool, of_the_store: dict[str, int | None]) -> None:
    """That the options make sense together.

    Raises:
        UsageError: they do not.
    """
    if to is To.STORE:
        if no_wait:
            raise UsageError(
                "--no-wait goes with --to kafka", hint="into the store, ingest is the one that works"
            )
        return
    for option, value in of_the_store.items():
        if value is not None:
            raise UsageError(
                f"{option} goes with --to store", hint="on Kafka, the workers have it: `kabar work`"
            )
    if strict and no_wait:
        raise UsageError("--strict needs the outcomes", hint="leave out --no-wait")


def _into_kafka(
    loaded: Settings, options: JobOptions, paths: list[str], report: Report, *, skip_done: bool, wait: bool
) -> Summary:
    on_kafka(loaded)
    with distributed():
        from kabar.runtime.kafka.producing.ingest import Ingest  # noqa: PLC0415 - an extra
    return Ingest(loaded, options, skip_done=skip_done, wait=wait, report=report).run(paths)
