"""Files that are one article: plain text and HTML pages."""

from __future__ import annotations

from collections.abc import Iterator

from kabar.contracts.letters import MAX_LETTER_BYTES
from kabar.contracts.types import MAX_BODY_BYTES
from kabar.producers.files.records import Kept, Position, Record
from kabar.producers.files.streams import ByteStream

MAX_TEXT_BYTES = MAX_LETTER_BYTES
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_LOOKED_AT = 65_536
_CONTROLS = bytes(c for c in range(32) if c not in b"\t\n\r\x0c\x1b")


def read_html(stream: ByteStream, after: Position) -> Iterator[Record]:
    """The page as bytes: its character set is found out with its content."""
    if after.number == 0:
        yield _read(stream, MAX_BODY_BYTES, text=False)


def read_text(stream: ByteStream, after: Position) -> Iterator[Record]:
    """The whole file as the text of one article: no line of it is taken for a title."""
    if after.number == 0:
        yield _read(stream, MAX_TEXT_BYTES, text=True)


def _read(stream: ByteStream, limit: int, *, text: bool) -> Record:
    kept = Kept()
    while chunk := stream.read():
        kept.add(chunk)
    raw, end = kept.head, stream.tell()
    if stream.damage:
        return Record.bad(1, 0, end, raw, stream.damage)
    if kept.size > limit:
        return Record.oversize(
            1, 0, end, kept, f"the file has {kept.size} bytes, at most {limit} are allowed"
        )
    if looks_binary(raw):
        return Record.bad(
            1, 0, end, raw, "the file is neither text nor HTML: it is full of control characters"
        )
    fields: dict[str, object] = {"text": decode_text(raw)} if text else {"data": raw}
    return Record.good(1, 0, end, raw, fields)


def looks_binary(data: bytes) -> bool:
    """Whether more than one byte in ten of the beginning is a control character no text has (NUL ...)."""
    head = data[:_LOOKED_AT]
    if head.startswith(tuple(bom for bom, _ in _BOMS)):
        return False
    return 10 * (len(head) - len(head.translate(None, _CONTROLS))) > len(head)


def decode_text(raw: bytes) -> str:
    """Text of a file: by its byte order mark, else UTF-8, else Windows-1252 as browsers read it.

    Never fails: bytes that mean nothing become control characters or U+FFFD, for *clean* to see.
    """
    for bom, encoding in _BOMS:
        if raw.startswith(bom):
            return raw.decode(encoding, "replace")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1").translate(_WINDOWS_1252)


# The table of the WHATWG: the five bytes the code page leaves open stay C1 controls.
_WINDOWS_1252 = {byte: bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in range(0x80, 0xA0)}
