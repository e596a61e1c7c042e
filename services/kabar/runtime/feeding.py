"""Records -> chunks: read ahead in a thread, handed over in bounded portions.

The thread lets a slow pipe flow (what has come is handed over after a moment, not when a chunk is full) and
overlaps reading with processing.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterable, Iterator

from kabar.producers.files import Record

CHUNK_RECORDS = 200
CHUNK_BYTES = 8_000_000
LINGER_SECONDS = 0.2
AHEAD_RECORDS = 400
POLL_SECONDS = 0.1


class _End:
    """The reader is done; ``error`` is what it raised."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


def chunks(records: Iterable[Record]) -> Iterator[list[Record]]:
    """Portions of at most ``CHUNK_RECORDS`` or about ``CHUNK_BYTES``, none held back for longer than a moment.

    Raises:
        Exception: whatever reading raised, after everything read before it was yielded.
    """
    ahead: queue.Queue[Record | _End] = queue.Queue(AHEAD_RECORDS)
    stop = threading.Event()
    reader = threading.Thread(target=_read, args=(records, ahead, stop), name="kabar-reader", daemon=True)
    reader.start()
    try:
        while True:
            chunk, end = _portion(ahead)
            if chunk:
                yield chunk
            if end is not None:
                if end.error is not None:
                    raise end.error
                return
    finally:
        stop.set()


def _read(records: Iterable[Record], ahead: queue.Queue[Record | _End], stop: threading.Event) -> None:
    end = _End()
    try:
        for record in records:
            if not _put(ahead, record, stop):
                return
    except Exception as error:  # noqa: BLE001 - raised again in the thread that consumes
        end = _End(error)
    _put(ahead, end, stop)


def _put(ahead: queue.Queue[Record | _End], item: Record | _End, stop: threading.Event) -> bool:
    """Wait for room; False if nobody will ever take it."""
    while not stop.is_set():
        try:
            ahead.put(item, timeout=POLL_SECONDS)
        except queue.Full:
            continue
        return True
    return False


def _portion(ahead: queue.Queue[Record | _End]) -> tuple[list[Record], _End | None]:
    chunk: list[Record] = []
    size = 0
    until = float("inf")
    while len(chunk) < CHUNK_RECORDS and size < CHUNK_BYTES:
        try:
            item = ahead.get(timeout=None if until == float("inf") else max(0.0, until - time.monotonic()))
        except queue.Empty:
            break
        if isinstance(item, _End):
            return chunk, item
        chunk.append(item)
        size += len(item.raw)
        until = min(until, time.monotonic() + LINGER_SECONDS)
    return chunk, None
