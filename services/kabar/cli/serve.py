"""``kabar run``: everything in one process."""

from __future__ import annotations

import os
import signal
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
import typer

from kabar.cli.context import DataDir, out, settings
from kabar.runtime.clock import wall_ms
from kabar.runtime.embedded.engine import Embedded
from kabar.runtime.embedded.store import open_reader

log = structlog.get_logger()

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
    from kabar.web.embedded import StoreView  # noqa: PLC0415
    from kabar.web.server import serve  # noqa: PLC0415

    loaded = settings(data_dir=data_dir, host=host, port=port, workers=workers)
    signal.signal(signal.SIGTERM, _terminate)  # until the server has handlers of its own
    stop = threading.Event()
    failure: list[BaseException] = []
    with Embedded(loaded) as engine:
        view = StoreView(lambda: _store(engine))
        context = WebContext(
            open_index=view.index,
            letters=view,
            figures=view.figures,
            metrics=engine.metrics,
            health=engine.health,
            now_ms=wall_ms,
        )
        loop = threading.Thread(target=_loop, args=(engine, stop, failure), name="kabar-pipeline")
        loop.start()
        try:
            serve(
                create_app(context), loaded.host, loaded.port,
                on_ready=lambda url: out.print(f"kabar is at {url} (Ctrl-C stops it)", highlight=False),
            )  # fmt: skip
        finally:
            _stop(engine, loop, stop)
    if failure:
        raise failure[0]


def _loop(engine: Embedded, stop: threading.Event, failure: list[BaseException]) -> None:
    """The pipeline's thread. A bug must be seen: it is logged, and ends the command instead of a silent page."""
    try:
        engine.run(stop)
    except BaseException as error:
        engine.health.down(f"the pipeline stopped: {error}")
        log.exception("the pipeline stopped")
        failure.append(error)
        os.kill(os.getpid(), signal.SIGTERM)


def _stop(engine: Embedded, loop: threading.Thread, stop: threading.Event) -> None:
    """Let the batch in work finish; cut it off if it takes too long. Only then may anything be closed."""
    stop.set()
    loop.join(DRAIN_SECONDS)
    if loop.is_alive():
        engine.pool.cancel()
        loop.join()


def _terminate(*_: object) -> None:
    raise SystemExit(0)


@contextmanager
def _store(engine: Embedded) -> Iterator[sqlite3.Connection]:
    connection = open_reader(engine.directory)
    try:
        yield connection
    finally:
        connection.close()
