"""Which reader a file needs: by its name, else by its first bytes."""

from __future__ import annotations

from typing import Literal, get_args

from kabar.errors import InputError
from kabar.producers.files.documents import looks_binary

Format = Literal["jsonl", "json", "html", "text", "warc"]
FORMATS: tuple[Format, ...] = get_args(Format)

_ENDINGS: dict[str, Format] = {
    ".txt": "text",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".warc": "warc",
}
_WIDE = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")


def by_name(name: str) -> Format | None:
    """By the ending, ``.gz`` aside; None = says nothing."""
    stem = name.lower().removesuffix(".gz")
    return next((kind for ending, kind in _ENDINGS.items() if stem.endswith(ending)), None)


def by_content(head: bytes) -> Format:
    """By the first bytes of the decompressed content."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith(b"WARC/"):
        return "warc"
    if start.startswith(b"{"):
        return "jsonl"
    if start.startswith(b"[") and start[1:].lstrip()[:1] in (b"{", b"]"):
        return "json"
    return "html" if start.startswith(b"<") else "text"


def refuse_unreadable(head: bytes, kind: Format, name: str) -> None:
    """Say at once what would otherwise be an error per line.

    Raises:
        InputError: records in an encoding that is not UTF-8, or no text at all.
    """
    if kind not in ("jsonl", "json"):
        return
    if head.startswith(_WIDE):
        raise InputError(
            f"{name} is UTF-16 or UTF-32, records must be UTF-8", hint="iconv -f UTF-16 -t UTF-8 FILE > NEW"
        )
    if looks_binary(head):
        raise InputError(
            f"{name} is not {kind}: it is full of control characters", hint="is it the right file?"
        )
