"""What libraries warn of reaches our log, and does not flood it."""

import logging

import pytest
from structlog.testing import capture_logs

from kabar.runtime.streams.worker import REPEAT_SECONDS, LibraryLog


@pytest.fixture
def say():
    handler = LibraryLog()

    def emit(message, *arguments, at=1_000_000.0, name="aiokafka", level=logging.WARNING):
        record = logging.LogRecord(name, level, "x.py", 1, message, arguments, None)
        record.created = at
        handler.emit(record)

    return emit


def test_a_warning_is_passed_on_with_its_library(say):
    with capture_logs() as lines:
        say("Unable to reach %s\n", "the broker", name="aiokafka.client", level=logging.ERROR)
    assert lines == [
        {
            "event": "Unable to reach the broker",
            "library": "aiokafka.client",
            "log_level": "error",
            "exc_info": None,
        }
    ]


def test_the_same_again_and_again_is_said_once_in_a_while(say):
    with capture_logs() as lines:
        for number in range(100):
            say("Attempt %d failed", number, at=1_000_000 + number / 10)
        say("Attempt %d failed", 100, at=1_000_000 + REPEAT_SECONDS)
    assert [line["event"] for line in lines] == ["Attempt 0 failed", "Attempt 100 failed"]
    assert lines[1]["unsaid"] == 99


def test_something_else_is_said_at_once(say):
    with capture_logs() as lines:
        say("a")
        say("b")
        say("a", name="faust")
        say("a")
    assert [(line["library"], line["event"]) for line in lines] == [
        ("aiokafka", "a"),
        ("aiokafka", "b"),
        ("faust", "a"),
    ]


def test_percent_signs_without_arguments_do_no_harm(say):
    with capture_logs() as lines:
        say("100 % full")
    assert lines[0]["event"] == "100 % full"
