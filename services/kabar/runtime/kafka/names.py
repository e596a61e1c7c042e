"""What things are called on a Kafka that several kabars may share: everything begins with the topic prefix."""

from __future__ import annotations

from msgspec import Struct

INPUT: dict[str, str] = {
    "clean": "news.raw",
    "dedupe": "news.clean",
    "enrich": "news.deduped",
    "index": "news.enriched",
}
"""Stage -> the topic it reads."""
OUTPUT: dict[str, str] = {
    "clean": "news.clean",
    "dedupe": "news.deduped",
    "enrich": "news.enriched",
}
"""Stage -> the topic it writes what goes on to."""


class Names(Struct, frozen=True):
    """Names under one prefix."""

    prefix: str = ""

    def topic(self, name: str) -> str:
        """``news.raw`` as it is called on the broker."""
        return f"{self.prefix}{name}"

    def bare(self, topic: str) -> str:
        """The inverse of :meth:`topic`."""
        return topic.removeprefix(self.prefix)

    def group(self, stage: str) -> str:
        """The consumer group of a stage."""
        return f"{self.prefix}kabar.{stage}"

    def transactional_id(self, stage: str) -> str:
        """Fixed per stage: whoever takes it over fences off the one before."""
        return f"{self.prefix}kabar.{stage}"
