"""uvicorn in the main thread: bind first, say the real address once it answers, stop on a signal and return."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import uvicorn
from litestar import Litestar
from litestar.concurrency import set_asyncio_executor

from kabar.errors import EnvironmentError_
from kabar.web.guard import LoopbackOnly, is_loopback

READERS = 8
"""Queries at a time: each holds a connection and, at worst, the reader's time limit; more wait in order."""
MAX_CONNECTIONS = 200
"""Beyond it uvicorn answers 503, so that idle sockets cannot use up the process's files."""
MAX_HEADER_BYTES = 65_536
"""A query has at most 8,000 characters, percent-encoded several times as long, and a cursor comes on top."""
KEEP_ALIVE_SECONDS = 5
DRAIN_SECONDS = 8
"""Longer than the reader's time limit: a query under way is answered."""
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class _Server(uvicorn.Server):
    """Tells when it answers, and returns on a signal.

    uvicorn raises the signal again once it has stopped, which for SIGTERM ends the process on the spot: the caller
    would never get to drain its pipeline.
    """

    def __init__(self, config: uvicorn.Config, on_started: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_started = on_started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._on_started()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self.handle_exit) for number in _SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def serve(app: Litestar, host: str, port: int, *, on_ready: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM; blocks.

    Args:
        app: what :func:`kabar.web.app.create_app` made.
        host: name or address to bind to. On loopback, requests for other host names are refused.
        port: 0 picks a free one.
        on_ready: called once, with the real address, when the server answers.

    Raises:
        EnvironmentError_: the address cannot be bound.
    """
    with bound(host, port) as listener, ThreadPoolExecutor(READERS, "kabar-web") as threads:
        set_asyncio_executor(threads)
        config = uvicorn.Config(
            LoopbackOnly(app) if is_loopback(host) else app,
            access_log=False,
            log_config=None,
            lifespan="on",
            server_header=False,
            limit_concurrency=MAX_CONNECTIONS,
            h11_max_incomplete_event_size=MAX_HEADER_BYTES,
            http="h11",
            interface="asgi3",
            ws="none",
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=DRAIN_SECONDS,
        )
        try:
            _Server(config, lambda: on_ready(url_of(listener))).run(sockets=[listener])
        finally:
            set_asyncio_executor(None)


@contextmanager
def bound(host: str, port: int) -> Iterator[socket.socket]:
    """A listening socket's place taken, before anything else starts.

    Raises:
        EnvironmentError_: no such address, no permission, or somebody else has the port.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise EnvironmentError_(
            f"cannot listen on {host}: {error.strerror or error}",
            hint="give --host an address of this machine",
        ) from error
    with listener:
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
        except OSError as error:
            raise EnvironmentError_(
                f"cannot listen on {host} port {port}: {error.strerror or error}",
                hint="stop what uses it, or choose another with --port (0 picks a free one)",
            ) from error
        yield listener


def url_of(listener: socket.socket) -> str:
    """``http://127.0.0.1:8080/``; a server on all addresses is shown under the one that always works here."""
    host, port = listener.getsockname()[:2]
    shown = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound
    return f"http://[{shown}]:{port}/" if ":" in shown else f"http://{shown}:{port}/"
