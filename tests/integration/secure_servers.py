"""The servers with their doors locked: Kafka behind SASL over TLS, Elasticsearch behind TLS and a password."""

from __future__ import annotations

import base64
import os
import pwd
import shutil
import ssl
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

from tests.stack.artifacts import elasticsearch_home, java_home
from tests.stack.processes import LOOPBACK, free_ports
from tests.stack.servers import ElasticsearchServer, KafkaServer

USER, PASSWORD = "kabar", "only-for-this-test"
STORE_PASSWORD = "changeit"


def make_certificate(directory: Path) -> tuple[Path, Path]:
    """A key store with a self-signed certificate for 127.0.0.1, and the certificate alone (PEM)."""
    store, certificate = directory / "server.p12", directory / "server.pem"
    keytool = [
        str(java_home() / "bin" / "keytool"),
        "-keystore",
        str(store),
        "-storepass",
        STORE_PASSWORD,
        "-alias",
        "server",
    ]
    subprocess.run(
        [*keytool, "-genkeypair", "-keyalg", "RSA", "-dname", "CN=127.0.0.1", "-ext", "san=ip:127.0.0.1",
         "-storetype", "PKCS12", "-validity", "2"],
        check=True, capture_output=True,
    )  # fmt: skip
    done = subprocess.run([*keytool, "-exportcert", "-rfc"], check=True, capture_output=True)
    certificate.write_bytes(done.stdout)
    return store, certificate


class SecureKafka(KafkaServer):
    """A second listener: SASL PLAIN over TLS."""

    def __init__(self, directory: Path, store: Path) -> None:
        super().__init__(directory)
        (self._secure_port,) = free_ports(1)
        self.secure_bootstrap = f"{LOOPBACK}:{self._secure_port}"
        self._store = store

    def command(self):
        found = super().command()
        more = {
            "listeners": f",SASL_SSL://{self.secure_bootstrap}",
            "advertised.listeners": f",SASL_SSL://{self.secure_bootstrap}",
            "listener.security.protocol.map": ",SASL_SSL:SASL_SSL",
        }
        lines = [
            line + more.get(line.partition("=")[0], "") for line in self._properties.read_text().splitlines()
        ]
        login = "org.apache.kafka.common.security.plain.PlainLoginModule"
        lines += [
            "sasl.enabled.mechanisms=PLAIN",
            f'listener.name.sasl_ssl.plain.sasl.jaas.config={login} required user_{USER}="{PASSWORD}";',
            f"ssl.keystore.location={self._store}",
            "ssl.keystore.type=PKCS12",
            f"ssl.keystore.password={STORE_PASSWORD}",
        ]
        self._properties.write_text("\n".join(lines) + "\n")
        return found


class SecureElasticsearch(ElasticsearchServer):
    """HTTPS and the built-in superuser. This server cannot make API keys: its security index needs a missing module."""

    def __init__(self, directory: Path, store: Path, certificate: Path) -> None:
        super().__init__(directory)
        self.url = f"https://{LOOPBACK}:{self.port}"
        self._store = store
        self._trust = ssl.create_default_context(cafile=str(certificate))

    def answers(self) -> bool:
        login = base64.b64encode(f"elastic:{PASSWORD}".encode()).decode()
        question = urllib.request.Request(
            f"{self.url}/_cluster/health", headers={"Authorization": f"Basic {login}"}
        )
        try:
            with urllib.request.urlopen(question, timeout=3, context=self._trust) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def _make_files(self, home: Path) -> Path:
        files = super()._make_files(home)
        config = files / "config"
        shutil.copy(self._store, config / "server.p12")
        settings = config / "elasticsearch.yml"
        settings.write_text(
            settings.read_text().replace("xpack.security.enabled: false", "xpack.security.enabled: true")
            + "xpack.security.http.ssl.enabled: true\n"
            + "xpack.security.http.ssl.keystore.path: server.p12\n"
            + "xpack.security.transport.ssl.enabled: false\n"
        )
        environment = {**os.environ, "ES_JAVA_HOME": str(java_home()), "ES_PATH_CONF": str(config)}
        tool = str(elasticsearch_home() / "bin" / "elasticsearch-keystore")
        secrets = {
            "bootstrap.password": PASSWORD,
            "xpack.security.http.ssl.keystore.secure_password": STORE_PASSWORD,
        }
        subprocess.run(
            [tool, "add", "-x", "-f", *secrets],
            input="\n".join(secrets.values()).encode(), env=environment, check=True, capture_output=True,
        )  # fmt: skip
        if self.user:
            owner = pwd.getpwnam(self.user)
            for path in config.rglob("*"):
                os.chown(path, owner.pw_uid, owner.pw_gid)
        return files
