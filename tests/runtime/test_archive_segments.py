"""Segments: whole or not there, each observation once, damage named."""

import gzip
import json
import os
import time

import pytest
from identifiers import identifier

from kabar.errors import DiskFull, EnvironmentError_, InputError, StoreError
from kabar.runtime import archive
from kabar.runtime.archive import Writing, expire, find, segments
from kabar.runtime.rerun import header_of

START = 1_700_000_000_000


@pytest.fixture
def written(tmp_path, message):
    """``written(first, *numbers)`` makes a segment of messages, one second apart."""

    def make(first, *numbers, partition=0, directory=tmp_path / "archive", values=None):
        one = Writing(directory, "news.raw", partition, first)
        for place, number in enumerate(numbers):
            data = (values or {}).get(number) or message(
                f"isi {number}", number=number, observed_at=START + number * 1000
            ).encode()
            one.add(first + place, header_of(data), data)
        return one.seal()

    make.directory = tmp_path / "archive"
    return make


def numbers(messages):
    return [int(message.raw.text.split()[1]) for message in messages]


def test_what_went_in_comes_out_byte_for_byte(written, message):
    data = message("baris satu\nbaris dua \u2028 \u00e9", number=1).encode()
    later = data[:-1] + b',"added_by_a_newer_kabar":{"x":[1]}}'
    path = written(7, 1, 2, values={1: data, 2: later})
    assert gzip.decompress(path.read_bytes()) == data + b"\n" + later + b"\n"
    assert next(segments(written.directory)).raw.text == "baris satu\nbaris dua \u2028 \u00e9"


@pytest.mark.parametrize("layout", [{"indent": 2}, {"indent": 1, "separators": (",\r\n", ":")}])
def test_a_message_laid_out_over_lines_is_one_line(written, message, layout):
    data = json.dumps(json.loads(message("isi 1").encode()), **layout).encode()
    assert b"\n" in data
    path = written(0, 1, values={1: data})
    assert gzip.decompress(path.read_bytes()).count(b"\n") == 1
    (found,) = segments(written.directory)
    assert json.loads(found.encode()) == json.loads(data)


def test_the_name_says_what_is_inside(written):
    path = written(120, 5, 3, 9, partition=2)
    assert path.name == (f"news.raw-2-{120:020d}-{122:020d}-{START + 3_000}-{START + 9_000}.jsonl.gz")
    (found,) = find(written.directory)
    assert (found.topic, found.partition, found.first, found.last) == ("news.raw", 2, 120, 122)
    assert (found.since_ms, found.until_ms, found.path) == (START + 3_000, START + 9_000, path)


def test_the_same_messages_are_the_same_file(written):
    path = written(0, 1, 2)
    before = path.read_bytes()
    time.sleep(1.1)  # gzip would note the second
    assert written(0, 1, 2) == path
    assert path.read_bytes() == before
    assert len(find(written.directory)) == 1


def test_until_it_is_sealed_it_does_not_count(written, message):
    written(0, 1)
    one = Writing(written.directory, "news.raw", 0, 1)
    data = message("isi 2", number=2).encode()
    one.add(1, header_of(data), data)
    assert len(find(written.directory)) == 1
    assert numbers(segments(written.directory)) == [1]
    one.discard()
    assert len(list(written.directory.iterdir())) == 1
    one.discard()  # twice is nothing


def test_overlapping_segments_give_each_observation_once_in_order_of_the_log(written):
    written(10, 3, 4)
    written(0, 1, 2, 3)
    written(0, 1, 2)
    written(0, 7, partition=1)
    assert numbers(segments(written.directory)) == [1, 2, 3, 4, 7]


@pytest.mark.parametrize(
    "since, until, expected",
    [
        (0, None, [1, 2, 3, 7, 8]),
        (START + 2_000, None, [2, 3, 7, 8]),
        (START + 2_001, START + 7_000, [3, 7]),
        (START + 3_001, START + 6_999, []),
        (START + 100_000, None, []),
    ],
)
def test_found_by_time(written, since, until, expected, monkeypatch):
    written(0, 1, 2, 3)
    written(3, 7, 8)
    bounds = (since,) if until is None else (since, until)
    assert numbers(segments(written.directory, *bounds)) == expected


