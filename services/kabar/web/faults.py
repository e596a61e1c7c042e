"""Errors -> problem documents (RFC 9457) for programs, a page for people. The only place that decides on a status."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, MethodNotAllowedException, ValidationException
from msgspec import Struct

from kabar.errors import EnvironmentError_, KabarError, QueryError, UsageError
from kabar.web.views import Views

log = structlog.get_logger()

PROBLEM_JSON = "application/problem+json"
API_PREFIXES = ("/api", "/health/", "/metrics", "/schema")
"""Paths whose errors are read by programs."""
RETRY_SECONDS = 5

AnyRequest = Request[Any, Any, Any]
Handler = Callable[[AnyRequest, Any], Response[bytes]]


class Problem(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is wrong, where, and what to do next (RFC 9457)."""

    type: str = "about:blank"
    title: str
    """The status in words."""
    status: int
    detail: str
    """What is wrong."""
    where: str = ""
    """The parameter or path it is about."""
    hint: str = ""
    """What to do next."""
    position: int | None = None
    """Of a query: the code point at which reading it failed."""


class NoSuch(UsageError):
    """What was asked for is not there."""


_STATUS: tuple[tuple[type[KabarError], int], ...] = (
    (NoSuch, 404),
    (UsageError, 400),
    (EnvironmentError_, 503),
)


def problem_of(error: Exception, where: str) -> Problem:
    """The problem an error is; ``where`` is the path asked for."""
    if isinstance(error, ValidationException):
        return _invalid(error)
    if isinstance(error, HTTPException):
        return _problem(error.status_code, str(error.detail), where=where)
    if isinstance(error, QueryError):
        return _problem(400, str(error), where="q", hint=error.hint, position=error.position)
    for kind, status in _STATUS:
        if isinstance(error, kind):
            return _problem(status, str(error), where=where, hint=error.hint)
    return _problem(
        500, "kabar failed on this request; this is a bug", where=where,
        hint="the log of `kabar run` has the traceback; please report it",
    )  # fmt: skip


def _problem(
    status: int, detail: str, *, where: str = "", hint: str = "", position: int | None = None
) -> Problem:
    title = HTTPStatus(status).phrase
    return Problem(title=title, status=status, detail=detail, where=where, hint=hint, position=position)


def _invalid(error: ValidationException) -> Problem:
    """A parameter that does not fit its type: litestar names each with its key."""
    extra = error.extra if isinstance(error.extra, list) else []
    details = [one for one in extra if isinstance(one, dict)]
    where = ", ".join(str(one.get("key", "")) for one in details)
    what = "; ".join(str(one.get("message", "")) for one in details)
    return _problem(
        400, what or str(error.detail), where=where or "query string",
        hint="/schema/openapi.json describes each parameter",
    )  # fmt: skip


def handlers(views: Views) -> dict[int | type[Exception], Handler]:
    """What litestar is told: every error ends here."""

    def answer(request: AnyRequest, error: Exception) -> Response[bytes]:
        path = request.scope["path"]
        problem = problem_of(error, path)
        if problem.status == 500:
            log.error("request failed", path=path, exc_info=error)
        headers = {**_own_headers(error), "Cache-Control": "no-store"}
        if path.startswith(API_PREFIXES):
            return Response(
                msgspec.json.encode(problem),
                status_code=problem.status,
                media_type=PROBLEM_JSON,
                headers=headers,
            )
        page = views.page("error.html", status=problem.status, problem=problem)
        page.headers.update(headers)
        return page

    return {HTTPException: answer, KabarError: answer, Exception: answer}


def _own_headers(error: Exception) -> dict[str, str]:
    """``Allow`` of a 405; when to come back of a 503."""
    if isinstance(error, EnvironmentError_):
        return {"Retry-After": str(RETRY_SECONDS)}
    if isinstance(error, MethodNotAllowedException):
        return {"Allow": "GET, HEAD"}  # there is nothing else anywhere
    return {}
