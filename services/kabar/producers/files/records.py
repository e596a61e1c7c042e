"""What a reader yields: records with their place, so that reading can go on after a crash."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Self

from kabar.contracts.letters import MAX_LETTER_BYTES
from kabar.contracts.outcomes import DeadReason


@dataclass(frozen=True, slots=True)
class Position:
    """Everything up to here was read. Two integers, to be stored with a job and handed back to ``read``."""

    number: int = 0
    """Number of the last record read: line number, place in an array, or place among the pages of an archive."""
    offset: int = 0
    """Where the next record begins: bytes into the decompressed content."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a file: fields under kabar's names, or an error. Either way the original bytes."""

    number: int
    """From 1. Gaps are what is not an article: blank lines, an archive's requests and images."""
    start: int
    """Byte offset in the decompressed content."""
    end: int
    """Byte offset of the next record."""
    raw: bytes
    """The original bytes, at most :data:`kabar.contracts.letters.MAX_LETTER_BYTES` of them."""
    fields: Mapping[str, object] | None
    """For :func:`kabar.contracts.observation.accept`; None = there is an error."""
    error: str = ""
    """What is wrong and where, for a human."""
    reason: DeadReason = DeadReason.BAD_MESSAGE
    size: int = 0
    """Bytes of the whole original, which may be more than ``raw``."""
    sha256: str = ""
    """Of the whole original, where ``raw`` is cut; '' otherwise."""

    @property
    def position(self) -> Position:
        """Where reading goes on after this record."""
        return Position(self.number, self.end)

    @classmethod
    def good(cls, number: int, start: int, end: int, raw: bytes, fields: Mapping[str, object]) -> Self:
        """A record that could be read."""
        return cls(
            number, start, end, raw[:MAX_LETTER_BYTES], fields, size=len(raw), sha256=_hash_if_cut(raw)
        )

    @classmethod
    def bad(cls, number: int, start: int, end: int, raw: bytes, error: str) -> Self:
        """A record that could not be read, all of whose bytes are at hand."""
        return cls(
            number, start, end, raw[:MAX_LETTER_BYTES], None, error, size=len(raw), sha256=_hash_if_cut(raw)
        )

    @classmethod
    def oversize(cls, number: int, start: int, end: int, kept: Kept, error: str) -> Self:
        """A record too long to hold: its beginning, its size and its hash."""
        return cls(
            number,
            start,
            end,
            kept.head,
            None,
            error,
            DeadReason.OVERSIZE,
            size=kept.size,
            sha256=kept.hash(),
        )


def _hash_if_cut(raw: bytes) -> str:
    return sha256(raw).hexdigest() if len(raw) > MAX_LETTER_BYTES else ""


class Kept:
    """Takes bytes of any length, keeps the first ones, and counts and hashes all."""

    def __init__(self, limit: int = MAX_LETTER_BYTES) -> None:
        self._limit = limit
        self._head = bytearray()
        self._state = sha256()
        self.size = 0

    def add(self, data: bytes) -> None:
        """Take the next bytes."""
        self._head += data[: self._limit - len(self._head)]
        self._state.update(data)
        self.size += len(data)

    @property
    def head(self) -> bytes:
        """The first bytes, at most the limit."""
        return bytes(self._head)

    def hash(self) -> str:
        """SHA-256 of everything taken where it was cut, '' where it was not."""
        return self._state.hexdigest() if self.size > self._limit else ""
