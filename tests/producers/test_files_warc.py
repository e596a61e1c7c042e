from __future__ import annotations

import gzip
import io
import zlib

import pytest
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from kabar.contracts.outcomes import DeadReason
from kabar.producers.files import open_input, open_pipe, warc

URL = "https://kabarpagi.example/read/"


def record(
    name="1",
    body=b"<p>isi",
    *,
    status="200 OK",
    kind="text/html; charset=ISO-8859-1",
    rec="response",
    headers=(),
) -> bytes:
    """One uncompressed WARC record."""
    out = io.BytesIO()
    writer = WARCWriter(out, gzip=False)
    http = StatusAndHeaders(status, [("Content-Type", kind), *headers], protocol="HTTP/1.1")
    made = writer.create_warc_record(
        URL + name,
        rec,
        payload=io.BytesIO(body),
        http_headers=http if rec == "response" else None,
        warc_headers_dict={"WARC-Date": "2026-07-05T03:04:05Z"},
    )
    writer.write_record(made)
    return out.getvalue()


def archive(*records: bytes, packed: bool = False) -> bytes:
    return b"".join(gzip.compress(r) if packed else r for r in records)


def read(tmp_path, data, after=None, name="a.warc"):
    path = tmp_path / name
    path.write_bytes(data)
    with open_input(path) as source:
        return list(source.read(after) if after else source.read())


@pytest.mark.parametrize("packed", [False, True])
def test_pages_with_what_the_archive_knows(tmp_path, packed):
    first, second = read(tmp_path, archive(record("1", b"<p>Caf\xe9"), record("2"), packed=packed))
    assert first.fields == {
        "url": URL + "1",
        "data": b"<p>Caf\xe9",
        "charset": "ISO-8859-1",
        "observed_at": "2026-07-05T03:04:05Z",
    }
    assert (first.number, second.number) == (1, 2)
    assert first.start == 0
    assert first.end == second.start == len(record("1", b"<p>Caf\xe9"))


def test_what_is_no_page_is_passed_over(tmp_path):
    data = archive(
        record(rec="resource"),
        record(status="404 Not Found"),
        record(status="301 Moved"),
        record(kind="image/png", body=b"\x89PNG"),
        record(kind="application/pdf"),
        record("yes", kind="application/xhtml+xml"),
        record("plain", kind=""),
    )
    (only,) = read(tmp_path, data)
    assert only.fields["url"] == URL + "yes"
    assert only.fields["charset"] == ""


@pytest.mark.parametrize("packed", [False, True])
def test_reading_goes_on_from_any_position(tmp_path, packed):
    data = archive(
        *(record(str(n), status="404 No" if n == 2 else "200 OK") for n in range(6)), packed=packed
    )
    whole = read(tmp_path, data)
    assert len(whole) == 5
    for done, found in enumerate(whole, 1):
        assert read(tmp_path, data, found.position) == whole[done:]


def test_one_gzip_member_around_everything(tmp_path):
    data = gzip.compress(archive(record("1"), record("2")))
    assert [r.fields["url"] for r in read(tmp_path, data, name="a.warc.gz")] == [URL + "1", URL + "2"]


def test_packed_and_chunked_pages_are_unpacked(tmp_path):
    page = b"<p>isi berita" * 100
    chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(page), page)
    data = archive(
        record("gz", gzip.compress(page), headers=[("Content-Encoding", "gzip")]),
        record("deflate", zlib.compress(page), headers=[("Content-Encoding", "deflate")]),
        record("chunked", chunked, headers=[("Transfer-Encoding", "chunked")]),
        record("lies", page, headers=[("Content-Encoding", "gzip"), ("Transfer-Encoding", "chunked")]),
        record("zz", b"\x1b\x00", headers=[("Content-Encoding", "zz")]),
    )
    *good, bad = read(tmp_path, data)
    assert [r.fields["data"] for r in good] == [page] * 4
    assert "packed as 'zz'" in bad.error


def test_a_page_over_the_cap_is_an_oversize_record(tmp_path, monkeypatch):
    monkeypatch.setattr(warc, "MAX_BODY_BYTES", 1_000)
    bomb = zlib.compress(bytes(3_000_000), wbits=31)
    big, packed, last = read(
        tmp_path,
        archive(
            record("1", b"a" * 1_001), record("2", bomb, headers=[("Content-Encoding", "gzip")]), record("3")
        ),
    )
    assert big.reason is packed.reason is DeadReason.OVERSIZE
    assert URL + "2" in packed.error
    assert packed.size < 2_000_000
    assert last.fields["url"] == URL + "3"


