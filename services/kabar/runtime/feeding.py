"""Records -> chunks: read ahead in a thread, handed over in bounded portions.

The thread lets a slow pipe flow (what has come is handed over after a moment, not when a chunk is full) and
overlaps reading with processing. It never holds more than :data:`AHEAD_BYTES` of records, or one that is larger.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Iterator

from kabar.producers.files import Record

CHUNK_RECORDS = 200
CHUNK_BYTES = 8_000_000
AHEAD_RECORDS = 400
AHEAD_BYTES = 32_000_000
LINGER_SECONDS = 0.2


def chunks(records: Iterable[Record]) -> Iterator[list[Record]]:
    """Portions of at most ``CHUNK_RECORDS`` or about ``CHUNK_BYTES``, none held back for longer than a moment.

    An empty portion says that nothing has come for a moment: time to process what was handed over before.

    Raises:
        Exception: whatever reading raised, after everything read before it was yielded.
    """
    ahead = _Ahead()
    reader = threading.Thread(target=ahead.fill, args=(records,), name="kabar-reader", daemon=True)
    reader.start()
    try:
        while not ahead.drained():
            yield ahead.take()
        if ahead.error is not None:
            raise ahead.error
    finally:
        ahead.abandon()


class _Ahead:
    """A queue bounded in records and bytes, between one reader and one taker."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._records: deque[Record] = deque()
        self._bytes = 0
        self._ended = False
        self._abandoned = False
        self.error: Exception | None = None

    def fill(self, records: Iterable[Record]) -> None:
        """The reader's thread."""
        try:
            for record in records:
                if not self._put(record):
                    return
        except Exception as error:  # noqa: BLE001 - raised again in the thread that takes
            self.error = error
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _put(self, record: Record) -> bool:
        """Wait for room; False if nobody will ever take it."""
        with self._changed:
            self._changed.wait_for(lambda: self._abandoned or not self._full())
            self._records.append(record)
            self._bytes += len(record.raw)
            self._changed.notify_all()
            return not self._abandoned

    def _full(self) -> bool:
        return len(self._records) >= AHEAD_RECORDS or self._bytes >= AHEAD_BYTES

    def take(self) -> list[Record]:
        """The next portion; empty if a moment passed without a record."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._ended or self._full() or len(self._records) >= CHUNK_RECORDS, LINGER_SECONDS
            )
            portion: list[Record] = []
            size = 0
            while self._records and len(portion) < CHUNK_RECORDS and size < CHUNK_BYTES:
                portion.append(self._records.popleft())
                size += len(portion[-1].raw)
            self._bytes -= size
            self._changed.notify_all()
            return portion

    def drained(self) -> bool:
        """Whether everything was read and taken."""
        with self._changed:
            return self._ended and not self._records

    def abandon(self) -> None:
        """Nobody takes any more: let the reader end."""
        with self._changed:
            self._abandoned = True
            self._changed.notify_all()
