"""Where a listing goes on in the tables. What it holds reaches SQL as bound parameters."""

from __future__ import annotations

from msgspec import Struct

from kabar.index import cursors


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
        return cursors.encode_cursor(self)


def decode_cursor(text: str, check: str) -> Cursor | None:
    """The inverse of :meth:`Cursor.encode`; None for '' (the first page).

    Raises:
        QueryError: not a cursor, or one of another request.
    """
    if not text:
        return None
    cursor = cursors.decode_cursor(text, Cursor)
    cursors.check_belonging(cursor.check, check)
    if not all(-(2**63) <= number < 2**63 for number in (cursor.key, cursor.newest_doc, *cursor.seen)):
        raise cursors.damaged()
    return cursor
