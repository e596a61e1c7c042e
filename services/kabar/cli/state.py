"""``kabar state``: dedupe's memory in the distributed mode."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.progress import Progress
from rich.table import Table

from kabar.cli.context import AsJson, err, out, print_json, settings
from kabar.cli.distributed import distributed, on_kafka
from kabar.contracts.document import iso
from kabar.errors import ConfigError
from kabar.settings import Settings

app = typer.Typer(help="Dedupe's memory in the distributed mode.", no_args_is_help=True)


@app.command("show")
def show(as_json: AsJson = False) -> None:
    """Show what the memory's log holds. Reads all of it."""
    loaded = on_kafka(settings())
    with distributed():
        from kabar.runtime.kafka.stateful.rebuild import show as read  # noqa: PLC0415 - an extra
    found = read(loaded)
    if as_json:
        print_json(found)
        return
    table = Table("what", "how much")
    for kind, count in found.keys.items():
        table.add_row(kind, f"{count:,}")
    table.add_row("records in the log", f"{found.records:,} ({found.bytes / 1e6:,.1f} MB)")
    table.add_row("last tick", iso(found.ticked) if found.ticked else "-")
    table.add_row("newest observation", iso(found.newest) if found.newest else "-")
    table.add_row("workers", str(found.workers))
    if found.rebuilding:
        table.add_row("rebuild", "began and did not end: run `kabar state rebuild` again")
    out.print(table)


@app.command("rebuild")
def rebuild(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be written.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Although workers are active or there is a memory.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Refill the memory of versions and kills from the index, after its log was lost.

    Texts, signatures and open stories of the last days do not come back.
    """
    loaded = _settings()
    with distributed():
        from kabar.runtime.kafka.stateful import rebuild as rebuilding  # noqa: PLC0415 - an extra
    with Progress(console=err, transient=True, disable=as_json) as progress:
        task = progress.add_task("articles", total=None)
        done = rebuilding.rebuild(
            loaded,
            dry_run=dry_run,
            force=force,
            say=lambda read, total: progress.update(task, completed=read, total=total),
        )
    if as_json:
        print_json(done)
        return
    would = "would write" if dry_run else "wrote"
    out.print(
        f"{would} {done.written:,} entries, {done.killed:,} of them of killed articles; "
        f"read {done.articles:,} articles, {done.kept:,} were known as well or better"
    )


def _settings() -> Settings:
    """Settings that name both servers.

    Raises:
        ConfigError: they do not.
    """
    loaded = on_kafka(settings())
    if not loaded.elasticsearch_url:
        raise ConfigError(
            "no Elasticsearch is configured", hint="set KABAR_ELASTICSEARCH_URL: the index is what is read"
        )
    return loaded
