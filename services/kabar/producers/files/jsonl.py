"""JSON Lines and JSON files."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

import msgspec

from kabar.contracts.letters import MAX_LETTER_BYTES
from kabar.errors import InputError
from kabar.producers.files.fields import FieldMapper
from kabar.producers.files.lines import Line, read_lines
from kabar.producers.files.records import Position, Record
from kabar.producers.files.streams import ByteStream

MAX_JSON_BYTES = 256_000_000
"""A JSON array is read at once; a larger one is asked for as lines, which are not."""

_BOM = b"\xef\xbb\xbf"
_WRAPPERS = ("articles", "items", "data", "results", "docs", "news", "entries", "records")
_NOT_AN_OBJECT = {list: "a list", str: "a string", bool: "true or false", int: "a number", float: "a number"}


def read_jsonl(stream: ByteStream, mapper: FieldMapper, after: Position) -> Iterator[Record]:
    """One record per line that is not blank. Whatever stands in a line, the next one is read."""
    for line in read_lines(stream, number=after.number):
        if line.data is None or line.damage:
            yield _broken_line(line)
        elif line.data.strip() and line.data != _BOM:
            yield _record(line.number, line.start, line.end, line.data, mapper, f"line {line.number}")


def _broken_line(line: Line) -> Record:
    if line.data is None and line.kept is not None:
        error = (
            f"line {line.number} has {line.kept.size} bytes, at most {MAX_LETTER_BYTES} are allowed: "
            "is the file really one object per line?"
        )
        return Record.oversize(line.number, line.start, line.end, line.kept, error)
    return Record.bad(
        line.number,
        line.start,
        line.end,
        line.data or b"",
        f"line {line.number} (byte {line.start}): {line.damage}",
    )


def _record(number: int, start: int, end: int, raw: bytes, mapper: FieldMapper, where: str) -> Record:
    try:
        found = decode_object(raw)
    except ValueError as error:
        return Record.bad(number, start, end, raw, f"{where} (byte {start}): {error}")
    return Record.good(number, start, end, raw, mapper(found))


def decode_object(raw: bytes) -> Mapping[str, object]:
    """Decode one JSON object.

    What strict JSON forbids but other programs write (NaN, a lone surrogate) is let through.

    Raises:
        ValueError: not UTF-8, not JSON, nested too deeply, or not an object; the text says which and where.
    """
    data = raw.removeprefix(_BOM)
    try:
        found = msgspec.json.decode(data)
    except RecursionError as error:
        raise ValueError("is nested too deeply") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        found = _decode_leniently(data, error)
    if not isinstance(found, dict):
        raise ValueError(f"is {_NOT_AN_OBJECT.get(type(found), 'null')}, not an object with fields")  # noqa: TRY004 - one kind of error for the caller
    return found


def _decode_leniently(data: bytes, strict: Exception) -> object:
    try:
        return json.loads(data.decode())
    except UnicodeDecodeError as error:
        raise ValueError(f"is not UTF-8: byte {error.start} is 0x{data[error.start]:02x}") from error
    except RecursionError as error:
        raise ValueError("is nested too deeply") from error
    except ValueError as error:
        raise ValueError(f"is not JSON: {strict}") from error


def read_json(stream: ByteStream, mapper: FieldMapper, after: Position, *, name: str) -> Iterator[Record]:
    """The objects of a JSON array, of an object around one (``{"articles": [...]}``), or one object.

    A file that turns out to be JSON Lines is read as that.

    Raises:
        InputError: larger than :data:`MAX_JSON_BYTES`.
    """
    raw, damage = _read_all(stream, name)
    try:
        items = _items(raw)
    except ValueError as error:
        yield from _not_one_value(raw, mapper, after, str(error), damage)
        return
    for number, item in enumerate(items, 1):
        if number > after.number:
            yield _record(number, 0, 0, bytes(item), mapper, f"item {number}")
    if damage:
        yield _damaged(len(items) + 1, len(raw), damage)


def _not_one_value(
    raw: bytes, mapper: FieldMapper, after: Position, error: str, damage: str
) -> Iterator[Record]:
    """JSON Lines under another name, or nothing that can be read."""
    lines = raw.split(b"\n")
    first = next((line for line in lines if line.strip()), b"")
    try:
        decode_object(first)
    except ValueError:
        if after.number == 0:
            yield Record.bad(1, 0, len(raw), raw, f"the file {error}{f' ({damage})' if damage else ''}")
        return
    start = 0
    for number, line in enumerate(lines, 1):
        end = start + len(line) + 1
        if line.strip() and number > after.number:
            yield _record(number, start, end, line, mapper, f"line {number}")
        start = end
    if damage:
        yield _damaged(len(lines) + 1, len(raw), damage)


def _damaged(number: int, at: int, damage: str) -> Record:
    return Record.bad(number, at, at, b"", damage)


def _read_all(stream: ByteStream, name: str) -> tuple[bytes, str]:
    parts: list[bytes] = []
    size = 0
    while chunk := stream.read():
        parts.append(chunk)
        size += len(chunk)
        if size > MAX_JSON_BYTES:
            raise InputError(
                f"{name} is JSON of more than {MAX_JSON_BYTES // 1_000_000} MB, which is read at once",
                hint="write one object per line instead: jq -c '.[]' FILE > FILE.jsonl",
            )
    return b"".join(parts).removeprefix(_BOM), stream.damage


def _items(raw: bytes) -> list[msgspec.Raw]:
    """The encoded items, undecoded.

    Raises:
        ValueError: not one JSON value, or neither a list nor an object.
    """
    try:
        start = raw.lstrip()[:1]
        if start == b"[":
            return msgspec.json.decode(raw, type=list[msgspec.Raw])
        fields = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
        return _wrapped(fields) or [msgspec.Raw(raw)]
    except UnicodeDecodeError as error:
        raise ValueError("is not UTF-8") from error
    except RecursionError as error:
        raise ValueError("is nested too deeply") from error
    except msgspec.DecodeError as error:
        raise ValueError(f"is not JSON: {error}") from error


def _wrapped(fields: dict[str, msgspec.Raw]) -> list[msgspec.Raw]:
    """The list inside an object that is no article itself; empty where there is none."""
    if not {"text", "html"}.isdisjoint(FieldMapper()(fields)):
        return []
    for name in _WRAPPERS:
        value = bytes(fields.get(name, b""))
        if value.startswith(b"["):
            items = msgspec.json.decode(value, type=list[msgspec.Raw])
            if items and all(bytes(item).startswith(b"{") for item in items):
                return items
    return []
