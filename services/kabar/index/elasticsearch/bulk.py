"""The bulk loop: every action is answered for, one by one, or the surroundings are said to be sick.

Actions go out in requests bounded in count and bytes, several in flight. Answers are matched by position. What is
refused for load goes out again, alone, later and more gently; what nobody knows the fate of goes out again as it
was: every action is an external-version write, which may be repeated. A request too large is halved.
"""

from __future__ import annotations

import random
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Final

from msgspec import Struct

from kabar.errors import IndexUnavailable
from kabar.index.elasticsearch.classify import BREAKER, Class, Verdict, classify
from kabar.index.elasticsearch.pace import Pace, delay_seconds
from kabar.index.elasticsearch.sending import Item, RequestRefused, Send, Unknown

MAX_REFUSALS: Final = 12
"""Refusals for load of one document before the surroundings are called sick: about 15 s of trying."""
MAX_UNKNOWN: Final = 3
"""Requests of unknown fate: each may have cost a whole time limit."""
_FOR_SIZE: Final = frozenset({413, 429})
"""Statuses that kill a document only for its size."""


class Counts(Struct):
    """What the loop did since it was made."""

    requests: int = 0
    sent: int = 0
    """Documents put on the wire, repeats included."""
    acknowledged: int = 0
    """Documents with a final answer, whatever it was."""
    bytes: int = 0
    refused_for_load: int = 0
    unknown: int = 0
    """Documents whose request had no readable answer."""
    halved: int = 0
    """Requests refused for their size."""


class Timing(Struct, frozen=True):
    """Time and chance, so that tests can hold them."""

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random


class Bulk:
    """Carries out actions; one thread uses it, several threads of its own send.

    Args:
        send: sends one request.
        pace: how much at once.
        max_documents: per request.
        threads: requests in flight at most.
        in_flight: called whenever requests have just gone out and none was answered yet.
        timing: time and chance.
    """

    def __init__(
        self,
        send: Send,
        *,
        pace: Pace,
        max_documents: int,
        threads: int,
        in_flight: Callable[[], None] = lambda: None,
        timing: Timing = Timing(),  # noqa: B008 - immutable
    ) -> None:
        self.counts = Counts()
        self.pace = pace
        self.max_documents = max_documents
        self.in_flight = in_flight
        self.timing = timing
        self._send = send
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="kabar-bulk")

    def run(self, actions: Sequence[bytes]) -> list[Verdict]:
        """Carry out actions, of which no two may be about one document.

        Args:
            actions: header and source, each ending with a newline.

        Returns:
            One verdict per action, in order: ok, superseded or doc.

        Raises:
            IndexUnavailable: the surroundings are sick. Some actions may have been carried out; do all of them again.
        """
        return _Run(self, actions).finish()

    def submit(self, body: list[bytes]) -> Future[list[Item]]:
        """Send one request on a thread of its own."""
        self.counts.requests += 1
        self.counts.sent += len(body)
        self.counts.bytes += sum(map(len, body))
        return self._pool.submit(lambda: self._send(b"".join(body), len(body)))

    def close(self) -> None:
        """End the threads; waits for what is in flight."""
        self._pool.shutdown()


