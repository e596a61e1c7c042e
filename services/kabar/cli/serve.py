"""``kabar run``: everything in one process."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from kabar.cli.context import DataDir, out, settings
from kabar.index.api import Reader
from kabar.index.sqlite.reader import SqliteReader
from kabar.runtime.embedded import Embedded
from kabar.runtime.pipeline import wall_ms
from kabar.runtime.store import open_reader

DRAIN_SECONDS = 30.0
"""A batch takes seconds; what is cut off is still in the inbox."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("run")(run)


def run(
    host: str | None = None, port: int | None = None, workers: int | None = None, data_dir: DataDir = None
) -> None:
    """Process the inbox as it fills, and serve page, API and metrics. Ctrl-C stops it cleanly."""
    # Here and not above: the web framework takes half a second that no other command needs.
    from kabar.web.app import create_app  # noqa: PLC0415
    from kabar.web.context import WebContext  # noqa: PLC0415
    from kabar.web.server import serve  # noqa: PLC0415

    loaded = settings(data_dir=data_dir, host=host, port=port, workers=workers)
    stop = threading.Event()
    with Embedded(loaded) as engine:
        context = WebContext(
            open_index=lambda: _index(engine),
            open_store=lambda: _store(engine),
            metrics=engine.metrics,
            health=engine.health,
            now_ms=wall_ms,
        )
        failure: list[BaseException] = []
        loop = threading.Thread(target=_loop, args=(engine, stop, failure), name="kabar-pipeline")
        loop.start()
        try:
            serve(
                create_app(context), loaded.host, loaded.port,
                on_ready=lambda url: out.print(f"kabar is at {url} (Ctrl-C stops it)", highlight=False),
            )  # fmt: skip
        finally:
            stop.set()
            loop.join(DRAIN_SECONDS)
    if failure:
        raise failure[0]


def _loop(engine: Embedded, stop: threading.Event, failure: list[BaseException]) -> None:
    """The pipeline's thread. A bug must be seen: readiness goes down, and the error ends the command."""
    try:
        engine.run(stop)
    except BaseException as error:  # noqa: BLE001 - handed to the main thread
        engine.health.down(f"the pipeline stopped: {error}")
        failure.append(error)


@contextmanager
def _store(engine: Embedded) -> Iterator[sqlite3.Connection]:
    connection = open_reader(engine.directory)
    try:
        yield connection
    finally:
        connection.close()


@contextmanager
def _index(engine: Embedded) -> Iterator[Reader]:
    with _store(engine) as connection:
        yield SqliteReader(connection)
