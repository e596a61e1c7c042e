"""Logs: readable or JSON with ECS names."""

import json

import pytest
import structlog

from kabar.runtime import logs


@pytest.fixture(autouse=True)
def unconfigured():
    yield
    structlog.reset_defaults()


def test_json_has_ecs_names(capsys):
    logs.configure("info", "json")
    structlog.get_logger().warning("paused", error="disk full", seconds=3)
    line = json.loads(capsys.readouterr().err)
    assert line["log.level"] == "warning"
    assert line["message"] == "paused"
    assert line["error.message"] == "disk full"
    assert line["kabar.seconds"] == 3
    assert line["service.name"] == "kabar"
    assert line["@timestamp"].endswith("Z")


def test_an_exception_is_a_stack_trace(capsys):
    logs.configure("info", "json")
    try:
        int("odd")
    except ValueError:
        structlog.get_logger().exception("the pipeline stopped")
    line = json.loads(capsys.readouterr().err)
    assert "ValueError: invalid literal" in line["error.stack_trace"]


def test_readable_on_request_and_levels_are_kept(capsys):
    logs.configure("warning", "console")
    structlog.get_logger().info("quiet")
    structlog.get_logger().warning("loud", n=1)
    err = capsys.readouterr().err
    assert "loud" in err
    assert "quiet" not in err


def test_auto_is_json_where_nobody_watches(capsys):
    logs.configure("info", "auto")
    structlog.get_logger().info("x")
    assert json.loads(capsys.readouterr().err)["message"] == "x"
