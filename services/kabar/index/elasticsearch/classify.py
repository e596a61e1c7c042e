"""What an answer of Elasticsearch means for one document: the table on which "never lost, never stuck" rests."""

from __future__ import annotations

import re
from collections.abc import Container
from enum import StrEnum
from typing import Final, NamedTuple

from msgspec import Struct


class Class(StrEnum):
    """What to do with the document."""

    OK = "ok"
    """It is in the index."""
    SUPERSEDED = "superseded"
    """A newer version is there, which stays."""
    DOC = "doc"
    """The document itself is refused: a dead letter."""
    LOAD = "load"
    """Send it again, later and more gently; the caller bounds how often, then it is ENV."""
    ENV = "env"
    """The surroundings are sick: pause; never a dead letter."""


class Verdict(Struct, frozen=True):
    """A class and the sentence that says why."""

    what: Class
    why: str = ""


class Rule(NamedTuple):
    """One row. ``kind`` is ``error.type``, ``reason`` a part of ``error.reason``; '' matches any."""

    statuses: Container[int]
    what: Class
    why: str
    kind: str = ""
    reason: str = ""


BREAKER: Final = "circuit_breaking_exception"
_SHARD_LIMIT: Final = "the cluster's limit of shards is reached"

RULES: Final = (
    Rule(range(200, 300), Class.OK, ""),
    Rule((409,), Class.SUPERSEDED, "a newer version is in the index"),
    # Types decide, not texts, which change between versions; these rows have nothing else to go by: the same types
    # stand for faults of documents.
    Rule((400,), Class.ENV, _SHARD_LIMIT, "validation_exception", "shards open"),
    Rule((400,), Class.ENV, _SHARD_LIMIT, "illegal_argument_exception", "shards open"),
    Rule(
        (400,), Class.ENV, "its ingest pipeline is missing", "illegal_argument_exception", "pipeline with id"
    ),
    Rule((400,), Class.ENV, "the index is closed", "index_closed_exception"),
    Rule((400,), Class.DOC, "the index refuses the document"),
    Rule((413,), Class.DOC, "larger than a request may be, even alone"),
    Rule((429,), Class.ENV, "the disk is nearly full, the index is blocked", "cluster_block_exception"),
    Rule((429,), Class.LOAD, "Elasticsearch is short of memory", BREAKER),
    Rule((429,), Class.LOAD, "Elasticsearch has more to do than it can"),
    Rule((403,), Class.ENV, "the index is blocked", "cluster_block_exception"),
    Rule((401, 403), Class.ENV, "Elasticsearch refuses us"),
    Rule((404,), Class.ENV, "the index is gone"),
    Rule((501,), Class.ENV, "Elasticsearch does not know what we ask"),
    Rule((408, *range(500, 600)), Class.LOAD, "Elasticsearch cannot take it at the moment"),
)
"""The first row that matches counts. What no row matches is ENV: no document dies of an answer nobody knows."""
_UNKNOWN: Final = Rule(range(1_000), Class.ENV, "an answer kabar does not know")
_IN_FAILURE_STORE: Final = Verdict(
    Class.DOC, "Elasticsearch put it into the failure store, where no search finds it"
)


def classify(status: int, kind: str = "", reason: str = "", *, failure_store: str = "") -> Verdict:
    """Judge the answer for one document.

    Args:
        status: HTTP status of the item, or of the whole request.
        kind: ``error.type``.
        reason: ``error.reason``; only looked at where the type is ambiguous.
        failure_store: what the item says under that name.
    """
    if status == 429 and _never_fits(reason):
        return Verdict(Class.DOC, f"larger than this Elasticsearch can ever take ({status} {kind}: {reason})")
    rule = next((rule for rule in RULES if _matches(rule, status, kind, reason)), _UNKNOWN)
    if rule.what is Class.OK:
        return _IN_FAILURE_STORE if failure_store == "used" else _OK
    said = f"{status} {kind}: {reason}".strip(": ")
    return Verdict(rule.what, f"{rule.why} ({said})")


_OK: Final = Verdict(Class.OK)
_PRESSURE: Final = re.compile(r"operation_bytes=(\d+), max_\w+=(\d+)")


def _never_fits(reason: str) -> bool:
    """Whether a request alone is above the limit of indexing pressure: waiting for others to finish is no help."""
    found = _PRESSURE.search(reason)
    return found is not None and int(found[1]) > int(found[2])


def _matches(rule: Rule, status: int, kind: str, reason: str) -> bool:
    return status in rule.statuses and rule.kind in ("", kind) and rule.reason in reason
