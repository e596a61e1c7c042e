"""The kinds of faults: each does its harm, sees that it was done, and cures it. A fault that cannot be seen raises.

``target`` is what a kind disturbs: kinds of one round have different ones, so that they overlap without hiding each
other; what disturbs everything is alone in its round.
"""

from __future__ import annotations

import signal
from datetime import UTC, datetime
from functools import partial

from kafka import KafkaAdminClient

from kabar.runtime.failpoints import POINTS
from tests.faults.faults_arena import SEEN_SECONDS, Arena, Kind
from tests.faults.fleet import STAGES, Worker
from tests.faults.oracle_load import DAY_MS, DEAD, STAGE_TOPICS

DOWN_SECONDS = 3.0
"""How long a server stays away."""
STAY_SECONDS = 4.0
"""How long a second worker stays."""
CLASH_DAYS, SHARD_DAYS, LATE_DAYS = 62, 100, 9
"""How long before now the articles of these kinds were seen: in months of their own, and beyond the window."""
MONTH_DAYS = 31
STANDING_BY = "standing by"
ALONE = "everything"


# ------------------------------------------------------------ workers


def _kill(stage: str, arena: Arena) -> None:
    arena.fleet.wait(arena.chance.uniform(0, 1))
    arena.fleet.kill(arena.fleet.of(stage))


def _terminate(stage: str, arena: Arena) -> None:
    arena.fleet.wait(arena.chance.uniform(0, 1))
    arena.fleet.stop(arena.fleet.of(stage))


def _failpoint(name: str, number: str, arena: Arena) -> None:
    """Armed, and taken by the worker that comes by."""
    stage = name.partition(".")[0]
    directory = arena.fleet.failpoints
    before = set(directory.glob(f"{name}.*.fired"))
    (directory / f".{name}").write_text(number)
    worker = arena.fleet.of(stage)
    worker.doomed = True
    (directory / f".{name}").rename(directory / name)  # whole from the first moment
    try:
        arena.fleet.until(
            lambda: set(directory.glob(f"{name}.*.fired")) > before, SEEN_SECONDS, f"{name} is reached"
        )
        arena.fleet.until(lambda: not worker.runs(), SEEN_SECONDS, f"{stage} ends of {number} at {name}")
    finally:
        (directory / name).unlink(missing_ok=True)
        worker.doomed = not worker.runs()


def _join(stage: str, arena: Arena) -> None:
    """A second worker comes, works or stands by, and goes."""
    second = arena.fleet.start(stage, leaving=True)
    arena.fleet.until(
        lambda: second.ready() or STANDING_BY in second.probe()[1], SEEN_SECONDS, f"a second {stage} joins"
    )
    arena.fleet.wait(STAY_SECONDS)
    arena.fleet.stop(second)


def _standby(arena: Arena) -> None:
    """The active one is frozen, the standby takes over, the frozen one wakes and must do no harm."""
    active = arena.fleet.of("dedupe")
    standby = arena.fleet.start("dedupe")
    arena.fleet.until(lambda: STANDING_BY in standby.probe()[1], SEEN_SECONDS, "a second dedupe stands by")
    active.leaving = active.doomed = True
    arena.fleet.signal(active, signal.SIGSTOP)
    try:
        arena.fleet.until(standby.ready, SEEN_SECONDS, "the standby takes over")
    finally:
        arena.fleet.signal(active, signal.SIGCONT)
    arena.fleet.until(partial(_harmless, active), SEEN_SECONDS, "the one that was frozen gives up")
    if active.runs():
        arena.fleet.stop(active)


def _harmless(worker: Worker) -> bool:
    return not worker.runs() or STANDING_BY in worker.probe()[1]


# ------------------------------------------------------------ servers


def _broker_terminates(arena: Arena) -> None:
    arena.broker.stop()
    arena.fleet.wait(DOWN_SECONDS)
    arena.up(arena.broker)


def _broker_killed(arena: Arena) -> None:
    arena.broker.kill()
    arena.fleet.wait(DOWN_SECONDS)
    arena.up(arena.broker)


def _index_killed(arena: Arena) -> None:
    arena.index.kill()
    arena.fleet.wait(DOWN_SECONDS)
    arena.up(arena.index)


def _blocked(setting: str, arena: Arena) -> None:
    """Every index refuses writes until the sink has said that it cannot work."""
    path = f"/{arena.settings.index_prefix}*/_settings"
    arena.ask("PUT", path, {setting: True})
    try:
        arena.fleet.until(partial(_index_is_down, arena), SEEN_SECONDS, f"the sink notices {setting}")
        arena.fleet.wait(DOWN_SECONDS)
        assert _index_is_down(arena), "the sink is ready although nothing can be written"
    finally:
        arena.ask("PUT", path, {setting: None})


