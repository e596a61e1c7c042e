"""Faults during one continuous load on real servers, and afterwards the oracle: was anything lost, doubled, wrong?

    python -m tests.faults.campaign --minutes 60 --seed 1 [--rate 20] [--keep DIR] [--only WORD ...]

Starts a Kafka and an Elasticsearch of its own and one worker of each stage. From 45 minutes on each kind of fault has
to fire 5 times, below that once; each failpoint once with each signal, below 10 minutes with one that is drawn. The
order is drawn from the seed; kinds that disturb different things overlap, up to five in a round, and a round ends
when everything that was accepted before its last cure has its outcome. The campaign ends when all have fired, or when
the minutes are over (a short one may take twice as long on a busy machine): then what has not fired fails it, like a
broken promise or a load that does not recover.

Exit status: 0, 1 = a promise was broken, 2 = no servers to be had, 3 = nothing was broken, but not all faults fired.
"""

from __future__ import annotations

import argparse
import logging
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.faults import ALONE, KINDS, LATE_DAYS, make_clash
from tests.faults.faults_arena import Arena, Kind
from tests.faults.fleet import READY_SECONDS, STAGES, Fleet
from tests.faults.oracle import Violation, judge, summary
from tests.faults.oracle_collect import Follower, collect, has_document
from tests.faults.oracle_load import DAY_MS, Load, Wire
from tests.faults.oracle_register import Register
from tests.stack.artifacts import StackUnavailable
from tests.stack.fixtures import Stack, place_on
from tests.stack.servers import running

LONG_MINUTES = 45
LONG_TIMES = 5
MEDIUM_MINUTES = 10
IN_ROUND = 5
RECOVER_SECONDS = 240.0
SETTLE_SECONDS = 300.0
MAX_MINUTES = 60
BROKEN, UNFIRED = 1, 3
NOTES = 10


@dataclass
class Firing:
    """One fault that was to be injected."""

    kind: Kind
    fired: bool
    inject_seconds: float
    why: str = ""
    cured: float = 0.0
    """Monotonic s."""
    recover_seconds: float | None = None
    """From its cure until something accepted afterwards has ended and nothing is held up any more."""


@dataclass
class Campaign:
    """What happened."""

    firings: list[Firing] = field(default_factory=list)
    violations: list[Violation] = field(default_factory=list)
    registered: int = 0
    doubtful: int = 0
    minutes: float = 0.0
    surprises: list[str] = field(default_factory=list)


# ------------------------------------------------------------ the schedule


def drawn(kinds: Sequence[Kind], minutes: float, chance: random.Random) -> list[Kind]:
    """The kinds of this campaign: a short one has time for one signal per failpoint."""
    if minutes >= MEDIUM_MINUTES:
        return list(kinds)
    by_point: dict[str, list[Kind]] = {}
    for kind in kinds:
        by_point.setdefault(kind.name.rpartition(" ")[2] if kind.failpoint else kind.name, []).append(kind)
    chosen = [chance.choice(some) for some in by_point.values()]
    return [kind for kind in kinds if kind in chosen]


def plan(kinds: Sequence[Kind], minutes: float, chance: random.Random) -> list[list[Kind]]:
    """Rounds of kinds with different targets, in a drawn order."""
    times = wanted(minutes)
    left = [kind for kind in kinds for _ in range(1 if kind.failpoint else times)]
    chance.shuffle(left)
    rounds: list[list[Kind]] = []
    while left:
        chosen: list[Kind] = []
        for kind in left:
            targets = {one.target for one in chosen}
            if not chosen or not ({kind.target, *targets} & {ALONE} or kind.target in targets):
                chosen.append(kind)
            if len(chosen) == IN_ROUND:
                break
        for kind in chosen:
            left.remove(kind)
        rounds.append(chosen)
    return rounds


def wanted(minutes: float) -> int:
    """How often each kind has to fire; a failpoint: once."""
    return LONG_TIMES if minutes >= LONG_MINUTES else 1


def shortfalls(kinds: Sequence[Kind], minutes: float, firings: Sequence[Firing]) -> list[str]:
    """Kinds that fired less often than they had to."""
    out = []
    for kind in kinds:
        fired = sum(one.fired for one in firings if one.kind is kind)
        need = 1 if kind.failpoint else wanted(minutes)
        if fired < need:
            out.append(f"{kind.name}: fired {fired} times of {need}")
    return out


# ------------------------------------------------------------ the run


