"""Outputs, changelog and offsets in one Kafka transaction, under the one id that all processes of a stage share.

A producer is good for one term of work: after any error it is thrown away, and the next one's
:meth:`Transactions.__init__` settles whatever it left open. So there is one way back, and no half-known state.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any, Final

from kafka import TopicPartition
from kafka.errors import KafkaError
from kafka.structs import ConsumerGroupMetadata, OffsetAndMetadata

from kabar.errors import BrokerError
from kabar.runtime.failpoints import reached
from kabar.runtime.kafka.clients import broker_errors, names, producer
from kabar.runtime.kafka.records import Record
from kabar.settings import Settings

TRANSACTION_MS: Final = 60_000
"""After this the broker aborts what was left open, and readers of its outputs go on. Sending a batch takes far less:
it is decided before the transaction begins."""
ANSWER_SECONDS: Final = 15.0
"""How long the broker may take for each step: less than a worker has to stop."""
CLOSE_SECONDS: Final = 2.0

Offsets = Mapping[tuple[str, int], int]
"""(topic without prefix, partition) -> the offset to go on from."""


class Transactions:
    """Writes as the only one of its stage: whoever did before is fenced off by the construction of this.

    Args:
        settings: where Kafka is.
        stage: whose transactional id.

    Raises:
        BrokerError: no broker answers, or it refuses us.
    """

    def __init__(self, settings: Settings, stage: str) -> None:
        self._names = names(settings)
        self._failpoint = f"{stage}.transaction_open"
        self._producer = producer(
            settings,
            transactional_id=self._names.transactional_id(stage),
            transaction_timeout_ms=TRANSACTION_MS,
            max_block_ms=int(ANSWER_SECONDS * 1000),
        )
        try:
            with broker_errors():
                self._producer.init_transactions()
        except BaseException:
            self.close()
            raise

    def commit(
        self, records: Iterable[Record], offsets: Offsets, credentials: ConsumerGroupMetadata | None
    ) -> None:
        """All of it or nothing.

        Args:
            records: what is written.
            offsets: what is thereby done with; may be empty.
            credentials: of the reader of those offsets.

        Raises:
            BrokerError: it is not known to be written; this object must not be used any more.
            NotPrepared: a topic is missing.
        """
        with broker_errors():
            self._producer.begin_transaction()
            for record in records:
                self._producer.send(
                    self._names.topic(record.topic), record.value, record.key, list(record.headers)
                )
            if offsets:
                done = {
                    TopicPartition(self._names.topic(topic), partition): OffsetAndMetadata(offset, "", -1)
                    for (topic, partition), offset in offsets.items()
                }
                _bounded(lambda: self._producer.send_offsets_to_transaction(done, credentials))
            reached(self._failpoint)
            _bounded(self._producer.commit_transaction)

    def close(self) -> None:
        """Let go, whatever state it is in. A transaction that is open stays so until the next term settles it."""
        with suppress(KafkaError):
            self._producer.close(timeout=CLOSE_SECONDS)


def _bounded(step: Callable[[], Any]) -> None:
    """Do a step that the client would wait for without end; a thread that waits for ever is left behind.

    Raises:
        BrokerError: no answer in time.
        KafkaError: the client's.
    """
    raised: list[BaseException] = []

    def run() -> None:
        try:
            step()
        except BaseException as error:  # noqa: BLE001 - raised again by the caller's thread
            raised.append(error)

    thread = threading.Thread(target=run, name="kabar-transaction", daemon=True)
    thread.start()
    thread.join(ANSWER_SECONDS)
    if raised:
        raise raised[0]
    if thread.is_alive():
        raise BrokerError(
            f"the broker did not finish a transaction within {ANSWER_SECONDS:g} s",
            hint="is it up? what it says when it is back decides; nothing is lost or done twice",
        )
