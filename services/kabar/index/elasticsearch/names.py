"""What things are called on an Elasticsearch that several kabars may share: everything begins with the prefix.

::

    articles                      alias, what readers ask
    articles-v1-2026.11           articles first seen in November 2026, under schema number 1
    versions, versions-v1-2026.11 every version of those articles
    stories, stories-v1           all stories

An article's index follows from when it was first seen, which never changes: an id never lives in two indices.
The schema number is the one on the alias; `kabar reindex` builds the next one beside it and switches over.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final, Literal

from msgspec import Struct

Family = Literal["articles", "versions", "stories"]

FAMILIES: Final[tuple[Family, ...]] = ("articles", "versions", "stories")
INDEX_SCHEMA: Final = 1
"""The schema number where no index exists yet."""


def month_of(first_seen_ms: int) -> str:
    """``2026.11``, UTC."""
    return datetime.fromtimestamp(first_seen_ms / 1000, UTC).strftime("%Y.%m")


class IndexNames(Struct, frozen=True):
    """Names under one prefix."""

    prefix: str = ""

    def alias(self, family: Family) -> str:
        """What readers ask."""
        return f"{self.prefix}{family}"

    def articles(self, schema: int, first_seen_ms: int) -> str:
        """The index of an article first seen at ``first_seen_ms``."""
        return f"{self.prefix}articles-v{schema}-{month_of(first_seen_ms)}"

    def versions(self, schema: int, first_seen_ms: int) -> str:
        """The index of the versions of an article first seen at ``first_seen_ms``."""
        return f"{self.prefix}versions-v{schema}-{month_of(first_seen_ms)}"

    def stories(self, schema: int) -> str:
        """The index of all stories."""
        return f"{self.prefix}stories-v{schema}"

    def pattern(self, family: Family, schema: int) -> str:
        """Matches every index of a family under one schema number, and nothing else."""
        return f"{self.prefix}{family}-v{schema}" + ("" if family == "stories" else "-*")

    def template(self, family: Family, schema: int) -> str:
        """The index template of a family under one schema number."""
        return f"{self.prefix}kabar-{family}-v{schema}"

    def component(self, part: str) -> str:
        """A component template: ``settings``, or that of a family."""
        return f"{self.prefix}kabar-{part}"

    def schema_of(self, index: str) -> int | None:
        """The schema number in the name of an index; None where it is no index of ours."""
        found = re.fullmatch(
            re.escape(self.prefix) + r"(?:(?:articles|versions)-v(\d{1,9})-\d{4}\.\d{2}|stories-v(\d{1,9}))",
            index,
        )
        return int(found[1] or found[2]) if found else None

    def newest_schema(self, indices: Iterable[str]) -> int:
        """The highest schema number among the indices of an alias; :data:`INDEX_SCHEMA` where there is none."""
        return max((n for index in indices if (n := self.schema_of(index)) is not None), default=INDEX_SCHEMA)
