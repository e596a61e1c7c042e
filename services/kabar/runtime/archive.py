"""Segments: accepted messages in files, one JSON object a line as it came, gzip.

A segment's name tells all that finding needs::

    news.raw-3-00000000000000012000-00000000000000012999-1790000000000-1790000299000.jsonl.gz
    topic    partition  first offset  last offset         first and last observed_at in it, milliseconds

It is written under another name, synced and renamed: a file with this name is whole. After a crash the same
messages may come again and be in two segments; reading gives each observation once.
"""

from __future__ import annotations

import errno
import gzip
import os
import re
import secrets
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, NoReturn

import msgspec

from kabar.contracts.message import Header, Message, decode_message
from kabar.errors import BadMessage, DiskFull, InputError, StoreError

LEVEL: Final = 6
"""News in JSON shrinks to a quarter; 9 saves 1 % more and takes twice as long."""
SUFFIX: Final = ".jsonl.gz"
UNFINISHED: Final = ".part"
_NAME: Final = re.compile(
    r"(?P<topic>.+)-(?P<partition>\d+)-(?P<first>\d{20})-(?P<last>\d{20})-(?P<since>\d+)-(?P<until>\d+)"
    + re.escape(SUFFIX)
)

Complain = Callable[[InputError], None]


class Segment(msgspec.Struct, frozen=True, order=True):
    """One finished segment, sorted as its messages lay in the log. Bounds are inclusive."""

    topic: str
    partition: int
    first: int
    last: int
    since_ms: int
    until_ms: int
    path: Path


class Writing:
    """A segment that is being written: messages of one partition, in order of their offsets."""

    def __init__(self, directory: Path, topic: str, partition: int, first: int) -> None:
        self._directory = directory
        self._topic, self._partition, self._first, self._last = topic, partition, first, first
        self._since_ms, self._until_ms = (1 << 63) - 1, 0
        self.bytes = 0
        """Uncompressed."""
        self.count = 0
        name = f"{topic}-{partition}-{first:020d}-{secrets.token_hex(4)}{UNFINISHED}"
        self._path = directory / name
        with disk_errors(directory):
            directory.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("wb")
            # No name and no time inside: the same messages are the same bytes.
            self._packed = gzip.GzipFile("", "wb", LEVEL, self._file, mtime=0)

    def add(self, offset: int, header: Header, data: bytes) -> None:
        """Append a message.

        Raises:
            EnvironmentError_: the directory cannot take it.
        """
        with disk_errors(self._directory):
            self._packed.write(_one_line(data) + b"\n")
        self._last = offset
        self._since_ms = min(self._since_ms, header.observed_at)
        self._until_ms = max(self._until_ms, header.observed_at)
        self.bytes += len(data)
        self.count += 1

    def seal(self) -> Path:
        """Make it a segment that counts: when this returns, it is on the disk under its name.

        Raises:
            EnvironmentError_: the directory cannot take it; nothing of it counts.
        """
        name = (
            f"{self._topic}-{self._partition}-{self._first:020d}-{self._last:020d}"
            f"-{self._since_ms}-{self._until_ms}{SUFFIX}"
        )
        path = self._directory / name
        with disk_errors(self._directory):
            self._packed.close()
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            self._path.rename(path)
            _sync(self._directory)
        return path

    def discard(self) -> None:
        """Throw it away. Never fails: what cannot be removed does not count and is removed later."""
        for file in (self._packed, self._file):
            with suppress(OSError, ValueError):  # what was buffered could not be written: nobody wants it
                file.close()
        with suppress(OSError):
            self._path.unlink(missing_ok=True)


def find(directory: Path) -> list[Segment]:
    """All segments of a directory, as their messages lay in the log.

    Raises:
        InputError: there is no such directory, or it cannot be read.
    """
    try:
        names = [path for path in directory.iterdir() if path.name.endswith(SUFFIX)]
    except OSError as error:
        raise InputError(
            f"cannot read the archive {directory}: {error.strerror}",
            hint="`kabar work archive` writes it to archive_dir; is that disk mounted here?",
        ) from error
    return sorted(segment for path in names if (segment := _segment(path)) is not None)


