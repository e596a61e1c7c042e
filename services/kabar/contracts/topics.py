"""Topics as data: what travels where, how long it stays, how large it may be.

The distributed runtime creates and checks them from this table; the schema export documents them.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

DAY_MS = 86_400_000


class Topic(Struct, frozen=True):
    """One Kafka topic. ``retention_ms`` None = kept for as long as compaction keeps it."""

    name: str
    partitions: int
    cleanup: Literal["delete", "compact"]
    retention_ms: int | None
    max_message_bytes: int
    key: str
    value: str
    """Name of the exported schema of its values, or 'bytes'."""
    public: bool
    why: str
    compaction_lag_ms: int = 0
    """A compacted topic that is also somebody's queue: how long every record stays for readers who must see each."""


MiB = 1_048_576

TOPICS: tuple[Topic, ...] = (
    Topic(
        "news.raw",
        4,
        "delete",
        7 * DAY_MS,
        32 * MiB,
        "article id",
        "message",
        public=True,
        why="accepted observations, kept a week so that any stage can be run again",
    ),
    Topic(
        "news.clean",
        1,
        "delete",
        DAY_MS,
        32 * MiB,
        "article id",
        "message",
        public=True,
        why="one partition by default: copies are then found globally",
    ),
    Topic(
        "news.deduped",
        4,
        "delete",
        DAY_MS,
        32 * MiB,
        "article id",
        "message",
        public=True,
        why="first versions, changes and kills, with what they copy",
    ),
    Topic(
        "news.enriched",
        4,
        "compact",
        None,
        32 * MiB,
        "article id",
        "message",
        public=True,
        why="the newest complete article per id, for microservices; and the queue of the sink",
        compaction_lag_ms=7 * DAY_MS,
    ),
    Topic(
        "news.stories",
        1,
        "compact",
        None,
        MiB,
        "story id",
        "story",
        public=True,
        why="the newest revision of each story",
    ),
    Topic(
        "news.alerts",
        1,
        "delete",
        30 * DAY_MS,
        MiB,
        "alert id",
        "alert",
        public=True,
        why="what content rules found",
    ),
    Topic(
        "news.outcomes",
        1,
        "delete",
        7 * DAY_MS,
        MiB,
        "observation id",
        "ending",
        public=True,
        why="how each observation ended: what `kabar audit` and a waiting producer read",
    ),
    Topic(
        "news.dead",
        1,
        "compact",
        None,
        48 * MiB,
        "dead-letter id",
        "bytes",
        public=True,
        why="what could not be processed: original bytes, envelope in the headers",
    ),
    Topic(
        "news.dedupe-state",
        1,
        "compact",
        None,
        MiB,
        "state key",
        "bytes",
        public=False,
        why="dedupe's memory, replayed at take-over",
    ),
    Topic(
        "news.alert-state",
        1,
        "compact",
        None,
        MiB,
        "state key",
        "bytes",
        public=False,
        why="the alert evaluator's memory, replayed at take-over",
    ),
)
