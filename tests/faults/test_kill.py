"""The kill test over the sample wire; ``python -m tests.faults.kill FILE`` runs it over anything."""

import json
from pathlib import Path

import pytest

from tests.faults import kill

WIRE = Path(__file__).parents[2] / "samples" / "wire"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def stream(tmp_path_factory):
    """The wire four times over, under other addresses: long enough to be killed in the middle."""
    file = tmp_path_factory.mktemp("stream") / "stream.jsonl"
    with file.open("wb") as out:
        for turn in range(4):
            for source in sorted(WIRE.glob("*.jsonl")):
                for line in source.read_bytes().splitlines():
                    try:
                        record = json.loads(line)
                        for field in ("url", "link"):
                            if isinstance(record.get(field), str):
                                record[field] = record[field].replace(".example", f".{turn}.example")
                        out.write(json.dumps(record).encode() + b"\n")
                    except (ValueError, AttributeError, TypeError, RecursionError):
                        out.write(line + b"\n")
    return file


def test_killed_at_random_instants_and_cut_into_any_batches_the_store_is_the_same(stream, tmp_path):
    reports = kill.run(stream, tmp_path, kills=8, seed=20260705, batches=(1, 7, 500))
    for name, report in reports.items():
        assert report.differences == [], name
        assert report.lines > 1_000
    killed = reports["8 kills"]
    assert killed.kills == 8
    assert killed.kills_at_work >= 3, "the kills missed the work: nothing was proved"


def test_the_comparison_would_notice(stream, tmp_path):
    short, whole = tmp_path / "short.jsonl", tmp_path / "whole.jsonl"
    kill.prepare(stream, whole, limit=60)
    kill.prepare(stream, short, limit=59)
    kill.undisturbed(whole, tmp_path / "a", 50)
    kill.undisturbed(short, tmp_path / "b", 50)
    assert kill.differences(kill.lines_of(tmp_path / "a"), kill.lines_of(tmp_path / "b"))
