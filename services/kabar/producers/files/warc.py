"""Web archives: HTML pages that were answered with success, through warcio."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from warcio.archiveiterator import WARCIterator
from warcio.bufferedreaders import BufferedReader
from warcio.exceptions import ArchiveLoadFailed
from warcio.statusandheaders import StatusAndHeadersParserException

from kabar.contracts.types import MAX_BODY_BYTES
from kabar.producers.files.records import Kept, Position, Record
from kabar.producers.files.streams import CHUNK, ByteStream, PushedBack

PAGE_TYPES = ("text/html", "application/xhtml+xml")
MAX_DAMAGES = 100
"""Places where reading fell out of step; a file with more is no archive."""
MAX_HEADER_BYTES = 8_000_000
"""Of one record: more without an end is no header."""

_MARK = re.compile(rb"[\n\0](WARC/1\.\d\r?\n)")
_MARK_BYTES = 12
# What warcio raises on hostile archives: its own errors, bad numbers and texts in headers, bad inner compression.
_BROKEN = (
    ArchiveLoadFailed,
    StatusAndHeadersParserException,
    ValueError,
    EOFError,
    zlib.error,
    AttributeError,
    TypeError,
    IndexError,
)

Reopen = Callable[[int], ByteStream]


def read_warc(stream: ByteStream, after: Position, *, reopen: Reopen | None = None) -> Iterator[Record]:
    """The pages of an archive. Where it is damaged: an error that names the place, then on with the next record.

    Args:
        stream: at the beginning of a record.
        after: numbers go on from here.
        reopen: a stream over the same file at another offset. Without it (a pipe) reading goes on behind
            what was read already, and records inside a wrongly long one are lost with it.
    """
    number, damages = after.number, 0
    while True:
        run = _Run(stream)
        for record in run.pages(number):
            number = record.number
            yield record
        damage = stream.damage or run.error
        if not damage:
            return
        number, damages = number + 1, damages + 1
        if damages > MAX_DAMAGES:
            damage = f"more than {MAX_DAMAGES} damaged places: the rest is left alone"
        error = f"archive record at byte {run.start}: {damage}"
        if damages <= MAX_DAMAGES:
            stream = reopen(run.start) if reopen else stream
            following = _find_record(stream, behind=run.start)
        else:
            following = None
        end = following.tell() if following else stream.tell()
        yield Record.bad(number, run.start, end, run.head, error)
        if following is None:
            return
        stream = following


def _find_record(stream: ByteStream, *, behind: int) -> ByteStream | None:
    """Read up to where the next record begins behind an offset; None where there is none.

    What follows damage of the stream is behind it, whatever its offset: the damaged bytes count for nothing.
    """
    pending = b"\n"
    while True:
        for match in _MARK.finditer(pending):
            record = pending[match.start(1) :]
            if stream.tell() - len(record) > behind:
                return PushedBack(stream, record)
        pending = pending[-_MARK_BYTES:]
        more = stream.read()
        if not more:
            if not (stream.damage and stream.resume()):
                return None
            pending, behind = b"\n", -1
        pending += more


class _Rationed:
    """What warcio reads from: it holds whole header lines, so it gets no more than a header's worth at a time."""

    def __init__(self, stream: ByteStream) -> None:
        self._stream = stream
        self._left = MAX_HEADER_BYTES

    def refill(self) -> None:
        self._left = MAX_HEADER_BYTES

    def read(self, size: int = -1) -> bytes:
        if self._left <= 0:
            raise ArchiveLoadFailed(f"a header of more than {MAX_HEADER_BYTES} bytes")
        data = self._stream.read(size)
        self._left -= len(data)
        return data

    def tell(self) -> int:
        return self._stream.tell()


class _StrictIterator(WARCIterator):  # type: ignore[misc]  # warcio has no types
    """Records that must end where they say. warcio itself prints a warning to standard error and goes on."""

    def _consume_blanklines(self) -> tuple[bytes | None, int]:
        """The line after a record's blank lines, and how many bytes those took."""
        size = 0
        while True:
            line: bytes = self.reader.readline()
            if not line:
                return None, size
            if line.strip():
                if size == 0:
                    raise ArchiveLoadFailed("the record does not end where its Content-Length says")
                return line, size
            size += len(line)


class _Run:
    """Records up to the end or to the first damage."""

    def __init__(self, stream: ByteStream) -> None:
        self._source = _Rationed(stream)
        self._archive = _StrictIterator(self._source)
        self.start = stream.tell()
        """Where the record being read begins."""
        self.error = ""
        self.head = b""
        """What was read of its page."""

    def pages(self, number: int) -> Iterator[Record]:
        """The pages. ``error`` says afterwards why there are no more; '' = the archive ends."""
        while True:
            self.start, self.head = self._archive.offset, b""
            try:
                self._source.refill()
                found = next(self._archive.the_iter, None)
                if found is None:
                    return
                self.start = self._archive.offset
                page = self._page(found, number + 1) if _is_page(found) else None
                self._skip(found)
                self._archive.read_to_end()
            except _BROKEN as error:
                self.error = str(error) or type(error).__name__
                return
            if page is not None:
                number = page.number
                yield replace(page, end=self._archive.offset)

    def _page(self, found: Any, number: int) -> Record:
        kept = Kept()
        body = found.content_stream()
        while chunk := body.read(CHUNK):
            self._source.refill()
            kept.add(chunk)
            if kept.size > 4 * MAX_BODY_BYTES:
                break
        self.head = kept.head
        url = found.rec_headers.get_header("WARC-Target-URI") or ""
        if kept.size > MAX_BODY_BYTES:
            error = f"page {url[:200]} has {kept.size} bytes or more, at most {MAX_BODY_BYTES} are allowed"
            return Record.oversize(number, self.start, self.start, kept, error)
        if coding := _unknown_coding(found):
            error = f"page {url[:200]} is packed as {coding[:40]!r}, which cannot be unpacked"
            return Record.bad(number, self.start, self.start, kept.head, error)
        fields: dict[str, object] = {"url": url, "data": kept.head, "charset": _charset(found)}
        if date := found.rec_headers.get_header("WARC-Date"):
            fields["observed_at"] = date
        return Record.good(number, self.start, self.start, kept.head, fields)

    def _skip(self, found: Any) -> None:
        """Read the rest of a record.

        Raises:
            EOFError: the archive ends before the record does.
        """
        raw = found.raw_stream
        self._source.refill()
        while raw.read(CHUNK):
            self._source.refill()
        if getattr(raw, "limit", 0) > 0:
            raise EOFError(f"the archive ends {raw.limit} bytes before the record does")


def _is_page(found: Any) -> bool:
    headers = found.http_headers
    if found.rec_type != "response" or headers is None or not headers.get_statuscode().startswith("2"):
        return False
    kind = (headers.get_header("Content-Type") or "").partition(";")[0].strip().lower()
    return kind in PAGE_TYPES


def _unknown_coding(found: Any) -> str:
    coding = (found.http_headers.get_header("Content-Encoding") or "").strip().lower()
    return "" if coding in ("", "identity", *BufferedReader.get_supported_decompressors()) else coding


def _charset(found: Any) -> str:
    """The character set the server declared; '' = none."""
    for parameter in (found.http_headers.get_header("Content-Type") or "").split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            return str(value.strip().strip("\"'")[:64])
    return ""