def test_segments_outside_the_time_are_not_even_opened(written):
    path = written(0, 1, 2)
    written(2, 50)
    path.write_bytes(b"rubbish")
    assert numbers(segments(written.directory, START + 40_000)) == [50]


def spoil_end(path):
    data = path.read_bytes()
    path.write_bytes(data[: len(data) - 12])


def spoil_middle(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(bytes(data))


def spoil_all(path):
    path.write_bytes(b"a letter to my aunt\n")


def spoil_line(path):
    lines = gzip.decompress(path.read_bytes()).splitlines(keepends=True)
    lines[1] = b'{"observation_id": 7}\n'
    path.write_bytes(gzip.compress(b"".join(lines)))


@pytest.mark.parametrize(
    "spoil, line, left",
    [
        (spoil_end, r"line \d+", None),
        (spoil_middle, r"line \d+", None),
        (spoil_all, "line 1", [50]),
        (spoil_line, "line 2", [1, 3, 50]),
    ],
)
def test_damage_names_segment_and_line_and_costs_no_other(written, spoil, line, left):
    path = written(0, 1, 2, 3)
    written(3, 50)
    spoil(path)
    with pytest.raises(InputError, match=rf"{path.name}, {line} cannot be read") as caught:
        list(segments(written.directory))
    assert "backup" in caught.value.hint
    told = []
    read = numbers(segments(written.directory, damaged=told.append))
    assert told
    assert read[-1] == 50
    assert left is None or read == left


def test_a_directory_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match="cannot read the archive"):
        list(segments(tmp_path / "nowhere"))


def test_other_files_are_left_alone(written):
    path = written(0, 1)
    for name in ("README", "news.raw-0.jsonl.gz", "x.part.txt"):
        (written.directory / name).write_text("mine")
    assert len(find(written.directory)) == 1
    far = time.time() + 1_000
    assert expire(written.directory, before=far, unfinished_before=far) == 1
    assert not path.exists()
    assert len(list(written.directory.iterdir())) == 3


def test_retention_goes_by_the_time_of_writing(written):
    old, young = written(0, 1), written(1, 2)
    left = Writing(written.directory, "news.raw", 0, 9)
    now = time.time()
    os.utime(old, (now - 1_000, now - 1_000))
    assert expire(written.directory, before=now - 500, unfinished_before=now - 500) == 1
    assert (old.exists(), young.exists()) == (False, True)
    assert expire(written.directory, before=now - 500, unfinished_before=now + 500) == 1
    assert not list(written.directory.glob("*.part"))
    left.discard()
    assert expire(written.directory / "nowhere", before=now, unfinished_before=now) == 0


@pytest.mark.parametrize("error, kind", [(28, DiskFull), (122, DiskFull), (5, StoreError)])
def test_what_the_disk_refuses_is_said_and_nothing_counts(written, message, monkeypatch, error, kind):
    one = Writing(written.directory, "news.raw", 0, 0)
    data = message("isi 1").encode()
    one.add(0, header_of(data), data)

    def refuse(_):
        raise OSError(error, os.strerror(error))

    monkeypatch.setattr(archive.os, "fsync", refuse)
    with pytest.raises(kind) as caught:
        one.seal()
    assert isinstance(caught.value, EnvironmentError_)
    assert "news.raw" in caught.value.hint
    one.discard()
    assert list(written.directory.iterdir()) == []


def test_a_place_that_cannot_be_written_to(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot write the archive"):
        Writing(tmp_path / "file" / "archive", "news.raw", 0, 0)


def test_an_observation_is_known_by_its_id_alone(written, message):
    data = message("isi 1", number=1, observed_at=START + 1_000).encode()
    replayed = data.replace(b'"text":"isi 1"', b'"text":"isi 2"')
    written(0, 1, values={1: data})
    written(1, 2, values={2: replayed})
    found = list(segments(written.directory))
    assert [one.header.observation_id for one in found] == [identifier("observation", 1)]
    assert numbers(found) == [1]
