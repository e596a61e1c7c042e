"""Processor time of each stage: the real pipeline in one process, its stages run in place and timed."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from bench.speed.inputs import Record
from bench.speed.store import Acceptor, directory, portions, settings
from kabar.contracts.message import Message, Tick
from kabar.contracts.outcomes import Effect
from kabar.dedupe.stage import DedupeStage
from kabar.runtime.embedded.pipeline import Limits, Pipeline
from kabar.runtime.embedded.store import open_writer
from kabar.runtime.inline import InlinePool
from kabar.runtime.metrics import Metrics
from kabar.runtime.options import dedupe_options
from kabar.runtime.protocol import Stage, StatefulStage
from kabar.runtime.stages import build

STAGES = ("accept", "clean", "dedupe", "enrich", "index")


@dataclass
class Clock:
    """Processor seconds and messages by stage. Stages do not nest."""

    seconds: dict[str, float] = field(default_factory=lambda: dict.fromkeys(STAGES, 0.0))
    messages: dict[str, int] = field(default_factory=lambda: dict.fromkeys(STAGES, 0))

    @contextmanager
    def running(self, stage: str, messages: int) -> Iterator[None]:
        """Count the time of the block for a stage."""
        start = time.process_time()
        try:
            yield
        finally:
            self.seconds[stage] += time.process_time() - start
            self.messages[stage] += messages


class _Pool(InlinePool):
    """Runs clean and enrich at once, as a worker does: decode, process, encode."""

    def __init__(self, stages: Mapping[str, Stage], clock: Clock) -> None:
        super().__init__(stages)
        self._clock = clock

    def submit(self, stage: str, messages: Sequence[Message], *, urgent: bool = False) -> int:
        with self._clock.running(stage, len(messages)):
            return super().submit(stage, messages, urgent=urgent)


class _Dedupe:
    """The dedupe stage with a clock."""

    def __init__(self, stage: StatefulStage, clock: Clock) -> None:
        self._stage = stage
        self._clock = clock

    def process(self, message: Message) -> Sequence[Effect]:
        with self._clock.running("dedupe", 1):
            return self._stage.process(message)

    def tick(self, tick: Tick) -> Sequence[Effect]:
        with self._clock.running("dedupe", 0):
            return self._stage.tick(tick)

    def restore(self, records: Iterable[tuple[bytes, bytes]]) -> None:
        self._stage.restore(records)


@dataclass(frozen=True)
class StageTimes:
    """Processor milliseconds per accepted article, and how many messages each stage saw."""

    cpu_ms: dict[str, float]
    messages: dict[str, int]

    @property
    def total(self) -> float:
        """Of all stages."""
        return sum(self.cpu_ms.values())


def measure(records: Sequence[Record], *, warm_up: Sequence[Record] = ()) -> StageTimes:
    """Send the records through every stage in this process.

    ``index`` is all that is left of the pipeline's time when clean, dedupe and enrich are taken out: reading the
    inbox, assembling documents, writing them with dedupe's state and the outcomes, and the commit.

    Args:
        records: what is timed.
        warm_up: sent through a store of its own before, so that models and tables are loaded.
    """
    stages = build()
    if warm_up:
        _run(warm_up, stages)
    clock = _run(records, stages)
    times = {stage: clock.seconds[stage] / len(records) * 1000 for stage in STAGES}
    return StageTimes(times, dict(clock.messages))


def _run(records: Sequence[Record], stages: Mapping[str, Stage]) -> Clock:
    clock = Clock()
    with directory() as path:
        loaded = settings(path)
        acceptor = Acceptor(loaded, name="stages")
        with clock.running("accept", len(records)):
            for portion in portions(records, loaded.batch_max):
                acceptor.accept(portion)
        acceptor.close()
        connection = open_writer(path, durability="NORMAL")
        pipeline = Pipeline(
            connection,
            path,
            pool=_Pool(stages, clock),
            dedupe=lambda: _Dedupe(DedupeStage(dedupe_options(loaded)), clock),
            limits=Limits(loaded.batch_max, loaded.batch_max_bytes),
            tick_ms=loaded.tick_seconds * 1000,
            metrics=Metrics(),
        )
        before = sum(clock.seconds.values())
        start = time.process_time()
        while pipeline.step():
            pass
        spent = time.process_time() - start
        clock.seconds["index"] += spent - (sum(clock.seconds.values()) - before)
        clock.messages["index"] += connection.execute("SELECT count(*) FROM articles").fetchone()[0]
        connection.close()
    return clock