def run(
    arena: Arena, follower: Follower, rounds: Sequence[Sequence[Kind]], *, seconds: float, rate: float
) -> Campaign:
    """Load, faults, and the judgement."""
    began = time.monotonic()
    campaign = Campaign()
    load = Load(arena.wire, random.Random(arena.chance.random()), rate)
    load.start()
    try:
        arena.fleet.wait(5)
        _recover(arena, campaign, [])
        for kinds in rounds:
            if time.monotonic() - began > seconds:
                break
            firings = _round(arena, follower, kinds)
            campaign.firings += firings
            _recover(arena, campaign, firings)
            if campaign.violations:
                break
    finally:
        load.stop()
    if load.error is not None:
        campaign.violations.append(Violation("load", "-", f"the load ended by itself: {load.error!r}"))
    _judge(arena, follower, campaign)
    campaign.minutes = (time.monotonic() - began) / 60
    campaign.surprises = arena.fleet.surprises
    return campaign


def _round(arena: Arena, follower: Follower, kinds: Sequence[Kind]) -> list[Firing]:
    """One after the other, noting meanwhile who has recovered."""
    firings: list[Firing] = []

    def idle(seconds: float) -> None:
        follower.poll(seconds)
        note(arena.register, firings)

    arena.fleet.idle = idle
    try:
        for kind in kinds:
            firings.append(_fire(arena, kind))  # noqa: PERF401 - looked at meanwhile
    finally:
        arena.fleet.idle = follower.poll
    return firings


def _fire(arena: Arena, kind: Kind) -> Firing:
    began = time.monotonic()
    why = ""
    try:
        kind.inject(arena)
    except Exception as error:  # noqa: BLE001 - whatever it is: this one did not fire, and the others still count
        why = f"{type(error).__name__}: {error}"
    cured = time.monotonic()
    say(f"{kind.name}: {'DID NOT FIRE: ' + why if why else 'fired'} ({cured - began:.1f} s)")
    return Firing(kind, fired=not why, inject_seconds=cured - began, why=why, cured=cured)


def _recover(arena: Arena, campaign: Campaign, firings: Sequence[Firing]) -> None:
    """Wait until everything accepted so far has its outcome and every stage says it is well."""
    cured = time.monotonic()

    def recovered() -> bool:
        note(arena.register, firings)
        noted = all(one.recover_seconds is not None for one in firings)
        return noted and not arena.register.waiting(before=cured) and arena.fleet.all_ready()

    try:
        arena.fleet.until(recovered, RECOVER_SECONDS, "recovery")
    except TimeoutError as error:
        waiting = arena.register.waiting(before=cured)
        some = ", ".join(one.what for one in waiting[:5])
        campaign.violations.append(Violation("no_recovery", "-", f"{error}; {len(waiting)} wait: {some}"))
    if firings:
        say(f"  recovered after {', '.join(f'{one.recover_seconds or -1:.1f}' for one in firings)} s")


def note(register: Register, firings: Sequence[Firing]) -> None:
    """Which of them the load has recovered from by now."""
    for firing in firings:
        if firing.recover_seconds is None and register.flows(since=firing.cured):
            firing.recover_seconds = time.monotonic() - firing.cured


def _judge(arena: Arena, follower: Follower, campaign: Campaign) -> None:
    """The plateau, a fresh article, and the account."""
    arena.wire.first(what="fresh")
    fresh = None
    try:
        arena.fleet.until(lambda: not arena.register.in_flight, SETTLE_SECONDS, "everything is sent")
        fresh = next(
            one for one in arena.register.registered().obligations.values() if one.what.startswith("fresh")
        )
        arena.fleet.until(lambda: not arena.register.waiting(), SETTLE_SECONDS, "everything has its outcome")
    except TimeoutError as error:
        campaign.violations.append(Violation("no_plateau", "-", str(error)))
    if fresh is None or fresh.article_id is None or not has_document(arena.settings, fresh.article_id):
        campaign.violations.append(Violation("nothing_flows", "-", "a fresh article does not arrive"))
    registered = arena.register.registered()
    campaign.registered, campaign.doubtful = len(registered.obligations), len(registered.doubtful)
    campaign.violations += judge(registered, collect(arena.settings, follower))
    audit = arena.kabar("audit")
    if audit.returncode:
        campaign.violations.append(Violation("audit", "-", f"{audit.stdout[-2_000:]}{audit.stderr[-500:]}"))


# ------------------------------------------------------------ the place


