"""``kabar audit``: the account of the embedded store, or of the log and its index."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from msgspec.structs import asdict
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table

from kabar.cli.context import AsJson, DataDir, err, out, print_json, settings, store
from kabar.cli.distributed import distributed
from kabar.cli.render import when
from kabar.errors import KabarError
from kabar.runtime.embedded import audit as audits
from kabar.runtime.embedded.audit import Check
from kabar.settings import Settings


class AccountOpen(KabarError):
    """The audit found a gap."""


def audit(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Check that every accepted observation has exactly one outcome, and that what it claims is there.

    On Kafka and Elasticsearch where they are configured and no --data-dir is given; it may run beside the workers.
    """
    loaded = settings(data_dir=data_dir)
    if loaded.kafka_bootstrap and data_dir is None:
        _of_the_log(loaded, as_json)
    else:
        _of_the_store(data_dir, as_json)


def _of_the_store(data_dir: Path | None, as_json: bool) -> None:
    with store(data_dir) as connection:
        done = audits.audit(connection)
    if as_json:
        print_json({"gap": done.gap, "unaccounted": done.unaccounted, **asdict(done)})
    else:
        table = _table(done.accepted, done.outcomes)
        table.add_row("- waiting", f"{done.waiting:,}")
        table.add_row("- pruned", f"{done.pruned:,}")
        table.add_row("= unaccounted", f"{done.unaccounted:,}")
        _print(table, done.checks)
    _judge(
        done.gap, done.checks, hint="keep the store as it is and report this; nothing should ever cause it"
    )


def _of_the_log(loaded: Settings, as_json: bool) -> None:
    with distributed():
        from kabar.runtime.kafka.account.audit import audit as audit_log  # noqa: PLC0415 - an extra
    with _bars(quiet=as_json) as report:
        done = audit_log(loaded, report=report)
    if as_json:
        print_json({
            "gap": done.gap, "unaccounted": done.unaccounted, "waiting": done.waiting, **asdict(done),
        })  # fmt: skip
    else:
        table = _table(done.accepted, done.outcomes)
        for stage, count in done.waiting_for.items():
            table.add_row(f"- waiting for {stage}", f"{count:,}")
        table.add_row("= unaccounted", f"{done.unaccounted:,}")
        _print(table, done.checks)
        _print_limits(done)
    _judge(
        done.gap,
        done.checks,
        hint="are the topics' retentions as `kabar topics check` wants them, and was nothing deleted by hand? "
        "`kabar reprocess` runs what news.raw still holds again",
    )


def _print_limits(done: Any) -> None:
    """What the account does not cover."""
    since = f"since {when(done.since)}" if done.since is not None else "nothing"
    out.print(
        f"covered: what news.raw still holds ({since}). Not covered: {done.earlier:,} outcomes of what was accepted "
        f"before, and {done.too_old:,} accepted before the oldest outcome that is still known.",
        highlight=False,
    )
    if not done.index_checked:
        out.print("No Elasticsearch is configured: what outcomes claim of the index was not checked.")


def _table(accepted: int, outcomes: dict[str, int]) -> Table:
    table = Table("account", "observations")
    table.add_row("accepted", f"{accepted:,}")
    for name, count in outcomes.items():
        table.add_row(f"- {name}", f"{count:,}")
    return table


def _print(table: Table, checks: Sequence[Check]) -> None:
    for check in checks:
        table.add_row(check.name, f"{check.count:,}", style="red" if check.count else "")
    out.print(table)


def _judge(gap: int, checks: Sequence[Check], *, hint: str) -> None:
    if gap:
        broken = "; ".join(f"{c.name}: {c.means} ({', '.join(c.examples)})" for c in checks if c.count)
        raise AccountOpen(
            f"the account does not balance by {gap}: {broken or 'counted acceptances are missing'}", hint=hint
        )


@contextmanager
def _bars(*, quiet: bool) -> Iterator[Callable[[str, int, int], None]]:
    """One progress bar per topic, on standard error; nothing where nobody watches."""
    progress = Progress(
        TextColumn("reading {task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
        console=err, disable=quiet or not err.is_terminal, transient=True,
    )  # fmt: skip
    tasks: dict[str, TaskID] = {}

    def report(topic: str, done: int, total: int) -> None:
        if topic not in tasks:
            tasks[topic] = progress.add_task(topic, total=total)
        progress.update(tasks[topic], completed=done, total=total)

    with progress:
        yield report
