"""What is measured. Labels come from closed sets: stages, outcomes, reasons, kinds of origin."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from kabar import __version__

STAGE_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 20.0)
DELAY_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 300.0, 1_800.0, 7_200.0)
BATCH_BUCKETS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 5_000)


class Metrics:
    """All of kabar's metrics over one registry; one per process, injected, so that tests do not share any."""

    def __init__(self) -> None:
        registry = self.registry = CollectorRegistry()
        self.accepted = Gauge(
            "kabar_accepted_observations",
            "Observations accepted since the store was made.",
            registry=registry,
        )
        self.outcomes = Counter(
            "kabar_outcomes", "Observations by how they ended.", ["outcome", "reason"], registry=registry
        )
        self.stage_messages = Counter(
            "kabar_stage_messages", "Messages through a stage, by what came of them.",
            ["stage", "result"], registry=registry,
        )  # fmt: skip
        self.stage_seconds = Histogram(
            "kabar_stage_seconds", "Seconds of one message in a stage.",
            ["stage"], buckets=STAGE_BUCKETS, registry=registry,
        )  # fmt: skip
        self.searchable_seconds = Histogram(
            "kabar_accepted_to_searchable_seconds", "From durable acceptance to committed in the index.",
            buckets=DELAY_BUCKETS, registry=registry,
        )  # fmt: skip
        self.batch_articles = Histogram(
            "kabar_batch_articles", "Articles per committed batch.", buckets=BATCH_BUCKETS, registry=registry
        )
        self.commit_seconds = Histogram(
            "kabar_commit_seconds",
            "Seconds of one batch's transaction.",
            buckets=STAGE_BUCKETS,
            registry=registry,
        )
        self.restore_seconds = Gauge(
            "kabar_state_restore_seconds",
            "Seconds the last replay of a stateful stage's memory took.",
            registry=registry,
        )
        self.queue_depth = Gauge(
            "kabar_queue_depth", "Messages accepted and not yet decided.", ["queue"], registry=registry
        )
        self.behind = Gauge(
            "kabar_behind_offsets",
            "Offsets a worker's partitions are behind; markers of transactions count.",
            ["topic"],
            registry=registry,
        )
        self.quarantined_sources = Gauge(
            "kabar_quarantined_sources", "Sources whose messages are buried untried.", registry=registry
        )
        self.worker_restarts = Gauge(
            "kabar_worker_restarts",
            "Worker processes replaced since start, by cause.",
            ["reason"],
            registry=registry,
        )
        self.environment_errors = Counter(
            "kabar_environment_errors",
            "Pauses because the surroundings were sick.",
            ["error"],
            registry=registry,
        )
        self.audit_gap = Gauge(
            "kabar_audit_gap", "Observations whose account does not balance; must be 0.", registry=registry
        )
        self.dead_letters = Gauge("kabar_dead_letters_open", "Dead letters not replayed.", registry=registry)
        self.documents = Gauge("kabar_documents", "Documents in the index.", registry=registry)
        self.store_bytes = Gauge("kabar_store_bytes", "Size of the store on disk.", registry=registry)
        self.ready = Gauge("kabar_ready", "1 = accepting and processing.", registry=registry)
        Gauge("kabar_build_info", "Version in use.", ["version"], registry=registry).labels(__version__).set(
            1
        )

    @contextmanager
    def timed(self, histogram: Histogram) -> Iterator[None]:
        """Observe the wall seconds of a block."""
        started = perf_counter()
        yield
        histogram.observe(perf_counter() - started)

    def expose(self) -> bytes:
        """The Prometheus text format."""
        return generate_latest(self.registry)
