"""Which indices are written to: the schema number in use, and each index made before its first write."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Final

import elastic_transport
import elasticsearch

from kabar.errors import IndexUnavailable
from kabar.index.elasticsearch.classify import Class, classify
from kabar.index.elasticsearch.client import cause_of, index_errors, translated
from kabar.index.elasticsearch.names import IndexNames
from kabar.index.elasticsearch.preparing import schema_in_use

REREAD_SECONDS: Final = 5.0
"""How soon a switch to another schema number is noticed; asking costs a millisecond."""
_EXISTS: Final = "resource_already_exists_exception"


class Indices:
    """The indices of one writer.

    Args:
        client: who to ask.
        names: the prefix.
        schema: write to this number, whatever the alias says; None = what it says.
        clock: seconds.
    """

    def __init__(
        self,
        client: elasticsearch.Elasticsearch,
        names: IndexNames,
        *,
        schema: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.names = names
        self._client = client
        self._fixed = schema
        self._clock = clock
        self._schema = 0
        self._read_at = float("-inf")
        self._known: set[str] = set()

    def schema(self) -> int:
        """The schema number to write under, read anew every few seconds.

        Raises:
            EnvironmentError_: Elasticsearch does not say.
        """
        if self._fixed is not None:
            return self._fixed
        if self._clock() - self._read_at >= REREAD_SECONDS:
            found = schema_in_use(self._client, self.names)
            if found != self._schema:
                self._known.clear()
            self._schema, self._read_at = found, self._clock()
        return self._schema

    def ensure(self, wanted: Iterable[str]) -> None:
        """Make the indices that are not there yet; several writers may do so at once.

        Raises:
            EnvironmentError_: Elasticsearch does not make one.
        """
        for index in sorted(set(wanted) - self._known):
            self._create(index)
            self._known.add(index)

    def forget(self) -> None:
        """Make sure of everything again: after a failure, an index may be gone."""
        self._known.clear()
        self._read_at = float("-inf")

    def _create(self, index: str) -> None:
        with index_errors():
            try:
                self._client.indices.create(index=index)
            except elastic_transport.ApiError as error:
                kind, reason = cause_of(error.body)
                if kind == _EXISTS:
                    return
                verdict = classify(error.meta.status, kind, reason)
                if verdict.what is Class.ENV:
                    raise IndexUnavailable(
                        f"index {index} cannot be made: {verdict.why}",
                        hint="look at the cluster's limits and at what the API key may do; nothing is lost",
                    ) from error
                raise translated(error) from error
