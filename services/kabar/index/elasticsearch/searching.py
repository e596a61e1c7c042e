"""Asking Elasticsearch: the requests of one call share a time limit, those of one listing a point in time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, Final

import elasticsearch
from elastic_transport import ObjectApiResponse

from kabar.errors import EnvironmentError_, IndexUnavailable, QueryError
from kabar.index.cursors import damaged
from kabar.index.elasticsearch.client import search_errors

TIME_LIMIT_S: Final = 5.0
"""As the embedded index: a person does not wait longer, and a thread is held."""
ANSWER_SLACK_S: Final = 2.0
"""The server stops at the limit; its answer may take a moment more."""
KEEP_ALIVE: Final = "10m"
"""How long a listing may be left lying between two pages. Each holds on to files of the index meanwhile."""

SHARD_PAUSES_S: Final = (0.1, 0.2, 0.4, 0.8)

_UNAVAILABLE: Final = 503
_MISSING: Final = "search_context_missing_exception"
_TOO_EXPENSIVE: Final = frozenset({
    "search_timeout_exception", "too_many_buckets_exception", "task_cancelled_exception",
})  # fmt: skip

Answer = Mapping[str, Any]
Response = ObjectApiResponse[Any]


class Asking:
    """The requests of one call. What is left of the time limit is the limit of each next one."""

    def __init__(self, client: elasticsearch.Elasticsearch, *, time_limit_s: float = TIME_LIMIT_S) -> None:
        self._client = client
        self._ends = time.monotonic() + time_limit_s

    def search(self, index: str | None = None, **body: Any) -> Answer:
        """One search: all shards answered in time, or an error. An index nobody wrote to yet is empty.

        Args:
            index: an alias; None with a ``pit`` in the body.
            body: what the search API takes.

        Raises:
            QueryError: it would take too long, or the listing it continues is no more.
            IndexUnavailable: nobody answers, or not all of the index is there.
        """
        where: dict[str, Any] = {} if index is None else {"index": index, "ignore_unavailable": True}
        answer = self._ask(
            lambda client, left: client.search(
                **where, timeout=f"{max(1, int(left * 1000))}ms", allow_partial_search_results=False, **body
            )
        )
        if answer["timed_out"]:
            raise too_expensive()
        return answer.body  # type: ignore[no-any-return] # the client types it as Any

    def left_s(self) -> float:
        """Seconds left.

        Raises:
            QueryError: none.
        """
        left = self._ends - time.monotonic()
        if left <= 0:
            raise too_expensive()
        return left

    @contextmanager
    def snapshot(self, index: str, continued: str = "") -> Iterator[Snapshot]:
        """The index as it is now, or as it was at the first page of a listing that is continued.

        A new one is given back at the end unless the caller keeps it (:meth:`Snapshot.keep`). One that is continued
        is left to its time: who reads the last page may go back to the one before.
        """
        found = Snapshot(self, continued or self._open(index), continued=bool(continued))
        try:
            yield found
        finally:
            if not (found.kept or continued):
                self._close(found.id)

    def _open(self, index: str) -> str:
        opened = self._ask(
            lambda client, _: client.open_point_in_time(
                index=index, keep_alive=KEEP_ALIVE, ignore_unavailable=True
            )
        )
        return str(opened["id"])

    def _ask(self, request: Callable[[elasticsearch.Elasticsearch, float], Response]) -> Response:
        """Make a request that is told how many seconds are left; once more where a shard is not there yet.

        An index is found under its alias from the moment it is made, and a new month's first article makes one:
        its shard needs some hundred milliseconds until it answers.
        """
        pauses = iter(SHARD_PAUSES_S)
        while True:
            left = self.left_s()
            try:
                with _reading():
                    return request(self._client.options(request_timeout=left + ANSWER_SLACK_S), left)
            except IndexUnavailable as error:
                pause = next(pauses, None) if _lacks_a_shard(error) else None
                if pause is None:
                    raise
                time.sleep(pause)

    def _close(self, pit: str) -> None:
        """It ends by itself where this fails, only later."""
        with suppress(EnvironmentError_, QueryError), _reading():
            self._client.close_point_in_time(id=pit)


class Snapshot:
    """An index as it was at one moment. ``id`` changes with each answer; the latest one is to be used."""

    def __init__(self, asking: Asking, pit: str, *, continued: bool) -> None:
        self._asking = asking
        self._continued = continued
        self.id = pit
        self.kept = False

    def keep(self) -> str:
        """Leave it on the server for the next page; returns its id."""
        self.kept = True
        return self.id

    def search(self, **body: Any) -> Answer:
        """As :meth:`Asking.search`, of this moment."""
        try:
            answer = self._asking.search(pit={"id": self.id, "keep_alive": KEEP_ALIVE}, **body)
        except QueryError as error:
            # The first page took the same query: what cannot be read now came with the cursor.
            if self._continued and isinstance(error.__cause__, elasticsearch.BadRequestError):
                raise damaged() from error
            raise
        self.id = answer.get("pit_id", self.id)
        return answer


def too_expensive() -> QueryError:
    """The error of a query that was stopped."""
    return QueryError(
        "the query is too expensive: it was stopped at its time limit",
        hint="add words or a date range, or use longer beginnings before '*'",
    )


@contextmanager
def _reading() -> Iterator[None]:
    with search_errors():
        try:
            yield
        except elasticsearch.ApiError as error:
            kinds = _kinds(error.body)
            if _MISSING in kinds:
                raise QueryError(
                    "the listing is no more: its next page was asked for too late",
                    hint=f"start again from the first page; it is kept for {KEEP_ALIVE} after each page",
                ) from error
            if kinds & _TOO_EXPENSIVE:
                raise too_expensive() from error
            raise


def _lacks_a_shard(error: IndexUnavailable) -> bool:
    cause = error.__cause__
    return isinstance(cause, elasticsearch.ApiError) and cause.meta.status == _UNAVAILABLE


def _kinds(body: object) -> set[str]:
    """Every ``type`` within an error's body: the cause stands at the root, below a shard, or below another cause."""
    if isinstance(body, dict):
        found = {body["type"]} if isinstance(body.get("type"), str) else set()
        return found.union(*(_kinds(value) for value in body.values()))
    if isinstance(body, list):
        return set().union(*(_kinds(value) for value in body))
    return set()
