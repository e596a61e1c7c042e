"""How blobs are stored: JSON or words, zlib."""

from __future__ import annotations

import zlib

import msgspec

from kabar.contracts.document import Document, decode_document
from kabar.errors import StoreError

_LEVEL = 1
"""Documents of 4.7 KB shrink to 39 % in 56 µs; level 9 reaches 37 % in 85 µs (measured on 2,000)."""


def pack(data: bytes) -> bytes:
    """Compress."""
    return zlib.compress(data, _LEVEL)


def unpack(data: bytes) -> bytes:
    """The inverse of :func:`pack`.

    Raises:
        StoreError: the bytes are damaged.
    """
    try:
        return zlib.decompress(data)
    except zlib.error as error:
        raise StoreError(
            f"a stored record cannot be unpacked: {error}", hint="restore the database"
        ) from error


def unpack_document(data: bytes) -> Document:
    """A stored document.

    Raises:
        StoreError: it is damaged, or of a version this kabar cannot read.
    """
    try:
        return decode_document(unpack(data))
    except msgspec.MsgspecError as error:
        raise StoreError(
            f"a stored document cannot be read: {error}", hint="was it written by a newer kabar?"
        ) from error


def pack_words(columns: list[str]) -> bytes:
    """Word columns in table order; no word holds a newline."""
    return pack("\n".join(columns).encode())


def unpack_words(data: bytes) -> list[str]:
    """The inverse of :func:`pack_words`."""
    return unpack(data).decode().split("\n")
