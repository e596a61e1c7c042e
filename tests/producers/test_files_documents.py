from __future__ import annotations

import gzip
import os
import threading

import pytest

from kabar.contracts.ids import content_digest
from kabar.contracts.outcomes import DeadReason
from kabar.errors import InputError
from kabar.producers.files import Position, documents, find, fingerprint, open_input
from kabar.producers.files.formats import by_content, by_name


def read_one(path, **options):
    with open_input(path, **options) as source:
        (record,) = source.read()
    return record


def write(tmp_path, data, name):
    path = tmp_path / name
    path.write_bytes(data)
    return path


# ---------------------------------------------------------------- text


def test_a_text_is_its_text_and_nothing_else(tmp_path):
    text = "Title: bukan judul\n\nMUARA ANGIN - Air naik.\r\n"
    record = read_one(write(tmp_path, text.encode(), "a.txt"))
    assert record.fields == {"text": text}
    assert (record.number, record.start, record.end, record.raw) == (1, 0, len(text), text.encode())


@pytest.mark.parametrize(
    "raw, text",
    [
        ("Café “x”".encode(), "Café “x”"),
        ("Café".encode("utf-8-sig"), "Café"),
        ("Café".encode("utf-16"), "Café"),
        (b"\xfe\xff" + "Café".encode("utf-16-be"), "Café"),
        (b"Caf\xe9 \x93x\x94 \x80", "Café “x” €"),  # Windows-1252
        (b"\x81\x8d\xa0", "\x81\x8d\xa0"),  # what the code page leaves open
        (b"", ""),
        ("Ã©".encode(), "Ã©"),  # mojibake is for clean to repair
    ],
)
def test_encodings_of_text(tmp_path, raw, text):
    assert read_one(write(tmp_path, raw, "a.txt")).fields == {"text": text}


def test_binary_under_the_name_of_text_is_an_error_with_its_bytes(tmp_path):
    raw = bytes(range(256)) * 40
    for name in ("a.txt", "a.html"):
        record = read_one(write(tmp_path, raw, name))
        assert record.fields is None
        assert "control characters" in record.error
        assert record.raw == raw


def test_a_few_control_characters_are_still_text(tmp_path):
    record = read_one(write(tmp_path, b"Berita\x00 pagi\x1b[0m\x0c ini panjang sekali", "a.txt"))
    assert record.fields == {"text": "Berita\x00 pagi\x1b[0m\x0c ini panjang sekali"}


# ---------------------------------------------------------------- pages


def test_a_page_stays_bytes(tmp_path):
    raw = b"<html><meta charset=iso-8859-1><p>Caf\xe9"
    for name, data in (("a.html", raw), ("a.HTM", raw), ("a.html.gz", gzip.compress(raw))):
        record = read_one(write(tmp_path, data, name))
        assert record.fields == {"data": raw}


@pytest.mark.parametrize("name, limit", [("a.html", "MAX_BODY_BYTES"), ("a.txt", "MAX_TEXT_BYTES")])
def test_a_file_over_the_cap_is_an_oversize_record(tmp_path, monkeypatch, name, limit):
    monkeypatch.setattr(documents, limit, 1_000)
    record = read_one(write(tmp_path, b"a" * 1_001, name))
    assert record.fields is None
    assert record.reason is DeadReason.OVERSIZE
    assert "1001 bytes, at most 1000" in record.error
    assert read_one(write(tmp_path, b"a" * 1_000, name)).fields


def test_fifty_megabytes_are_cut_and_hashed(tmp_path):
    from hashlib import sha256

    raw = b"<p>isi</p>\n" * 4_600_000
    record = read_one(write(tmp_path, raw, "a.html"))
    assert record.reason is DeadReason.OVERSIZE
    assert (len(record.raw), record.size) == (32_000_000, len(raw))
    assert record.sha256 == sha256(raw).hexdigest()


def test_damage_in_a_packed_page_is_an_error(tmp_path):
    record = read_one(write(tmp_path, gzip.compress(b"<p>isi" * 999)[:-6], "a.html.gz"))
    assert "too early" in record.error


def test_a_finished_document_is_not_read_again(tmp_path):
    path = write(tmp_path, b"isi", "a.txt")
    with open_input(path) as source:
        assert list(source.read(Position(1, 3))) == []


# ---------------------------------------------------------------- kinds


@pytest.mark.parametrize(
    "name, kind",
    [
        ("a.txt", "text"),
        ("A.TXT.GZ", "text"),
        ("a.html", "html"),
        ("a.htm", "html"),
        ("a.jsonl", "jsonl"),
        ("a.ndjson.gz", "jsonl"),
        ("a.json", "json"),
        ("a.warc", "warc"),
        ("a.warc.gz", "warc"),
        ("a.gz", None),
        ("a.pdf", None),
        ("a", None),
    ],
)
def test_kind_by_name(name, kind):
    assert by_name(name) == kind


@pytest.mark.parametrize(
    "head, kind",
    [
        (b"WARC/1.0\r\n", "warc"),
        (b'{"a": 1}', "jsonl"),
        (b' [ {"a": 1}]', "json"),
        (b"[]", "json"),
        (b"[Opini] Pagi", "text"),
        (b"\n<html>", "html"),
        (b"Pagi", "text"),
        (b"", "text"),
    ],
)
def test_kind_by_content(head, kind):
    assert by_content(head) == kind