# ---------------------------------------------------------------- damage


@pytest.mark.parametrize("packed", [False, True])
def test_a_cut_archive(tmp_path, packed):
    data = archive(record("1"), record("2", b"<p>isi" * 500), packed=packed)[:-60]
    good, bad = read(tmp_path, data)
    assert good.fields["url"] == URL + "1"
    assert bad.fields is None
    assert f"archive record at byte {good.end}" in bad.error
    assert ("too early" if packed else "bytes before the record does") in bad.error


def test_a_broken_member_costs_one_page(tmp_path):
    import random

    members = [bytearray(gzip.compress(record(n, random.Random(1).randbytes(9_000)))) for n in "123"]
    members[1][3_000:3_040] = bytes(40)
    first, bad, last = read(tmp_path, b"".join(members), name="a.warc.gz")
    assert (first.fields["url"], last.fields["url"]) == (URL + "1", URL + "3")
    assert "gzip stream is damaged near byte" in bad.error
    assert (first.number, bad.number, last.number) == (1, 2, 3)
    assert read(tmp_path, b"".join(members), bad.position, name="a.warc.gz") == [last]


@pytest.mark.parametrize(
    "wrong",
    [
        b"WARC/1.0\r\nWARC-Type: response\r\nContent-Length: 5\r\n\r\nhello world, too long\r\n\r\n",
        b"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: https://a.example/\r\nContent-Length: 400000\r\n\r\nHTTP/1.1 200 OK\r\n\r\nx\r\n\r\n",
        b"WARC/9.9\r\nWARC-Type: response\r\n\r\n\r\n",
        b"this is no record at all\r\n\r\n",
        b"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: https://a.example/\r\nContent-Length: 4\r\n\r\nNOPE\r\n\r\n",
        b"\x00" * 5_000,
    ],
)
def test_a_wrong_record_never_takes_the_next_with_it(tmp_path, wrong):
    data = archive(record("1"), wrong, record("2"), record("3"))
    found = read(tmp_path, data)
    assert [r.fields["url"] for r in found if r.fields] == [URL + "1", URL + "2", URL + "3"]
    errors = [r for r in found if r.error]
    assert len(errors) <= 1
    for error in errors:
        assert f"byte {len(record('1'))}:" in error.error
        assert read(tmp_path, data, error.position) == found[found.index(error) + 1 :]


def test_a_length_that_is_no_number(tmp_path):
    broken = record("1").replace(b"Content-Length: ", b"Content-Length: x", 1)
    found = read(tmp_path, archive(broken, record("2")))
    assert [r.fields["url"] for r in found if r.fields][-1] == URL + "2"


def test_a_file_of_nothing_but_damage_ends(tmp_path):
    data = b"WARC/1.0\r\nContent-Length: 1\r\n\r\nxyz\n" * 500
    found = read(tmp_path, data)
    assert len(found) == warc.MAX_DAMAGES + 1
    assert "more than 100 damaged places" in found[-1].error


def test_an_endless_header_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(warc, "MAX_HEADER_BYTES", 200_000)
    data = archive(record("1"), b"WARC/1.0\r\nX: " + b"y" * 2_000_000 + b"\r\n\r\n", record("2"))
    _first, bad, last = read(tmp_path, data)
    assert "header of more than" in bad.error
    assert last.fields["url"] == URL + "2"


def test_a_large_page_is_no_header(tmp_path, monkeypatch):
    monkeypatch.setattr(warc, "MAX_HEADER_BYTES", 200_000)
    data = archive(
        record("1", b"a" * 3_000_000), record("img", b"b" * 3_000_000, kind="image/png"), record("2")
    )
    assert [r.fields["url"] for r in read(tmp_path, data)] == [URL + "1", URL + "2"]


@pytest.mark.parametrize("packed", [False, True])
def test_a_pipe(packed):
    class Pipe(io.BytesIO):
        def seekable(self):
            return False

    data = archive(record("1"), b"broken\r\n" if not packed else b"", record("2"), packed=packed)
    with open_pipe(Pipe(data)) as source:
        found = list(source.read())
    assert source.kind == "warc"
    assert found[0].fields["url"] == URL + "1"


@pytest.mark.parametrize("data", [b"", b"\n\n", b"no archive\n" * 50])
def test_what_is_no_archive(tmp_path, data):
    found = read(tmp_path, data)
    assert all(r.error for r in found)
    assert len(found) <= 1


def test_nothing_is_printed(tmp_path, capfd):
    read(tmp_path, archive(record("1"), b"rubbish\r\n\r\n", record("2"))[:-10])
    assert capfd.readouterr() == ("", "")
