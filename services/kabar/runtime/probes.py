"""A worker's probes: a small HTTP server in a thread of its own.

``/livez`` is 200 unless something is wrong that only a restart cures; ``/readyz`` is 200 while the worker works, else
503 with the reason as text; ``/metrics`` is the Prometheus text format. Nothing else is served and nothing is read
but the request line and headers, so the port may be open to the cluster.
"""

from __future__ import annotations

import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Final, Self

import structlog

from kabar.errors import EnvironmentError_
from kabar.runtime.health import Health
from kabar.runtime.metrics import Metrics

log = structlog.get_logger()

REQUEST_SECONDS: Final = 5.0
"""A client that says nothing for this long is let go of."""
METRICS_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
TEXT_TYPE: Final = "text/plain; charset=utf-8"

Answer = tuple[HTTPStatus, str, bytes]


class Probes:
    """Serves from construction until :meth:`close`. ``port`` is the real one where 0 was asked for.

    Raises:
        EnvironmentError_: the address cannot be bound.
    """

    def __init__(self, host: str, port: int, *, metrics: Metrics, health: Health) -> None:
        self._metrics = metrics
        self._health = health
        try:
            self._server = _Server((host, port), self._answer)
        except OSError as error:
            raise EnvironmentError_(
                f"the probes cannot listen on {host}:{port}: {error.strerror or error}",
                hint="give each worker of a machine its own --probe-port, or 0 for a free one",
            ) from error
        self.port: int = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, name="kabar-probes", daemon=True).start()
        log.info("probes are up", host=host, port=self.port)

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _answer(self, path: str) -> Answer:
        match path:
            case "/livez":
                return _said(self._health.ailing)
            case "/readyz":
                return _said("" if self._health.ready else self._health.reason or "not ready")
            case "/metrics":
                return HTTPStatus.OK, METRICS_TYPE, self._metrics.expose()
            case _:
                return HTTPStatus.NOT_FOUND, TEXT_TYPE, b"/livez, /readyz or /metrics\n"


def _said(trouble: str) -> Answer:
    status = HTTPStatus.SERVICE_UNAVAILABLE if trouble else HTTPStatus.OK
    return status, TEXT_TYPE, f"{trouble or 'ok'}\n".encode("utf-8", "replace")


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], answer: object) -> None:
        self.answer = answer
        super().__init__(address, _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """A prober that hangs up is nobody's trouble."""


class _Handler(BaseHTTPRequestHandler):
    timeout = REQUEST_SECONDS

    def do_GET(self) -> None:
        """Answer a probe."""
        status, kind, body = self.server.answer(self.path.partition("?")[0])  # type: ignore[attr-defined]
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def version_string(self) -> str:
        """Nobody needs to know which Python this is."""
        return "kabar"

    def log_message(self, *_: object) -> None:
        """Probes come every few seconds: they are no news."""