def segments(
    directory: Path,
    since_ms: int = 0,
    until_ms: int = (1 << 63) - 1,
    *,
    damaged: Complain | None = None,
) -> Iterator[Message]:
    """Messages observed between two times (milliseconds, inclusive), each observation once, in order of the log.

    Args:
        directory: where the segments are.
        since_ms: observed at or after.
        until_ms: observed at or before.
        damaged: told of what cannot be read, which is then passed over: a line, or the rest of a segment. Without
            it the first damage is raised.

    Raises:
        InputError: there is no such directory, or, without ``damaged``, something in it cannot be read; the text
            names segment and line.
    """
    seen: set[bytes] = set()
    for segment in find(directory):
        if segment.until_ms < since_ms or segment.since_ms > until_ms:
            continue
        for message in _messages(segment.path, damaged or _raise):
            observation = bytes.fromhex(message.header.observation_id)
            if since_ms <= message.header.observed_at <= until_ms and observation not in seen:
                seen.add(observation)
                yield message


def expire(directory: Path, *, before: float, unfinished_before: float) -> int:
    """Delete segments written before a time, and what crashes left; returns how many files went.

    The time is that of writing, not of ``observed_at``: a replay of last year was accepted today.

    Args:
        directory: where the segments are; it need not be there.
        before: for segments, seconds since the epoch.
        unfinished_before: the same for those that were never finished.

    Raises:
        EnvironmentError_: the directory cannot be changed.
    """
    gone = 0
    with disk_errors(directory):
        for path in list(directory.iterdir()) if directory.is_dir() else []:
            if path.name.endswith(UNFINISHED):
                limit = unfinished_before
            elif _NAME.fullmatch(path.name):
                limit = before
            else:
                continue  # not ours
            if path.stat().st_mtime < limit:
                path.unlink(missing_ok=True)
                gone += 1
    return gone


def _messages(path: Path, complain: Complain) -> Iterator[Message]:
    """Of one segment: as far as it can be unpacked, without the lines that are no messages."""
    number = 0
    try:
        with gzip.open(path, "rb") as lines:
            for number, line in enumerate(lines, 1):
                try:
                    message = decode_message(line)
                except BadMessage as error:
                    complain(_damage(path, number, error))
                    continue
                yield message
    except (OSError, EOFError, zlib.error) as error:
        complain(_damage(path, number + 1, error))


def _damage(path: Path, line: int, error: Exception) -> InputError:
    return InputError(
        f"segment {path}, line {line} cannot be read: {error}",
        hint="restore the file from a backup, or move it away; the other segments are not affected",
    )


def _raise(error: InputError) -> NoReturn:
    raise error


def _segment(path: Path) -> Segment | None:
    found = _NAME.fullmatch(path.name)
    if found is None:
        return None
    numbers = {
        "first": int(found["first"]), "last": int(found["last"]),
        "since_ms": int(found["since"]), "until_ms": int(found["until"]),
    }  # fmt: skip
    return Segment(topic=found["topic"], partition=int(found["partition"]), path=path, **numbers)


def _one_line(data: bytes) -> bytes:
    """JSON may be laid out over lines; a line of a segment is one message."""
    return msgspec.json.format(data, indent=-1) if b"\n" in data or b"\r" in data else data


def _sync(directory: Path) -> None:
    """A rename is on the disk when its directory is."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def disk_errors(directory: Path) -> Iterator[None]:
    """Turn the system's errors into ours.

    Raises:
        DiskFull: no space left.
        StoreError: anything else.
    """
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull(
                f"no space left for the archive {directory}",
                hint="free some, or keep less: archive_days; what is not archived waits in news.raw",
            ) from error
        raise StoreError(
            f"cannot write the archive {directory}: {error.strerror or error}",
            hint="archive_dir must be a directory we may write to; what is not archived waits in news.raw",
        ) from error
