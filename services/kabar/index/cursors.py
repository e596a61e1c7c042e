"""Where a listing goes on, as an opaque string.

A cursor holds typed values only: a forged one can list other articles of the same query, nothing else. It belongs
to one request (query, sort, collapse); with another it is refused.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import zlib
from typing import TypeVar

import msgspec
from msgspec import Struct

from kabar.errors import QueryError

_MAX_CHARS = 24_000
"""It travels in an address; servers take some 64 kB of those."""
_MAX_BYTES = 64_000

C = TypeVar("C", bound=Struct)


def belonging(*parts: object) -> str:
    """A short mark of the request a cursor belongs to."""
    return hashlib.blake2b(repr(parts).encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()


def encode_cursor(cursor: Struct) -> str:
    """URL-safe text."""
    return base64.urlsafe_b64encode(zlib.compress(msgspec.json.encode(cursor), 9)).decode().rstrip("=")


def decode_cursor(text: str, kind: type[C]) -> C:
    """The inverse of :func:`encode_cursor`.

    Raises:
        QueryError: not a cursor of this kind.
    """
    try:
        # What is cut off makes the rest invalid.
        data = text[:_MAX_CHARS].encode()
        packed = base64.b64decode(data + b"=" * (-len(data) % 4), altchars=b"-_", validate=True)
        return msgspec.json.decode(zlib.decompressobj().decompress(packed, _MAX_BYTES), type=kind)
    except (ValueError, binascii.Error, zlib.error, msgspec.MsgspecError) as error:
        raise damaged() from error


def check_belonging(mark: str, expected: str) -> None:
    """Refuse the cursor of another request.

    Raises:
        QueryError: it is of another one.
    """
    if mark != expected:
        raise QueryError(
            "the cursor belongs to another search",
            hint="send it with the query, sort and collapse it came from",
        )


def damaged() -> QueryError:
    """The error of a cursor that nobody here made."""
    return QueryError("the cursor is damaged", hint="start again from the first page")
