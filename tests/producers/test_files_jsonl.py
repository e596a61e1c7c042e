from __future__ import annotations

import gzip
import io
import json

import pytest

from kabar.contracts.outcomes import DeadReason
from kabar.errors import InputError, UsageError
from kabar.producers.files import Position, jsonl, lines, open_input, open_pipe


def line(**fields) -> bytes:
    return json.dumps(fields).encode() + b"\n"


def write(tmp_path, data, name="wire.jsonl"):
    path = tmp_path / name
    path.write_bytes(data)
    return path


def read(path, after=Position(), **options):  # noqa: B008 - a frozen value
    with open_input(path, **options) as source:
        return list(source.read(after))


def test_records_with_their_places(tmp_path):
    data = line(title="satu") + b"\n" + line(judul="dua") + b'{"title": "tiga"}'
    records = read(write(tmp_path, data))
    assert [(r.number, r.fields) for r in records] == [
        (1, {"title": "satu"}),
        (3, {"title": "dua"}),
        (4, {"title": "tiga"}),
    ]
    for record in records:
        assert data[record.start : record.end].rstrip(b"\n") == record.raw
        assert record.size == len(record.raw)
        assert (record.error, record.sha256) == ("", "")


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_reading_goes_on_from_any_position(tmp_path, pack):
    data = b"\xef\xbb\xbf" + b"".join(line(title=f"t{n}") if n % 3 else b"broken\n" for n in range(20))
    path = write(tmp_path, pack(data), "w.jsonl.gz" if pack is gzip.compress else "w.jsonl")
    whole = read(path)
    assert len(whole) == 20
    for done, record in enumerate(whole, 1):
        assert read(path, record.position) == whole[done:]


BROKEN = [
    (b"not json\n", "is not JSON"),
    (b'{"title": "cut\n', "is not JSON"),
    (b'{"title": "a"} {"title": "b"}\n', "is not JSON"),
    (b'{"title": "\xe9"}\n', "is not UTF-8: byte 11 is 0xe9"),
    (b'{"title": "\xed\xa0\x80"}\n', "is not UTF-8"),
    (b'["a", "b"]\n', "is a list, not an object"),
    (b'"text"\n', "is a string"),
    (b"17\n", "is a number"),
    (b"null\n", "is null"),
    (b"true\n", "is true or false"),
    (b"[" * 100_000 + b"\n", "nested too deeply"),
    (b'{"a":' * 100_000 + b"1" + b"}" * 100_000 + b"\n", "nested too deeply"),
    (b"\x00\x01\n", "is not JSON"),
    (b'{"n": 1' + b"0" * 10_000 + b", }\n", "is not JSON"),
]


@pytest.mark.parametrize("bad, said", BROKEN, ids=[said + str(n) for n, (_, said) in enumerate(BROKEN)])
def test_a_bad_line_is_an_error_with_its_bytes_and_the_next_is_read(tmp_path, bad, said):
    data = line(title="satu") + bad + line(title="tiga")
    first, broken, last = read(write(tmp_path, data))
    assert first.fields == {"title": "satu"}
    assert last.fields == {"title": "tiga"}
    assert broken.fields is None
    assert said in broken.error
    assert broken.error.startswith(f"line 2 (byte {len(line(title='satu'))})")
    assert broken.raw + b"\n" == bad
    assert broken.reason is DeadReason.BAD_MESSAGE


@pytest.mark.parametrize(
    "raw, title",
    [
        (b'{"title": "\\ud83d"}', "\ud83d"),  # a lone surrogate, which acceptance replaces
        (b'{"title": "\\ud83d\\ude00"}', "\U0001f600"),
        (b'{"title": "a", "score": NaN}', "a"),
        (b'{"title": "a\\u0000b"}', "a\x00b"),
        (b' \t{"title": "a"}\r', "a"),
        (b'{"title": "x", "title": "a"}', "a"),
    ],
)
def test_what_other_programs_write_is_let_through(tmp_path, raw, title):
    (record,) = read(write(tmp_path, raw + b"\n"))
    assert record.fields == {"title": title}


