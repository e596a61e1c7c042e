"""Where a listing goes on in Elasticsearch."""

from __future__ import annotations

from msgspec import Struct

from kabar.index import cursors

SortValue = int | float | str


class Cursor(Struct, frozen=True, kw_only=True, array_like=True):
    """The end of one page.

    ``after`` are the sort values of its last entry, ``pit`` the point in time the listing reads; '' = it reads
    what is there now.
    """

    check: str
    after: list[SortValue]
    pit: str = ""
    now_ms: int | None = None


def decode_cursor(text: str, check: str) -> Cursor | None:
    """The inverse of :func:`kabar.index.cursors.encode_cursor`; None for '' (the first page).

    Raises:
        QueryError: not a cursor, or one of another request.
    """
    if not text:
        return None
    cursor = cursors.decode_cursor(text, Cursor)
    cursors.check_belonging(cursor.check, check)
    return cursor
