"""Probes and metrics. They touch neither index nor threads, so that they answer however busy those are."""

from __future__ import annotations

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from prometheus_client import CONTENT_TYPE_LATEST

from kabar.web.api.shapes import Alive, Ready
from kabar.web.context import WebContext

_PROMETHEUS = CONTENT_TYPE_LATEST.removesuffix("; charset=utf-8")
"""Litestar adds the character set to text."""
UNCACHED = {"Cache-Control": "no-store"}


@get("/health/live", sync_to_thread=False, tags=("operations",), summary="Liveness")
def live() -> Response[Alive]:
    """The process answers; says nothing about the pipeline."""
    return Response(Alive(), headers=UNCACHED)


@get(
    "/health/ready", sync_to_thread=False, tags=("operations",), summary="Readiness",
    responses={503: ResponseSpec(Ready, description="Not processing, and why.", generate_examples=False)},
)  # fmt: skip
def ready(context: NamedDependency[WebContext]) -> Response[Ready]:
    """Whether observations are processed."""
    health = context.health
    answer = Ready(ready=health.ready, reason="" if health.ready else health.reason)
    return Response(answer, status_code=200 if answer.ready else 503, headers=UNCACHED)


@get("/metrics", sync_to_thread=False, tags=("operations",), summary="Metrics", media_type="text/plain")
def metrics(context: NamedDependency[WebContext]) -> Response[bytes]:
    """Everything measured, in the Prometheus text format."""
    return Response(context.metrics.expose(), media_type=_PROMETHEUS, headers=UNCACHED)
