"""What came in for an article: its versions and the messages they were made from."""

from __future__ import annotations

import base64
import binascii
import zlib
from typing import Any, Final

import msgspec

from kabar.contracts.sections import Change
from kabar.errors import IndexUnavailable
from kabar.index.api import Received, VersionRow
from kabar.index.elasticsearch.searching import Asking
from kabar.index.originals import received_with

MAX_VERSIONS: Final = 200
"""A page that changes every minute must not become a page of a thousand texts."""
_LATEST_FIRST: Final = [{"version_key": "desc"}, {"observation_id": "desc"}]


def versions(asking: Asking, alias: str, article_id: str) -> list[VersionRow]:
    """Oldest first; the latest :data:`MAX_VERSIONS`."""
    hits = _latest(asking, alias, {"article_id": article_id}, MAX_VERSIONS)
    return [_version(hit) for hit in reversed(hits)]


def version(asking: Asking, alias: str, article_id: str, observation_id: str) -> VersionRow | None:
    """One version of an article."""
    hits = _latest(asking, alias, {"article_id": article_id, "observation_id": observation_id}, 1)
    return _version(hits[0]) if hits else None


def received(asking: Asking, alias: str, article_id: str) -> Received | None:
    """What came in, latest version."""
    hits = _latest(asking, alias, {"article_id": article_id}, 1, source=["message"])
    if not hits:
        return None
    try:
        data = zlib.decompress(base64.b64decode(hits[0]["_source"]["message"], validate=True))
    except (KeyError, binascii.Error, zlib.error) as error:
        raise _unreadable(hits[0], error) from error
    return received_with(data)


def _latest(
    asking: Asking, alias: str, wanted: dict[str, str], size: int, source: list[str] | None = None
) -> list[dict[str, Any]]:
    """The documents of these ids, latest first, without their messages unless asked for."""
    answer = asking.search(
        alias,
        query={"bool": {"filter": [{"term": {field: value}} for field, value in wanted.items()]}},
        sort=_LATEST_FIRST,
        size=size,
        track_total_hits=False,
        source=source or {"excludes": ["message"]},
    )
    found: list[dict[str, Any]] = answer["hits"]["hits"]
    return found


def _version(hit: dict[str, Any]) -> VersionRow:
    source = hit["_source"]
    try:
        return VersionRow(
            article_id=source["article_id"],
            observation_id=source["observation_id"],
            version=source["version"],
            observed_at=source["observed_at"],
            status=source["status"],
            title=source["title"],
            text=source["text"],
            change=msgspec.convert(source["change"], Change),
        )
    except (KeyError, msgspec.ValidationError) as error:
        raise _unreadable(hit, error) from error


def _unreadable(hit: dict[str, Any], error: Exception) -> IndexUnavailable:
    return IndexUnavailable(
        f"the version {hit['_id']} of {hit['_index']} cannot be read: {error!r}",
        hint="was it written by a newer kabar?",
    )
