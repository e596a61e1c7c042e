"""A scripted Elasticsearch of a few calls: real sockets, real threads, external versions, and faults on demand.

Each bulk request takes the next act of ``script``; without one it is carried out. ``refuse`` may refuse single
documents of any request, ``limit_bytes`` whole requests for their size.
"""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from kabar.index.elasticsearch.mapping import mappings

Key = tuple[str, str]
Answer = dict[str, Any]


@dataclass(frozen=True)
class Action:
    index: str
    id: str
    version: int
    source: Any


@dataclass(frozen=True)
class Request:
    actions: list[Action]
    size: int

    @property
    def ids(self) -> list[str]:
        return [action.id for action in self.actions]


@dataclass
class Reply:
    """What goes over the wire. ``claimed``: a Content-Length larger than the body; ``reset``: none at all."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    claimed: int = 0
    reset: bool = False


Act = Callable[["FakeBulk", Request], Reply]


def failure(status: int, kind: str, reason: str = "because") -> Answer:
    """An item that was not carried out."""
    return {"status": status, "error": {"type": kind, "reason": reason}}


@dataclass
class FakeBulk:
    """Use as a context manager; ``url`` is where it listens."""

    script: deque[Act] = field(default_factory=deque)
    refuse: Callable[[Action], Answer | None] = lambda _: None
    limit_bytes: int = 0
    latency_seconds: Callable[[Request], float] | None = None
    stored: dict[Key, Action] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    """Bulk requests in order of arrival."""
    created: list[str] = field(default_factory=list)
    """Indices, in order of the calls that made them."""
    in_flight: int = 0
    most_in_flight: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> Self:
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def sent(self) -> int:
        """Documents that arrived, repeats included."""
        return sum(len(request.actions) for request in self.requests)

    def sources(self) -> dict[str, Any]:
        """Id -> source of what is stored."""
        return {id_: action.source for (_, id_), action in self.stored.items()}

    # ------------------------------------------------------------ what an act is made of

    def bulk(self, body: bytes) -> Reply:
        request = _parsed(body)
        with self._lock:
            self.requests.append(request)
            self.in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self.in_flight)
            act = self.script.popleft() if self.script else carry_out
        try:
            if self.latency_seconds is not None:
                time.sleep(self.latency_seconds(request))
            if self.limit_bytes and request.size > self.limit_bytes:
                return Reply(413, b"too large", "text/plain")
            return act(self, request)
        finally:
            with self._lock:
                self.in_flight -= 1

    def apply(self, request: Request) -> list[Answer]:
        """Carry out what is not refused, under external versions."""
        with self._lock:
            return [self.refuse(action) or self._apply(action) for action in request.actions]

    def _apply(self, action: Action) -> Answer:
        known = self.stored.get((action.index, action.id))
        if known is not None and known.version > action.version:
            return failure(409, "version_conflict_engine_exception")
        self.stored[action.index, action.id] = action
        return {"status": 200 if known else 201, "result": "updated" if known else "created"}

    # ------------------------------------------------------------ the calls beside _bulk

    def other(self, method: str, path: str, body: bytes) -> Reply:
        if path.startswith("/_alias/"):
            return _json(404, {"error": "alias missing", "status": 404})
        if path.startswith("/_component_template/"):
            name = path.rpartition("/")[2]
            template = {"template": {"mappings": mappings("articles")}}
            return _json(200, {"component_templates": [{"name": name, "component_template": template}]})
        if path == "/_mget":
            docs = [(doc["_index"], doc["_id"]) for doc in json.loads(body)["docs"]]
            return _json(
                200, {"docs": [{"_index": i, "_id": d, "found": (i, d) in self.stored} for i, d in docs]}
            )
        if method == "PUT":
            self.created.append(path.strip("/"))
            return _json(200, {"acknowledged": True})
        return _json(405, {"error": f"the fake does not know {method} {path}", "status": 405})


# ---------------------------------------------------------------- acts


def carry_out(fake: FakeBulk, request: Request) -> Reply:
    return answered(fake.apply(request))


def refusing(make: Callable[[Action], Answer | None]) -> Act:
    """This request once: some documents are refused, the others carried out."""

    def act(fake: FakeBulk, request: Request) -> Reply:
        answers = [make(action) for action in request.actions]
        kept = [action for action, answer in zip(request.actions, answers, strict=True) if answer is None]
        carried = iter(fake.apply(Request(kept, 0)))
        return answered([next(carried) if answer is None else answer for answer in answers])

    return act


def whole(status: int, kind: str = "", reason: str = "because", *, text: str = "") -> Act:
    """The whole request is refused, by Elasticsearch or, with ``text``, by something before it."""
    body = json.dumps({"error": {"type": kind, "reason": reason}, "status": status}).encode()

    def act(_: FakeBulk, __: Request) -> Reply:
        return Reply(status, text.encode(), "text/html") if text else Reply(status, body)

    return act


def reset(_: FakeBulk, __: Request) -> Reply:
    """The connection is gone before anything was done."""
    return Reply(reset=True)


def reset_after(fake: FakeBulk, request: Request) -> Reply:
    """Everything was done, and the connection is gone before the answer."""
    fake.apply(request)
    return Reply(reset=True)


def late(seconds: float) -> Act:
    """Everything was done, and the answer comes too late for whoever waits."""

    def act(fake: FakeBulk, request: Request) -> Reply:
        reply = carry_out(fake, request)
        time.sleep(seconds)
        return reply

    return act


def truncated(fake: FakeBulk, request: Request) -> Reply:
    """Everything was done; the answer breaks off in the middle."""
    reply = carry_out(fake, request)
    return Reply(200, reply.body[: len(reply.body) // 2], claimed=len(reply.body))


def garbled(fake: FakeBulk, request: Request) -> Reply:
    """Everything was done; the answer is complete and no JSON."""
    fake.apply(request)
    return Reply(200, b'{"items":[{"index":{"status":200}},')


def one_short(fake: FakeBulk, request: Request) -> Reply:
    """Everything was done; the answer speaks of one document fewer."""
    return answered(fake.apply(request)[:-1])


def answered(answers: list[Answer]) -> Reply:
    items = [{"index": answer} for answer in answers]
    return _json(200, {"errors": any("error" in answer for answer in answers), "items": items})


# ---------------------------------------------------------------- plumbing


def _json(status: int, body: object) -> Reply:
    return Reply(status, json.dumps(body).encode())


def _parsed(body: bytes) -> Request:
    assert body.endswith(b"\n"), "a bulk request ends with a newline"
    lines = [json.loads(line) for line in body.splitlines()]
    actions = []
    for header, source in zip(lines[::2], lines[1::2], strict=True):
        meta = header["index"]
        assert meta["version_type"] == "external_gte"
        actions.append(Action(meta["_index"], meta["_id"], meta["version"], source))
    assert len({action.id for action in actions}) == len(actions), "one document twice in one request"
    return Request(actions, len(body))


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 32

    def handle_error(self, request, client_address) -> None:
        """A client that is gone is what some tests are about."""


def _handler(fake: FakeBulk) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body in one packet
        disable_nagle_algorithm = True

        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            path = self.path.partition("?")[0]
            self.reply(fake.bulk(body) if path == "/_bulk" else fake.other(self.command, path, body))

        do_GET = do_PUT = do_POST = handle_any  # noqa: N815 - the base class looks for these names

        def reply(self, reply: Reply) -> None:
            if reply.reset:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.close_connection = True
                self.connection.close()
                return
            self.send_response(reply.status)
            self.send_header("X-Elastic-Product", "Elasticsearch")
            self.send_header("Content-Type", reply.content_type)
            self.send_header("Content-Length", str(reply.claimed or len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)
            self.close_connection = self.close_connection or bool(reply.claimed)

        def log_message(self, *_) -> None:
            pass

    return Handler
