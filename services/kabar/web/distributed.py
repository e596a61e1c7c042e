"""The page's view of the distributed runtime: the index on Elasticsearch, dead letters and account from Kafka.

Needs the libraries of the distributed mode: imported by ``kabar web`` alone.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import elasticsearch
import msgspec
import structlog

from kabar.contracts.letters import Ending
from kabar.contracts.outcomes import Outcome
from kabar.errors import BrokerError, EnvironmentError_, KabarError
from kabar.index.api import Reader
from kabar.index.elasticsearch.names import IndexNames
from kabar.index.elasticsearch.reader import ElasticsearchReader
from kabar.runtime.health import Health
from kabar.runtime.kafka.account.accounts import Endings
from kabar.runtime.kafka.cluster import Cluster
from kabar.runtime.kafka.dead.letters import KafkaLetters
from kabar.runtime.kafka.names import INPUT
from kabar.runtime.kafka.scan import Scan
from kabar.runtime.kafka.topics import describe
from kabar.runtime.metrics import Metrics
from kabar.settings import Settings
from kabar.web.figures import Counted, Figures

log = structlog.get_logger()

FRESH_S: Final = 5.0
"""Figures are counted anew after this long: a page that is reloaded must not ask the brokers each time."""
WAIT_S: Final = 5.0
"""For figures another thread is counting: the first time all outcomes of the log are read."""
WATCH_S: Final = 15.0
MAX_LETTERS: Final = 100_000
"""Open dead letters counted by stage and reason."""
OUTCOMES: Final = "news.outcomes"


class ClusterView:
    """Index, dead letters and figures. Threads share it; the caller owns the client."""

    def __init__(self, settings: Settings, client: elasticsearch.Elasticsearch) -> None:
        self._settings = settings
        self._reader = ElasticsearchReader(client, IndexNames(settings.index_prefix))
        self._outcomes = Outcomes(settings)
        self._lock = threading.Lock()
        self._counted: tuple[float, Figures] | None = None
        self.letters = KafkaLetters(settings)

    @contextmanager
    def index(self) -> Iterator[Reader]:
        """A reader, for one request."""
        yield self._reader

    def check(self) -> None:
        """Ask the index for something small.

        Raises:
            KabarError: it does not answer.
        """
        self._reader.sizes()

    def figures(self) -> Figures:
        """Count; at most :data:`FRESH_S` old.

        Raises:
            EnvironmentError_: Kafka or Elasticsearch does not answer, or the log is still being read.
        """
        if not self._lock.acquire(timeout=WAIT_S):
            raise BrokerError(
                "the outcomes in the log are still being counted",
                hint="come back in a minute; it is done once",
            )
        try:
            now = time.monotonic()
            if self._counted is None or now - self._counted[0] > FRESH_S:
                self._counted = (now, self._count())
            return self._counted[1]
        finally:
            self._lock.release()

    def _count(self) -> Figures:
        sizes = self._reader.sizes()
        queues = self._queues()
        dead = Counter(
            (kept.letter.stage, kept.letter.reason) for kept in self.letters.find(limit=MAX_LETTERS)
        )
        return Figures(
            documents=sizes.articles,
            stories=sizes.stories,
            versions=sizes.versions,
            outcomes=self._outcomes.counts(),
            letters=[Counted(*kind, count) for kind, count in dead.most_common()],
            waiting=sum(one.count for one in queues),
            queues=queues,
        )

    def _queues(self) -> list[Counted]:
        """How many messages wait for each stage."""
        behind: Counter[str] = Counter()
        for topic in describe(self._settings):
            for lag in topic.groups:
                behind[lag.stage] += lag.behind
        return [Counted(stage, topic, behind[stage]) for stage, topic in INPUT.items()]


class Outcomes:
    """Observations by how they ended: ``news.outcomes`` read on from where the last question stopped.

    Nine bytes an ending are kept. One thread at a time may ask.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._read_to: dict[int, int] = {}
        self._endings = Endings()

    def counts(self) -> list[Counted]:
        """Most frequent first. The newest ending of an observation counts.

        Raises:
            BrokerError: no broker answers, or it refuses us.
            NotPrepared: there is no such topic.
        """
        with Cluster(self._settings) as cluster, Scan(self._settings, cluster, OUTCOMES) as scan:
            first, end = scan.first(), scan.end()
            start = {number: max(at, self._read_to.get(number, 0)) for number, at in first.items()}
            for record in scan.read(start, end):
                self._take(record.value)
            self._read_to = dict(end)
        _, codes = self._endings.newest()
        counted = Counter(tuple(Outcome)[code] for code in codes.tolist())
        return [Counted(str(outcome), "", count) for outcome, count in counted.most_common()]

    def _take(self, value: bytes | None) -> None:
        try:
            ending = msgspec.json.decode(value or b"", type=Ending)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return  # `kabar audit` judges what is none of ours
        self._endings.add(ending)


class Watch:
    """Keeps readiness and gauges up to date while the page is served."""

    def __init__(self, view: ClusterView, health: Health, metrics: Metrics) -> None:
        self._view = view
        self._health = health
        self._metrics = metrics

    def run(self, stop: threading.Event) -> None:
        """Look every :data:`WATCH_S` until told to stop."""
        while True:
            self.look()
            if stop.wait(WATCH_S):
                return

    def look(self) -> None:
        """Look once. What is wrong is said by readiness; the page itself goes on."""
        try:
            self._view.check()
        except KabarError as error:
            self._health.down(str(error))
            return
        self._health.up()
        try:
            figures = self._view.figures()
        except EnvironmentError_ as error:
            log.warning("no figures", error=str(error), hint=error.hint)
            return
        self._metrics.documents.set(figures.documents)
        self._metrics.dead_letters.set(figures.open_letters)
        for queue in figures.queues:
            self._metrics.queue_depth.labels(queue.name).set(queue.count)
