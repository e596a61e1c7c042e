"""One bulk request over the wire: what was sent, what came back, and what cannot be known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import elastic_transport
import elasticsearch
from msgspec import Struct

from kabar.index.elasticsearch.client import cause_of, translated

Send = Callable[[bytes, int], "list[Item]"]
"""Sends a body that holds so many actions; raises :class:`Unknown` or :class:`RequestRefused`."""

_TARGET: Final = (
    "/_bulk?filter_path=errors,items.*.status,items.*.failure_store,items.*.error.type,items.*.error.reason"
)
"""Without the filter an answer repeats index, id, version and shards of every document: ten times as many bytes."""
_HEADERS: Final = {"accept": "application/json", "content-type": "application/x-ndjson"}
_GATEWAY: Final = frozenset({502, 503, 504})
"""Said by a proxy as well, which knows no more than we do of what became of the request."""


class Item(Struct, frozen=True):
    """The answer for one action."""

    status: int
    kind: str = ""
    """``error.type``."""
    reason: str = ""
    failure_store: str = ""


class Unknown(Exception):
    """The request may have been carried out, or in part, or not at all: send the same once more."""


class RequestRefused(Exception):
    """The request as a whole was refused: none of it was carried out."""

    def __init__(self, status: int, kind: str, reason: str) -> None:
        super().__init__(f"{status} {kind}: {reason}".strip(": "))
        self.status = status
        self.kind = kind
        """``error.type``; '' where it was not Elasticsearch that spoke."""
        self.reason = reason


def sender(client: elasticsearch.Elasticsearch) -> Send:
    """Bulk requests through a client; threads may share it."""

    def send(body: bytes, actions: int) -> list[Item]:
        try:
            answer = client.perform_request("POST", _TARGET, headers=_HEADERS, body=body)
        except elasticsearch.UnsupportedProductError as error:
            raise RequestRefused(501, "", str(error)) from error
        except elastic_transport.ApiError as error:
            if error.meta.status in _GATEWAY:
                raise Unknown(f"status {error.meta.status}") from error
            raise RequestRefused(error.meta.status, *cause_of(error.body)) from error
        except elastic_transport.TransportError as error:
            raise Unknown(str(translated(error))) from error
        return read_items(answer.body, actions)

    return send


def read_items(body: Any, actions: int) -> list[Item]:
    """The items of an answer, by position.

    Raises:
        Unknown: it is no answer to a bulk request, or not to one of so many actions.
    """
    try:
        items = [_item(item) for item in body["items"]]
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        raise Unknown("the answer to a bulk request cannot be read") from error
    if len(items) != actions:
        raise Unknown(f"{actions} documents were sent, the answer speaks of {len(items)}")
    return items


def _item(item: dict[str, dict[str, Any]]) -> Item:
    (answer,) = item.values()
    error = answer.get("error")
    if error is None:
        return Item(int(answer["status"]), failure_store=str(answer.get("failure_store", "")))
    return Item(int(answer["status"]), str(error.get("type", "")), str(error.get("reason", "")))
