"""``kabar ingest`` as users run it: as a process, on files of every kind and quality."""

import gzip
import json
import os
import resource
import signal
import subprocess
import sys
import time

import pytest

ARTICLE = (
    "Pemerintah Kota Lubuk Damar membuka kembali pasar lama yang terbakar tahun lalu. "
    "Sebanyak {n} pedagang menempati kios baru sejak Senin pagi, kata kepala dinas perdagangan."
)


def lines(path, count, **more):
    with path.open("w") as out:
        for n in range(count):
            text = ARTICLE.format(n=n) + " " + " ".join(f"kata{n * 100 + i}" for i in range(80))
            out.write(
                json.dumps({"url": f"https://lubuk.example/{n}", "title": f"Pasar {n}", "text": text, **more})
                + "\n"
            )
    return path


def test_the_outcome_object(kabar, tmp_path):
    file = lines(tmp_path / "wire.jsonl", 12)
    first = kabar.json("ingest", file, "--data-dir", "d")
    assert set(first) >= {
        "accepted",
        "indexed",
        "unchanged",
        "superseded",
        "dropped",
        "dead",
        "seconds",
        "ids",
    }
    assert (first["accepted"], first["indexed"], len(first["ids"])) == (12, 12, 12)
    again = kabar.json("ingest", file, "--data-dir", "d")
    assert (again["indexed"], again["unchanged"], again["ids"]) == (0, 12, first["ids"])
    skipped = kabar.json("ingest", file, "--data-dir", "d", "--skip-done")
    assert (skipped["skipped"], skipped["accepted"]) == (1, 12)
    assert kabar.json("audit", "--data-dir", "d")["accepted"] == 24


def test_standard_input_and_compressed_files(kabar, tmp_path):
    data = lines(tmp_path / "wire.jsonl", 5).read_bytes()
    assert kabar.json("ingest", "-", "--data-dir", "a", stdin=data)["indexed"] == 5
    (tmp_path / "wire.jsonl.gz").write_bytes(gzip.compress(data))
    assert kabar.json("ingest", "wire.jsonl.gz", "--data-dir", "b")["indexed"] == 5


def test_fields_mapped_by_hand(kabar, tmp_path):
    file = tmp_path / "odd.jsonl"
    file.write_text(json.dumps({"a": {"b": ARTICLE.format(n=3)}, "kop": "Pasar dibuka"}) + "\n")
    (article_id,) = kabar.json("ingest", file, "--map", "text=a.b,title=kop", "--data-dir", "d")["ids"]
    assert kabar.json("show", article_id, "--data-dir", "d")["article"]["title"] == "Pasar dibuka"
    done = kabar("ingest", file, "--map", "text=none", "--data-dir", "e", code=2)
    assert b"first record does not have" in done.stderr


@pytest.mark.parametrize(
    "name, content, accepted, dead",
    [
        ("empty.jsonl", b"", 0, 0),
        ("empty.txt", b"", None, 0),
        ("blank.txt", b"  \n\n ", None, 0),
        ("binary.txt", os.urandom(5_000), None, None),
        ("picture.jsonl", b"\x89PNG\r\n\x1a\n" + os.urandom(2_000), None, None),
        ("broken.jsonl", b'{"text": "a', 1, 1),
        ("latin.jsonl", b'{"text": "caf\xe9"}\n', 1, 1),
        ("deep.jsonl", b'{"text": ' + b"[" * 200_000 + b"]" * 200_000 + b"}\n", 1, 1),
        ("types.jsonl", b'{"text": 5}\n{"title": ["x"]}\n[1]\n"x"\n7\nnull\n', 6, 6),
        ("truncated.warc.gz", gzip.compress(b"WARC/1.0\r\nWARC-Type: response\r\n")[:20], None, None),
        ("no-article.html", b"<html><body><ul><li><a href=/>Beranda</a></ul></body></html>", 1, 0),
    ],
)
def test_bad_files_end_in_an_outcome_or_a_clear_message(kabar, tmp_path, name, content, accepted, dead):
    (tmp_path / name).write_bytes(content)
    done = kabar("ingest", name, "--data-dir", "d", "--json", code=None)
    assert done.returncode in (0, 3), done.stderr
    summary = json.loads(done.stdout)
    assert accepted is None or summary["accepted"] == accepted
    assert dead is None or summary["dead"] == dead
    decided = sum(summary[k] for k in ("indexed", "unchanged", "superseded", "dropped", "dead"))
    assert decided == summary["accepted"]
    assert (done.returncode == 3) == bool(summary["problems"])
    assert kabar.json("audit", "--data-dir", "d")["gap"] == 0


def test_strict_tells_the_shell_about_dead_letters(kabar, tmp_path):
    (tmp_path / "x.jsonl").write_bytes(b"nonsense\n")
    kabar("ingest", "x.jsonl", "--data-dir", "d", code=0)
    kabar("ingest", "x.jsonl", "--data-dir", "d", "--strict", code=5)


def test_fifty_megabytes_do_not_take_the_machine_down(kabar, tmp_path):
    big = json.dumps({"url": "https://lubuk.example/besar", "text": "panjang sekali " * 3_500_000})
    (tmp_path / "big.jsonl").write_text(big + "\n" + json.dumps({"text": ARTICLE.format(n=1)}) + "\n")
    done = kabar.json("ingest", "big.jsonl", "--data-dir", "d")
    assert (done["accepted"], done["dead"], done["indexed"]) == (2, 1, 1)
    (letter,) = kabar.json("dead", "list", "--data-dir", "d")
    assert letter["reason"] == "oversize"
    assert letter["size"] > 50_000_000


