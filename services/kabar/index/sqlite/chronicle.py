"""What came in for an article: its versions and the messages they were made from."""

from __future__ import annotations

import sqlite3

import msgspec

from kabar.contracts.message import decode_message
from kabar.contracts.sections import Change
from kabar.index.api import Received, VersionRow
from kabar.index.originals import received_with
from kabar.index.sqlite.packing import unpack

MAX_VERSIONS = 200
"""A page that changes every minute must not become a page of a thousand texts."""
_COLUMNS = "article_id, observation_id, version, observed_at, status, change, message"
_LATEST_FIRST = "ORDER BY version_key DESC, observation_id DESC"


def versions(connection: sqlite3.Connection, article_id: str) -> list[VersionRow]:
    """Oldest first; the latest :data:`MAX_VERSIONS`."""
    sql = f"SELECT {_COLUMNS} FROM versions WHERE article_id = ? {_LATEST_FIRST} LIMIT ?"  # noqa: S608 - own text
    return [_version(row) for row in connection.execute(sql, (article_id, MAX_VERSIONS))][::-1]


def version(connection: sqlite3.Connection, article_id: str, observation_id: str) -> VersionRow | None:
    """One version of an article."""
    sql = f"SELECT {_COLUMNS} FROM versions WHERE article_id = ? AND observation_id = ?"  # noqa: S608 - own text
    row = connection.execute(sql, (article_id, observation_id)).fetchone()
    return _version(row) if row else None


def received(connection: sqlite3.Connection, article_id: str) -> Received | None:
    """What came in, latest version."""
    sql = f"SELECT message FROM versions WHERE article_id = ? {_LATEST_FIRST} LIMIT 1"  # noqa: S608 - own text
    row = connection.execute(sql, (article_id,)).fetchone()
    return received_with(unpack(row[0])) if row else None


def _version(row: tuple[str, str, int, int, str, bytes, bytes]) -> VersionRow:
    article_id, observation_id, number, observed_at, status, change, packed = row
    title = text = ""
    if status != "killed":
        clean = decode_message(unpack(packed)).clean
        title, text = clean.title, clean.text
    return VersionRow(
        article_id=article_id,
        observation_id=observation_id,
        version=number,
        observed_at=observed_at,
        status=status,
        title=title,
        text=text,
        change=msgspec.json.decode(change, type=Change),
    )
