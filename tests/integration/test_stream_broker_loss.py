"""A stream worker whose broker dies under it: on a Kafka of its own, for others use the shared one."""

import time

import pytest
from stream_kit import Topics, Worker, observation, wait_until

from kabar.contracts.message import decode_message
from kabar.runtime.kafka import topics as topic_table
from tests.stack.fixtures import Stack, place_on

pytestmark = pytest.mark.stack

AWAY_SECONDS = 1
"""Beside the time it takes the worker to notice."""


@pytest.fixture(scope="module")
def kafka(tmp_path_factory):
    from tests.stack.artifacts import StackUnavailable
    from tests.stack.servers import KafkaServer

    try:
        server = KafkaServer(tmp_path_factory.mktemp("kafka"))
        with server:
            yield server
    except StackUnavailable as error:
        pytest.skip(f"no servers: {error}")


def test_a_broker_that_goes_away_and_comes_back_costs_nothing(kafka, tmp_path):
    place = place_on(Stack(kafka.bootstrap, ""), tmp_path)
    topic_table.create(place, partitions={"news.raw": 2})
    topics = Topics(place)
    sent = [observation(number, "slow 0.01") for number in range(400)]
    worker = Worker(place, "clean", tmp_path, stall_seconds=60)
    try:
        worker.wait_ready()
        topics.write("news.raw", sent)
        wait_until(lambda: topics.committed("clean", "news.raw") > 20, lambda: worker.said[-3000:])
        kafka.kill()
        wait_until(lambda: worker.probe("/readyz")[0] == 503, "it says it is ready without a broker")
        time.sleep(AWAY_SECONDS)
        kafka.start()
        wait_until(
            lambda: topics.committed("clean", "news.raw") == 400, lambda: worker.said[-3000:], seconds=100
        )
        wait_until(lambda: worker.probe("/readyz")[0] == 200, lambda: worker.probe("/readyz")[1])
        assert len(worker.said.splitlines()) < 200, "a broker that is away fills the log"
        assert worker.stop() == 0, worker.said[-3000:]
    finally:
        worker.close()
    out = [decode_message(record.value).header.observation_id for record in topics.read("news.clean")]
    assert set(out) == {one.header.observation_id for one in sent}
