"""Where a listing goes on, as an opaque string.

A cursor holds typed values only, which reach SQL as bound parameters: a forged one can list other articles of
the same query, nothing else. It belongs to one query, sort and collapse; with another it is refused.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import zlib

import msgspec
from msgspec import Struct

from kabar.errors import QueryError

_MAX_CHARS = 12_000
_MAX_BYTES = 64_000


class Cursor(Struct, frozen=True, kw_only=True, array_like=True):
    """The end of one page.

    ``key`` and ``id`` are the sort value and id of its last entry; ``newest_doc`` bounds the listing to what was
    there at the first page; ``seen`` are the articles shown so far, for orders that may change between pages.
    """

    check: str
    key: float | int = 0
    id: str = ""
    newest_doc: int = 0
    now_ms: int | None = None
    seen: list[int] = []

    def encode(self) -> str:
        """URL-safe text."""
        return base64.urlsafe_b64encode(zlib.compress(msgspec.json.encode(self), 9)).decode().rstrip("=")


def belonging(*parts: object) -> str:
    """A short mark of the request a cursor belongs to."""
    return hashlib.blake2b(repr(parts).encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()


def decode_cursor(text: str, check: str) -> Cursor | None:
    """The inverse of :meth:`Cursor.encode`; None for '' (the first page).

    Raises:
        QueryError: not a cursor, or one of another request.
    """
    if not text:
        return None
    try:
        # What is cut off makes the rest invalid.
        data = text[:_MAX_CHARS].encode()
        packed = base64.b64decode(data + b"=" * (-len(data) % 4), altchars=b"-_", validate=True)
        cursor = msgspec.json.decode(zlib.decompressobj().decompress(packed, _MAX_BYTES), type=Cursor)
    except (ValueError, binascii.Error, zlib.error, msgspec.MsgspecError) as error:
        raise QueryError("the cursor is damaged", hint="start again from the first page") from error
    if cursor.check != check:
        raise QueryError(
            "the cursor belongs to another search",
            hint="send it with the query, sort and collapse it came from",
        )
    if not all(-(2**63) <= number < 2**63 for number in (cursor.key, cursor.newest_doc, *cursor.seen)):
        raise QueryError("the cursor is damaged", hint="start again from the first page")
    return cursor
