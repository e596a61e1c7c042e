"""From records of the log, through a stage with memory, to what one transaction writes. No I/O.

Decisions depend on the log alone: ticks fall due by the observation times in it, and what is dead is dead by its
position. Only what a human reads (when something ended or died) comes from the clock.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec
from msgspec import Struct

from kabar.contracts.message import Message, Tick, decode, decode_message
from kabar.contracts.outcomes import DeadReason, Effect, Ended, Forward, Outcome, StateChanged
from kabar.contracts.topics import TOPICS
from kabar.errors import Poison
from kabar.runtime.attempt import describe
from kabar.runtime.breaker import source_of
from kabar.runtime.clock import wall_ms
from kabar.runtime.envelopes import said
from kabar.runtime.kafka.endings import Origin, burial, ending
from kabar.runtime.kafka.records import (
    TICK_KEY,
    Record,
    ending_record,
    position,
    tick_record,
)
from kabar.runtime.kafka.stateful.changelog import HARNESS_KEY, Progress
from kabar.runtime.protocol import StatefulStage

SLACK_BYTES: Final = 65_536
"""Left free below a topic's limit: the broker counts the batch with its own headers."""
LIMITS: Final = {topic.name: topic.max_message_bytes - SLACK_BYTES for topic in TOPICS}


class Plan(Struct, frozen=True, kw_only=True):
    """A stateful stage as the harness sees it. Topics are without prefix."""

    stage: str
    source: str
    """What it reads."""
    changelog: str
    outputs: tuple[str, ...]
    """What it writes beside the changelog."""
    new: Callable[[], StatefulStage]
    """An empty one."""
    record: Callable[[Effect], Record]
    """What a ``Forward``, or an effect that stands beside the end of a message, becomes."""
    tick: Callable[[Tick], Record] = tick_record
    """Time, as it is put into a log that has been silent."""
    restored: Callable[[StatefulStage], None] = lambda _: None
    """Called with a stage whose memory was replayed; raises NotPrepared if it must not go on like that."""


class Death(Struct, frozen=True):
    """Why a message cannot be processed."""

    reason: str
    error: str


class End(Struct, frozen=True):
    """What the metrics and the breaker want to know about a message."""

    outcome: str
    """``forward``, or how its observation ended."""
    reason: str
    source: str
    tried: bool
    seconds: float = 0.0


class StageCrashed(Exception):
    """The stage failed in the middle of a message: its memory may be half changed and must be thrown away."""

    def __init__(self, where: str, death: Death) -> None:
        super().__init__(f"{where}: {death.error}")
        self.where = where
        self.death = death


class Batch:
    """What one transaction is made of. Later writes of one key replace earlier ones, in order of the last."""

    def __init__(self) -> None:
        self.outputs: list[Record] = []
        self.latest: dict[tuple[str, bytes], Record] = {}
        """Of effects beside the ends: a story that grew twice is written once."""
        self.state: dict[bytes, bytes | None] = {}
        self.offsets: dict[tuple[str, int], int] = {}
        self.ends: list[End] = []
        self.tombstones = 0
        self.bytes = 0
        """Of input."""

    def records(self, changelog: str) -> list[Record]:
        """Everything that is written."""
        state = [Record(changelog, key, value) for key, value in self.state.items()]
        return [*self.outputs, *self.latest.values(), *state]


