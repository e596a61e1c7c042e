"""Bytes of a file or pipe, decompressed where they are gzip, with bounds and a way past damage.

Reading never raises for what stands in the file. At a damaged place ``read`` returns ``b""`` as at the end, and
``damage`` says what is wrong and where; ``resume`` goes on behind it where that is possible.
"""

from __future__ import annotations

import zlib
from typing import BinaryIO, Protocol

CHUNK = 1 << 16
GZIP_MAGIC = b"\x1f\x8b\x08"

BOMB_BYTES = 100_000_000
BOMB_RATIO = 200
"""More than this many decompressed bytes at more than this ratio is no news: text packs 3 to 30 times, zeros 1,030."""


class ByteStream(Protocol):
    """What the readers need."""

    @property
    def consumed(self) -> int:
        """Bytes taken from the file itself: progress."""

    @property
    def damage(self) -> str:
        """Why reading stopped before the end; '' = it did not."""

    def read(self, size: int = -1) -> bytes:
        """At most ``size`` bytes (a chunk where negative); ``b""`` at the end and at damage."""

    def tell(self) -> int:
        """Decompressed bytes read so far."""

    def resume(self) -> bool:
        """Go on behind the damage, which counts as one byte; False where nothing readable follows."""


class PlainStream:
    """Uncompressed bytes."""

    def __init__(self, file: BinaryIO, head: bytes = b"") -> None:
        self._file = file
        self._head = head
        self._position = 0
        self.consumed = 0
        self.damage = ""

    def read(self, size: int = -1) -> bytes:
        """See :class:`ByteStream`."""
        wanted = size if size >= 0 else CHUNK
        if self._head:
            data, self._head = self._head[:wanted], self._head[wanted:]
        else:
            data = self._file.read(wanted)
        self._position += len(data)
        self.consumed = self._position
        return data

    def tell(self) -> int:
        """See :class:`ByteStream`."""
        return self._position

    def skip(self, offset: int) -> None:
        """Go to ``offset`` by seeking; only before anything was read."""
        self._head = b""
        self._position = self.consumed = self._file.seek(offset)

    def resume(self) -> bool:
        """There is no damage to pass."""
        return False


class GzipStream:
    """Gzip of any number of members, decompressed piece by piece in bounded memory."""

    def __init__(self, file: BinaryIO, head: bytes = b"") -> None:
        self._file = file
        self._input = head
        self._out = b""
        self._inflate = _inflater()
        self._position = 0
        self._produced = 0
        self._ended = False
        self._in_member = False
        self.consumed = len(head)
        self.damage = ""

    def read(self, size: int = -1) -> bytes:
        """See :class:`ByteStream`."""
        wanted = size if size >= 0 else CHUNK
        while not self._out and wanted and not self._ended and not self.damage:
            self._fill()
        data, self._out = self._out[:wanted], self._out[wanted:]
        self._position += len(data)
        return data

    def tell(self) -> int:
        """See :class:`ByteStream`."""
        return self._position

    def resume(self) -> bool:
        """Look for the next member behind the damage."""
        if not self.damage or self._ended:
            return False
        self.damage = ""
        tail = self._input[1:]
        while True:
            found = tail.find(GZIP_MAGIC)
            if found >= 0:
                self._input, self._inflate, self._in_member = tail[found:], _inflater(), False
                self._position += 1  # so that the offsets before and behind the damage differ
                return True
            more = self._take()
            if not more:
                self._ended = True
                return False
            tail = tail[-len(GZIP_MAGIC) + 1 :] + more

    def _finish(self) -> None:
        """The file is at its end; the inflater may still hold output it had no room for."""
        self._out = self._inflate.decompress(b"", CHUNK) if self._in_member else b""
        if self._out:
            return
        self._ended = True
        if self._in_member and not self._inflate.eof:
            self.damage = f"the gzip stream ends too early, at byte {self.consumed}: the file is cut"

    def _take(self) -> bytes:
        data = self._file.read(CHUNK)
        self.consumed += len(data)
        return data

    def _fill(self) -> None:
        """Decompress at most one chunk into ``_out``."""
        before = self.consumed
        if not self._input:
            self._input = self._take()
        if not self._in_member:
            self._input = self._input.lstrip(b"\0")  # tar and tapes pad with zeros
        if not self._input:
            if self.consumed == before:
                self._finish()
            return
        at = self.consumed - len(self._input)
        try:
            self._out = self._inflate.decompress(self._input, CHUNK)
        except zlib.error as error:
            self.damage = f"the gzip stream is damaged near byte {at}: {error}"
            return
        self._in_member = True
        self._input = self._inflate.unconsumed_tail
        if self._inflate.eof:
            self._input, self._inflate, self._in_member = self._inflate.unused_data, _inflater(), False
        self._produced += len(self._out)
        self._refuse_bomb(self.consumed - len(self._input))

    def _refuse_bomb(self, used: int) -> None:
        if self._produced > BOMB_BYTES and self._produced > BOMB_RATIO * used:
            self._out, self._ended = b"", True
            self.damage = (
                f"the gzip stream grows more than {BOMB_RATIO} times ({self._produced} bytes from {used}): "
                "no news packs like this, the rest is left alone"
            )


class PushedBack:
    """A stream with bytes put back in front."""

    def __init__(self, stream: ByteStream, ahead: bytes) -> None:
        self._stream = stream
        self._ahead = ahead

    @property
    def consumed(self) -> int:
        """See :class:`ByteStream`."""
        return self._stream.consumed

    @property
    def damage(self) -> str:
        """See :class:`ByteStream`; known only once the bytes in front are read."""
        return "" if self._ahead else self._stream.damage

    def read(self, size: int = -1) -> bytes:
        """See :class:`ByteStream`."""
        if not self._ahead:
            return self._stream.read(size)
        wanted = size if size >= 0 else CHUNK
        data, self._ahead = self._ahead[:wanted], self._ahead[wanted:]
        return data

    def tell(self) -> int:
        """See :class:`ByteStream`."""
        return self._stream.tell() - len(self._ahead)

    def resume(self) -> bool:
        """See :class:`ByteStream`."""
        return self._stream.resume()


def _inflater() -> zlib._Decompress:
    return zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)


def open_stream(file: BinaryIO, *, offset: int = 0) -> ByteStream:
    """A stream over ``file``, gzip or not by its first bytes, at ``offset`` of the decompressed content.

    Args:
        file: positioned at its beginning; buffered, so that reads are whole.
        offset: 0, or what a record's ``end`` said. A compressed or unseekable file is read up to there.
    """
    head = file.read(len(GZIP_MAGIC))
    if head == GZIP_MAGIC:
        gzip = GzipStream(file, head)
        _read_up_to(gzip, offset)
        return gzip
    plain = PlainStream(file, head)
    if offset and file.seekable():
        plain.skip(offset)
    else:
        _read_up_to(plain, offset)
    return plain


def _read_up_to(stream: ByteStream, offset: int) -> None:
    """Read and forget. Damage on the way was reported when it was first met."""
    while stream.tell() < offset:
        if not stream.read(min(CHUNK, offset - stream.tell())) and not (stream.damage and stream.resume()):
            return
