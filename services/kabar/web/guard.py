"""What every answer carries, whatever made it: outermost ASGI layers.

Litestar's own middleware runs behind its router, so an unknown path or a broken request would go without.
"""

from __future__ import annotations

import ipaddress
from typing import cast

import msgspec
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
"""From nothing, only what the page uses: its style sheet, its one script, its icon, its forms."""

HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (
        b"permissions-policy",
        b"camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()",
    ),
)


class SecurityHeaders:
    """Adds :data:`HEADERS` to every HTTP answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *HEADERS]
            await send(message)

        await self._app(scope, receive, guarded)


class HeadAsGet:
    """Answers HEAD as GET without the body: the same status and headers, by construction."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != ScopeType.HTTP or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        async def bodiless(message: Message) -> None:
            if message["type"] == "http.response.body":
                message["body"] = b""
            await send(message)

        await self._app(cast("HTTPScope", {**scope, "method": "GET"}), receive, bodiless)


class LoopbackOnly:
    """Refuses requests that name another host than this machine, for a server bound to loopback.

    Otherwise any page in the same browser could read everything here: its host name resolves to its own server
    first and to 127.0.0.1 then (DNS rebinding), and the browser takes both for one origin.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] == ScopeType.HTTP:
            host = dict(scope["headers"]).get(b"host", b"").decode("latin-1")
            if not is_loopback(host):
                await _refuse(send)
                return
        await self._app(scope, receive, send)


def is_loopback(host: str) -> bool:
    """Whether a ``Host`` header, or an address to bind to, means this machine."""
    name = host.partition("]")[0][1:] if host.startswith("[") else host
    if not host.startswith("[") and host.count(":") == 1:
        name = host.partition(":")[0]
    if name.lower().rstrip(".") == "localhost" or name.lower().endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


async def _refuse(send: Send) -> None:
    body = msgspec.json.encode(
        {
            "type": "about:blank",
            "title": "Misdirected Request",
            "status": 421,
            "detail": "this server listens on loopback and answers only to localhost or 127.0.0.1",
            "hint": "open it under that name, or start it with --host for the address it is to be reached at",
        }
    )
    headers = [(b"content-type", b"application/problem+json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 421, "headers": [*headers, *HEADERS]})
    await send({"type": "http.response.body", "body": body, "more_body": False})
