"""``kabar topics``: make, compare and describe the topics of the distributed mode."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from kabar.cli.context import AsJson, out, print_json, settings
from kabar.cli.distributed import distributed, on_kafka
from kabar.contracts.topics import DAY_MS, TOPICS
from kabar.errors import UsageError
from kabar.settings import Settings

if TYPE_CHECKING:
    from kabar.runtime.kafka.topics import Described

app = typer.Typer(help="Topics of the distributed mode.", no_args_is_help=True)


@app.command("create")
def create(
    partitions: Annotated[
        list[str] | None, typer.Option("--partitions", help="TOPIC=N, again for each: news.raw=8.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make the topics that are missing. Those that are there are compared and left as they are."""
    loaded = _settings()
    wanted = _partitions(partitions or [])
    with distributed():
        from kabar.runtime.kafka import topics  # noqa: PLC0415 - an extra
    made = topics.create(loaded, partitions=wanted)
    if as_json:
        print_json(made)
    else:
        table = Table("topic", "partitions", "", "as this kabar needs it")
        for one in made:
            state = "created" if one.created else "was there"
            table.add_row(
                loaded.topic_prefix + one.name, str(one.partitions), state, "; ".join(one.differs) or "yes"
            )
        out.print(table)
    topics.check(loaded, [one.name for one in made])


@app.command("check")
def check(as_json: AsJson = False) -> None:
    """Compare all topics with what this kabar needs; exit code 4 says what is missing or differs."""
    loaded = _settings()
    with distributed():
        from kabar.runtime.kafka import topics  # noqa: PLC0415 - an extra
    topics.check(loaded, [topic.name for topic in TOPICS])
    if as_json:
        print_json({"topics": [topic.name for topic in TOPICS], "ok": True})
    else:
        out.print(f"{len(TOPICS)} topics are there, as this kabar needs them")


@app.command("describe")
def describe(as_json: AsJson = False) -> None:
    """Show partitions, sizes, settings, and how far the workers are behind."""
    loaded = _settings()
    with distributed():
        from kabar.runtime.kafka import topics  # noqa: PLC0415 - an extra
    found = topics.describe(loaded)
    if as_json:
        print_json(found)
        return
    out.print(_overview(loaded.topic_prefix, found))
    out.print(_groups(found))


def _settings() -> Settings:
    return on_kafka(settings())


def _partitions(given: Iterable[str]) -> dict[str, int]:
    """``news.raw=8`` -> the number by name.

    Raises:
        UsageError: not of this form.
    """
    found = {}
    for one in given:
        name, _, number = one.partition("=")
        if not name or not number.isdecimal():
            raise UsageError(f"--partitions {one} cannot be read", hint="TOPIC=N: --partitions news.raw=8")
        found[name] = int(number)
    return found


def _overview(prefix: str, found: Iterable[Described]) -> Table:
    table = Table("topic", "partitions", "copies", "offsets", "MB", "keeps", "as needed")
    for one in found:
        kept = sum(partition.next - partition.first for partition in one.partitions)
        size = sum(partition.bytes for partition in one.partitions) / 1e6
        table.add_row(
            prefix + one.topic, str(len(one.partitions)), str(one.replicas), f"{kept:,}", f"{size:,.1f}",
            _keeps(one.config), "; ".join(one.differs) or "yes",
        )  # fmt: skip
    return table


def _keeps(config: dict[str, str]) -> str:
    if not config:
        return "-"
    if config["cleanup.policy"] == "compact":
        return "the newest per key"
    retention = int(config["retention.ms"])
    return f"{retention / DAY_MS:,.1f} days" if retention >= 0 else "everything"


def _groups(found: Iterable[Described]) -> Table:
    table = Table("worker", "topic", "partition", "committed", "behind")
    for lag in (lag for one in found for lag in one.groups):
        committed = "-" if lag.committed is None else f"{lag.committed:,}"
        table.add_row(lag.stage, lag.topic, str(lag.partition), committed, f"{lag.behind:,}")
    return table
