"""A stage that is given its records back goes on exactly as it would have."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest
from dedupe_wire import BRIDGE, DAY, FERRY, HOUR, ORCHARD, START, article, compact, decision, kill, prose
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kabar.contracts.message import Tick
from kabar.contracts.outcomes import Forward, StateChanged
from kabar.dedupe.options import DedupeOptions
from kabar.dedupe.stage import DedupeStage
from kabar.dedupe.state import DECISION, Clock, Window
from kabar.errors import StoreError

SMALL = DedupeOptions(
    max_signatures=12,
    max_decisions=20,
    max_stories=8,
    revision_bytes=6_000,
    revision_window_ms=6 * HOUR,
    similarity_window_ms=20 * HOUR,
    decision_window_ms=20 * HOUR,
    story_silence_ms=8 * HOUR,
    expire_per_tick=3,
)
"""So tight that every bound and every window is met within a few dozen messages."""

BODIES = [FERRY, BRIDGE, ORCHARD, *(prose(i, 60) for i in range(4))]


def edited(body: str, edit: int) -> str:
    """One of a few edits of a text."""
    words = body.split()
    match edit:
        case 0:
            return body
        case 1:
            return body + " " + prose(77, 12)
        case 2:
            return " ".join(words[: len(words) * 2 // 3])
        case 3:
            return "RALAT: angka diperbaiki.\n" + body
        case _:
            return body.replace("a", "o", 1) + f" {edit}"


step = st.one_of(
    st.tuples(
        st.just("article"),
        st.integers(0, 9),  # which article
        st.integers(0, len(BODIES) - 1),
        st.integers(0, 5),  # which edit
        st.integers(-2 * HOUR, 3 * HOUR),  # how the observed time moves on
        st.integers(0, 1),  # generation
        st.integers(0, 3),  # 0 = another source
    ),
    st.tuples(st.just("kill"), st.integers(0, 9), st.integers(0, HOUR)),
    st.tuples(st.just("tick"), st.integers(0, 12 * HOUR)),
    st.tuples(st.just("again"), st.integers(0, 30), st.integers(0, 1)),
)


def feed(steps):
    """Turn steps into messages and ticks."""
    now, sent = START, []
    for kind, *rest in steps:
        if kind == "tick":
            now += rest[0]
            yield Tick(now=now)
        elif kind == "kill":
            now += rest[1]
            yield kill(f"a{rest[0]}", at=now)
        elif kind == "again":
            if sent:
                yield article(**{**sent[rest[0] % len(sent)], "generation": rest[1]})
        else:
            which, body, edit, move, generation, source = rest
            at = max(START, now + move)
            now = max(now, at)
            domain = "lain.example" if not source else "seraya.example"
            made = {
                "name": f"a{which}",
                "text": edited(BODIES[body], edit),
                "title": f"Judul Kabar {body}",
                "at": at,
                "domain": domain,
            }
            made["observation"] = repr(sorted(made.items()))
            sent.append(made)
            yield article(**made, generation=generation)


def run(stage, item):
    return stage.tick(item) if isinstance(item, Tick) else stage.process(item)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(step, min_size=5, max_size=45), st.data())
def test_restored_it_goes_on_exactly_as_it_would_have(steps, data):
    items = list(feed(steps))
    cut = data.draw(st.integers(0, len(items)))
    straight, log = DedupeStage(SMALL), {}
    for item in items[:cut]:
        compact(log, run(straight, item))
    records = list(log.items())
    if data.draw(st.booleans()):
        random.Random(1).shuffle(records)
    restored = DedupeStage(SMALL)
    restored.restore(records)
    assert restored.sizes() | {"signature_bytes": 0} == straight.sizes() | {"signature_bytes": 0}
    for item in items[cut:]:
        assert run(restored, item) == run(straight, item)


def test_restored_in_the_middle_of_a_long_stream():
    """The default bounds, hundreds of articles, copies and stories, restored over and over."""
    rng = random.Random(11)
    items = []
    for i in range(400):
        base = rng.randrange(60)
        text = " ".join(w for w in prose(base, 70).split() if rng.random() > rng.choice([0, 0, 0.05, 0.5]))
        items.append(
            article(f"a{rng.randrange(300)}", text, title=f"Judul {base}", at=START + i * 20 * 60_000)
        )
        if i % 15 == 0:
            items.append(Tick(now=START + i * 20 * 60_000 + 1))
    straight, log = DedupeStage(), {}
    chained = DedupeStage()
    duplicates = 0
    for i, item in enumerate(items):
        if i % 50 == 49:
            chained = DedupeStage()
            chained.restore(log.items())
        effects = run(straight, item)
        assert run(chained, item) == effects
        compact(log, effects)
        if isinstance(effects[-1], Forward):
            duplicates += effects[-1].message.dedupe.duplicate is not None
    assert duplicates > 50


def test_every_message_ends_in_one_outcome_after_its_records():
    stage = DedupeStage(SMALL)
    rng = random.Random(2)
    steps = [
        ("article", rng.randrange(6), rng.randrange(5), rng.randrange(5), rng.randrange(HOUR), 0, 1)
        for _ in range(80)
    ]
    for item in feed(steps):
        effects = run(stage, item)
        decision(effects)
        assert any(isinstance(e, StateChanged) for e in effects)
        assert all(len(e.value or b"") <= 8_000 for e in effects if isinstance(e, StateChanged))


def test_restoring_forgets_what_was_there():
    stage = DedupeStage()
    stage.process(article("ferry", FERRY))
    stage.restore([])
    assert set(stage.sizes().values()) == set(DedupeStage().sizes().values())


@pytest.mark.parametrize(
    "key,value,hint",
    [
        (b"zx", b"\1", "unknown kind"),
        (b"a" + bytes(16), b"\1", "format 1"),
        (b"o" + bytes(16), b"", "format nothing"),
        (b"g", b"\7", "format 7"),
    ],
)
def test_records_of_another_version_are_refused(key, value, hint):
    with pytest.raises(StoreError, match=hint) as error:
        DedupeStage().restore([(key, value)])
    assert error.value.hint


SCRIPT = """
import sys, hashlib
sys.path.insert(0, {tests!r})
from dedupe_wire import *
from kabar.dedupe.stage import DedupeStage
from kabar.contracts.message import Tick
stage, digest = DedupeStage(), hashlib.sha256()
for i in range(40):
    for effect in stage.process(article(f"a{{i}}", prose(i % 13, 50) + " " + FERRY[: i * 9], title=f"Judul {{i % 5}}", at=START + i)):
        message = getattr(effect, "message", None)
        digest.update(message.encode() if message else repr(effect).encode())