def test_what_is_not_there_is_an_input_error(kabar):
    done = kabar("ingest", "missing.jsonl", "--data-dir", "d", code=3)
    assert b"missing.jsonl" in done.stderr
    done = kabar("ingest", code=2)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything; run as a user to see this")
def test_a_folder_without_read_permission(kabar, tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o000)
    done = kabar("ingest", closed, "--data-dir", "d", code=3)
    assert b"Permission denied" in done.stderr
    closed.chmod(0o700)


def test_one_unreadable_file_in_a_folder_does_not_stop_the_others(kabar, tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    lines(folder / "good.jsonl", 3)
    (folder / "noise.xyz").write_bytes(b"?")
    done = kabar("ingest", folder, "--data-dir", "d", "--json", code=3)
    summary = json.loads(done.stdout)
    assert summary["indexed"] == 3
    assert ["noise.xyz" in problem for problem in summary["problems"]] == [True]


def test_a_newer_store_is_refused(kabar, tmp_path):
    import sqlite3

    lines(tmp_path / "x.jsonl", 1)
    kabar("ingest", "x.jsonl", "--data-dir", "d")
    connection = sqlite3.connect(tmp_path / "d" / "kabar.db")
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    done = kabar("ingest", "x.jsonl", "--data-dir", "d", code=4)
    assert b"newer kabar" in done.stderr
    assert b"->" in done.stderr


def test_a_full_disk_is_named_and_the_same_command_resumes(kabar, tmp_path):
    file = lines(tmp_path / "x.jsonl", 400)

    def little_room():
        # SQLite sees a file that cannot grow, as on a full disk.
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_500_000, 1_500_000))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    done = subprocess.run(
        [*kabar.command, "ingest", str(file), "--data-dir", "d"],
        cwd=tmp_path, env=kabar.environment, capture_output=True, check=False, preexec_fn=little_room, timeout=100,
    )  # fmt: skip
    assert done.returncode == 4, done.stderr
    assert b"Traceback" not in done.stderr
    assert b"kabar.db" in done.stderr
    again = kabar.json("ingest", file, "--data-dir", "d")
    assert (again["accepted"], again["indexed"]) == (400, 400)
    assert kabar.json("audit", "--data-dir", "d")["gap"] == 0


def test_a_second_writer_appends_and_follows(kabar, tmp_path):
    first = lines(tmp_path / "first.jsonl", 300)
    second = tmp_path / "second.jsonl"
    second.write_text(
        json.dumps({"url": "https://lain.example/1", "text": ARTICLE.format(n=77) + " lain sekali"}) + "\n"
    )
    running = kabar.start("ingest", first, "--data-dir", "d", "--json", stdout=subprocess.PIPE)
    until = time.monotonic() + 20
    while not (tmp_path / "d" / "writer.lock").exists() and time.monotonic() < until:
        time.sleep(0.05)
    done = kabar.json("ingest", second, "--data-dir", "d")
    assert (done["accepted"], done["indexed"]) == (1, 1)
    out, _ = running.communicate(timeout=90)
    assert json.loads(out)["indexed"] == 300
    assert kabar.json("audit", "--data-dir", "d")["gap"] == 0


def test_a_follower_takes_over_when_the_writer_dies(kabar, tmp_path):
    script = (
        "import sys, time; from pathlib import Path; from kabar.runtime.embedded.lease import Lease\n"
        "Path('d').mkdir(); Lease(Path('d')).acquire(); print('held', flush=True); time.sleep(60)"
    )
    holder = subprocess.Popen([sys.executable, "-c", script], cwd=tmp_path, stdout=subprocess.PIPE)
    assert holder.stdout.readline() == b"held\n"
    follower = kabar.start(
        "ingest", lines(tmp_path / "x.jsonl", 20), "--data-dir", "d", "--json", stdout=subprocess.PIPE
    )
    time.sleep(2.5)
    assert follower.poll() is None
    holder.kill()
    holder.wait()
    holder.stdout.close()
    out, _ = follower.communicate(timeout=60)
    assert json.loads(out)["indexed"] == 20


def test_ctrl_c_stops_cleanly_and_the_job_resumes(kabar, tmp_path):
    file = lines(tmp_path / "x.jsonl", 1_500)
    running = kabar.start("ingest", file, "--data-dir", "d", stderr=subprocess.PIPE)
    until = time.monotonic() + 30
    while time.monotonic() < until and not _indexed(tmp_path):
        time.sleep(0.1)
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=60)
    assert running.returncode == 130, err
    assert b"resume" in err
    assert b"Traceback" not in err
    done = kabar.json("ingest", file, "--data-dir", "d")
    assert (done["accepted"], done["indexed"]) == (1_500, 1_500)


def _indexed(tmp_path):
    import sqlite3

    try:
        connection = sqlite3.connect(f"file:{tmp_path / 'd' / 'kabar.db'}?mode=ro", uri=True)
        return connection.execute("SELECT count(*) FROM articles").fetchone()[0]
    except sqlite3.Error:
        return 0