class _Run:
    """The state of one call: each action is queued, waiting for its time, in flight, or has a verdict."""

    def __init__(self, bulk: Bulk, actions: Sequence[bytes]) -> None:
        self._bulk = bulk
        self._actions = actions
        self._queue = deque(range(len(actions)))
        self._halves: deque[list[int]] = deque()
        self._waiting: list[tuple[float, list[int]]] = []
        self._flying: dict[Future[list[Item]], list[int]] = {}
        self._verdicts: dict[int, Verdict] = {}
        self._refusals: dict[int, int] = {}
        self._unknown: dict[int, int] = {}
        self._sick = ""

    def finish(self) -> list[Verdict]:
        try:
            while len(self._verdicts) < len(self._actions) and not self._sick:
                self._requeue_due()
                self._launch()
                self._land()
        finally:
            wait(self._flying)  # whoever repeats these actions must not race with them
        if self._sick:
            raise IndexUnavailable(
                f"Elasticsearch takes nothing: {self._sick}",
                hint="what is not indexed waits in the log; look at the cluster's health, disk, limits and rights",
            )
        self._bulk.counts.acknowledged += len(self._actions)
        return [self._verdicts[position] for position in range(len(self._actions))]

    # ------------------------------------------------------------ out

    def _requeue_due(self) -> None:
        now = self._bulk.timing.clock()
        for due, positions in self._waiting:
            if due <= now:
                self._queue.extendleft(reversed(positions))
        self._waiting = [one for one in self._waiting if one[0] > now]

    def _launch(self) -> None:
        launched = False
        while (self._halves or self._queue) and len(self._flying) < self._bulk.pace.concurrency:
            positions = self._halves.popleft() if self._halves else self._chunk()
            self._flying[self._bulk.submit([self._actions[p] for p in positions])] = positions
            launched = True
        if launched:
            self._bulk.in_flight()

    def _chunk(self) -> list[int]:
        """The next request: at least one action, whatever its size."""
        positions: list[int] = []
        size = 0
        while self._queue and len(positions) < self._bulk.max_documents:
            size += len(self._actions[self._queue[0]])
            if positions and size > self._bulk.pace.max_bytes:
                break
            positions.append(self._queue.popleft())
        return positions

    # ------------------------------------------------------------ in

    def _land(self) -> None:
        """Wait for an answer, or for the time of what waits."""
        timing = self._bulk.timing
        next_due = min((due for due, _ in self._waiting), default=None)
        left = None if next_due is None else max(0.0, next_due - timing.clock())
        if not self._flying:
            timing.sleep(left or 0.0)
            return
        for future in wait(self._flying, timeout=left, return_when=FIRST_COMPLETED).done:
            self._settle(self._flying.pop(future), future)

    def _settle(self, positions: list[int], future: Future[list[Item]]) -> None:
        try:
            items = future.result()
        except Unknown as error:
            self._bulk.counts.unknown += len(positions)
            self._bulk.pace.answered(1.0)  # perhaps too slow to answer in time: as if all had been refused
            self._again(positions, self._unknown, MAX_UNKNOWN, str(error))
        except RequestRefused as error:
            self._refused(positions, error)
        else:
            self._book(positions, items)

    def _book(self, positions: list[int], items: list[Item]) -> None:
        """Answers document by document."""
        loaded: list[int] = []
        large: list[int] = []
        why = ""
        for position, item in zip(positions, items, strict=True):
            verdict = classify(item.status, item.kind, item.reason, failure_store=item.failure_store)
            if verdict.what is Class.LOAD:
                loaded.append(position)
                why = verdict.why
            elif verdict.what is Class.ENV:
                self._sick = verdict.why
            elif verdict.what is Class.DOC and item.status in _FOR_SIZE and len(positions) > 1:
                large.append(
                    position
                )  # a shard judges all it got of a request: only alone is it the document's fault
            else:
                self._verdicts[position] = verdict
        if any(item.kind == BREAKER for item in items):
            self._bulk.pace.out_of_memory()
        if large:
            self._halve(large)
        self._for_load(loaded, len(positions), why)

    def _for_load(self, refused: list[int], sent: int, why: str) -> None:
        self._bulk.pace.answered(len(refused) / sent)
        self._bulk.counts.refused_for_load += len(refused)
        self._again(refused, self._refusals, MAX_REFUSALS, why)

    def _again(self, positions: list[int], tried: dict[int, int], most: int, why: str) -> None:
        """Send these once more, later; or give up on the surroundings."""
        if not positions:
            return
        for position in positions:
            tried[position] = tried.get(position, 0) + 1
        attempt = max(tried[position] for position in positions)
        if attempt >= most:
            self._sick = f"{why}; tried {attempt} times"
            return
        timing = self._bulk.timing
        self._waiting.append((timing.clock() + delay_seconds(attempt, timing.chance()), positions))

    def _refused(self, positions: list[int], error: RequestRefused) -> None:
        """The whole request was refused."""
        verdict = classify(error.status, error.kind, error.reason)
        if verdict.what is Class.LOAD:
            if error.kind == BREAKER:
                self._bulk.pace.out_of_memory()
            self._for_load(positions, len(positions), verdict.why)
        elif verdict.what is not Class.DOC or not (error.kind or error.status == 413):
            self._sick = verdict.why  # a proxy's 400 says nothing about a document
        elif len(positions) == 1:
            self._verdicts[positions[0]] = verdict
        else:
            if error.status in _FOR_SIZE:
                self._bulk.pace.too_large(sum(len(self._actions[p]) for p in positions))
            self._halve(positions)

    def _halve(self, positions: list[int]) -> None:
        """Send these again in two requests, at once and not filled up: to fit, or to find the one at fault."""
        self._bulk.counts.halved += 1
        middle = len(positions) // 2
        self._halves.extendleft(part for part in (positions[middle:], positions[:middle]) if part)