digest.update(repr(stage.tick(Tick(now=START + 90 * HOUR))).encode())
print(digest.hexdigest())
"""


def test_the_hash_seed_of_the_process_decides_nothing():
    script = SCRIPT.format(tests=str(Path(__file__).parent))
    outputs = {
        subprocess.run(
            [sys.executable, "-c", script], env={"PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1


def test_a_jump_of_the_clock_is_digested_a_tick_at_a_time():
    stage = DedupeStage(DedupeOptions(expire_per_tick=10))
    for i in range(30):
        stage.process(article(f"a{i}", prose(i, 20), at=START + i))
    for left in (20, 10, 0):
        stage.tick(Tick(now=START + 30 * DAY))
        assert {stage.sizes()[k] for k in ("decisions", "revisions", "signatures", "stories")} == {left}
    assert stage.sizes()["articles"] == 30
    assert stage.sizes()["revision_bytes"] == 0


def test_time_never_goes_back():
    clock = Clock()
    clock.advance(50)
    clock.tick(20)
    assert (clock.now, clock.ticked) == (50, 20)
    again = Clock()
    again.load(clock.record().value)
    assert (again.now, again.ticked, again.seq) == (50, 20, 0)


def test_a_window_ignores_what_is_overdue_before_it_is_forgotten():
    clock, window = Clock(), Window(DECISION, length_ms=10, cap=2)
    clock.advance(100)
    window.put(b"k", clock.stamp(), b"value")
    assert window.get(b"k", 109) == b"value"
    assert window.get(b"k", 110) is None
    assert window.payload(b"k") == b"value"
    assert window.overdue(110, 5) == [b"k"]
    window.replace(b"k", b"changed")
    assert window.overdue(110, 5) == [b"k"]
    assert window.forget(b"k") == StateChanged(DECISION + b"k", None)
    assert window.get(b"k", 100) is None
