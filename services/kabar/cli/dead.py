"""``kabar dead``: what could not be processed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from msgspec.structs import asdict
from rich.table import Table
from rich.text import Text

from kabar.cli.context import AsJson, DataDir, out, print_json, settings
from kabar.cli.distributed import distributed
from kabar.contracts.document import iso
from kabar.contracts.letters import DeadLetter
from kabar.contracts.outcomes import DeadReason
from kabar.errors import QueryError, UsageError
from kabar.query.dates import interval
from kabar.runtime.clock import wall_ms
from kabar.runtime.embedded.letters import StoreLetters
from kabar.runtime.embedded.store import open_reader, open_writer
from kabar.runtime.letters import STAGES, Kept, Letters

app = typer.Typer(
    help="Dead letters: what could not be processed, with its original bytes. "
    "On Kafka where one is configured and no --data-dir is given.",
    no_args_is_help=True,
)

Ids = Annotated[list[str] | None, typer.Argument(help="Ids or their beginnings; none with --all.")]
Every = Annotated[bool, typer.Option("--all", help="All that match the filters.")]
Stage = Annotated[str, typer.Option(help=f"Only of this stage: {', '.join(STAGES)}.")]
Reason = Annotated[str, typer.Option(help=f"Only with this reason: {', '.join(DeadReason)}.")]
Source = Annotated[str, typer.Option(help="Only of this publisher, by name or domain.")]
Since = Annotated[
    str, typer.Option(help="Only those that died since: 30min, 24h, 7d, 2026-01-31 or 2026-01-31T17:30.")
]
State = Annotated[str, typer.Option(help="open, replayed, or '' for both.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")]
SHOWN_BYTES = 2_000
ALL = 1_000_000
"""What --all takes at most; more dead letters than this are not one person's decision."""


@app.command("list")
def list_letters(
    stage: Stage = "",
    reason: Reason = "",
    source: Source = "",
    since: Since = "",
    state: State = "open",
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 100,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """List dead letters, newest first."""
    with _letters(data_dir) as letters:
        kept = letters.find(
            stage=stage, reason=reason, state=state, source=source, since_ms=_instant(since), limit=limit
        )
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
    with _letters(data_dir) as letters:
        kept, original = letters.get(letter_id)
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
    letter_ids: Ids = None,
    every: Every = False,
    stage: Stage = "",
    reason: Reason = "",
    source: Source = "",
    since: Since = "",
    dry_run: DryRun = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Queue dead observations again: `kabar run`, the next `kabar ingest`, or the workers process them."""
    with _letters(data_dir, writing=True) as letters:
        chosen = _chosen(letters, letter_ids, every, stage, reason, source, since)
        done = letters.replay(chosen, dry_run=dry_run)
    if as_json:
        print_json({"queued": done.queued, "refused": done.refused, "dry_run": dry_run})
        return
    out.print(
        f"{'would queue' if dry_run else 'queued'} {len(done.queued)}, still impossible {len(done.refused)}"
    )
    for letter_id, why in done.refused.items():
        out.print(f"  {letter_id[:12]}  {why}", markup=False, highlight=False)


@app.command("purge")
def purge(
    letter_ids: Ids = None,
    every: Every = False,
    stage: Stage = "",
    reason: Reason = "",
    source: Source = "",
    since: Since = "",
    state: State = "open",
    dry_run: DryRun = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Throw dead letters and their originals away for good."""
    with _letters(data_dir, writing=True) as letters:
        chosen = _chosen(letters, letter_ids, every, stage, reason, source, since, state=state)
        gone = letters.purge(chosen, dry_run=dry_run)
    if as_json:
        print_json({"purged": gone, "dry_run": dry_run})
        return
    out.print(f"{'would purge' if dry_run else 'purged'} {len(gone)}")


@contextmanager
def _letters(data_dir: Path | None, *, writing: bool = False) -> Iterator[Letters]:
    """The dead letters of Kafka, or those of the data directory."""
    loaded = settings(data_dir=data_dir)
    if loaded.kafka_bootstrap and data_dir is None:
        with distributed():
            from kabar.runtime.kafka.dead.letters import KafkaLetters  # noqa: PLC0415 - an extra
        yield KafkaLetters(loaded)
        return
    open_reader(loaded.directory).close()  # a mistyped directory is an error, not a new store
    connection = (open_writer if writing else open_reader)(loaded.directory)
    try:
        yield StoreLetters(connection)
    finally:
        connection.close()


def _chosen(
    letters: Letters,
    letter_ids: list[str] | None,
    every: bool,
    stage: str,
    reason: str,
    source: str,
    since: str,
    *,
    state: str = "open",
) -> list[Kept]:
    """Named letters, or with --all those that match."""
    if bool(letter_ids) == every:
        raise UsageError("name dead letters, or give --all", hint="`kabar dead list` shows their ids")
    if letter_ids:
        return [letters.get(one)[0] for one in letter_ids]
    return letters.find(
        stage=stage, reason=reason, state=state, source=source, since_ms=_instant(since), limit=ALL
    )


def _instant(text: str) -> int:
    """Milliseconds; 0 = always."""
    if not text:
        return 0
    try:
        return interval(text, now_ms=wall_ms(), position=0)[0]
    except QueryError as error:
        raise UsageError(f"--since: {error}", hint=error.hint) from error


def _plain(letter: DeadLetter) -> dict[str, object]:
    return {**asdict(letter), "died_at": iso(letter.died_at)}
