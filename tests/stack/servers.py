"""A real Kafka (KRaft, one node) and a real Elasticsearch (one node) on loopback."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import urllib.error
import urllib.request
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from tests.stack.artifacts import StackUnavailable, elasticsearch_home, java_home, kafka_jars
from tests.stack.processes import LOOPBACK, Server, free_ports, is_open

KAFKA_MEMORY = "-Xmx512m"
ELASTICSEARCH_MEMORY = "-Xms1g -Xmx1g"
ASK_SECONDS = 3
UNPRIVILEGED = "nobody"
"""Whom root runs Elasticsearch as: it refuses to run as root."""

_KAFKA = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller}
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller}
advertised.listeners=PLAINTEXT://{host}:{port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={data}
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
offsets.topic.num.partitions=5
transaction.state.log.num.partitions=5
group.initial.rebalance.delay.ms=0
num.partitions=4
auto.create.topics.enable=false
"""
_KAFKA_LOG = """\
rootLogger.level=warn
rootLogger.appenderRef.c.ref=c
appender.c.type=Console
appender.c.name=c
appender.c.layout.type=PatternLayout
appender.c.layout.pattern=%d %p %c %m%n
"""
_ELASTICSEARCH = """\
discovery.type: single-node
xpack.security.enabled: false
network.host: {host}
http.port: {port}
transport.port: {transport}
path.data: {data}
path.logs: {logs}
cluster.routing.allocation.disk.threshold_enabled: false
cluster.max_shards_per_node: 3000
action.auto_create_index: false
"""


class KafkaServer(Server):
    """Broker and controller in one process."""

    name = "kafka"

    def __init__(self, directory: Path, *, port: int = 0) -> None:
        super().__init__(directory)
        self.port, self._controller = _ports(port)
        self.bootstrap = f"{LOOPBACK}:{self.port}"
        self._data = (directory / "kafka-data").resolve()
        self._properties = (directory / "kafka.properties").resolve()
        self._log_settings = (directory / "kafka-log4j2.properties").resolve()

    def command(self) -> tuple[Sequence[str], Mapping[str, str], Path]:
        """Formats the data directory where that was not done."""
        self._properties.write_text(
            _KAFKA.format(host=LOOPBACK, port=self.port, controller=self._controller, data=self._data)
        )
        self._log_settings.write_text(_KAFKA_LOG)
        if not self._data.is_dir():
            cluster = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
            self._format(cluster if cluster[0] != "-" else f"A{cluster[1:]}")
        return [*self._java(KAFKA_MEMORY), "kafka.Kafka", str(self._properties)], {}, self.directory

    def answers(self) -> bool:
        """A broker that knows its topics and where a group's offsets are: the first question makes their topic."""
        if not is_open(self.port):  # a client would try again, at length
            return False
        try:
            client = KafkaAdminClient(
                bootstrap_servers=self.bootstrap, request_timeout_ms=ASK_SECONDS * 1_000,
                bootstrap_timeout_ms=ASK_SECONDS * 1_000,
            )  # fmt: skip
        except KafkaError:
            return False
        try:
            client.list_topics()
            client.list_group_offsets({"is-it-up": None})
        except KafkaError:
            return False
        finally:
            client.close()
        return True

    def discard(self) -> None:
        """The logs of all topics."""
        shutil.rmtree(self._data, ignore_errors=True)

    def _format(self, cluster: str) -> None:
        done = subprocess.run(
            [*self._java("-Xmx128m"), "kafka.tools.StorageTool", "format", "-t", cluster, "-c", str(self._properties)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise StackUnavailable(f"Kafka cannot format {self._data}:\n{done.stdout}{done.stderr}")

    def _java(self, memory: str) -> list[str]:
        return [
            str(java_home() / "bin" / "java"), memory, f"-Dlog4j2.configurationFile={self._log_settings}",
            "-cp", f"{kafka_jars()}/*",
        ]  # fmt: skip


class ElasticsearchServer(Server):
    """One node. Its files lie under the system's temporary directory, where another user can reach them."""

    name = "elasticsearch"

    def __init__(self, directory: Path, *, port: int = 0) -> None:
        super().__init__(directory)
        self.port, self._transport = _ports(port)
        self.url = f"http://{LOOPBACK}:{self.port}"
        self.user = UNPRIVILEGED if os.geteuid() == 0 else None
        self._note = directory / "elasticsearch-files"
        """Names the directory with its files, so that the next start finds what a SIGKILL left behind."""

    def command(self) -> tuple[Sequence[str], Mapping[str, str], Path]:
        """Makes configuration and data directories where that was not done."""
        home = elasticsearch_home()
        files = Path(self._note.read_text()) if self._note.is_file() else self._make_files(home)
        environment = {
            "ES_JAVA_HOME": str(java_home()),
            "ES_JAVA_OPTS": ELASTICSEARCH_MEMORY,
            "ES_PATH_CONF": str(files / "config"),
            "ES_TMPDIR": str(files / "tmp"),
        }
        return [str(home / "bin" / "elasticsearch")], environment, files

    def answers(self) -> bool:
        """A node that has recovered every index it has."""
        question = f"{self.url}/_cluster/health?wait_for_status=yellow&timeout=1s"
        try:
            with urllib.request.urlopen(question, timeout=ASK_SECONDS) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def discard(self) -> None:
        """Configuration, data and its own logs."""
        if self._note.is_file():
            shutil.rmtree(self._note.read_text(), ignore_errors=True)
            self._note.unlink()

    def _make_files(self, home: Path) -> Path:
        files = Path(tempfile.mkdtemp(prefix="kabar-elasticsearch-"))
        self._note.write_text(str(files))
        shutil.copytree(home / "config", files / "config")
        for name in ("data", "logs", "tmp"):
            (files / name).mkdir()
        (files / "config" / "elasticsearch.yml").write_text(
            _ELASTICSEARCH.format(
                host=LOOPBACK,
                port=self.port,
                transport=self._transport,
                data=files / "data",
                logs=files / "logs",
            )
        )
        if self.user:
            owner = pwd.getpwnam(self.user)
            for path in (files, *files.rglob("*")):
                os.chown(path, owner.pw_uid, owner.pw_gid)
        return files


@contextmanager
def running(
    directory: Path, *, kafka_port: int = 0, elasticsearch_port: int = 0
) -> Iterator[tuple[KafkaServer, ElasticsearchServer]]:
    """Both, started side by side; what an earlier run left in the directory is deleted first, and their data after.

    Raises:
        StackUnavailable: one of them cannot be started.
    """
    kafka = KafkaServer(directory, port=kafka_port)
    elasticsearch = ElasticsearchServer(directory, port=elasticsearch_port)
    servers = (elasticsearch, kafka)  # the slower one first
    for server in servers:
        server.discard()
    try:
        for server in servers:
            server.begin()
        for server in servers:
            server.wait()
        yield kafka, elasticsearch
    finally:
        for server in servers:
            server.stop()
            server.discard()


def _ports(wanted: int) -> tuple[int, int]:
    """The port clients use (a free one where 0 is wanted) and one the server uses for itself."""
    first, second = free_ports(2)
    return wanted or first, second
