"""Stories: one, a page of them, their articles. A merged story answers as the one it went into."""

from __future__ import annotations

import sqlite3

import msgspec

from kabar.contracts.document import Document
from kabar.contracts.story import Story
from kabar.index.api import TOTAL_CAP, StoriesRequest
from kabar.index.sqlite.cursors import Cursor
from kabar.index.sqlite.packing import unpack_document
from kabar.query.fts5 import Compiled, Parameter

MAX_ARTICLES = 200
_MAX_MERGES = 100
"""Longer chains, or a circle, are damage; the story reached so far is the answer."""
_ORDER = {"newest": "last_at", "largest": "size", "fastest": "velocity"}


def story(connection: sqlite3.Connection, story_id: str) -> Story | None:
    """The story itself, or where it was merged to; a merge into an unknown story ends before it."""
    found: Story | None = None
    for _ in range(_MAX_MERGES):
        row = connection.execute("SELECT record FROM stories WHERE id = ?", (story_id,)).fetchone()
        if row is None:
            break
        found = msgspec.json.decode(row[0], type=Story)
        if not found.merged_into:
            break
        story_id = found.merged_into
    return found


def articles(connection: sqlite3.Connection, story_id: str) -> list[Document]:
    """Articles of the story and of all that were merged into it, oldest first; the latest of them.

    An article keeps the story id it was indexed with; the merge is followed here.
    """
    head = story(connection, story_id)
    rows = connection.execute(
        """
        WITH RECURSIVE family(id) AS (
          VALUES(?) UNION SELECT s.id FROM stories s JOIN family f ON s.merged_into = f.id
        )
        SELECT document FROM articles a JOIN article_bodies b ON b.doc = a.doc
        WHERE a.story_id IN family ORDER BY a.date DESC, a.id DESC LIMIT ?""",
        (head.id if head else story_id, MAX_ARTICLES),
    )
    return [unpack_document(row[0]) for row in rows][::-1]


def page(
    connection: sqlite3.Connection, request: StoriesRequest, query: Compiled | None, after: Cursor | None
) -> tuple[list[Story], int]:
    """The stories of a page and one more if there is one; and how many there are, at most one more than the cap.

    ``query`` None = whatever their articles. Else stories with an article the query finds; the article of a
    merged story counts for the one it was merged into.
    """
    found, condition = "", "state != 'merged'"
    parameters: tuple[Parameter, ...] = ()
    if query is not None:
        found = (
            "WITH RECURSIVE found(id) AS (SELECT DISTINCT a.story_id FROM articles a "  # noqa: S608 - own text
            f"WHERE a.story_id IS NOT NULL AND ({query.where}) "
            "UNION SELECT s.merged_into FROM stories s JOIN found f ON s.id = f.id WHERE s.merged_into IS NOT NULL) "
        )
        condition += " AND id IN found"
        parameters = query.parameters
    if request.open_only:
        condition += " AND state = 'open'"
    counted = f"{found}SELECT count(*) FROM (SELECT 1 FROM stories WHERE {condition} LIMIT ?)"  # noqa: S608
    total: int = connection.execute(counted, (*parameters, TOTAL_CAP + 1)).fetchone()[0]
    key = _ORDER[request.sort]
    going_on, bound = ("1", ()) if after is None else (f"({key}, id) < (?, ?)", (after.key, after.id))
    listed = f"{found}SELECT record FROM stories WHERE {condition} AND {going_on} ORDER BY {key} DESC, id DESC LIMIT ?"  # noqa: S608
    rows = connection.execute(listed, (*parameters, *bound, request.size + 1))
    return [msgspec.json.decode(row[0], type=Story) for row in rows], total


def sort_key(request: StoriesRequest, item: Story) -> float:
    """What the page is ordered by."""
    keys: dict[str, float] = {"newest": item.last_at, "largest": item.size, "fastest": item.velocity}
    return keys[request.sort]
