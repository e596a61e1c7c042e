"""The thread of `kabar run` that processes: how it ends, and who notices."""

import signal
import threading
from types import SimpleNamespace

import pytest

from kabar.cli import serve


def engine(run, cancel=lambda: None):
    down = []
    return SimpleNamespace(
        run=run, down=down, health=SimpleNamespace(down=down.append), pool=SimpleNamespace(cancel=cancel)
    )


def test_a_bug_in_the_pipeline_is_seen_and_ends_the_command(monkeypatch):
    sent, failure = [], []
    monkeypatch.setattr(serve.os, "kill", lambda _, number: sent.append(number))
    broken = engine(lambda _: 1 / 0)
    serve._loop(broken, threading.Event(), failure)
    assert isinstance(failure[0], ZeroDivisionError)
    assert sent == [signal.SIGTERM]
    assert "division by zero" in broken.down[0]


def test_the_batch_in_work_may_finish():
    finished = []

    def run(stop):
        stop.wait(10)
        finished.append(True)

    working = engine(run, cancel=lambda: pytest.fail("cut off too early"))
    stop = threading.Event()
    loop = threading.Thread(target=run, args=(stop,))
    loop.start()
    serve._stop(working, loop, stop)
    assert finished == [True]
    assert not loop.is_alive()


def test_a_stuck_batch_is_cut_off_before_anything_is_closed(monkeypatch):
    monkeypatch.setattr(serve, "DRAIN_SECONDS", 0.1)
    cancelled = threading.Event()
    stuck = engine(None, cancel=cancelled.set)
    loop = threading.Thread(target=cancelled.wait, args=(20,))
    loop.start()
    serve._stop(stuck, loop, threading.Event())
    assert cancelled.is_set()
    assert not loop.is_alive()
