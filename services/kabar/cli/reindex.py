"""``kabar reindex``: the indices of Elasticsearch built anew, by the templates of this version."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from kabar.cli.context import AsJson, out, print_json, settings
from kabar.cli.distributed import distributed
from kabar.cli.progress import Bar
from kabar.errors import UsageError
from kabar.settings import Settings

if TYPE_CHECKING:
    from kabar.index.elasticsearch.reindex import Progress as State
    from kabar.index.elasticsearch.reindex import Summary


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("reindex")(reindex)


def reindex(
    delete_old: Annotated[
        bool, typer.Option("--delete-old", help="Delete the old indices when the new ones are complete.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be built, change nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Build all indices anew beside the old ones and switch over, while workers go on. Resumes when cut off."""
    loaded = settings()
    if not loaded.elasticsearch_url:
        raise UsageError(
            "reindex is for Elasticsearch, and none is configured",
            hint="set KABAR_ELASTICSEARCH_URL; a data directory is written anew by `kabar reprocess --from index`",
        )
    with Bar(quiet=as_json) as bar:
        summary = _run(loaded, partial(_show, bar), delete_old=delete_old, dry_run=dry_run)
    if as_json:
        print_json(summary)
    else:
        _print(summary)


def _run(loaded: Settings, report: Callable[[State], None], *, delete_old: bool, dry_run: bool) -> Summary:
    with distributed():
        from kabar.index.elasticsearch.client import connect  # noqa: PLC0415 - an extra
        from kabar.index.elasticsearch.reindex import Reindex  # noqa: PLC0415 - an extra
    client = connect(loaded)
    try:
        return Reindex(client, loaded, report=report).run(delete_old=delete_old, dry_run=dry_run)
    finally:
        client.close()


def _show(bar: Bar, state: State) -> None:
    """The phase, and how much was copied of what there was at the beginning."""
    bar.show(state.phase, state.copied, max(state.total, state.copied))


def _print(summary: Summary) -> None:
    if summary.dry_run:
        out.print(f"v{summary.before} -> v{summary.after}: {summary.copied:,} documents would be copied into")
    else:
        resumed = ", resumed" if summary.resumed else ""
        out.print(f"v{summary.before} -> v{summary.after}{resumed}: {summary.copied:,} documents copied into")
    for index in summary.indices:
        out.print(f"  {index}", markup=False, highlight=False)
    if summary.deleted:
        out.print(f"{len(summary.deleted)} old indices deleted")
    elif not summary.dry_run:
        out.print("the old indices are kept, read-only and behind no alias; delete them when you are content")
