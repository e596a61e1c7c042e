"""The server as its own process: address, signals, odd requests."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

import pytest

SERVING = Path(__file__).with_name("serving.py")


def started(directory, *more):
    return subprocess.Popen(
        [sys.executable, SERVING, directory, *more],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.fixture(scope="module")
def server(directory):
    process = started(directory)
    yield urlsplit(process.stdout.readline().strip())
    process.send_signal(signal.SIGTERM)
    assert process.stdout.read().endswith("stopped\n")
    assert process.wait() == 0


def talk(server, request):
    with socket.create_connection((server.hostname, server.port), timeout=10) as connection:
        connection.sendall(request)
        chunks = []
        while chunk := connection.recv(65_536):
            chunks.append(chunk)
    return b"".join(chunks).decode("latin-1")


def test_port_0_is_told_and_answers(server):
    assert server.port > 0
    with urllib.request.urlopen(server.geturl()) as answer:
        assert answer.status == 200
        assert "server" not in answer.headers


@pytest.mark.parametrize(
    "host, status",
    [("localhost", 200), ("127.0.0.1:9", 200), ("[::1]", 200), ("evil.example", 421), ("", 421)],
)
def test_another_host_name_is_refused_on_loopback(server, host, status):
    said = talk(server, f"GET /health/live HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
    assert said.startswith(f"HTTP/1.1 {status} ")
    assert "content-security-policy" in said


@pytest.mark.parametrize("request_, status", [
    (b"nonsense\r\n\r\n", 400),
    (b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello", 405),
    (b"GET /%ff%fe%00 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 404),
    (b"GET /?q=%ff%fe%00&%00=%00 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 400),
    (b"GET /?source=%ff%fe%00&%00=%00 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 400),
    (b"GET /?colour=%ff%fe%00&%00=%00 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 200),
    (b"GET /articles/..%2f..%2fetc%2fpasswd HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 404),
])  # fmt: skip
def test_odd_requests_are_answered(server, request_, status):
    assert talk(server, request_).startswith(f"HTTP/1.1 {status} ")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_returns_to_the_caller(directory, number):
    process = started(directory)
    assert process.stdout.readline().startswith("http://127.0.0.1:")
    process.send_signal(number)
    assert process.communicate(timeout=30)[0] == "stopped\n"
    assert process.returncode == 0


def test_a_busy_port_is_an_instruction(server, directory):
    process = started(directory, "127.0.0.1", str(server.port))
    said = process.communicate(timeout=30)[0]
    assert process.returncode == 4
    assert f"cannot listen on 127.0.0.1 port {server.port}" in said
    assert "--port" in said


def test_an_address_of_elsewhere_is_an_instruction(directory):
    process = started(directory, "192.0.2.1", "0")
    said = process.communicate(timeout=30)[0]
    assert process.returncode == 4
    assert "cannot listen on 192.0.2.1" in said


def test_headers_without_end_are_refused(server):
    with socket.create_connection((server.hostname, server.port), timeout=10) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ")
        try:
            for _ in range(50):
                connection.sendall(b"x" * 10_000)
            said = connection.recv(100)
        except (ConnectionResetError, BrokenPipeError):
            return  # it hung up while we were still talking
        assert said.startswith(b"HTTP/1.1 400 ")
