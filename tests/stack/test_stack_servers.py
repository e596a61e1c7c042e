"""The command ``python -m tests.stack`` and the servers it starts: they answer, they keep their data, they go."""

import re
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.stack.fixtures import ask

pytest.importorskip("kafka", reason="the extra 'distributed' is not installed")

from tests.stack.artifacts import StackUnavailable, elasticsearch_home, kafka_jars
from tests.stack.servers import KafkaServer

ROOT = Path(__file__).parents[2]
SECONDS = 90

pytestmark = [pytest.mark.slow, pytest.mark.stack, pytest.mark.timeout(300)]


@pytest.fixture(autouse=True, scope="module")
def fetched():
    try:
        kafka_jars(), elasticsearch_home()
    except StackUnavailable as error:
        pytest.skip(f"no servers: {error}")


@contextmanager
def command(directory):
    """The command, up: the process, and what it told to export."""
    (directory / "stack" / "env").unlink(missing_ok=True)  # of one that was killed
    with (directory / "said").open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.stack", "--dir", directory / "stack"],
            cwd=ROOT, stdout=said, stderr=said, start_new_session=True,
        )  # fmt: skip
    try:
        wait_for((directory / "stack" / "env").is_file, (directory / "said").read_text)
        yield process, dict(re.findall(r"export (\w+)='(.*)'", (directory / "stack" / "env").read_text()))
    finally:
        process.terminate()
        process.wait()


def wait_for(condition, tell=lambda: ""):
    until = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < until, tell()
        time.sleep(0.1)


def descendants(pid):
    """Of a process, by what /proc says."""
    children = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            child = int(status.parent.name)
            children += [child, *descendants(child)]
    return children


def is_gone(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def files_of(directory):
    return Path((directory / "stack" / "elasticsearch-files").read_text())


def test_a_stop_stops_both_and_deletes_their_data(tmp_path):
    with command(tmp_path) as (process, exported):
        assert ask(exported["KABAR_ELASTICSEARCH_URL"], "GET", "/_cluster/health")["number_of_nodes"] == 1
        assert Path(exported["KABAR_ANALYSIS_TEMPLATE"]).is_file()
        servers, files = descendants(process.pid), files_of(tmp_path)
        assert len(servers) >= 3
        assert (files / "data").is_dir()
        process.terminate()
        assert process.wait(SECONDS) == 0
        assert all(map(is_gone, servers))
        assert not files.exists()
        left = {path.name for path in (tmp_path / "stack").iterdir()}
        assert {"kafka.log", "elasticsearch.log"} <= left, "logs stay"
        assert not {"env", "kafka-data", "elasticsearch-files"} & left


def test_the_servers_die_with_the_command_and_the_next_one_cleans_up(tmp_path):
    with command(tmp_path) as (process, _):
        servers, files = descendants(process.pid), files_of(tmp_path)
        second = subprocess.run(
            [sys.executable, "-m", "tests.stack", "--dir", tmp_path / "stack"],
            cwd=ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert second.returncode == 1
        assert "already" in second.stderr
        process.kill()
        process.wait()
        wait_for(lambda: all(map(is_gone, servers)))
    assert files.exists(), "nobody was left to delete it"
    with command(tmp_path):
        assert not files.exists()


def files_left(directory):
    return [path.name for path in directory.iterdir() if path.name in ("kafka-data", "elasticsearch-files")]


def test_a_server_that_does_not_start_says_why(tmp_path):
    (tmp_path / "kafka-data").mkdir()  # so it is not formatted
    broker = KafkaServer(tmp_path)
    with pytest.raises(StackUnavailable, match=r"(?s)kafka ended.*kafka\.log.*meta\.properties"):
        broker.start()
    assert not broker.runs()
