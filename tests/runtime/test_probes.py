"""A worker's probes over a real socket."""

import socket
import threading
import urllib.error
import urllib.request

import pytest

from kabar.errors import EnvironmentError_
from kabar.runtime.health import Health
from kabar.runtime.metrics import Metrics
from kabar.runtime.probes import Probes


@pytest.fixture
def health():
    return Health(Metrics())


@pytest.fixture
def ask(health):
    metrics = Metrics()
    metrics.accepted.set(7)
    with Probes("127.0.0.1", 0, metrics=metrics, health=health) as probes:

        def get(path, method="GET"):
            request = urllib.request.Request(f"http://127.0.0.1:{probes.port}{path}", method=method)
            try:
                with urllib.request.urlopen(request, timeout=5) as answer:
                    return answer.status, answer.read().decode(), answer.headers
            except urllib.error.HTTPError as error:
                return error.code, error.read().decode(), error.headers

        get.port = probes.port
        yield get


def test_a_worker_that_starts_lives_and_is_not_ready(ask):
    assert ask("/livez")[:2] == (200, "ok\n")
    assert ask("/readyz")[:2] == (503, "starting\n")


def test_ready_follows_the_worker(ask, health):
    health.up()
    assert ask("/readyz")[:2] == (200, "ok\n")
    health.down("the broker is gone: Häfen")
    assert ask("/readyz")[:2] == (503, "the broker is gone: Häfen\n")
    health.down("")
    assert ask("/readyz")[:2] == (503, "not ready\n")


def test_not_ready_is_no_reason_to_be_killed(ask, health):
    health.down("paused")
    assert ask("/livez")[0] == 200


def test_what_only_a_restart_cures_fails_the_liveness_probe(ask, health):
    health.ailing = "nothing committed for 120 s"
    assert ask("/livez")[:2] == (503, "nothing committed for 120 s\n")


def test_metrics_are_prometheus_text(ask):
    status, text, headers = ask("/metrics?x=1")
    assert status == 200
    assert headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert "kabar_accepted_observations 7.0" in text


@pytest.mark.parametrize("path", ["/", "/table", "/livez/x", "/LIVEZ", "/../etc/passwd"])
def test_nothing_else_is_served(ask, path):
    assert ask(path)[0] == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_nothing_can_be_sent(ask, method):
    assert ask("/livez", method)[0] == 501


def test_the_server_does_not_name_its_python(ask):
    assert ask("/livez")[2]["Server"] == "kabar"


def test_a_client_that_says_nothing_blocks_nobody(ask):
    silent = [socket.create_connection(("127.0.0.1", ask.port)) for _ in range(20)]
    assert ask("/livez")[0] == 200
    for one in silent:
        one.close()


def test_a_taken_port_is_said_with_what_to_do():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(EnvironmentError_, match=f"127.0.0.1:{port}") as caught:
            Probes("127.0.0.1", port, metrics=Metrics(), health=Health(Metrics()))
        assert "--probe-port" in caught.value.hint


def test_closing_frees_the_port_and_ends_the_thread():
    probes = Probes("127.0.0.1", 0, metrics=Metrics(), health=Health(Metrics()))
    probes.close()
    with socket.socket() as again:
        again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        again.bind(("127.0.0.1", probes.port))
    assert not [one for one in threading.enumerate() if one.name == "kabar-probes" and one.is_alive()]
