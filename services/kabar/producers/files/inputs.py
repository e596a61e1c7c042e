"""One input: a file or a stream, its kind, how far it was read, and its records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, Self

from kabar.contracts.ids import content_digest
from kabar.errors import InputError
from kabar.producers.files.documents import read_html, read_text
from kabar.producers.files.fields import FieldMapper
from kabar.producers.files.formats import Format, by_content, by_name, refuse_unreadable
from kabar.producers.files.jsonl import read_json, read_jsonl
from kabar.producers.files.records import Position, Record
from kabar.producers.files.streams import ByteStream, PushedBack, open_stream
from kabar.producers.files.warc import read_warc

HEAD_BYTES = 4_096
_CHUNK = 1 << 20
START = Position()


class Input:
    """Records of one file or stream, lazily. Use as a context manager, read once.

    >>> with open_input("wire.jsonl") as wire:  # doctest: +SKIP
    ...     for record in wire.read(after=Position(120, 88_412)):
    ...         print(record.number, record.error or record.fields, wire.consumed, wire.size)
    """

    def __init__(
        self,
        file: BinaryIO,
        *,
        name: str,
        size: int | None = None,
        kind: Format | None = None,
        mapping: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        """As in messages and origins: the file's own name, without its folder."""
        self.size = size
        """Bytes of the file; None = a stream, whose end nobody knows."""
        self.kind = kind
        """How it is read; None until ``read`` has looked at the first bytes."""
        self._file = file
        self._mapping = mapping
        self._stream: ByteStream | None = None

    @property
    def consumed(self) -> int:
        """Bytes read of the file itself, for progress: compressed ones where it is compressed."""
        return self._stream.consumed if self._stream else 0

    def read(self, after: Position = START) -> Iterator[Record]:
        """The records behind ``after``.

        Raises:
            InputError: the file cannot be read (not its kind, an I/O error). What was yielded before stands.
            UsageError: a field mapped by hand is missing from the first record.
        """
        try:
            yield from self._read(after)
        except OSError as error:
            raise InputError(f"cannot read {self.name}: {error.strerror or error}") from error

    def _read(self, after: Position) -> Iterator[Record]:
        kind, stream = self._open(after)
        mapper = FieldMapper(self._mapping, check=after.number == 0)
        if kind == "jsonl":
            yield from read_jsonl(stream, mapper, after)
        elif kind == "json":
            yield from read_json(stream, mapper, after, name=self.name)
        elif kind == "html":
            yield from read_html(stream, after)
        elif kind == "text":
            yield from read_text(stream, after)
        else:
            yield from read_warc(stream, after, reopen=self._reopen if self._file.seekable() else None)

    def _open(self, after: Position) -> tuple[Format, ByteStream]:
        """Look at the beginning, then go to where reading goes on."""
        stream = self._stream = open_stream(self._file)
        head = _head_of(stream, patient=self._file.seekable())
        self.kind = kind = self.kind or by_content(head)
        refuse_unreadable(head, kind, self.name)
        offset = after.offset if kind in ("jsonl", "warc") else 0
        if self._file.seekable():
            return kind, self._reopen(offset)
        self._stream = joined = PushedBack(stream, head)
        while joined.tell() < offset and joined.read(min(_CHUNK, offset - joined.tell())):
            pass
        return kind, joined

    def _reopen(self, offset: int) -> ByteStream:
        self._file.seek(0)
        self._stream = stream = open_stream(self._file, offset=offset)
        return stream

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


def _head_of(stream: ByteStream, *, patient: bool) -> bytes:
    """The first bytes. Of a slow pipe no more than a line, so that its first record need not wait for others."""
    head = stream.read(HEAD_BYTES)
    while head and len(head) < HEAD_BYTES and (patient or b"\n" not in head):
        data = stream.read(HEAD_BYTES - len(head))
        if not data:
            break
        head += data
    return head


def open_input(
    path: str | Path, *, kind: Format | None = None, mapping: Mapping[str, str] | None = None
) -> Input:
    """Open a file (or a pipe with a name).

    Args:
        path: the file; its ending tells the kind, ``.gz`` or not.
        kind: read it as this, whatever it is called.
        mapping: fields by hand, see :func:`kabar.producers.files.fields.parse_map`.

    Raises:
        InputError: it cannot be opened.
    """
    path = Path(path)
    try:
        ordinary = path.is_file()
        # Unbuffered where it is a pipe: a buffered read would wait for thousands of bytes.
        file = path.open("rb") if ordinary else path.open("rb", buffering=0)
        size = path.stat().st_size if ordinary else None
    except (OSError, ValueError) as error:
        raise _cannot_open(path, error) from error
    return Input(file, name=path.name, size=size, kind=kind or by_name(path.name), mapping=mapping)


def open_pipe(
    file: BinaryIO, *, name: str = "-", kind: Format | None = None, mapping: Mapping[str, str] | None = None
) -> Input:
    """Read standard input or another stream; without ``kind`` its first bytes tell. It cannot be resumed."""
    return Input(file, name=name, kind=kind, mapping=mapping)


def fingerprint(path: str | Path) -> str:
    """Of a file's content, whatever its name: 32 hexadecimal digits.

    Raises:
        InputError: it cannot be read, or is no ordinary file (a pipe would be used up).
    """
    path = Path(path)
    try:
        if not path.is_file():
            raise InputError(
                f"{path} has no fingerprint: it is no ordinary file"
                if path.exists()
                else f"{path} does not exist"
            )
        with path.open("rb") as file:
            return content_digest(iter(lambda: file.read(_CHUNK), b""))
    except (OSError, ValueError) as error:
        raise _cannot_open(path, error) from error


def _cannot_open(path: Path, error: OSError | ValueError) -> InputError:
    why = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return InputError(f"cannot read {path}: {why}", hint="check the name and its permissions")