def test_a_line_over_the_cap_is_an_oversize_record(tmp_path, monkeypatch):
    long = line(text="x" * 5_000)
    monkeypatch.setattr(jsonl, "read_lines", lambda s, **kw: lines.read_lines(s, **kw, limit=1_000))
    first, big, last = read(write(tmp_path, line(title="a") + long + line(title="b")))
    assert big.reason is DeadReason.OVERSIZE
    assert "line 2 has" in big.error
    assert (big.raw, big.size) == (long[:1_000], len(long) - 1)
    assert len(big.sha256) == 64
    assert (first.fields, last.fields) == ({"title": "a"}, {"title": "b"})


@pytest.mark.parametrize("data", [b"", b"\n\n \n", b"\xef\xbb\xbf", b"\xef\xbb\xbf\n"])
def test_an_empty_file_has_no_records(tmp_path, data):
    assert read(write(tmp_path, data)) == []


def test_a_byte_order_mark_is_no_part_of_the_first_record(tmp_path):
    (record,) = read(write(tmp_path, b"\xef\xbb\xbf" + line(title="a")))
    assert record.fields == {"title": "a"}


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-16-be"])
def test_other_encodings_are_refused_at_once(tmp_path, encoding):
    text = '\ufeff{"title": "a"}\n' if encoding == "utf-16-be" else '{"title": "a"}\n'
    with pytest.raises(InputError, match="UTF-16") as caught:
        read(write(tmp_path, text.encode(encoding)))
    assert "iconv" in caught.value.hint


def test_binary_is_refused_at_once(tmp_path):
    with pytest.raises(InputError, match=r"wire\.jsonl is not jsonl"):
        read(write(tmp_path, bytes(range(256)) * 100))


def test_a_cut_gzip_gives_all_whole_lines_and_one_error(tmp_path):
    import random

    noise = random.Random(1)
    data = b"".join(line(title=f"t{n}", text=noise.randbytes(100).hex()) for n in range(500))
    path = write(tmp_path, gzip.compress(data)[:-5_000], "w.jsonl.gz")
    records = read(path)
    assert len(records) > 300
    assert all(r.fields for r in records[:-1])
    assert records[-1].fields is None
    assert "cut" in records[-1].error
    assert [r.fields["title"] for r in records[:-1]] == [f"t{n}" for n in range(len(records) - 1)]


def test_reading_goes_on_before_and_behind_damage(tmp_path):
    parts = [
        gzip.compress(line(title="a") + line(title="b")),
        b"\x1f\x8b\x08 broken",
        gzip.compress(line(title="c")),
    ]
    path = write(tmp_path, b"".join(parts), "w.jsonl.gz")
    whole = read(path)
    assert [r.fields and r.fields["title"] for r in whole] == ["a", "b", None, "c"]
    for done, record in enumerate(whole, 1):
        assert read(path, record.position) == whole[done:]


def test_gzip_without_the_ending_is_recognised(tmp_path):
    (record,) = read(write(tmp_path, gzip.compress(line(title="a")), "w.jsonl"))
    assert record.fields == {"title": "a"}


def test_fields_by_hand(tmp_path):
    path = write(tmp_path, line(a={"b": "isi"}, j="judul"))
    (record,) = read(path, mapping={"text": "a.b", "title": "j"})
    assert record.fields == {"text": "isi", "title": "judul"}
    with pytest.raises(UsageError, match="'text' from 'x'"):
        read(path, mapping={"text": "x"})


def test_progress_reaches_the_size(tmp_path):
    for name, pack in (("w.jsonl", bytes), ("w.jsonl.gz", gzip.compress)):
        path = write(tmp_path, pack(b"".join(line(title="t" * 99) for _ in range(30_000))), name)
        with open_input(path) as source:
            assert source.consumed == 0
            seen = [source.consumed for _ in source.read()]
            assert seen == sorted(seen)
            assert source.consumed == source.size == path.stat().st_size


def test_reading_is_lazy(tmp_path):
    path = write(tmp_path, b"".join(line(title="t" * 999) for _ in range(20_000)))
    with open_input(path) as source:
        next(source.read())
        assert source.consumed < source.size / 2


# ---------------------------------------------------------------- JSON


