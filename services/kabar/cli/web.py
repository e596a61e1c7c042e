"""``kabar web``: page, API and metrics of the distributed mode."""

from __future__ import annotations

import signal
import threading

import typer

from kabar.cli.context import out, settings
from kabar.cli.distributed import distributed, on_kafka
from kabar.runtime.clock import wall_ms
from kabar.runtime.health import Health
from kabar.runtime.metrics import Metrics

STOP_SECONDS = 10.0


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("web")(web)


def web(host: str | None = None, port: int | None = None) -> None:
    """Serve page, API and metrics over Elasticsearch and Kafka. On one machine `kabar run` serves them itself."""
    # Here and not above: the web framework takes half a second, and the rest is an extra.
    with distributed():
        from kabar.index.elasticsearch.client import connect  # noqa: PLC0415
        from kabar.web.distributed import ClusterView, Watch  # noqa: PLC0415
    from kabar.web.app import create_app  # noqa: PLC0415
    from kabar.web.context import WebContext  # noqa: PLC0415
    from kabar.web.server import serve  # noqa: PLC0415

    loaded = on_kafka(settings(host=host, port=port))
    signal.signal(signal.SIGTERM, _terminate)  # until the server has handlers of its own
    metrics = Metrics()
    health = Health(metrics)
    stop = threading.Event()
    with connect(loaded) as client:
        view = ClusterView(loaded, client)
        context = WebContext(
            open_index=view.index,
            letters=view.letters,
            figures=view.figures,
            metrics=metrics,
            health=health,
            now_ms=wall_ms,
        )
        watch = threading.Thread(
            target=Watch(view, health, metrics).run, args=(stop,), name="kabar-watch", daemon=True
        )
        watch.start()
        try:
            serve(
                create_app(context), loaded.host, loaded.port,
                on_ready=lambda url: out.print(f"kabar is at {url} (Ctrl-C stops it)", highlight=False),
            )  # fmt: skip
        finally:
            stop.set()
            watch.join(STOP_SECONDS)


def _terminate(*_: object) -> None:
    raise SystemExit(0)
