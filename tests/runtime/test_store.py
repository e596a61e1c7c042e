"""Opening the store: what is refused, with what message, and that nothing is harmed."""

import os
import sqlite3
import subprocess
import sys

import pytest

from kabar.errors import DiskFull, StoreBusy, StoreError
from kabar.runtime.embedded import schema
from kabar.runtime.embedded.lease import Lease
from kabar.runtime.embedded.store import database_path, open_reader, open_writer, transaction, translated


def test_a_new_store_is_made_and_can_be_opened_again(tmp_path):
    open_writer(tmp_path / "a" / "b").close()
    connection = open_writer(tmp_path / "a" / "b")
    assert connection.execute("PRAGMA user_version").fetchone()[0] == schema.SCHEMA_NUMBER
    assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    assert connection.execute("PRAGMA synchronous").fetchone()[0] == 2
    connection.close()


def test_durability_is_per_connection(tmp_path):
    connection = open_writer(tmp_path, durability="NORMAL")
    assert connection.execute("PRAGMA synchronous").fetchone()[0] == 1
    connection.close()


def test_a_reader_cannot_write(tmp_path):
    open_writer(tmp_path).close()
    reader = open_reader(tmp_path)
    with pytest.raises(sqlite3.OperationalError):
        reader.execute("DELETE FROM inbox")
    reader.close()


def test_reading_where_nothing_is_says_how_to_make_one(tmp_path):
    with pytest.raises(StoreError, match="there is no store") as caught:
        open_reader(tmp_path)
    assert "kabar ingest" in caught.value.hint
    assert list(tmp_path.iterdir()) == []


def test_a_newer_store_is_refused_and_left_alone(tmp_path):
    connection = open_writer(tmp_path)
    connection.execute(f"PRAGMA user_version = {schema.SCHEMA_NUMBER + 1}")
    connection.close()
    before = database_path(tmp_path).read_bytes()
    for opening in (open_writer, open_reader):
        with pytest.raises(StoreError, match="newer kabar"):
            opening(tmp_path)
    assert database_path(tmp_path).read_bytes() == before


def test_a_foreign_database_is_refused(tmp_path):
    foreign = sqlite3.connect(database_path(tmp_path))
    foreign.execute("CREATE TABLE precious (a)")
    foreign.commit()
    foreign.close()
    with pytest.raises(StoreError, match="not a kabar store"):
        open_writer(tmp_path)


@pytest.mark.parametrize(
    "content", [b"this is no database, it is a letter to my aunt" * 50, os.urandom(8192)]
)
def test_a_damaged_file_is_refused(tmp_path, content):
    database_path(tmp_path).write_bytes(content)
    with pytest.raises(StoreError, match=r"damaged|not a database"):
        open_writer(tmp_path)
    assert database_path(tmp_path).read_bytes() == content


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere; run as a user to see this")
def test_a_directory_without_permission(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(StoreError, match="cannot"):
        open_writer(tmp_path / "new")


def test_a_file_in_the_way_of_the_directory(tmp_path):
    (tmp_path / "x").write_text("")
    with pytest.raises(StoreError, match="cannot create the data directory"):
        open_writer(tmp_path / "x" / "y")


def test_a_transaction_is_all_or_nothing(tmp_path):
    connection = open_writer(tmp_path)

    def fail():
        with transaction(connection):
            connection.execute("INSERT INTO meta VALUES ('a', 1)")
            raise RuntimeError("half-way")

    with pytest.raises(RuntimeError):
        fail()
    assert connection.execute("SELECT count(*) FROM meta").fetchone()[0] == 0
    with transaction(connection):
        connection.execute("INSERT INTO meta VALUES ('a', 1)")
    assert connection.execute("SELECT count(*) FROM meta").fetchone()[0] == 1
    connection.close()


def test_a_full_disk_is_named_and_loses_nothing(tmp_path):
    connection = open_writer(tmp_path)
    connection.execute(f"PRAGMA max_page_count = {connection.execute('PRAGMA page_count').fetchone()[0] + 2}")

    def fill():
        with translated(tmp_path), transaction(connection):
            connection.execute(
                "INSERT INTO inbox (kind, bytes, body) VALUES ('message', 0, zeroblob(1000000))"
            )

    with pytest.raises(DiskFull, match="no space left") as caught:
        fill()
    assert "accepted is safe" in caught.value.hint
    assert connection.execute("SELECT count(*) FROM inbox").fetchone()[0] == 0
    connection.close()


def test_two_processes_creating_at_once_make_one_store(tmp_path):
    script = f"from pathlib import Path; from kabar.runtime.embedded.store import open_writer; open_writer(Path({str(tmp_path)!r}))"
    running = [subprocess.Popen([sys.executable, "-c", script]) for _ in range(4)]
    assert [process.wait() for process in running] == [0] * 4
    open_reader(tmp_path).close()


def test_the_lease_is_exclusive_and_names_its_holder(tmp_path):
    with Lease(tmp_path) as first:
        assert first.held
        with pytest.raises(StoreBusy, match=f"process {os.getpid()}"):
            Lease(tmp_path).acquire()
    with Lease(tmp_path) as second:
        assert second.held


def test_the_lease_of_a_killed_process_is_free(tmp_path):
    script = (
        "import time; from pathlib import Path; from kabar.runtime.embedded.lease import Lease\n"
        f"Lease(Path({str(tmp_path)!r})).acquire(); print('held', flush=True); time.sleep(60)"
    )
    holder = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(StoreBusy, match=f"process {holder.pid}"):
        Lease(tmp_path).acquire()
    holder.kill()
    holder.wait()
    holder.stdout.close()
    with Lease(tmp_path):
        pass


def test_a_lease_on_a_missing_directory(tmp_path):
    with pytest.raises(StoreError, match="cannot write"):
        Lease(tmp_path / "none").acquire()
