"""``kabar audit``, ``kabar prune``, ``kabar config``."""

from __future__ import annotations

from typing import Annotated

import typer
from msgspec.structs import asdict
from rich.table import Table

from kabar.cli.audit import audit
from kabar.cli.context import AsJson, DataDir, out, print_json, settings
from kabar.errors import UsageError
from kabar.runtime.clock import wall_ms
from kabar.runtime.embedded.lease import Lease
from kabar.runtime.embedded.prune import prune as prune_store
from kabar.runtime.embedded.store import open_writer

config = typer.Typer(help="Settings in use.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("audit")(audit)
    app.command("prune")(prune)


def prune(
    days: Annotated[int | None, typer.Option(help="Delete articles first seen longer ago than this.")] = None,
    max_mb: Annotated[
        int | None, typer.Option(help="Then the oldest, until the store is at most this large.")
    ] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Delete old articles, their versions, stories and dead letters. `kabar run` does so by itself once an hour."""
    loaded = settings(data_dir=data_dir, retention_days=days, retention_max_mb=max_mb)
    if not (loaded.retention_days or loaded.retention_max_mb):
        raise UsageError(
            "no limit given", hint="--days or --max-mb, or the settings retention_days, retention_max_mb"
        )
    with Lease(loaded.directory):
        connection = open_writer(loaded.directory)
        try:
            done = prune_store(
                connection,
                loaded.directory,
                now_ms=wall_ms(),
                days=loaded.retention_days,
                max_bytes=loaded.retention_max_mb * 1_048_576,
            )
        finally:
            connection.close()
    if as_json:
        print_json(done)
    else:
        out.print(
            ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in asdict(done).items())
            + " deleted"
        )


@config.command("show")
def show(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Every setting, its value, and where the value came from; secrets masked."""
    rows = settings(data_dir=data_dir).rows()
    if as_json:
        print_json({
            setting.name: {"value": value.value, "origin": value.origin, "detail": value.detail, "why": setting.why}
            for setting, value in rows
        })  # fmt: skip
        return
    table = Table("setting", "value", "unit", "from", "why this default")
    for setting, value in rows:
        origin = f"{value.origin} {value.detail}".strip()
        table.add_row(setting.name, str(value.value), setting.unit, origin, setting.why)
    out.print(table)


@config.callback()
def _group() -> None:
    """Settings in use."""
