"""``kabar reprocess`` on Kafka: messages go back on the topic of the stage where processing is to begin.

==========  ===================================  ===============  ===========================================
from        read from                            sent to          what comes of it
==========  ===================================  ===============  ===========================================
``clean``   the archive, then ``news.raw``       news.raw         every version is read anew
``dedupe``  ``news.enriched``: newest versions   news.clean       decisions are repeated, then annotated anew
``enrich``  ``news.enriched``: newest versions   news.deduped     annotated anew
``index``   ``news.enriched``: newest versions   news.enriched    written again
==========  ===================================  ===============  ===========================================

``news.enriched`` has to end with the newest version of each article, and so has each topic before it. Therefore an
older version never follows a newer one here, and a newer one that was under way while an older one was put behind
it is sent once more, until none is found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import msgspec

from kabar.contracts.message import Header, decode
from kabar.dedupe.options import DedupeOptions
from kabar.errors import BadMessage, UsageError
from kabar.runtime import archive
from kabar.runtime.clock import wall_ms
from kabar.runtime.kafka import topics
from kabar.runtime.kafka.clients import names
from kabar.runtime.kafka.cluster import Cluster
from kabar.runtime.kafka.names import INPUT
from kabar.runtime.kafka.producing.publisher import Publisher
from kabar.runtime.kafka.records import Record
from kabar.runtime.kafka.scan import Offsets, Scan
from kabar.runtime.rerun import Plan, Progress, Summary, again, header_of, published_by
from kabar.settings import Settings

RAW: Final = "news.raw"
ENRICHED: Final = "news.enriched"
BATCH: Final = 500
"""Messages acknowledged together, and looked at between two reports."""
BESIDE: Final[dict[str, tuple[str, ...]]] = {
    "clean": (),
    "dedupe": ("dedupe", "enrich"),
    "enrich": ("enrich",),
    "index": (),
}
"""Stages whose input may hold newer versions than ``news.enriched`` in front of what is sent again."""

Version = tuple[int, int]
"""When it was observed (ms), and its generation."""


class Chosen:
    """The articles to process again."""

    def __init__(self) -> None:
        self.newest: dict[bytes, Version] = {}
        self.observations: set[bytes] = set()
        self.generation = 0
        """The highest one in use."""
        self.decisions: dict[bytes, bytes] = {}
        """Observation -> what dedupe said of it, JSON, where dedupe itself may have forgotten."""

    def note(self, header: Header) -> None:
        """A message to process again."""
        article = bytes.fromhex(header.article_id)
        version = (header.observed_at, header.generation)
        self.newest[article] = max(self.newest.get(article, (0, 0)), version)
        self.observations.add(bytes.fromhex(header.observation_id))
        self.generation = max(self.generation, header.generation)

    def ask(self, header: Header, data: bytes, horizon_ms: int) -> None:
        """A message of ``news.enriched`` that may tell about one to process again."""
        if bytes.fromhex(header.article_id) not in self.newest:
            return
        self.generation = max(self.generation, header.generation)
        observation = bytes.fromhex(header.observation_id)
        if header.observed_at < horizon_ms and observation in self.observations:
            self.decisions[observation] = bytes(decode(data, _Decided, what="message").dedupe)


class _Decided(msgspec.Struct):
    dedupe: msgspec.Raw = msgspec.Raw(b"")


class Sending:
    """Sends messages again, each observation once, and none after a newer one of its article."""

    def __init__(
        self, publisher: Publisher, plan: Plan, generation: int, decisions: Mapping[bytes, bytes]
    ) -> None:
        self._publisher = publisher
        self._plan = plan
        self._topic = INPUT[plan.stage]
        self._decisions = decisions
        self._batch: list[Record] = []
        self._seen: set[bytes] = set()
        self._last: dict[bytes, int] = {}
        """Article -> when what was last sent of it was observed."""
        self.generation = generation
        self.count = 0

    def send(self, header: Header, data: bytes) -> bool:
        """Send a message again, unless it was, or a newer one was; says whether it did."""
        observation, article = bytes.fromhex(header.observation_id), bytes.fromhex(header.article_id)
        if observation in self._seen or header.observed_at < self._last.get(article, 0):
            return False
        self._seen.add(observation)
        self._last[article] = header.observed_at
        decision = self._decisions.get(observation, b"")
        value = again(data, self._plan.stage, self.generation, decision=decision)
        self._batch.append(Record(self._topic, header.article_id.encode(), value))
        self.count += 1
        if len(self._batch) >= BATCH:
            self.flush()
        return True

    def overtaken(self, header: Header, data: bytes) -> bool:
        """Send once more what came in beside us for an article of ours; says whether there was need."""
        ours = bytes.fromhex(header.article_id) in self._last
        return ours and header.generation < self.generation and self.send(header, data)

    def flush(self) -> None:
        """Until all is acknowledged."""
        self._publisher.send(self._batch)
        self._batch = []


class Reprocess:
    """One call. ``report`` is called every now and then, from the calling thread.

    Args:
        settings: where Kafka is.
        plan: what to process again.
        archive_dir: segments to read before ``news.raw``; None = the topic alone.
        report: told how far it is.

    Raises:
        UsageError: an archive where none can be used.
    """

    def __init__(
        self,
        settings: Settings,
        plan: Plan,
        *,
        archive_dir: Path | None = None,
        report: Callable[[Progress], None] = lambda _: None,
    ) -> None:
        if archive_dir is not None and plan.stage != "clean":
            raise UsageError(
                f"the archive holds what came in: it cannot be processed from '{plan.stage}' on",
                hint="leave --archive out, or say --from clean",
            )
        self._settings = settings
        self._plan = plan
        self._archive_dir = archive_dir
        self._report = report
        self._progress = Progress()
        self._notes: list[str] = []
        self._source = RAW if plan.stage == "clean" else ENRICHED

    def run(self, *, dry_run: bool = False) -> Summary:
        """Choose, send, and send once more what was overtaken.

        Raises:
            InputError: the archive is not there or damaged.
            BrokerError: no broker answers, or it refuses us; the same call again does all of it anew.
            NotPrepared: a topic is missing.
        """
        topics.check(self._settings, sorted({self._source, INPUT[self._plan.stage], ENRICHED}))
        with ExitStack() as stack:
            cluster = stack.enter_context(Cluster(self._settings))
            scan = stack.enter_context(Scan(self._settings, cluster, self._source))
            beside = self._beside(stack, cluster)  # before anything is read: what is under way from now on
            start, end = scan.since(self._plan.since_ms), scan.end()
            self._check_reach(scan, start)
            chosen = self._choose(stack, cluster, scan, start, end)
            count = len(chosen.observations if self._source == RAW else chosen.newest)
            if not dry_run:
                publisher = stack.enter_context(Publisher(self._settings))
                sending = Sending(publisher, self._plan, chosen.generation + 1, chosen.decisions)
                self._progress.chosen = count
                self._send(sending, self._messages(scan, start, end), chosen)
                self._catch_up(sending, [(scan, end), *beside])
                count = sending.count
        return Summary(generation=chosen.generation + 1, queued=count, dry_run=dry_run, notes=self._notes)

    # ------------------------------------------------------------ choosing

    def _choose(self, stack: ExitStack, cluster: Cluster, scan: Scan, start: Offsets, end: Offsets) -> Chosen:
        chosen = Chosen()
        for header, data in self._messages(scan, start, end):
            if published_by(data, self._plan.source):
                chosen.note(header)
        if self._source == RAW:
            horizon = wall_ms() - DedupeOptions().decision_window_ms
            enriched = stack.enter_context(Scan(self._settings, cluster, ENRICHED))
            for header, data in _ours(enriched.read(enriched.since(self._plan.since_ms), enriched.end())):
                chosen.ask(header, data, horizon)
        return chosen

    def _messages(self, scan: Scan, start: Offsets, end: Offsets) -> Iterator[tuple[Header, bytes]]:
        """What may be processed again, in order."""
        if self._archive_dir is not None:
            for message in archive.segments(self._archive_dir, self._plan.since_ms):
                yield message.header, message.encode()
        for header, data in _ours(scan.read(start, end)):
            if header.observed_at >= self._plan.since_ms:
                yield header, data

    def _check_reach(self, scan: Scan, start: Offsets) -> None:
        """Say so where older messages are gone."""
        first = scan.first()
        if self._source == RAW and any(start[one] == first[one] > 0 for one in first):
            self._notes.append(
                "news.raw no longer holds what came in before its retention"
                + ("" if self._archive_dir else "; where `kabar work archive` ran, give --archive DIR")
            )

    # ------------------------------------------------------------ sending

    def _send(self, sending: Sending, messages: Iterator[tuple[Header, bytes]], chosen: Chosen) -> None:
        for header, data in messages:
            newest = chosen.newest.get(bytes.fromhex(header.article_id))
            if newest is None:
                continue
            # Of news.enriched only the newest: what compaction has not taken yet is a version of the past.
            if self._source == RAW or newest == (header.observed_at, header.generation):
                sending.send(header, data)
            self._tell(sending)
        sending.flush()
        self._tell(sending, now=True)

    def _catch_up(self, sending: Sending, scans: list[tuple[Scan, Offsets]]) -> None:
        """What came in beside us, in front of what was sent, is sent once more."""
        found = True
        while found:
            found = False
            for place, (scan, start) in enumerate(scans):
                end = scan.end()
                for header, data in _ours(scan.read(start, end)):
                    found |= sending.overtaken(header, data)
                scans[place] = (scan, end)
            sending.flush()
            self._tell(sending, now=True)

    def _beside(self, stack: ExitStack, cluster: Cluster) -> list[tuple[Scan, Offsets]]:
        """Topics with messages under way, and where the first of them may lie."""
        out: list[tuple[Scan, Offsets]] = []
        for stage in BESIDE[self._plan.stage]:
            scan = stack.enter_context(Scan(self._settings, cluster, INPUT[stage]))
            committed = cluster.committed(names(self._settings).group(stage))
            first = scan.first()
            start = {n: max(at, committed.get((INPUT[stage], n), 0)) for n, at in first.items()}
            out.append((scan, start))
        return out

    def _tell(self, sending: Sending, *, now: bool = False) -> None:
        progress = self._progress
        progress.looked_at += not now
        progress.queued = sending.count
        if now or progress.looked_at % BATCH == 0:
            self._report(progress)


def _ours(records: Iterator[Any]) -> Iterator[tuple[Header, bytes]]:
    """Messages of ours: no tombstones, no ticks, nothing foreign."""
    for record in records:
        if record.value is None:
            continue
        try:
            header = header_of(record.value)
        except BadMessage:
            continue  # the stage that reads this topic buries it
        yield header, record.value
