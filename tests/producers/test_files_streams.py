from __future__ import annotations

import gzip
import io
import random
import zlib

import pytest

from kabar.producers.files import streams
from kabar.producers.files.lines import read_lines
from kabar.producers.files.streams import PushedBack, open_stream


class Pipe(io.BytesIO):
    """Bytes that cannot be sought."""

    def seekable(self):
        return False

    def seek(self, *_):
        raise OSError("not seekable")


def drain(stream) -> bytes:
    return b"".join(iter(stream.read, b""))


NOISE = random.Random(4).randbytes(300_000)


@pytest.mark.parametrize("content", [b"", b"a", b"kabar\n" * 50_000, NOISE])
@pytest.mark.parametrize("wrap", [io.BytesIO, Pipe])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_whole_content(content, wrap, pack):
    packed = pack(content)
    stream = open_stream(wrap(packed))
    assert drain(stream) == content
    assert stream.tell() == len(content)
    assert stream.consumed == len(packed)
    assert stream.damage == ""
    assert not stream.resume()


@pytest.mark.parametrize("wrap", [io.BytesIO, Pipe])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize("offset", [0, 1, 2, 70_000, 299_999, 300_000, 400_000])
def test_reading_from_an_offset(wrap, pack, offset):
    stream = open_stream(wrap(pack(NOISE)), offset=offset)
    assert drain(stream) == NOISE[offset:]


def test_several_members_are_one_content():
    stream = open_stream(
        io.BytesIO(gzip.compress(b"satu") + gzip.compress(b"") + gzip.compress(b"dua") + b"\0" * 512)
    )
    assert drain(stream) == b"satudua"
    assert stream.damage == ""


def test_small_reads():
    stream = open_stream(io.BytesIO(gzip.compress(NOISE)))
    assert stream.read(0) == b""
    assert b"".join(iter(lambda: stream.read(7_001), b"")) == NOISE


@pytest.mark.parametrize("cut", [4, 11, 100, 150_000, -9, -1])
def test_a_cut_file_gives_what_is_there_and_says_so(cut):
    packed = gzip.compress(NOISE)[:cut]
    stream = open_stream(io.BytesIO(packed))
    assert NOISE.startswith(drain(stream))
    assert "too early" in stream.damage
    assert str(len(packed)) in stream.damage
    assert not stream.resume()


def test_damage_names_the_place_and_can_be_passed():
    members = [gzip.compress(b"satu " * 100), bytearray(gzip.compress(NOISE)), gzip.compress(b"tiga")]
    members[1][20_000:20_050] = bytes(50)
    stream = open_stream(io.BytesIO(b"".join(members)))
    before = drain(stream)
    assert before.startswith(b"satu satu")
    assert "damaged near byte" in stream.damage
    assert stream.read() == b""  # until told to go on
    assert stream.resume()
    assert stream.damage == ""
    assert drain(stream).endswith(b"tiga")


def test_an_offset_behind_damage_is_found_again():
    members = [gzip.compress(b"satu "), b"\x1f\x8b\x08 broken member " * 3, gzip.compress(b"tiga empat")]
    stream = open_stream(io.BytesIO(b"".join(members)))
    seen = drain(stream)
    while stream.damage and stream.resume():
        seen += drain(stream)
    assert seen == b"satu tiga empat"
    assert (
        drain(open_stream(io.BytesIO(b"".join(members)), offset=13)) == b"empat"
    )  # three damaged places, a byte each


def test_garbage_behind_the_end_is_reported():
    stream = open_stream(io.BytesIO(gzip.compress(b"isi") + b"not gzip"))
    assert drain(stream) == b"isi"
    assert stream.damage
    assert not stream.resume()


def test_a_bomb_is_left_alone(monkeypatch):
    monkeypatch.setattr(streams, "BOMB_BYTES", 1_000_000)
    bomb = zlib.compress(bytes(50_000_000), 9, wbits=31)
    stream = open_stream(io.BytesIO(bomb))
    assert len(drain(stream)) < 2_000_000
    assert "grows more than 200 times" in stream.damage
    assert not stream.resume()


def test_text_that_packs_well_is_no_bomb(monkeypatch):
    monkeypatch.setattr(streams, "BOMB_BYTES", 100_000)
    content = b"".join(b'{"title": "berita nomor %d", "text": "isi"}\n' % n for n in range(20_000))
    assert drain(open_stream(io.BytesIO(gzip.compress(content)))) == content


def test_pushed_back_bytes_come_first():
    stream = open_stream(io.BytesIO(b"abcdef"))
    head = stream.read(4)
    joined = PushedBack(stream, head)
    assert joined.tell() == 0
    assert joined.read(2) == b"ab"
    assert joined.tell() == 2
    assert drain(joined) == b"cdef"
    assert joined.consumed == 6


# ---------------------------------------------------------------- lines


def lines_of(data: bytes, **options):
    return list(read_lines(open_stream(io.BytesIO(data)), **options))


@pytest.mark.parametrize(
    "data, expected",
    [
        (b"", []),
        (b"a", [(1, 0, 1, b"a")]),
        (b"a\n", [(1, 0, 2, b"a")]),
        (b"a\nb", [(1, 0, 2, b"a"), (2, 2, 3, b"b")]),
        (b"\n\na\r\n", [(1, 0, 1, b""), (2, 1, 2, b""), (3, 2, 5, b"a\r")]),
    ],
)
def test_lines(data, expected):
    assert [(line.number, line.start, line.end, line.data) for line in lines_of(data)] == expected


def test_lines_do_not_depend_on_chunks(monkeypatch):
    from kabar.producers.files import lines

    data = b"\n".join(b"x" * n for n in (0, 5, 1, 60, 2)) + b"\n"
    whole = lines_of(data, limit=50)
    for size in (1, 2, 3, 7, 59, 1_000):
        monkeypatch.setattr(lines, "READ_BYTES", size)
        again = lines_of(data, limit=50)
        assert [(x.number, x.start, x.end, x.data) for x in again] == [
            (x.number, x.start, x.end, x.data) for x in whole
        ]


def test_a_line_over_the_limit_is_skipped_but_counted_and_hashed():
    from hashlib import sha256

    long = b"y" * 5_000_000
    found = lines_of(b"a\n" + long + b"\nb\n", limit=1_000)
    assert [line.data for line in found] == [b"a", None, b"b"]
    kept = found[1].kept
    assert (kept.head, kept.size, kept.hash()) == (long[:1_000], len(long), sha256(long).hexdigest())
    assert (found[1].start, found[1].end) == (2, 2 + len(long) + 1)


def test_a_long_line_is_never_held():
    import tracemalloc

    class Endless(io.RawIOBase):
        left = 300

        def readable(self):
            return True

        def readinto(self, buffer):
            Endless.left -= 1
            size = len(buffer) if Endless.left > 0 else 0
            buffer[:size] = b"z" * size
            return size

    tracemalloc.start()
    found = list(read_lines(open_stream(io.BufferedReader(Endless(), 1 << 20)), limit=100_000))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [line.data for line in found] == [None]
    assert found[0].kept.size > 100_000_000
    assert peak < 20_000_000


def test_damage_ends_a_line_and_reading_goes_on_behind_it():
    data = gzip.compress(b"satu\ndu") + b"\x1f\x8b\x08 broken" + gzip.compress(b"tiga\n")
    found = lines_of(data)
    assert [(line.number, line.data, bool(line.damage)) for line in found] == [
        (1, b"satu", False),
        (2, b"du", True),
        (3, b"tiga", False),
    ]
