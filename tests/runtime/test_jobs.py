"""Jobs in odd orders: resumed, repeated, broken off, identical, replayed."""

import json
import os
import threading
from pathlib import Path

import pytest
from simple_stages import build

from kabar import settings
from kabar.errors import InputError, StoreError, UsageError
from kabar.runtime.embedded import letters
from kabar.runtime.embedded.audit import audit
from kabar.runtime.embedded.housekeeping import Housekeeping
from kabar.runtime.embedded.ingest import Ingest
from kabar.runtime.embedded.jobs import JobOptions
from kabar.runtime.embedded.store import open_reader, open_writer
from kabar.runtime.inline import InlinePool
from kabar.runtime.metrics import Metrics
from kabar.runtime.refusals import reread


@pytest.fixture
def ingest(tmp_path):
    """``ingest(paths…, skip_done=…, **job options)`` with stages without models."""
    loaded = settings.load({}).replace(data_dir=str(tmp_path / "store"))

    def run(*paths, skip_done=False, **options):
        return Ingest(loaded, JobOptions(**options), skip_done=skip_done, pool=InlinePool(build())).run(paths)

    run.directory = tmp_path / "store"
    run.settings = loaded
    return run


def lines(path, *records):
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def article(n, **more):
    return {"id": str(n), "text": " ".join(f"kata{n * 100 + i}" for i in range(40)), **more}


def test_identical_files_of_one_call_are_two_jobs(ingest, tmp_path):
    a, b = lines(tmp_path / "a.jsonl", article(1)), lines(tmp_path / "b.jsonl", article(1))
    done = ingest(a, b)
    assert (done.accepted, done.indexed, done.unchanged) == (2, 1, 1)


def test_a_file_that_could_not_be_read_is_not_done(ingest, tmp_path):
    file = tmp_path / "utf16.jsonl"
    file.write_bytes(json.dumps(article(1)).encode("utf-16"))
    first = ingest(file, skip_done=True)
    second = ingest(file, skip_done=True)
    assert first.problems
    assert second.problems
    assert second.skipped == 0


def test_an_interrupted_job_with_a_map_resumes(ingest, tmp_path, monkeypatch):
    file = lines(
        tmp_path / "x.jsonl",
        {"isi_berita": "satu dua tiga"},
        {"isi": "tanpa peta"},
        {"isi_berita": "empat lima"},
    )
    from kabar.producers.files import Input

    real = Input.read

    def broken(self, after):
        for record in real(self, after):
            yield record
            raise InputError("the disk went away")

    monkeypatch.setattr(Input, "read", broken)
    assert ingest(file, mapping={"text": "isi_berita"}).accepted == 1
    monkeypatch.setattr(Input, "read", real)
    done = ingest(file, mapping={"text": "isi_berita"})
    assert done.accepted == 3


def test_other_options_are_another_job(ingest, tmp_path):
    file = lines(tmp_path / "x.jsonl", article(1))
    ingest(file)
    assert ingest(file, default_source="Lain", skip_done=True).skipped == 0


def test_a_name_that_is_not_utf_8(ingest, tmp_path):
    file = os.fsencode(tmp_path) + b"/berita-\xff.jsonl"
    Path(os.fsdecode(file)).write_bytes(json.dumps(article(1)).encode() + b"\nnonsense\n")
    done = ingest(os.fsdecode(file))
    assert (done.indexed, done.dead) == (1, 1)


@pytest.mark.parametrize("directory", ["a-file", "/proc/kabar"])
def test_a_data_directory_that_cannot_be(tmp_path, directory):
    (tmp_path / "a-file").write_text("")
    loaded = settings.load({}).replace(data_dir=str(tmp_path / directory))
    with pytest.raises(StoreError, match="cannot create"):
        Ingest(loaded, JobOptions(), pool=InlinePool(build())).run([lines(tmp_path / "x.jsonl", article(1))])


def test_a_slow_pipe_is_processed_while_it_is_open(ingest, tmp_path):
    pipe = tmp_path / "pipe.jsonl"
    os.mkfifo(pipe)
    decided = threading.Event()

    def write():
        with pipe.open("w") as out:
            out.write(json.dumps(article(1)) + "\n")
            out.flush()
            for _ in range(200):
                if _outcomes(ingest.directory):
                    decided.set()
                    break
                threading.Event().wait(0.05)

    writer = threading.Thread(target=write)
    writer.start()
    done = ingest(pipe)
    writer.join()
    assert decided.is_set(), "the first record waited for the end of the pipe"
    assert done.indexed == 1


def _outcomes(directory):
    try:
        connection = open_reader(directory)
    except StoreError:
        return 0
    try:
        return connection.execute("SELECT count(*) FROM observations WHERE outcome IS NOT NULL").fetchone()[0]
    finally:
        connection.close()


def test_a_letter_is_replayed_once(ingest, tmp_path):
    ingest(lines(tmp_path / "x.jsonl", article(1, title=5)))
    connection = open_writer(ingest.directory)
    from kabar.runtime.embedded.inbox import Inbox

    inbox = Inbox(connection, tick_ms=60_000)
    (kept,) = letters.find(connection)
    fixed = lambda connection, letter, original: reread(  # noqa: E731 - the producer was corrected meanwhile
        connection, letter, original.replace(b'"title": 5', b'"title": "x"')
    )
    first = letters.replay(connection, inbox, [kept.letter], reread=fixed)
    second = letters.replay(connection, inbox, [kept.letter], reread=fixed)
    connection.close()
    assert (len(first.queued), len(second.queued), len(second.refused)) == (1, 0, 1)
    assert ingest(lines(tmp_path / "y.jsonl", article(2))).indexed == 1
    reader = open_reader(ingest.directory)
    assert audit(reader).gap == 0
    assert reader.execute("SELECT count(*) FROM observations WHERE outcome = 'indexed'").fetchone()[0] == 2
    reader.close()


def test_dead_letter_filters_are_checked(ingest, tmp_path):
    ingest(lines(tmp_path / "x.jsonl", article(1)))
    connection = open_reader(ingest.directory)
    with pytest.raises(UsageError, match="no stage 'bogus'"):
        letters.find(connection, stage="bogus")
    connection.close()


def test_housekeeping_ticks_counts_and_audits(ingest, tmp_path):
    ingest(lines(tmp_path / "x.jsonl", article(1), article(2, title=5)))
    metrics = Metrics()
    Housekeeping(ingest.settings, metrics, lambda: {"deadline": 3}).once()
    exposed = metrics.expose().decode()
    for line in (
        "kabar_accepted_observations 2.0",
        "kabar_documents 1.0",
        "kabar_dead_letters_open 1.0",
        "kabar_audit_gap 0.0",
        'kabar_worker_restarts{reason="deadline"} 3.0',
    ):
        assert line in exposed
    reader = open_reader(ingest.directory)
    assert reader.execute("SELECT count(*) FROM inbox WHERE kind = 'tick'").fetchone()[0] <= 1
    reader.execute("BEGIN").close()
    reader.close()


def test_housekeeping_notices_a_gap(ingest, tmp_path):
    ingest(lines(tmp_path / "x.jsonl", article(1)))
    connection = open_writer(ingest.directory)
    connection.execute("DELETE FROM article_bodies")
    connection.close()
    metrics = Metrics()
    Housekeeping(ingest.settings, metrics, dict).once()
    assert "kabar_audit_gap 1.0" in metrics.expose().decode()