@contextmanager
def arena_in(directory: Path, seed: int) -> Iterator[tuple[Arena, Follower]]:
    """Servers, topics, templates, workers that are ready, and articles of long ago."""
    with ExitStack() as cleanup:
        broker, index = cleanup.enter_context(running(directory / "servers"))
        settings = place_on(Stack(broker.bootstrap, index.url), directory / "data")
        environment = environment_of(settings)
        register = Register()
        fleet = Fleet(environment, directory / "workers")
        arena = Arena(
            settings, environment, broker, index, fleet, None, register,  # type: ignore[arg-type]
            random.Random(seed), int(time.time() * 1_000), [],
        )  # fmt: skip
        arena.must("topics", "create")
        arena.must("index", "prepare")
        follower = Follower(settings, register)
        cleanup.callback(follower.close)
        fleet.idle = follower.poll
        arena.wire = Wire(settings, register, seed)
        cleanup.callback(arena.wire.close)
        cleanup.callback(fleet.close)
        for stage in STAGES:
            fleet.start(stage)
        fleet.until(fleet.all_ready, READY_SECONDS, "all workers are ready")
        make_clash(arena)
        long_ago = arena.started_ms - LATE_DAYS * DAY_MS
        arena.late += [arena.wire.first(at=long_ago + number * 1_000) for number in range(40)]
        yield arena, follower


def forget_settings() -> None:
    """What the caller's shell says about another kabar is not for our workers."""
    for name in [name for name in os.environ if name.startswith("KABAR_")]:
        del os.environ[name]


def environment_of(settings: object) -> dict[str, str]:
    """What a worker needs to join, and nothing of the caller's own."""
    names = ("kafka_bootstrap", "elasticsearch_url", "topic_prefix", "index_prefix", "index_replicas",
             "analysis_template", "data_dir")  # fmt: skip
    return {f"KABAR_{name.upper()}": str(getattr(settings, name)) for name in names}


# ------------------------------------------------------------ the report


def table(kinds: Sequence[Kind], campaign: Campaign) -> str:
    """How often each kind fired, and how long its rounds took to recover."""
    rows = [f"{'fault':44} {'fired':>5} {'missed':>6}   recovered in (s)"]
    for kind in kinds:
        mine = [one for one in campaign.firings if one.kind is kind]
        seconds = sorted(one.recover_seconds for one in mine if one.recover_seconds is not None)
        shown = f"median {seconds[len(seconds) // 2]:.1f}, most {seconds[-1]:.1f}" if seconds else "-"
        fired = sum(one.fired for one in mine)
        rows.append(f"{kind.name:44} {fired:>5} {len(mine) - fired:>6}   {shown}")
    return "\n".join(rows)


def report(kinds: Sequence[Kind], minutes: float, campaign: Campaign) -> int:
    """Print what happened; the exit status."""
    print(table(kinds, campaign))
    print(
        f"\n{campaign.registered:,} observations accepted, {campaign.doubtful} doubtful, "
        f"{len(campaign.firings)} faults in {campaign.minutes:.1f} min; "
        f"required: {wanted(minutes)} per kind, 1 per failpoint and signal"
    )
    for surprise in campaign.surprises[:NOTES]:
        print(f"\nnote: {surprise}")
    if len(campaign.surprises) > NOTES:
        print(f"\nnote: and {len(campaign.surprises) - NOTES} more ends that no fault explains")
    short = shortfalls(kinds, minutes, campaign.firings)
    for line in short:
        print(f"NOT FIRED {line}")
    print(summary(campaign.violations) if campaign.violations else "lost 0, wrong 0, double 0, unknown 0")
    if campaign.violations:
        return BROKEN
    return UNFIRED if short else 0


def say(text: str) -> None:
    """Progress."""
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rate", type=float, default=20, help="articles per second")
    parser.add_argument("--keep", type=Path, help="folder for logs and data; otherwise a temporary one")
    parser.add_argument("--only", nargs="*", default=[], help="only kinds whose name contains one of these")
    given = parser.parse_args()
    minutes = min(given.minutes, MAX_MINUTES)
    kinds = [kind for kind in KINDS if not given.only or any(word in kind.name for word in given.only)]
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that what was started is stopped
    # It tells at length of a broker that we have killed ourselves.
    logging.getLogger("kafka").setLevel(logging.CRITICAL)
    forget_settings()
    with tempfile.TemporaryDirectory(prefix="kabar-faults-") as temporary:
        directory = given.keep or Path(temporary)
        try:
            with arena_in(directory, given.seed) as (arena, follower):
                kinds = drawn(kinds, minutes, arena.chance)
                rounds = plan(kinds, minutes, arena.chance)
                seconds = minutes * (60 if minutes >= MEDIUM_MINUTES else 120)
                campaign = run(arena, follower, rounds, seconds=seconds, rate=given.rate)
        except StackUnavailable as error:
            print(f"no servers: {error}", file=sys.stderr)
            return 2
    return report(kinds, minutes, campaign)


if __name__ == "__main__":
    sys.exit(main())
