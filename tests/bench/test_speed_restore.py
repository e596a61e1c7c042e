"""The memory that restoring is measured on, and the figures. No broker."""

from collections import Counter

import pytest

from bench.speed import memory as making
from bench.speed.memory import Mix, memory
from bench.speed.restore import Measured, Replay, Takeover
from kabar.dedupe.stage import DedupeStage
from kabar.dedupe.state import CLOCK, DECISION, LEDGER, REVISION, SIGNATURE, STORY, WORDS

PER_DAY = 8


@pytest.fixture(scope="module")
def records():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(making, "SEEDS", 30)
        return list(memory(Mix(), PER_DAY))


def test_it_holds_what_the_mix_says(records):
    kinds = Counter(key[:1] for key, _ in records)
    assert kinds == {
        LEDGER: 240, DECISION: 56, SIGNATURE: 56, REVISION: 24, WORDS: 24, STORY: 6, CLOCK: 1,
    }  # fmt: skip
    assert len({key for key, _ in records}) == len(records), "copies collide"


def test_dedupe_takes_it_for_its_own(records):
    stage = DedupeStage()
    stage.restore(records)
    sizes = stage.sizes()
    assert [sizes[name] for name in ("articles", "decisions", "signatures", "revisions", "stories")] == [
        240, 56, 56, 24, 6,
    ]  # fmt: skip
    effects = stage.process(making.message(9_999, "Kapal kandas di teluk pada pagi hari."))
    assert effects


def test_figures_are_medians_of_the_rounds():
    rounds = [
        Replay(1_000, 100, 5_000_000, replay, 0.01, 0.02, 64_000, 96_000) for replay in (0.01, 0.04, 0.09)
    ]
    found = Measured(10, {}, rounds, 250.0, [Takeover(14.0, 1.5)]).as_dict()
    assert found["entries_per_second"] == pytest.approx(1_000 / 0.05)
    assert found["replay_entries_per_second"] == pytest.approx(1_000 / 0.04)
    assert found["restore_entries_per_second"] == pytest.approx(100_000)
    assert found["memory_bytes_per_article"] == 640
    assert found["cpu_us_per_entry"] == pytest.approx(20)
    assert found["takeover"] == [{"seconds": 14.0, "replay_seconds": 1.5}]
