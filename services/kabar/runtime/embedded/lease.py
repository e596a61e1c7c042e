"""One writer per data directory: a lock the kernel releases when its holder dies, however it dies."""

from __future__ import annotations

import fcntl
import json
import os
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from kabar.errors import StoreBusy, StoreError


class Lease:
    """An exclusive ``flock`` on ``DIR/writer.lock``; the file says who holds it, for humans.

    ``flock`` and not a row with a time stamp: a killed process holds it no longer than it lives, and a paused one
    cannot lose it. Network file systems that do not honour ``flock`` are not supported.
    """

    def __init__(self, directory: Path) -> None:
        self._path = directory / "writer.lock"
        self._file: int | None = None

    def acquire(self) -> None:
        """Take the lease.

        Raises:
            StoreBusy: another process holds it; the message names it.
            StoreError: the directory cannot be written.
        """
        try:
            handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise StoreError(
                f"cannot write to {self._path.parent}: {error.strerror}",
                hint="give --data-dir a directory you may write to",
            ) from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = _read_holder(handle)
            os.close(handle)
            if not isinstance(error, BlockingIOError):
                raise StoreError(
                    f"cannot lock {self._path}: {error.strerror}",
                    hint="use a file system with flock, a local one",
                ) from error
            raise StoreBusy(
                f"{self._path.parent} is being written by process {holder}",
                hint="stop it, or use a command that appends to its inbox (`kabar ingest` does so by itself)",
            ) from error
        with suppress(OSError):  # who holds it is for humans; a full disk must not keep us from the lock
            os.ftruncate(handle, 0)
            os.pwrite(handle, json.dumps({"pid": os.getpid()}).encode(), 0)
        self._file = handle

    @property
    def held(self) -> bool:
        """Whether this process is the writer."""
        return self._file is not None

    def release(self) -> None:
        """Give it up. Idempotent."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def _read_holder(handle: int) -> str:
    try:
        return str(json.loads(os.pread(handle, 200, 0))["pid"])
    except (ValueError, KeyError, OSError):
        return "unknown"
