"""``kabar dead``: what could not be processed."""

from __future__ import annotations

from typing import Annotated

import typer
from msgspec.structs import asdict
from rich.table import Table
from rich.text import Text

from kabar.cli.context import AsJson, DataDir, out, print_json, settings, store
from kabar.contracts.document import iso
from kabar.contracts.letters import DeadLetter
from kabar.errors import UsageError
from kabar.runtime.embedded import letters
from kabar.runtime.embedded.inbox import Inbox
from kabar.runtime.embedded.store import open_reader, open_writer
from kabar.runtime.refusals import reread

app = typer.Typer(
    help="Dead letters: what could not be processed, with its original bytes.", no_args_is_help=True
)

Stage = Annotated[str, typer.Option(help="Only of this stage: accept, clean, dedupe, enrich, index.")]
Reason = Annotated[str, typer.Option(help="Only with this reason.")]
SHOWN_BYTES = 2_000


@app.command("list")
def list_letters(
    stage: Stage = "",
    reason: Reason = "",
    state: Annotated[str, typer.Option(help="open, replayed, or '' for both.")] = "open",
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 100,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """List dead letters, newest first."""
    with store(data_dir) as connection:
        kept = letters.find(connection, stage=stage, reason=reason, state=state, limit=limit)
    if as_json:
        print_json([{"state": one.state, **_plain(one.letter)} for one in kept])
        return
    table = Table(title=f"{len(kept)} dead letters")
    for name in ("id", "when", "stage", "reason", "origin"):
        table.add_column(name, no_wrap=True)
    table.add_column("error")
    for one in kept:
        letter = one.letter
        table.add_row(
            letter.id[:12], iso(letter.died_at)[:16], letter.stage, letter.reason, Text(letter.origin),
            Text(letter.error),
        )  # fmt: skip
    out.print(table)


@app.command("show")
def show(letter_id: str, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Show one dead letter and the beginning of its original bytes."""
    with store(data_dir) as connection:
        kept, original = letters.get(connection, letter_id)
    if as_json:
        print_json(
            {"state": kept.state, **_plain(kept.letter), "original": original.decode("utf-8", "replace")}
        )
        return
    for name, value in _plain(kept.letter).items():
        out.print(f"{name:15} {value}", markup=False, highlight=False)
    out.rule("original")
    out.print(original[:SHOWN_BYTES].decode("utf-8", "replace"), markup=False, highlight=False)
    if len(original) > SHOWN_BYTES:
        out.print(f"... {len(original) - SHOWN_BYTES:,} bytes more (--json shows all)")


@app.command("replay")
def replay(
    letter_ids: Annotated[list[str] | None, typer.Argument(help="Ids; none with --all.")] = None,
    every: Annotated[
        bool, typer.Option("--all", help="All open ones that match --stage and --reason.")
    ] = False,
    stage: Stage = "",
    reason: Reason = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be queued.")] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Queue dead observations again. `kabar run` or the next `kabar ingest` processes them."""
    if bool(letter_ids) == every:
        raise UsageError("name dead letters, or give --all", hint="`kabar dead list` shows their ids")
    loaded = settings(data_dir=data_dir)
    open_reader(loaded.directory).close()  # a mistyped directory is an error, not a new store
    connection = open_writer(loaded.directory)
    try:
        inbox = Inbox(connection, tick_ms=loaded.tick_seconds * 1000)
        if letter_ids:
            chosen = [letters.get(connection, one)[0].letter for one in letter_ids]
        else:
            chosen = [
                one.letter for one in letters.find(connection, stage=stage, reason=reason, limit=1_000_000)
            ]
        done = letters.replay(connection, inbox, chosen, reread=reread, dry_run=dry_run)
    finally:
        connection.close()
    if as_json:
        print_json({"queued": done.queued, "refused": done.refused, "dry_run": dry_run})
        return
    out.print(
        f"{'would queue' if dry_run else 'queued'} {len(done.queued)}, still impossible {len(done.refused)}"
    )
    for letter_id, why in done.refused.items():
        out.print(f"  {letter_id[:12]}  {why}", markup=False, highlight=False)


def _plain(letter: DeadLetter) -> dict[str, object]:
    return {**asdict(letter), "died_at": iso(letter.died_at)}
