"""Counting over the articles of a query: totals, facets, histograms, copies, distinct values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Protocol

from kabar.index.api import FACETS, TOTAL_CAP
from kabar.index.elasticsearch.listing import COPY_GROUP, DATE
from kabar.index.elasticsearch.searching import Answer
from kabar.query.elasticsearch import Query

VALUES_A_REQUEST: Final = 10_000
"""Of a histogram or a list of values; Elasticsearch gives at most 65,536."""
SHARD_VALUES: Final = 1_000
"""How many values of a facet each shard names at first."""
MORE_SHARD_VALUES: Final = (10_000, 60_000)
"""And where that may have left out some that belong to the answer."""
CANDIDATES: Final = 300
"""Values then counted anew; at most 100 are shown."""

Counts = list[tuple[str, int]]


class Asks(Protocol):
    """What may be asked: an index as it is now, or a snapshot of one."""

    def __call__(self, **body: Any) -> Answer:
        """Search."""
        ...


def total(ask: Asks, query: Query, *, cap: int | None = TOTAL_CAP) -> int:
    """Articles of a query, at most one more than ``cap``."""
    answer = ask(query=query, size=0, track_total_hits=True if cap is None else cap + 1)
    found: int = answer["hits"]["total"]["value"]
    return found


def facets(ask: Asks, query: Query, names: Sequence[str], size: int) -> dict[str, Counts]:
    """The most frequent values of each facet, equal ones by value.

    Each shard names its most frequent values only: one that is not among them anywhere may be frequent altogether.
    Elasticsearch tells how frequent it could be. Unless that is 0 the shards are asked for more, until no value left
    out can belong among those shown; exact, then, unless a shard has more different values than the last of
    :data:`MORE_SHARD_VALUES`. Values of more than 1,024 UTF-16 units are not counted.
    """
    if not names:
        return {}
    named = _terms(ask, query, {name: _most_frequent(size, SHARD_VALUES) for name in names})
    return {
        name: _certain(ask, query, name, size) if _left_out(named.get(name)) else _counts(named.get(name))
        for name in names
    }


def _certain(ask: Asks, query: Query, name: str, size: int) -> Counts:
    """The most frequent values of one facet that has very many: candidates, counted anew by name."""
    shown: Counts = []
    for shard_values in MORE_SHARD_VALUES:
        named = _terms(ask, query, {name: _most_frequent(CANDIDATES, shard_values)})[name]
        candidates = _counts(named)
        chosen = [value for value, _ in candidates]
        counting = {"include": chosen, "size": len(chosen), "shard_size": len(chosen)}
        shown = _counts(_terms(ask, query, {name: counting})[name])[:size]
        # No other value is more frequent than this, whether it was named by some shards or by none.
        at_most = _left_out(named) + candidates[-1][1]
        if len(shown) == size and shown[-1][1] > at_most:
            break
    return shown


def _most_frequent(size: int, shard_values: int) -> dict[str, Any]:
    return {"size": size, "shard_size": shard_values, "exclude": [""]}


def _terms(ask: Asks, query: Query, wanted: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    aggregations = {name: {"terms": {"field": FACETS[name], **options}} for name, options in wanted.items()}
    answer = ask(query=query, size=0, track_total_hits=False, aggregations=aggregations)
    found: dict[str, Any] = answer.get("aggregations", {})  # none where there is no index yet
    return found


def _left_out(aggregation: Mapping[str, Any] | None) -> int:
    """How many articles a value that no shard named could have."""
    return int(aggregation["doc_count_error_upper_bound"]) if aggregation else 0


def _counts(aggregation: Mapping[str, Any] | None) -> Counts:
    buckets = aggregation["buckets"] if aggregation else []
    return sorted(
        ((bucket["key"], bucket["doc_count"]) for bucket in buckets), key=lambda pair: (-pair[1], pair[0])
    )


def histogram(ask: Asks, query: Query, step_ms: int) -> list[tuple[int, int]]:
    """Articles per step of ``@timestamp``, without empty steps."""
    source = {"histogram": {"field": DATE, "interval": step_ms}}
    return [(int(start), count) for start, count in _composite(ask, query, source)]


def values(ask: Asks, query: Query, field: str) -> list[str]:
    """All different values of a keyword field, in order."""
    return [value for value, _ in _composite(ask, query, {"terms": {"field": field}})]


def _composite(ask: Asks, query: Query, source: dict[str, Any]) -> Iterator[tuple[Any, int]]:
    """Every bucket in order, however many there are."""
    after: dict[str, Any] = {}
    while True:
        composite = {"size": VALUES_A_REQUEST, "sources": [{"it": source}], **after}
        answer = ask(
            query=query, size=0, track_total_hits=False, aggregations={"all": {"composite": composite}}
        )
        found = answer.get("aggregations", {}).get("all", {})
        yield from ((bucket["key"]["it"], bucket["doc_count"]) for bucket in found.get("buckets", ()))
        if len(found.get("buckets", ())) < VALUES_A_REQUEST:
            return
        after = {"after": found["after_key"]}


def copies(ask: Asks, groups: set[str]) -> dict[str, int]:
    """How many other articles each group has, whatever the query."""
    if not groups:
        return {}
    counting = {
        "terms": {"field": COPY_GROUP, "include": sorted(groups), "size": len(groups), "shard_size": len(groups)}
    }  # fmt: skip
    query = {"terms": {COPY_GROUP: sorted(groups)}}
    answer = ask(query=query, size=0, track_total_hits=False, aggregations={"groups": counting})
    return {bucket["key"]: bucket["doc_count"] - 1 for bucket in answer["aggregations"]["groups"]["buckets"]}
