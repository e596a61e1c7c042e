"""Run a Kafka and an Elasticsearch until Ctrl-C.

    python -m tests.stack [--kafka-port N] [--elasticsearch-port N] [--dir var/stack]

Prints what to export, and writes it to DIR/env:  . var/stack/env
"""

from __future__ import annotations

import argparse
import fcntl
import logging
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.stack.artifacts import StackUnavailable, elasticsearch_home, java_home, kafka_jars
from tests.stack.servers import ElasticsearchServer, KafkaServer, running

ANALYSIS = Path(__file__).with_name("analysis.json")
LOOK_SECONDS = 0.5


class Ended(Exception):
    """One of the servers ended by itself."""


def exports(kafka: KafkaServer, elasticsearch: ElasticsearchServer) -> str:
    """Lines for a shell: all that a worker needs to join."""
    values = {
        "KABAR_KAFKA_BOOTSTRAP": kafka.bootstrap,
        "KABAR_ELASTICSEARCH_URL": elasticsearch.url,
        "KABAR_INDEX_REPLICAS": "0",
        "KABAR_ANALYSIS_TEMPLATE": str(ANALYSIS.resolve()),
    }
    return "".join(f"export {name}='{value}'\n" for name, value in values.items())


def serve(given: argparse.Namespace) -> None:
    """Start both, say where they are, wait.

    Raises:
        StackUnavailable: one of them cannot be started.
        Ended: one of them ended by itself.
    """
    environment = given.dir / "env"
    environment.unlink(missing_ok=True)  # of a run that was killed
    with running(
        given.dir, kafka_port=given.kafka_port, elasticsearch_port=given.elasticsearch_port
    ) as servers:
        try:
            environment.write_text(exports(*servers))
            print(exports(*servers), end="", flush=True)
            print(f"stack: up; logs in {given.dir}; Ctrl-C stops it and deletes its data", file=sys.stderr)
            while all(server.runs() for server in servers):
                time.sleep(LOOK_SECONDS)
        finally:
            environment.unlink(missing_ok=True)
        ended = next(server for server in servers if not server.runs())
        raise Ended(f"{ended.name} ended by itself; see {ended.log}")


@contextmanager
def alone(directory: Path) -> Iterator[None]:
    """One stack per directory.

    Raises:
        StackUnavailable: another one runs there.
    """
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StackUnavailable(f"one runs in {directory} already; give --dir for another") from error
        yield


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kafka-port", type=int, default=0, help="0 = a free one")
    parser.add_argument("--elasticsearch-port", type=int, default=0, help="0 = a free one")
    parser.add_argument("--dir", type=Path, default=Path("var/stack"), help="for logs and Kafka's data")
    parser.add_argument("--fetch", action="store_true", help="only fetch the servers into the cache")
    given = parser.parse_args()
    logging.getLogger("kafka").setLevel(
        logging.CRITICAL
    )  # it tells at length of a broker that is only starting
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # in the background a shell has it ignored
    try:
        print(f"stack: Java at {java_home()}; fetching what is not in the cache", file=sys.stderr)
        kafka_jars(), elasticsearch_home()
        if not given.fetch:
            with alone(given.dir):
                serve(given)
    except (StackUnavailable, Ended) as error:
        print(f"stack: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stack: stopped", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