def _shard_limit(arena: Arena) -> None:
    """No index can be made, and an article comes that needs one."""
    arena.months += 1
    at = arena.started_ms - (SHARD_DAYS + MONTH_DAYS * arena.months) * DAY_MS
    _cluster(arena, 1)
    try:
        arena.wire.first(at=at)
        arena.fleet.until(partial(_index_is_down, arena), SEEN_SECONDS, "the sink notices the shard limit")
        arena.fleet.wait(DOWN_SECONDS)
        assert _index_is_down(arena), "the sink is ready although an index cannot be made"
    finally:
        _cluster(arena, None)


def _cluster(arena: Arena, shards: int | None) -> None:
    arena.ask("PUT", "/_cluster/settings", {"persistent": {"cluster.max_shards_per_node": shards}})


def _index_is_down(arena: Arena) -> bool:
    workers = [one for one in arena.fleet.workers if one.stage == "index"]
    return bool(workers) and all(one.probe()[0] == 503 for one in workers)


# ------------------------------------------------------------ messages


def make_clash(arena: Arena) -> None:
    """An index of a month whose mapping asks of each document what ours do not have: a routing.

    A field of another type would not do: at its next start the sink would refuse an index that is not as it must be.
    """
    at = arena.started_ms - CLASH_DAYS * DAY_MS
    month = datetime.fromtimestamp(at / 1_000, UTC).strftime("%Y.%m")
    name = f"{arena.settings.index_prefix}articles-v1-{month}"
    arena.ask("PUT", f"/{name}", {"mappings": {"_routing": {"required": True}}})


def _clash(arena: Arena) -> None:
    for _ in range(3):
        arena.wire.first(at=arena.started_ms - CLASH_DAYS * DAY_MS, outcomes=DEAD, what="clash")
    arena.ended("clash")


def _poison(arena: Arena) -> None:
    for topic in STAGE_TOPICS:
        arena.wire.foreign(topic)
    arena.ended("poison")


def _oversize(arena: Arena) -> None:
    for topic in STAGE_TOPICS:
        arena.wire.oversize(topic)
    arena.ended("oversize", 2 * SEEN_SECONDS)


def _late_update(arena: Arena) -> None:
    article = arena.late[arena.chance.randrange(len(arena.late))]
    arena.wire.update(article, what="late update")
    arena.ended("late update")


def _late_kill(arena: Arena) -> None:
    article = arena.late.pop(arena.chance.randrange(len(arena.late)))
    arena.wire.kill(article, what="late kill")
    arena.ended("late kill")


def _state_lost(arena: Arena) -> None:
    """Dedupe's memory is deleted, refilled from the index, and then asked about articles of long ago."""
    arena.fleet.hold("dedupe")
    try:
        _delete_topic(arena, "news.dedupe-state")
        arena.must("topics", "create")
        arena.fleet.until(
            lambda: arena.kabar("state", "rebuild").returncode == 0, SEEN_SECONDS, "kabar state rebuild"
        )
    finally:
        arena.fleet.release("dedupe")
    arena.fleet.until(lambda: arena.fleet.ready("dedupe"), SEEN_SECONDS, "dedupe works again")
    _late_update(arena)
    _late_kill(arena)


def _delete_topic(arena: Arena, name: str) -> None:
    full = f"{arena.settings.topic_prefix}{name}"
    client = KafkaAdminClient(bootstrap_servers=arena.broker.bootstrap)
    try:
        client.delete_topics([full])
        arena.fleet.until(lambda: full not in client.list_topics(), SEEN_SECONDS, f"{name} is deleted")
    finally:
        client.close()


KINDS: tuple[Kind, ...] = (
    *(Kind(f"SIGKILL {stage}", stage, partial(_kill, stage)) for stage in STAGES),
    *(Kind(f"SIGTERM {stage}", stage, partial(_terminate, stage)) for stage in STAGES),
    *(
        Kind(
            f"SIG{number} at {name}",
            name.partition(".")[0],
            partial(_failpoint, name, number),
            failpoint=True,
        )
        for name in POINTS
        for number in ("KILL", "TERM")
    ),
    *(Kind(f"a second {stage} joins and leaves", stage, partial(_join, stage)) for stage in STAGES),
    Kind("standby takes over from a stopped dedupe", "dedupe", _standby),
    Kind("broker SIGTERM", ALONE, _broker_terminates),
    Kind("broker SIGKILL", ALONE, _broker_killed),
    Kind("Elasticsearch SIGKILL", "index", _index_killed),
    Kind("read-only block", "index", partial(_blocked, "index.blocks.write")),
    Kind("flood-stage block", "index", partial(_blocked, "index.blocks.read_only_allow_delete")),
    Kind("shard limit", "index", _shard_limit),
    Kind("mapping conflict", "messages", _clash),
    Kind("poison in each topic", "messages", _poison),
    Kind("oversize in each topic", "messages", _oversize),
    Kind("update after the window", "messages", _late_update),
    Kind("kill after the window", "messages", _late_kill),
    Kind("dedupe-state deleted and rebuilt", ALONE, _state_lost),
)
"""Everything the campaign draws from."""
