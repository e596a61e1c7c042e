"""``kabar work``: what it refuses, what it hands over, how it is stopped."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from kabar.cli import work as work_command
from kabar.errors import BrokerError


@pytest.fixture
def kafka(monkeypatch):
    monkeypatch.setenv("KABAR_KAFKA_BOOTSTRAP", "127.0.0.1:1")


@pytest.fixture
def runner(monkeypatch):
    """Stands in for a stage's loop; ``seen`` is what it was given."""

    class Runner:
        seen = None
        does = staticmethod(lambda _work: None)

    def find(stage):
        def run(work):
            Runner.seen = work
            Runner.does(work)

        return run

    monkeypatch.setattr(work_command, "_runner", find)
    return Runner


def test_an_unknown_stage_is_refused_with_the_known_ones(kabar):
    done = kabar("work", "brush")
    assert done.code == 2
    assert "there is no stage 'brush'" in done.err
    assert "clean, dedupe, enrich, index, archive" in done.err


def test_without_kafka_there_is_nothing_to_work_on(kabar):
    done = kabar("work", "clean")
    assert done.code == 2
    assert "KABAR_KAFKA_BOOTSTRAP" in done.err


def test_a_missing_library_is_said_with_the_command(kabar, kafka, monkeypatch):
    monkeypatch.setitem(sys.modules, "kabar.runtime.streams.worker", None)

    def missing(name):
        raise ModuleNotFoundError("No module named 'faust'", name="faust")

    monkeypatch.setattr(work_command, "import_module", missing)
    done = kabar("work", "clean")
    assert done.code == 2
    assert "pip install 'kabar[distributed]'" in done.err


def test_a_missing_module_of_ours_is_a_bug_and_not_a_missing_extra(monkeypatch):
    def missing(name):
        raise ModuleNotFoundError(f"No module named '{name}'", name=name)

    monkeypatch.setattr(work_command, "import_module", missing)
    with pytest.raises(ModuleNotFoundError):
        work_command._runner("clean")


def test_the_stage_gets_its_settings_and_the_probes_are_up(kabar, kafka, runner):
    done = kabar("work", "enrich", "--workers", "3", "--probe-port", "0")
    assert done.code == 0
    assert runner.seen.stage == "enrich"
    assert runner.seen.settings.workers == 3
    assert not runner.seen.stop.is_set()
    assert not [one for one in threading.enumerate() if one.name == "kabar-probes"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_asks_the_loop_to_stop(kabar, kafka, runner, number):
    def stopped(work):
        os.kill(os.getpid(), number)
        assert work.stop.wait(5)

    before = signal.getsignal(number)
    runner.does = stopped
    assert kabar("work", "clean").code == 0
    assert signal.getsignal(number) is before


def test_a_sick_environment_is_exit_code_4_with_what_to_do(kabar, kafka, runner):
    def fails(work):
        raise BrokerError("Kafka cannot be reached", hint="is it up?")

    runner.does = fails
    done = kabar("work", "clean")
    assert done.code == 4
    assert "Kafka cannot be reached" in done.err
    assert "is it up?" in done.err
    assert runner.seen.health.reason == "Kafka cannot be reached"


def test_a_bug_is_logged_and_not_swallowed(kafka, runner):
    def fails(work):
        raise KeyError("oops")

    runner.does = fails
    with pytest.raises(KeyError):
        work_command.work("clean")
    assert runner.seen.health.reason == "a bug ended the worker"


def test_a_broker_that_is_not_there_is_said_by_the_real_command(tmp_path):
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "kabar.cli.main", "work", "clean"], cwd=tmp_path, capture_output=True,
        text=True, check=False, timeout=100, env={**os.environ, "KABAR_KAFKA_BOOTSTRAP": "127.0.0.1:1"},
    )  # fmt: skip
    assert done.returncode == 4, done.stderr[-2000:]
    assert "Traceback" not in done.stderr
    assert time.monotonic() - started < 100


def test_the_embedded_mode_imports_no_library_of_the_distributed_one():
    script = "import sys, kabar.cli.main; print({'faust', 'aiokafka', 'kafka', 'elasticsearch'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
