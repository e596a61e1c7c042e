"""``kabar work STAGE``: one stage of the distributed mode, until it is told to stop."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Annotated, Final

import structlog
import typer

from kabar.cli.context import settings
from kabar.cli.distributed import distributed, on_kafka
from kabar.errors import KabarError, UsageError
from kabar.runtime.health import Health
from kabar.runtime.metrics import Metrics
from kabar.runtime.probes import Probes
from kabar.runtime.working import Work

log = structlog.get_logger()

RUNNERS: Final = {
    "clean": "kabar.runtime.streams.worker",
    "dedupe": "kabar.runtime.kafka.stateful.dedupe",
    "enrich": "kabar.runtime.streams.worker",
    "index": "kabar.runtime.kafka.sink.loop",
    "archive": "kabar.runtime.kafka.again.archive",
}
"""Stage -> the module whose ``run(work)`` is its loop; imported when asked for: its libraries are an extra."""

Runner = Callable[[Work], None]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("work")(work)


def work(
    stage: Annotated[str, typer.Argument(help=f"One of {', '.join(RUNNERS)}.", show_default=False)],
    workers: Annotated[int | None, typer.Option(help="Processes for the articles, 0 = one per core.")] = None,
    probe_port: Annotated[int | None, typer.Option(help="Of probes and metrics, 0 = a free one.")] = None,
) -> None:
    """Run one stage on Kafka until SIGTERM or Ctrl-C; start it several times to scale it or to have a standby."""
    if stage not in RUNNERS:
        raise UsageError(f"there is no stage '{stage}'", hint=f"stages: {', '.join(RUNNERS)}")
    loaded = on_kafka(settings(workers=workers, probe_port=probe_port))
    run = _runner(stage)
    metrics = Metrics()
    health = Health(metrics)
    stop = threading.Event()
    task = Work(stage=stage, settings=loaded, metrics=metrics, health=health, stop=stop)
    structlog.contextvars.bind_contextvars(stage=stage)
    with _stopped_by_signals(stop), Probes(loaded.host, loaded.probe_port, metrics=metrics, health=health):
        log.info("worker started", pid=os.getpid())
        _logged(run, task)
        log.info("worker stopped")


def _runner(stage: str) -> Runner:
    with distributed():
        run: Runner = import_module(RUNNERS[stage]).run
    return run


def _logged(run: Runner, task: Work) -> None:
    """Run it; why it ended stands in the log as well as on the terminal."""
    try:
        run(task)
    except KabarError as error:
        task.health.down(str(error))
        log.error("worker ended", error=str(error), hint=error.hint)  # noqa: TRY400 - the message tells it all
        raise
    except Exception:
        task.health.down("a bug ended the worker")
        log.exception("worker ended")
        raise


@contextmanager
def _stopped_by_signals(stop: threading.Event) -> Iterator[None]:
    def ask(*_: object) -> None:
        # By another thread: this handler may have interrupted the main thread inside the event's own lock.
        threading.Thread(target=stop.set, name="kabar-stop").start()

    before = {number: signal.signal(number, ask) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
