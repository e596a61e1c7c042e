"""What every command needs: settings, output, and the options they share."""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, NoReturn

import msgspec
import typer
from rich.console import Console

from kabar import settings as settings_module
from kabar.cli.distributed import distributed
from kabar.index.api import Reader
from kabar.index.sqlite.reader import SqliteReader
from kabar.runtime import logs
from kabar.runtime.embedded.store import open_reader
from kabar.settings import Settings

PIPE_COLUMNS = 160
"""Width where nobody watches: tables in a log should not be folded to 80 columns."""


class _Console(Console):
    """`kabar search ... | head`: the reader has what it wanted, which is no failure."""

    def on_broken_pipe(self) -> None:
        reader_left()


out = _Console(width=None if sys.stdout.isatty() else PIPE_COLUMNS)
err = Console(stderr=True)

DataDir = Annotated[
    Path | None, typer.Option("--data-dir", "-d", help="Data directory.", envvar=[], show_default="var/kabar")
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object on standard output, for machines.")]


def settings(**overrides: Any) -> Settings:
    """Settings with command-line values; also sets up the logs."""
    given = {name: str(value) if isinstance(value, Path) else value for name, value in overrides.items()}
    loaded = settings_module.load(os.environ).replace(**given)
    logs.configure(loaded.log_level, loaded.log_format)
    return loaded


def print_json(value: Any) -> None:
    """Plain JSON, not coloured, not wrapped."""
    try:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        reader_left()


def reader_left() -> NoReturn:
    """End quietly; Python must not try to write the rest on its way out."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    raise SystemExit(0)


@contextmanager
def store(data_dir: Path | None) -> Iterator[sqlite3.Connection]:
    """A read-only connection."""
    connection = open_reader(settings(data_dir=data_dir).directory)
    try:
        yield connection
    finally:
        connection.close()


@contextmanager
def index(data_dir: Path | None) -> Iterator[Reader]:
    """The index, for reading: on Elasticsearch where one is configured and no data directory was asked for.

    Raises:
        UsageError: Elasticsearch is configured, and its library is not installed.
    """
    loaded = settings(data_dir=data_dir)
    if loaded.elasticsearch_url and data_dir is None:
        with distributed():
            from kabar.index.elasticsearch.reader import opened  # noqa: PLC0415 - needs the extra
        with opened(loaded) as reader:
            yield reader
    else:
        with store(data_dir) as connection:
            yield SqliteReader(connection)
