"""The stage's memory as records: keys, the clock, and a window that forgets.

A record is what :class:`kabar.contracts.outcomes.StateChanged` carries. Its key starts with a letter for its kind;
its value starts with a format byte. Where order matters the value carries a sequence number, so that restoring
depends on nothing but the newest record of each key.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from itertools import islice

from msgspec import Struct

from kabar.contracts.outcomes import StateChanged
from kabar.errors import StoreError

FORMAT = 2
"""Leading byte of every value."""

CLOCK, LEDGER, DECISION, REVISION, WORDS, SIGNATURE, STORY, MERGED = (
    b"g", b"a", b"o", b"t", b"w", b"s", b"c", b"m",
)  # fmt: skip

REBUILD_HINT = "run the version that wrote it, or rebuild the state with 'kabar state rebuild'"

_CLOCK = struct.Struct("<BQQQ")
_STAMP = struct.Struct("<BQQ")
STAMP_BYTES = _STAMP.size
_SEQ, _AT = slice(1, 9), slice(9, 17)


class Stamp(Struct, frozen=True):
    """When a record was made: ``seq`` orders all records, ``at`` is the clock, in milliseconds."""

    seq: int
    at: int

    def pack(self) -> bytes:
        """The format byte and the stamp: the beginning of every ordered record."""
        return _STAMP.pack(FORMAT, self.seq, self.at)


def stamp_of(value: bytes) -> Stamp:
    """The stamp a record begins with.

    Raises:
        StoreError: the record was written by another version of kabar.
    """
    check_format(value)
    _, seq, at = _STAMP.unpack_from(value)
    return Stamp(seq, at)


def seq_of(value: bytes) -> int:
    """The sequence number of an ordered record.

    Raises:
        StoreError: the record was written by another version of kabar.
    """
    check_format(value)
    return int.from_bytes(value[_SEQ], "little")


def check_format(value: bytes) -> None:
    """Refuse what this version cannot read.

    Raises:
        StoreError: the record was written by another version of kabar.
    """
    if not value or value[0] != FORMAT:
        found = value[0] if value else "nothing"
        raise StoreError(
            f"dedupe state has format {found}, this kabar reads {FORMAT}",
            hint=REBUILD_HINT,
        )


class Clock:
    """The stage's time, which never goes back, and the counter that orders its records."""

    def __init__(self) -> None:
        self.now = 0
        self.ticked = 0
        """The latest tick."""
        self.seq = 0

    def advance(self, to: int) -> None:
        """Time as a message or a tick tells it; an older one changes nothing."""
        self.now = max(self.now, to)

    def tick(self, now: int) -> None:
        """A tick was received."""
        self.ticked = max(self.ticked, now)
        self.advance(now)

    def stamp(self) -> Stamp:
        """A new stamp, later than all before."""
        self.seq += 1
        return Stamp(self.seq, self.now)

    def record(self) -> StateChanged:
        """What a restart needs to go on counting. One key: a log or a batch keeps only the last."""
        return StateChanged(CLOCK, _CLOCK.pack(FORMAT, self.now, self.ticked, self.seq))

    def load(self, value: bytes) -> None:
        """The inverse of :meth:`record`."""
        check_format(value)
        _, self.now, self.ticked, self.seq = _CLOCK.unpack(value)


class Window:
    """Records of one kind by id, in the order they were written, limited in age and number.

    Age is checked on reading; forgetting follows later, in bulk. So a decision never depends on when that is.
    """

    def __init__(self, kind: bytes, *, length_ms: int, cap: int) -> None:
        self._kind = kind
        self._length_ms = length_ms
        self._cap = cap
        self._values: dict[bytes, bytes] = {}

    def __len__(self) -> int:
        return len(self._values)

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._values)

    def get(self, key: bytes, now: int) -> bytes | None:
        """What was put under the key, without its stamp; None if unknown or too old at ``now``."""
        value = self._values.get(key)
        if value is None or self._overdue(value, now):
            return None
        return value[STAMP_BYTES:]

    def put(self, key: bytes, stamp: Stamp, payload: bytes) -> StateChanged:
        """Remember, as the newest."""
        value = stamp.pack() + payload
        self._values.pop(key, None)
        self._values[key] = value
        return StateChanged(self._kind + key, value)

    def replace(self, key: bytes, payload: bytes) -> StateChanged:
        """Change what is kept under a known key, without making it any younger."""
        value = self._values[key] = self._values[key][:STAMP_BYTES] + payload
        return StateChanged(self._kind + key, value)

    def load(self, key: bytes, value: bytes) -> None:
        """Take a record of an earlier run; records come in the order of their sequence numbers."""
        self._values[key] = value

    def overdue(self, now: int, limit: int) -> list[bytes]:
        """Up to ``limit`` keys that are too old, oldest first."""
        return [key for key in self.oldest(limit) if self._overdue(self._values[key], now)]

    def surplus(self) -> list[bytes]:
        """The oldest keys, once there are too many: a sixteenth at a time, so that each costs little."""
        if len(self._values) <= self._cap:
            return []
        return self.oldest(self._cap // 16 + 1)

    def forget(self, key: bytes) -> StateChanged:
        """Drop the record."""
        del self._values[key]
        return StateChanged(self._kind + key, None)

    def payload(self, key: bytes) -> bytes | None:
        """What is kept under the key, overdue or not, without its stamp."""
        value = self._values.get(key)
        return None if value is None else value[STAMP_BYTES:]

    def oldest(self, limit: int) -> list[bytes]:
        """The keys written longest ago."""
        return list(islice(self._values, limit))

    def _overdue(self, value: bytes, now: int) -> bool:
        return int.from_bytes(value[_AT], "little") + self._length_ms <= now
