"""Whether what outcomes claim is in the index: versions and articles looked up by id, a few hundred at a time."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Final, Self

import elasticsearch
from msgspec import Struct

from kabar.contracts.letters import Ending
from kabar.index.elasticsearch.client import connect, index_errors
from kabar.index.elasticsearch.names import FAMILIES, Family, IndexNames
from kabar.settings import Settings

BATCH: Final = 500
"""Ids per question: a request of 35 kB."""
COPIES: Final = 4
"""Room for an id in several indices, which should never be."""


class Missing(Struct, frozen=True):
    """Observations said to be indexed whose version, or whose article, is not there."""

    versions: list[str]
    documents: list[str]


class Witness:
    """Asks the index. Use as a context manager.

    Every method raises :class:`kabar.errors.EnvironmentError_` where Elasticsearch does not say.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._names = IndexNames(settings.index_prefix)
        self.doubled: set[str] = set()
        """Articles found in more than one index."""

    def __enter__(self) -> Self:
        self._client: elasticsearch.Elasticsearch = connect(self._settings)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def refresh(self) -> None:
        """Make everything written until now findable."""
        with index_errors():
            self._client.indices.refresh(
                index=[self._names.alias(family) for family in FAMILIES], ignore_unavailable=True
            )

    def missing(self, endings: Sequence[Ending]) -> Missing:
        """Look up endings ``indexed``, at most :data:`BATCH` of them."""
        indexed = [(one.observation_id, one.article_id) for one in endings if one.article_id]
        versions = self._found("versions", {f"{article}-{observation}" for observation, article in indexed})
        articles = self._found("articles", {article for _, article in indexed})
        self.doubled |= {article for article, times in articles.items() if times > 1}
        return Missing(
            [observation for observation, article in indexed if f"{article}-{observation}" not in versions],
            [observation for observation, article in indexed if article not in articles],
        )

    def _found(self, family: Family, wanted: set[str]) -> dict[str, int]:
        """Id -> in how many indices."""
        if not wanted:
            return {}
        with index_errors():
            answer = self._client.search(
                index=self._names.alias(family),
                query={"ids": {"values": sorted(wanted)}},
                size=len(wanted) * COPIES,
                source=False,
                ignore_unavailable=True,
                filter_path=["hits.hits._id", "_shards.failed"],
                allow_partial_search_results=False,
            )
        found: dict[str, int] = {}
        for hit in answer.body.get("hits", {}).get("hits", ()):
            found[hit["_id"]] = found.get(hit["_id"], 0) + 1
        return found
