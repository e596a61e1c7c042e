"""SIGKILL the whole process group at random instants of an ingest, resume each time, compare with an undisturbed run.

    python -m tests.faults.kill FILE.jsonl [--kills 40] [--seed 1] [--batches 1,7,500] [--keep DIR]

The file's records get an ``observed_at`` each, so that two runs see the same times; everything else is the product
as users run it. A fault that did not happen proves nothing: a kill counts only if the process was alive, and the
report says how many kills hit while work was under way.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kabar.runtime.embedded.dump import dump
from kabar.runtime.embedded.store import database_path, open_reader

BASE_MS = 1_790_000_000_000
START_UP_SECONDS = 1.0
"""Interpreter and models: a kill in there is allowed, but should not be the rule."""
STEP_MS = 1_700
"""Not a divisor of the tick: ticks fall between records."""


@dataclass
class Report:
    """What happened, and whether the stores agree."""

    kills: int = 0
    kills_at_work: int = 0
    """The store existed and the job was unfinished when the process died."""
    lines: int = 0
    differences: list[str] = field(default_factory=list)


def prepare(source: Path, target: Path, limit: int | None = None) -> int:
    """Copy JSON lines with an ``observed_at`` each; lines that are no objects are copied as they are."""
    count = 0
    with source.open("rb") as lines, target.open("wb") as out:
        for number, line in enumerate(lines):
            if limit is not None and number >= limit:
                break
            try:
                record = json.loads(line)
                record["observed_at"] = BASE_MS + number * STEP_MS
                line = json.dumps(record, ensure_ascii=False).encode() + b"\n"  # noqa: PLW2901 - the same line, dated
            except (ValueError, TypeError, RecursionError):
                pass
            out.write(line)
            count += 1
    return count


def command(file: Path, store: Path, batch: int) -> list[str]:
    """The product's own command line."""
    return [
        sys.executable, "-m", "kabar.cli.main", "ingest", str(file), "--event-time", "--json",
        "--data-dir", str(store), "--batch-max", str(batch),
    ]  # fmt: skip


def undisturbed(file: Path, store: Path, batch: int) -> float:
    """Run to the end; returns the seconds it took."""
    started = time.monotonic()
    subprocess.run(command(file, store, batch), check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - started


def disturbed(file: Path, store: Path, *, kills: int, seed: int, seconds: float, batch: int = 200) -> Report:
    """Run, killing the process group ``kills`` times, then run to the end.

    A run that finishes before its last kill is thrown away and repeated with shorter lives.
    """
    chance = random.Random(seed)
    life = START_UP_SECONDS + 1.5 * seconds / max(kills, 1)
    for _ in range(5):
        report = _kill_until_done(file, store, chance, kills=kills, life=life, batch=batch)
        if report.kills == kills:
            return report
        shutil.rmtree(store)
        life *= 0.7
    raise RuntimeError(f"{file} is taken in too fast to be killed {kills} times; give a longer one")


def _kill_until_done(
    file: Path, store: Path, chance: random.Random, *, kills: int, life: float, batch: int
) -> Report:
    report = Report()
    while report.kills < kills:
        process = subprocess.Popen(
            command(file, store, batch), start_new_session=True, stdout=subprocess.DEVNULL
        )
        try:
            if process.wait(timeout=chance.uniform(0, life)) == 0:
                return report  # it finished first
            raise RuntimeError("the ingest failed by itself")
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            report.kills += 1
            report.kills_at_work += at_work(store)
    undisturbed(file, store, batch)
    return report


def at_work(store: Path) -> bool:
    """Whether the job was begun and not finished."""
    if not database_path(store).is_file():
        return False
    try:
        connection = open_reader(store)
        unfinished = connection.execute("SELECT count(*) FROM jobs WHERE finished_at IS NULL").fetchone()[0]
        waiting = connection.execute("SELECT count(*) FROM inbox").fetchone()[0]
        connection.close()
    except Exception:  # noqa: BLE001 - killed while the store was being made
        return False
    return bool(unfinished or waiting)


def lines_of(store: Path) -> list[str]:
    """The canonical dump."""
    connection = open_reader(store)
    try:
        return list(dump(connection))
    finally:
        connection.close()


def differences(expected: Sequence[str], found: Sequence[str], limit: int = 5) -> list[str]:
    """The first lines in which two dumps differ; order counts."""
    out = [_difference(a, b) for a, b in zip(expected, found, strict=False) if a != b][:limit]
    if len(expected) != len(found):
        out.append(f"{len(expected)} lines against {len(found)}")
    return out


def _difference(expected: str, found: str) -> str:
    """Where two lines part, with what stands around it."""
    at = next((i for i, (a, b) in enumerate(zip(expected, found, strict=False)) if a != b), 0)
    return f"{expected[:60]} ...\n- {expected[max(0, at - 150) : at + 150]}\n+ {found[max(0, at - 150) : at + 150]}"


def run(source: Path, work: Path, *, kills: int, seed: int, batches: Iterable[int]) -> dict[str, Report]:
    """All comparisons, against one undisturbed run with the default batch size."""
    file = work / "prepared.jsonl"
    prepare(source, file)
    seconds = undisturbed(file, work / "reference", 200)
    expected = lines_of(work / "reference")
    reports = {}
    if kills:
        report = disturbed(file, work / "killed", kills=kills, seed=seed, seconds=seconds)
        reports[f"{kills} kills"] = report
        report.lines = len(expected)
        report.differences = differences(expected, lines_of(work / "killed"))
    for batch in batches:
        undisturbed(file, work / f"batch-{batch}", batch)
        report = Report(
            lines=len(expected), differences=differences(expected, lines_of(work / f"batch-{batch}"))
        )
        reports[f"batches of {batch}"] = report
    return reports


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", type=Path)
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--batches", default="1,7,500")
    parser.add_argument("--keep", type=Path, help="folder for the stores; otherwise a temporary one")
    arguments = parser.parse_args()
    batches = [int(size) for size in arguments.batches.split(",") if size]
    with tempfile.TemporaryDirectory() as temporary:
        work = arguments.keep or Path(temporary)
        work.mkdir(parents=True, exist_ok=True)
        reports = run(arguments.file, work, kills=arguments.kills, seed=arguments.seed, batches=batches)
    failed = False
    for name, report in reports.items():
        same = "same dump" if not report.differences else "DIFFERENT"
        hits = f", {report.kills} kills, {report.kills_at_work} of them at work" if report.kills else ""
        print(f"{name}: {report.lines} lines, {same}{hits}")
        for difference in report.differences:
            print(difference)
        failed |= bool(report.differences)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
