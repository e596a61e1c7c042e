"""The inputs of a call, and records made observations."""

import os

import pytest

from kabar.contracts.message import Message
from kabar.errors import InputError
from kabar.producers.files import Position, open_input
from kabar.runtime.embedded.jobs import Job, JobOptions
from kabar.runtime.intake import Inputs, Source, observed, shown
from kabar.runtime.refusals import Refused

KEY = "ab" * 16
SEEN, NOW = 1_760_000_000_000, 1_760_000_000_500


def job(**options):
    return Job(1, KEY, 1, Position(), JobOptions(**options), finished=False)


def only_record(tmp_path, line):
    (tmp_path / "x.jsonl").write_text(line + "\n")
    with open_input(tmp_path / "x.jsonl") as source:
        (record,) = source.read()
    return record


def test_a_record_becomes_an_observation_of_its_job(tmp_path):
    record = only_record(tmp_path, '{"url": "https://lubuk.example/1", "text": "Pasar dibuka."}')
    item = observed(record, job(default_source="Warta Lubuk"), "x.jsonl", seen=SEEN, now=NOW)
    assert isinstance(item, Message)
    assert item.header.observation_id == job().observation_id(1)
    assert (item.header.observed_at, item.header.accepted_at) == (SEEN, NOW)
    assert (item.header.origin, item.raw.source.name) == ("file:x.jsonl#1", "Warta Lubuk")


@pytest.mark.parametrize("event_time, observed_at", [(False, SEEN), (True, 1_700_000_000_000)])
def test_an_items_own_time_counts_where_it_is_trusted(tmp_path, event_time, observed_at):
    line = '{"id": "7", "text": "Pasar dibuka.", "observed_at": "2023-11-14T22:13:20Z"}'
    record = only_record(tmp_path, line)
    item = observed(record, job(event_time=event_time), "x.jsonl", seen=SEEN, now=NOW)
    assert item.header.observed_at == observed_at


@pytest.mark.parametrize("event_time, observed_at", [(False, SEEN), (True, 0)])
@pytest.mark.parametrize("line", ["nonsense", '{"text": 5}'])
def test_what_cannot_be_one_is_refused_with_its_bytes(tmp_path, line, event_time, observed_at):
    item = observed(only_record(tmp_path, line), job(event_time=event_time), "x.jsonl", seen=SEEN, now=NOW)
    assert isinstance(item, Refused)
    assert item.original.strip() == line.encode()
    assert (item.letter.stage, item.letter.reason) == ("accept", "bad_message")
    assert (item.letter.observed_at, item.letter.died_at) == (observed_at, NOW)
    assert item.letter.observation_id == job().observation_id(1)


@pytest.mark.parametrize("line", ["nonsense", '{"isi": 5}'])
def test_a_letter_that_leaves_its_job_behind_tells_how_it_was_read(tmp_path, line):
    record = only_record(tmp_path, line)
    given = job(mapping={"text": "isi"}, default_source="Warta Lubuk")
    alone = observed(record, given, "x.jsonl", seen=SEEN, now=NOW, tell_options=True)
    assert alone.letter.options == given.options.encode()
    assert observed(record, given, "x.jsonl", seen=SEEN, now=NOW).letter.options == ""


def test_the_same_record_at_the_same_time_is_the_same_to_the_byte(tmp_path):
    record = only_record(tmp_path, '{"url": "https://lubuk.example/1", "text": "Pasar dibuka."}')
    first, second = (observed(record, job(), "x.jsonl", seen=SEEN, now=NOW) for _ in range(2))
    assert first.encode() == second.encode()


# ---------------------------------------------------------------- inputs


def test_files_in_order_and_standard_input_last(tmp_path):
    for name in ("b.jsonl", "a.jsonl"):
        (tmp_path / name).write_text("{}\n")
    found = Inputs(["-", tmp_path])
    assert [source.name for source in found] == [str(tmp_path / "a.jsonl"), str(tmp_path / "b.jsonl"), "-"]


def test_a_missing_file_is_an_error_before_anything_is_taken(tmp_path):
    with pytest.raises(InputError, match=r"gone\.jsonl"):
        Inputs([tmp_path / "gone.jsonl"])


def test_an_unknown_kind_in_a_folder_is_a_problem_and_no_source(tmp_path):
    (tmp_path / "noise.xyz").write_bytes(b"?")
    (tmp_path / "a.jsonl").write_text("{}\n")
    inputs = Inputs([tmp_path])
    assert [source.name for source in inputs] == [str(tmp_path / "a.jsonl")]
    assert [("noise.xyz" in problem) for problem in inputs.problems] == [True]


def test_the_key_is_the_content(tmp_path):
    for name, text in (("a.txt", "satu"), ("b.txt", "satu"), ("c.txt", "dua")):
        (tmp_path / name).write_text(text)
    a, b, c = (Source(tmp_path / name).key() for name in ("a.txt", "b.txt", "c.txt"))
    assert (a == b, a == c) == (True, False)


def test_a_pipe_is_readable_once_and_never_the_same(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    pipe = Source(tmp_path / "pipe")
    assert pipe.once
    assert pipe.key() != pipe.key()
    assert not Source(__file__).once


def test_an_unreadable_file_is_noted_and_an_unreadable_pipe_is_an_error(tmp_path):
    (tmp_path / "a.jsonl").write_text("{}\n")
    inputs = Inputs([])
    with inputs.noted(Source(tmp_path / "a.jsonl")):
        raise InputError("the disk went away")
    assert inputs.problems == ["the disk went away"]
    with pytest.raises(InputError, match="hung up"), inputs.noted(Source("-")):
        raise InputError("hung up")


def test_a_name_that_is_no_text_is_shown():
    assert shown(os.fsdecode(b"berita-\xff.jsonl")) == "berita-�.jsonl"