def test_an_unknown_ending_is_read_by_content(tmp_path):
    assert read_one(write(tmp_path, b'{"judul": "a"}', "a.data")).fields == {"title": "a"}


# ---------------------------------------------------------------- finding


def test_folders_in_order_hidden_ones_passed_over(tmp_path):
    for name in (
        "b/2.txt",
        "b/10.txt",
        "a.html",
        "c/.git/x.txt",
        ".hidden.txt",
        "c/z.jsonl",
        "b.json",
        "notes.pdf",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        write(tmp_path, b"x", name)
    found = list(find([tmp_path]))
    assert [f.path.relative_to(tmp_path).as_posix() for f in found] == [
        "a.html", "b/10.txt", "b/2.txt", "b.json", "c/z.jsonl", "notes.pdf",
    ]  # fmt: skip
    assert [f.problem for f in found if f.problem] == ["is of no known kind (.pdf)"]


def test_named_files_are_taken_in_the_order_given_whatever_they_are_called(tmp_path):
    paths = [write(tmp_path, b"x", name) for name in (".hidden.txt", "b.pdf", "a")]
    assert [f.path for f in find(paths)] == paths
    assert not any(f.problem for f in find(paths))


def test_link_loops_end(tmp_path):
    (tmp_path / "a").mkdir()
    write(tmp_path, b"x", "a/1.txt")
    (tmp_path / "a" / "loop").symlink_to(tmp_path)
    (tmp_path / "a" / "self").symlink_to(tmp_path / "a" / "self")
    (tmp_path / "z.txt").symlink_to(tmp_path / "a" / "1.txt")
    (tmp_path / "gone.txt").symlink_to(tmp_path / "nowhere")
    found = {f.path.relative_to(tmp_path).as_posix(): f.problem for f in find([tmp_path])}
    assert set(found) == {"a/1.txt", "a/self", "gone.txt", "z.txt"}
    assert found["a/1.txt"] == found["z.txt"] == ""
    assert "No such file" in found["gone.txt"]
    assert "symbolic links" in found["a/self"]


def test_pipes_and_devices_below_a_folder_are_passed_over(tmp_path):
    os.mkfifo(tmp_path / "pipe.txt")
    assert list(find([tmp_path])) == []


def test_what_does_not_exist_is_said_at_once(tmp_path):
    for bad in (tmp_path / "nothing.txt", "a\0b"):
        with pytest.raises(InputError, match="cannot read"):
            list(find([bad]))


def refuse(monkeypatch, name, *paths):
    """Make the operating system refuse (tests may run as root, whom nothing is refused)."""
    real = getattr(os, name)

    def patched(path, *args, **kwargs):
        if os.fspath(path) in map(os.fspath, paths):
            if name == "access":
                return False
            raise PermissionError(13, "Permission denied")
        return real(path, *args, **kwargs)

    monkeypatch.setattr(os, name, patched)


def test_a_folder_without_permission(tmp_path, monkeypatch):
    (tmp_path / "closed").mkdir()
    write(tmp_path, b"x", "open.txt")
    refuse(monkeypatch, "scandir", tmp_path / "closed")
    found = {f.path.name: f.problem for f in find([tmp_path])}
    assert found == {"closed": "Permission denied", "open.txt": ""}
    with pytest.raises(InputError, match="closed: Permission denied") as caught:
        list(find([tmp_path / "closed"]))
    assert caught.value.exit_code == 3


def test_a_file_without_permission(tmp_path, monkeypatch):
    path = write(tmp_path, b"x", "a.txt")
    refuse(monkeypatch, "access", path)
    assert [f.problem for f in find([tmp_path])] == ["Permission denied"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_opening_a_file_without_permission(tmp_path):
    path = write(tmp_path, b"x", "a.txt")
    path.chmod(0)
    for action in (open_input, fingerprint):
        with pytest.raises(InputError, match="Permission denied"):
            action(path)


def test_opening_what_is_no_file(tmp_path):
    for action in (open_input, fingerprint):
        with pytest.raises(InputError, match=r"nothing\.txt"):
            action(tmp_path / "nothing.txt")
        with pytest.raises(InputError):
            action(tmp_path)


def test_an_error_of_the_disk_is_an_input_error(tmp_path):
    class Sick:
        def read(self, *_):
            raise OSError(5, "Input/output error")

        def close(self):
            pass

    from kabar.producers.files import open_pipe

    with (
        open_pipe(Sick(), name="sick.txt") as source,
        pytest.raises(InputError, match=r"sick\.txt: Input/output error"),
    ):
        list(source.read())


# ---------------------------------------------------------------- fingerprints and named pipes


def test_the_fingerprint_is_of_the_content(tmp_path):
    one, other = write(tmp_path, b"isi" * 999_999, "a.txt"), write(tmp_path, b"isi" * 999_999, "b.jsonl")
    assert fingerprint(one) == fingerprint(other) == content_digest([b"isi" * 999_999])
    other.write_bytes(b"lain")
    assert fingerprint(one) != fingerprint(other)


def test_a_named_pipe_is_read_but_has_no_fingerprint(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    with pytest.raises(InputError, match="no ordinary file"):
        fingerprint(path)
    writer = threading.Thread(target=path.write_bytes, args=(b'{"judul": "a"}\n',))
    writer.start()
    with open_input(path) as source:
        assert [r.fields for r in source.read()] == [{"title": "a"}]
        assert source.size is None
    writer.join()