@pytest.mark.parametrize(
    "value",
    [
        [{"title": "a"}, {"title": "b"}],
        {"articles": [{"title": "a"}, {"title": "b"}], "status": "ok"},
        {
            "version": "https://jsonfeed.example/1",
            "title": "Umpan",
            "items": [{"title": "a"}, {"title": "b"}],
        },
    ],
)
@pytest.mark.parametrize("indent", [None, 2])
def test_json_arrays(tmp_path, value, indent):
    path = write(tmp_path, json.dumps(value, indent=indent).encode(), "w.json")
    records = read(path)
    assert [(r.number, r.fields["title"]) for r in records] == [(1, "a"), (2, "b")]
    assert read(path, records[0].position) == records[1:]
    assert json.loads(records[1].raw) == {"title": "b"}


def test_one_json_object_is_one_record(tmp_path):
    for value in ({"title": "a", "text": "b"}, {"title": "a", "text": "b", "items": [{"title": "no"}]}):
        (record,) = read(write(tmp_path, json.dumps(value, indent=2).encode(), "w.json"))
        assert record.fields["title"] == "a"


def test_json_lines_under_the_name_of_json(tmp_path):
    path = write(tmp_path, line(title="a") + b"broken\n" + line(title="b"), "w.json")
    records = read(path)
    assert [(r.number, r.error == "") for r in records] == [(1, True), (2, False), (3, True)]
    assert read(path, records[1].position) == records[2:]


@pytest.mark.parametrize(
    "data, said",
    [
        (b"", "is not JSON"),
        (b"{", "is not JSON"),
        (b'[{"title": "a"}, {]', "is not JSON"),
        (b"[" * 200_000, "nested too deeply"),
        (b'[{"title": "\xff"}]', "UTF-8"),
    ],
)
def test_a_broken_json_file_is_one_error_with_its_bytes(tmp_path, data, said):
    (record,) = read(write(tmp_path, data, "w.json"))
    assert record.fields is None
    assert said in record.error
    assert record.raw in data


def test_items_that_are_no_objects_are_errors(tmp_path):
    good, bad = read(write(tmp_path, b'[{"title": "a"}, 5]', "w.json"))
    assert good.fields == {"title": "a"}
    assert "item 2" in bad.error
    assert bad.raw == b"5"


def test_a_json_file_too_large_to_hold_is_refused_with_the_remedy(tmp_path, monkeypatch):
    monkeypatch.setattr(jsonl, "MAX_JSON_BYTES", 1_000)
    with pytest.raises(InputError, match=r"w\.json is JSON of more than") as caught:
        read(write(tmp_path, b'[{"text": "' + b"a" * 2_000 + b'"}]', "w.json"))
    assert "jq" in caught.value.hint


# ---------------------------------------------------------------- pipes


class Pipe(io.BytesIO):
    def seekable(self):
        return False


@pytest.mark.parametrize(
    "data, kind, count",
    [
        (line(title="a") * 3, "jsonl", 3),
        (gzip.compress(line(title="a") * 3), "jsonl", 3),
        (b'[{"title": "a"}]', "json", 1),
        (b"[TAJUK] Berita hari ini", "text", 1),
        (b"<!doctype html><p>isi", "html", 1),
        (b"\xef\xbb\xbf  <html>", "html", 1),
        (b"Berita hari ini.", "text", 1),
        (b"", "text", 1),
    ],
)
def test_a_pipe_is_read_by_its_first_bytes(data, kind, count):
    with open_pipe(Pipe(data)) as source:
        assert len(list(source.read())) == count
        assert (source.kind, source.size) == (kind, None)
        assert source.consumed == len(data)


def test_a_pipe_read_as_told():
    with open_pipe(Pipe(b"not json\n"), kind="jsonl") as source:
        (record,) = source.read()
    assert "line 1" in record.error


def test_a_pipe_longer_than_what_is_looked_at():
    data = b"".join(line(title=f"t{n}") for n in range(5_000))
    with open_pipe(Pipe(data)) as source:
        assert [r.fields["title"] for r in source.read()] == [f"t{n}" for n in range(5_000)]
    with open_pipe(Pipe(data)) as source:
        third = [next(r) for r in [source.read()] for _ in range(3)][-1]
    with open_pipe(Pipe(data)) as source:
        assert next(source.read(third.position)).number == 4
