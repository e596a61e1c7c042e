"""The worker pool against stages that hang, die, eat memory and lie."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from kabar.contracts.sections import CleanSection
from kabar.errors import WorkersFailed
from kabar.runtime.pool import WorkerPool


@pytest.fixture
def pool(odd_stages):
    made = WorkerPool(2, deadline_seconds=1.5, memory_mb=2048, factory=odd_stages)
    yield made
    made.close()


def texts(pool, message, *bodies, stage="clean"):
    return pool.collect(pool.submit(stage, [message(body, number=i) for i, body in enumerate(bodies, 1)]))


def upper(message, result):
    return message("x").with_encoded(CleanSection, result.section).clean.text


def test_results_come_in_the_order_of_the_messages(pool, message):
    results = texts(pool, message, *[f"text {i}" for i in range(50)])
    assert [upper(message, r) for r in results] == [f"TEXT {i}" for i in range(50)]


def test_nothing_to_do_is_done_at_once(pool):
    assert pool.collect(pool.submit("clean", [])) == []


@pytest.mark.parametrize(
    "body, kind, reason",
    [
        ("poison", "dead", "bad_message"),
        ("crash", "dead", "crashed"),
        ("twice", "dead", "crashed"),
        ("eat", "dead", "worker_died"),
        ("drop", "ended", "empty"),
        ("hang", "dead", "deadline"),
        ("spin", "dead", "deadline"),
        ("die", "dead", "worker_died"),
        ("exit", "dead", "worker_died"),
    ],
)
def test_only_the_message_that_breaks_a_worker_is_lost_to_it(pool, message, body, kind, reason):
    results = texts(pool, message, "a", "b", body, "c", "d", "e", "f", "g")
    assert (results[2].kind, results[2].reason) == (kind, reason)
    others = [r for i, r in enumerate(results) if i != 2]
    assert [upper(message, r) for r in others] == ["A", "B", "C", "D", "E", "F", "G"]


def test_a_crash_says_what_and_where(pool, message):
    (result,) = texts(pool, message, "crash")
    assert "KeyError" in result.error
    assert "odd_stages.py:" in result.error


def test_a_worker_that_dies_once_costs_nothing(pool, message, tmp_path):
    # The OOM killer, say: the message is innocent and gets a second try.
    results = texts(pool, message, "a", f"once:{tmp_path / 'flag'}", "b")
    assert [r.kind for r in results] == ["forward"] * 3
    assert pool.restarts["worker_died"] == 1


def test_several_bad_ones_in_one_batch(pool, message):
    results = texts(pool, message, "die", "ok", "hang", "die", "ok", "poison")
    assert [r.reason for r in results] == ["worker_died", "", "deadline", "worker_died", "", "bad_message"]


def test_urgent_work_overtakes(pool, message):
    slow = pool.submit("clean", [message("x", number=i) for i in range(200)])
    fast = pool.submit("enrich", [message("urgent", number=999)], urgent=True)
    assert pool.collect(fast)[0].kind == "forward"
    assert len(pool.collect(slow)) == 200


def test_reset_forgets_and_goes_on(pool, message):
    pool.submit("clean", [message("lost", number=i) for i in range(100)])
    pool.reset()
    (result,) = texts(pool, message, "after")
    assert upper(message, result) == "AFTER"


def test_workers_that_cannot_start_are_the_surroundings_fault(odd_stages, message):
    pool = WorkerPool(1, deadline_seconds=1, memory_mb=2048, factory="odd_stages:build_never")
    try:
        for _ in range(2):  # a caller that pauses and tries again is told the same
            with pytest.raises(WorkersFailed, match="died at their start"):
                texts(pool, message, "a")
    finally:
        pool.close()


def test_close_leaves_no_process(pool, message):
    texts(pool, message, "a")
    pids = pool.pids()
    pool.close()
    assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()]


def test_workers_die_with_a_killed_parent(odd_stages):
    script = (
        "import sys, time\n"
        "from kabar.runtime.pool import WorkerPool\n"
        f"pool = WorkerPool(2, deadline_seconds=5, memory_mb=2048, factory={odd_stages!r})\n"
        "print(*pool.pids(), flush=True)\n"
        "time.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    pids = [int(pid) for pid in parent.stdout.readline().split()]
    parent.kill()
    parent.wait()
    parent.stdout.close()
    for _ in range(100):
        if not any(_runs(pid) for pid in pids):
            return
        time.sleep(0.05)
    pytest.fail("workers outlived their parent")


def test_workers_hold_no_socket_and_no_database(pool, message, tmp_path):
    import socket
    import sqlite3

    listener = socket.socket()
    connection = sqlite3.connect(tmp_path / "x.db")
    connection.execute("CREATE TABLE t (a)")
    texts(pool, message, "die", "a")  # at least one worker started after both were open
    held = [str(handle.readlink()) for pid in pool.pids() for handle in Path(f"/proc/{pid}/fd").iterdir()]
    listener.close()
    connection.close()
    assert not [name for name in held if "socket" in name or "x.db" in name]


def _runs(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def test_cancel_ends_a_wait_from_another_thread(pool, message):
    import threading

    ticket = pool.submit("clean", [message("hang")])
    threading.Timer(0.3, pool.cancel).start()
    with pytest.raises(WorkersFailed, match="told to stop"):
        pool.collect(ticket)


def test_a_worker_that_cannot_be_started_leaves_nothing_open(odd_stages, monkeypatch):
    def refuse(*_, **__):
        raise BlockingIOError("no more processes")

    before = len(list(Path("/proc/self/fd").iterdir()))
    monkeypatch.setattr(subprocess, "Popen", refuse)
    with pytest.raises(WorkersFailed, match="no more processes"):
        WorkerPool(2, deadline_seconds=1, memory_mb=2048, factory=odd_stages)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_workers_are_replaced_after_their_share(pool, message, monkeypatch):
    monkeypatch.setattr("kabar.runtime.pool.WORKER_MESSAGES", 10)
    before = pool.pids()
    results = texts(pool, message, *["x"] * 100)
    assert [r.kind for r in results] == ["forward"] * 100
    assert not set(before) & set(pool.pids())
    assert sum(pool.restarts.values()) == 0
