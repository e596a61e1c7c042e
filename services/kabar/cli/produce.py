"""``kabar produce``: news into Kafka, for the workers."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from kabar.cli.context import AsJson, DataDir, settings
from kabar.cli.distributed import distributed, on_kafka
from kabar.cli.intake import (
    EventTime,
    FieldMap,
    Paths,
    SkipDone,
    SourceName,
    job_options,
    print_sent,
    show,
    tell_problems,
)
from kabar.cli.progress import Bar

app = typer.Typer(help="News into Kafka, for the workers.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """News into Kafka, for the workers."""


@app.command("files")
def files(
    paths: Paths,
    rate: Annotated[
        float, typer.Option(min=0.0, help="Observations a second, steadily; 0 = as fast as it goes.")
    ] = 0.0,
    source: SourceName = None,
    field_map: FieldMap = "",
    event_time: EventTime = False,
    skip_done: SkipDone = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Send files and do not wait for what becomes of them; `kabar ingest --to kafka` does.

    A job that was interrupted resumes when the same file is given again.
    """
    loaded = on_kafka(settings(data_dir=data_dir, default_source=source))
    options = job_options(loaded, field_map, event_time=event_time)
    with distributed():
        from kabar.runtime.kafka.producing.ingest import Ingest  # noqa: PLC0415 - an extra
    with Bar(quiet=as_json) as bar:
        sending = Ingest(
            loaded, options, skip_done=skip_done, wait=False, rate=rate, report=partial(show, bar)
        )
        summary = sending.run(paths)
    print_sent(summary, as_json=as_json)
    tell_problems(summary)