class Decider:
    """A stage, its memory, and where it is in time. After :class:`StageCrashed` it must not be used any more.

    Args:
        plan: the stage's.
        stage: with its memory.
        progress: what the harness knew when that memory was written.
        tick_ms: how often the stage hears of time passing.
        condemned: position -> why a message is buried untried; those that crashed the stage before.
    """

    def __init__(
        self,
        plan: Plan,
        stage: StatefulStage,
        progress: Progress,
        *,
        tick_ms: int,
        condemned: Mapping[str, Death],
    ) -> None:
        self._plan = plan
        self._stage = stage
        self._tick_ms = tick_ms
        self._condemned = condemned
        self.progress = progress

    def take(self, record: Any, batch: Batch, *, quarantined: frozenset[str] = frozenset()) -> None:
        """Decide on one record of the log.

        Args:
            record: as the client hands it out; a message of ours, a tick, a tombstone, or something foreign.
            batch: takes in what came of it.
            quarantined: sources whose messages are not tried.

        Raises:
            StageCrashed: the stage failed on a message.
        """
        batch.offsets[self._plan.source, record.partition] = record.offset + 1
        if record.value is None:
            batch.tombstones += 1
            return
        batch.bytes += len(record.value)
        where = position(self._plan.source, record.partition, record.offset)
        try:
            item = (
                decode(record.value, Tick, what="tick")
                if record.key == TICK_KEY
                else decode_message(record.value)
            )
        except Poison as error:
            self._bury(record, where, None, Death(error.reason, said(error)), batch, tried=True)
            return
        if isinstance(item, Tick):
            self._tick(item.now, batch)
        else:
            self._message(record, where, item, batch, quarantined)

    def due(self, wall_ms_now: int) -> Tick | None:
        """The tick to put into a log that has been silent; None where none is due."""
        now = max(wall_ms_now, self.progress.newest) // self._tick_ms * self._tick_ms
        return Tick(now) if now > self.progress.ticked else None

    def _message(
        self, record: Any, where: str, message: Message, batch: Batch, quarantined: frozenset[str]
    ) -> None:
        observed = message.header.observed_at
        self._tick(observed // self._tick_ms * self._tick_ms, batch)
        self._advance(batch, newest=max(self.progress.newest, observed))
        source = source_of(message)
        death = self._condemned.get(where)
        if death is None and source in quarantined:
            error = (
                f"not tried: nearly everything of '{source}' was failing; replay it when the source is well"
            )
            self._bury(record, where, message, Death(DeadReason.QUARANTINED, error), batch, tried=False)
        elif death is not None:
            self._bury(record, where, message, death, batch, tried=True)
        else:
            self._process(record, where, message, batch, source)

    def _process(self, record: Any, where: str, message: Message, batch: Batch, source: str) -> None:
        started = time.perf_counter()
        try:
            effects = self._stage.process(message)
            end = self._apply(effects, batch)
            assert end is not None, f"stage '{self._plan.stage}' gave no end"
        except Poison as error:  # refused before it touched the memory
            self._bury(record, where, message, Death(error.reason, said(error)), batch, tried=True)
            return
        except MemoryError:
            raise  # the process is spent, whoever spent it: not this message's fate
        except _TooLarge as error:
            raise StageCrashed(where, Death(DeadReason.OVERSIZE, str(error))) from error
        except Exception as error:
            raise StageCrashed(where, Death(DeadReason.CRASHED, describe(error))) from error
        seconds = time.perf_counter() - started
        if isinstance(end, Ended):
            origin = self._origin(record, where, message)
            batch.outputs.append(ending_record(ending(origin, end.outcome, wall_ms(), reason=end.reason)))
            batch.ends.append(End(end.outcome, end.reason, source, tried=True, seconds=seconds))
            return
        output = self._plan.record(end)
        if output.size > LIMITS[output.topic]:
            why = f"decided on, it has {output.size:,} bytes; {output.topic} takes {LIMITS[output.topic]:,}"
            self._bury(record, where, message, Death(DeadReason.OVERSIZE, why), batch, tried=True)
            return
        batch.outputs.append(output)
        batch.ends.append(End("forward", "", source, tried=True, seconds=seconds))

    def _tick(self, now: int, batch: Batch) -> None:
        """Let the stage know that it is ``now``; once."""
        if now > self.progress.ticked:
            self._apply(self._stage.tick(Tick(now)), batch)
            self._advance(batch, ticked=now)

    def _advance(self, batch: Batch, **changed: int) -> None:
        self.progress = msgspec.structs.replace(self.progress, **changed)
        batch.state.pop(HARNESS_KEY, None)
        batch.state[HARNESS_KEY] = self.progress.encode()

    def _apply(self, effects: Any, batch: Batch) -> Forward | Ended | None:
        """Take in the lasting effects; returns the end of the message, None for a tick."""
        end: Forward | Ended | None = None
        for effect in effects:
            if isinstance(effect, StateChanged):
                self._remember(effect, batch)
            elif isinstance(effect, Forward | Ended):
                assert end is None, f"stage '{self._plan.stage}' gave two ends for one message"
                end = effect
            else:
                output = self._plan.record(effect)
                batch.latest.pop((output.topic, output.key), None)
                batch.latest[output.topic, output.key] = output
        return end

    def _remember(self, effect: StateChanged, batch: Batch) -> None:
        size, limit = len(effect.key) + len(effect.value or b""), LIMITS[self._plan.changelog]
        if size > limit:
            raise _TooLarge(
                f"what is to be remembered has {size:,} bytes; {self._plan.changelog} takes {limit:,}"
            )
        assert not effect.key.startswith(b"\0"), "keys that begin with a zero byte are the harness's"
        batch.state.pop(effect.key, None)
        batch.state[effect.key] = effect.value

    def _bury(
        self, record: Any, where: str, message: Message | None, death: Death, batch: Batch, *, tried: bool
    ) -> None:
        """The letter, and the ending ``dead``."""
        origin = self._origin(record, where, message)
        batch.outputs += burial(origin, wall_ms(), reason=death.reason, error=death.error)
        source = source_of(message) if message else ""
        batch.ends.append(End(Outcome.DEAD, death.reason, source, tried=tried))

    def _origin(self, record: Any, where: str, message: Message | None) -> Origin:
        return Origin(
            stage=self._plan.stage,
            where=where,
            value=record.value,
            headers=list(record.headers),
            message=message,
        )


class _TooLarge(Exception):
    """A record of the memory does not fit into its topic."""
