"""Dedupe as real processes on a real broker: the active one is killed, stopped or paused in the middle of its work."""

import signal
import socket
import time
import urllib.error
import urllib.request

import pytest

from kabar.runtime.kafka import topics
from tests.runtime.stateful_log import fake_clean, observations, on_the_log, read, undisturbed

pytestmark = [pytest.mark.stack, pytest.mark.slow]

SLICE = 300
PATIENCE = 75


class Worker:
    """`kabar work dedupe`, and what it says of itself."""

    def __init__(self, kabar, settings, failpoints):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        environment = {
            f"KABAR_{row.name.upper()}": str(value.value)
            for row, value in settings.rows()
            if value.origin != "default"
        }
        environment |= {"KABAR_PROBE_PORT": str(self.port), "KABAR_FAILPOINTS": str(failpoints)}
        self.process = kabar.start("work", "dedupe", env=environment)

    def says(self):
        """Readiness in words."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=5) as answer:
                return answer.read().decode().strip()
        except urllib.error.HTTPError as error:
            return error.read().decode().strip()
        except OSError:
            return ""

    def end(self):
        self.process.send_signal(signal.SIGCONT)
        self.process.kill()
        self.process.wait()


@pytest.fixture
def workers(kabar, place, tmp_path):
    topics.create(place)
    failpoints = tmp_path / "failpoints"
    failpoints.mkdir()
    started = []

    def start():
        started.append(Worker(kabar, place, failpoints))
        return started[-1]

    start.arm = lambda name, wanted: (failpoints / name).write_text(wanted)
    start.fired = lambda name: list(failpoints.glob(f"{name}.*.fired"))
    yield start
    for worker in started:
        worker.end()


def until(true, what):
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, what
        time.sleep(0.1)


def came_out(settings):
    return len(read(settings, "news.deduped")) + len(read(settings, "news.outcomes"))


@pytest.mark.parametrize("fault", ["KILL", "TERM", "STOP"])
@pytest.mark.timeout(240)
def test_a_standby_takes_over_exactly_where_the_active_one_was_cut_off(place, workers, fault):
    sent = observations(3 * SLICE)
    fake_clean(place, sent[:SLICE])
    first = workers()
    until(lambda: first.says() == "ok", "nobody is active")
    second = workers()
    until(lambda: second.says().startswith("standing by"), "nobody stands by")

    workers.arm("dedupe.transaction_open", fault)
    fake_clean(place, sent[SLICE : 2 * SLICE])
    until(lambda: workers.fired("dedupe.transaction_open"), "the fault did not fire")
    until(lambda: second.says() == "ok", "nobody took over")
    until(lambda: came_out(place) >= 2 * SLICE, "the standby did not finish the work")
    if fault == "STOP":
        first.process.send_signal(signal.SIGCONT)
        until(lambda: first.says().startswith("standing by"), "the one that slept did not stand back")
        assert second.says() == "ok"
    elif fault == "TERM":
        assert first.process.wait(20) == 0
    fake_clean(place, sent[2 * SLICE :])
    until(lambda: came_out(place) >= 3 * SLICE, "the rest was not done")

    expected, found = undisturbed(place, sent), on_the_log(place)
    assert set(found.ended.values()) == {1}, "an observation came out more than once"
    assert len(found.ended) == len(sent)
    assert found.forwarded == expected.forwarded
    assert found.endings == expected.endings
    assert found.stories == expected.stories
    assert found.state == expected.state
