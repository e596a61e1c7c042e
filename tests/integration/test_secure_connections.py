"""TLS, SASL and API keys against real servers that insist on them."""

import time
import urllib.request

import pytest
from product import Kabar
from secure_servers import PASSWORD, USER, SecureElasticsearch, SecureKafka, make_certificate

from kabar import settings
from kabar.errors import BrokerError, EnvironmentError_
from kabar.index.elasticsearch.client import connect, index_errors
from kabar.runtime.kafka import clients
from tests.stack.processes import free_ports

pytestmark = [pytest.mark.stack, pytest.mark.usefixtures("stack")]


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    place = tmp_path_factory.mktemp("certificates")
    place.chmod(0o755)
    return make_certificate(place)


@pytest.fixture(scope="module")
def kafka(stack, certificates, tmp_path_factory):
    with SecureKafka(tmp_path_factory.mktemp("kafka"), certificates[0]) as server:
        yield server


@pytest.fixture(scope="module")
def elasticsearch(stack, certificates, tmp_path_factory):
    with SecureElasticsearch(tmp_path_factory.mktemp("elasticsearch"), *certificates) as server:
        yield server


def secured(**values):
    return settings.load({f"KABAR_{name.upper()}": str(value) for name, value in values.items()})


def kafka_settings(kafka, certificates, **values):
    return secured(
        **{
            "kafka_bootstrap": kafka.secure_bootstrap,
            "kafka_security_protocol": "SASL_SSL",
            "kafka_sasl_mechanism": "PLAIN",
            "kafka_sasl_username": USER,
            "kafka_sasl_password": PASSWORD,
            "kafka_ca_file": certificates[1],
            **values,
        }
    )


def test_kafka_over_tls_with_a_password(kafka, certificates):
    client = clients.admin(kafka_settings(kafka, certificates))
    try:
        with clients.broker_errors():
            assert client.describe_cluster()["brokers"]
    finally:
        client.close()


def test_a_faust_worker_joins_over_tls_with_a_password(kafka, certificates, tmp_path):
    (port,) = free_ports(1)
    values = {
        "kafka_bootstrap": kafka.secure_bootstrap,
        "kafka_security_protocol": "SASL_SSL",
        "kafka_sasl_mechanism": "PLAIN",
        "kafka_sasl_username": USER,
        "kafka_sasl_password": PASSWORD,
        "kafka_ca_file": certificates[1],
        "probe_port": port,
        "workers": 1,
    }
    kabar = Kabar(tmp_path)
    environment = {f"KABAR_{name.upper()}": str(value) for name, value in values.items()}
    kabar("topics", "create", env=environment)
    with (tmp_path / "worker.log").open("wb") as log:
        worker = kabar.start("work", "clean", env=environment, stdout=log, stderr=log)
    try:
        until = time.monotonic() + 60
        while not ready(port):
            said = (tmp_path / "worker.log").read_text()
            assert worker.poll() is None, said[-3_000:]
            assert time.monotonic() < until, said[-3_000:]
            time.sleep(0.2)
    finally:
        worker.terminate()
        worker.wait(40)


def ready(port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=3) as answer:
            return answer.status == 200
    except OSError:
        return False


def test_a_wrong_kafka_password_is_named(kafka, certificates):
    with pytest.raises(BrokerError) as caught:
        clients.admin(kafka_settings(kafka, certificates, kafka_sasl_password="wrong"))
    assert PASSWORD not in str(caught.value)


def test_a_kafka_certificate_nobody_vouches_for_is_refused(kafka, certificates):
    with pytest.raises(BrokerError):
        clients.admin(kafka_settings(kafka, certificates, kafka_ca_file=""))


def test_elasticsearch_refuses_an_unknown_key_over_tls(elasticsearch, certificates):
    chosen = secured(
        elasticsearch_url=elasticsearch.url,
        elasticsearch_ca_file=certificates[1],
        elasticsearch_api_key="bm8tc3VjaDprZXk=",
    )
    client = connect(chosen)
    with pytest.raises(EnvironmentError_, match=r"401|refuse|key") as caught, index_errors():
        client.cluster.health()
    assert "bm8tc3VjaDprZXk=" not in str(caught.value)


def test_an_elasticsearch_certificate_nobody_vouches_for_is_refused(elasticsearch):
    client = connect(secured(elasticsearch_url=elasticsearch.url))
    with pytest.raises(EnvironmentError_, match=r"(?i)certificate|tls|ssl"), index_errors():
        client.cluster.health()
