"""The connection to Elasticsearch, and the one place where the client library's exceptions become ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import elastic_transport
import elasticsearch
import msgspec
from elastic_transport import JsonSerializer

from kabar.errors import ConfigError, IndexUnavailable, KabarError, NotPrepared, QueryError
from kabar.settings import Settings

REQUEST_SECONDS: Final = 30.0
"""A bulk request of 5 MB takes well under one second; a garbage collection or a restart of a shard takes several."""
CONNECTIONS: Final = 8
"""Per node; more threads than this never write or read at once."""

_HINT_ADDRESS: Final = (
    "is it up, and is elasticsearch_url right? what is not indexed waits in the log, nothing is lost"
)
_HINT_KEY: Final = (
    "check elasticsearch_api_key and what it may do: its own indices and templates, and monitor"
)
_HINT_PREPARE: Final = "run `kabar index prepare`"


class _Json(JsonSerializer):
    """Decodes answers several times faster than the standard library: a page of articles is a megabyte."""

    def json_loads(self, data: bytes) -> Any:
        try:
            return msgspec.json.decode(data)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise ValueError(str(error)) from error


_SERIALIZERS: Final = dict.fromkeys(("application/json", "application/vnd.elasticsearch+json"), _Json())


def connect(settings: Settings, *, request_seconds: float = REQUEST_SECONDS) -> elasticsearch.Elasticsearch:
    """A client that asks the one address it was given, once per call: retrying is the caller's business.

    Makes no request. Safe to share between threads; the caller closes it.

    Args:
        settings: URL, API key, CA file.
        request_seconds: how long one request may take.

    Raises:
        ConfigError: no Elasticsearch is configured, or its URL or CA file cannot be used.
    """
    if not settings.elasticsearch_url:
        raise ConfigError(
            "no Elasticsearch is configured",
            hint="set KABAR_ELASTICSEARCH_URL, for example to https://host:9200",
        )
    options: dict[str, Any] = {
        "request_timeout": request_seconds,
        "max_retries": 0,
        "retry_on_timeout": False,
        "retry_on_status": (),
        "connections_per_node": CONNECTIONS,
        # One address, often a load balancer: a "dead" mark would only keep us from asking it again.
        "dead_node_backoff_factor": 0.0,
        "serializers": _SERIALIZERS,
    }
    if settings.elasticsearch_api_key:
        options["api_key"] = settings.elasticsearch_api_key
    if settings.elasticsearch_ca_file:
        options["ca_certs"] = _ca_file(settings)
    try:
        if not settings.elasticsearch_url.startswith(("http://", "https://")):
            raise ValueError("it is neither http nor https")  # noqa: TRY301 - one place words the refusal
        return elasticsearch.Elasticsearch([settings.elasticsearch_url], **options)
    except (ValueError, TypeError, OSError) as error:
        raise ConfigError(
            f"elasticsearch_url '{settings.elasticsearch_url}' cannot be used: {error}",
            hint="it needs scheme, host and port, for example https://search.example:9200",
        ) from error


def _ca_file(settings: Settings) -> str:
    path = Path(settings.elasticsearch_ca_file)
    if not settings.elasticsearch_url.startswith("https:"):
        raise ConfigError(
            "elasticsearch_ca_file is set, but elasticsearch_url is not an https one",
            hint="use https, or leave the file out",
        )
    if not path.is_file():
        raise ConfigError(
            f"elasticsearch_ca_file {path} is no file", hint="it wants the PEM file of the authority to trust"
        )
    return str(path)


@contextmanager
def index_errors() -> Iterator[None]:
    """Turn what the client raises into ours, for writing and preparing.

    Raises:
        IndexUnavailable: nobody answers, it refuses us, or it takes nothing at the moment.
        NotPrepared: an index or template is missing.
        ConfigError: what answers is no Elasticsearch.
    """
    try:
        yield
    except (elastic_transport.TransportError, elastic_transport.ApiError) as error:
        raise translated(error) from error


@contextmanager
def search_errors() -> Iterator[None]:
    """As :func:`index_errors`, for reading: a query the index refuses or cannot finish is the query's fault.

    Raises:
        QueryError: the query is too expensive or too long.
        IndexUnavailable: nobody answers, it refuses us, or it is overloaded.
        NotPrepared: an index or template is missing.
    """
    try:
        yield
    except elasticsearch.BadRequestError as error:
        kind, reason = cause_of(error.body)
        raise QueryError(
            f"the index refuses the query: {reason or kind}", hint="make it shorter or simpler"
        ) from error
    except (elastic_transport.TransportError, elastic_transport.ApiError) as error:
        raise translated(error) from error


def translated(error: elastic_transport.TransportError | elastic_transport.ApiError) -> KabarError:
    """Our error for one of the client's."""
    if isinstance(error, elasticsearch.UnsupportedProductError):
        return ConfigError(
            "elasticsearch_url leads to something that is not Elasticsearch",
            hint="OpenSearch and proxies that strip the header X-Elastic-Product are not supported",
        )
    if isinstance(error, elastic_transport.ApiError):
        return _refusal(error)
    if isinstance(error, elastic_transport.TlsError):
        return IndexUnavailable(
            f"no secure connection to Elasticsearch: {error.message}",
            hint="set elasticsearch_ca_file to the authority that signed its certificate",
        )
    if isinstance(error, elastic_transport.ConnectionTimeout):
        return IndexUnavailable("Elasticsearch does not answer in time", hint=_HINT_ADDRESS)
    if isinstance(error, elastic_transport.SerializationError):
        return IndexUnavailable("Elasticsearch gives an answer that cannot be read", hint=_HINT_ADDRESS)
    return IndexUnavailable(f"Elasticsearch cannot be reached: {error.message}", hint=_HINT_ADDRESS)


def _refusal(error: elastic_transport.ApiError) -> KabarError:
    status = error.meta.status
    kind, reason = cause_of(error.body)
    if status in (401, 403) and kind != "cluster_block_exception":
        return IndexUnavailable(f"Elasticsearch refuses us: {reason or status}", hint=_HINT_KEY)
    if status == 404:
        return NotPrepared(f"Elasticsearch has no such thing: {reason or status}", hint=_HINT_PREPARE)
    return IndexUnavailable(
        f"Elasticsearch answers {status} {kind}: {reason}".rstrip(": "),
        hint="look at its log; what is not indexed waits, nothing is lost",
    )


def cause_of(body: object) -> tuple[str, str]:
    """``error.type`` and ``error.reason`` of an error's body; '' where it has none."""
    error = body.get("error") if isinstance(body, dict) else None
    if isinstance(error, dict):
        return str(error.get("type") or ""), str(error.get("reason") or "")
    return "", str(error or body or "")[:500]
