"""Files into a real broker: every record one observation, whatever is interrupted, and its ending awaited."""

import gzip
import json
import os
import signal
import subprocess
import time
from collections import Counter

import pytest
from kafka_side import Workers, endings, environment, everything, raw_messages

from kabar.contracts.letters import Ending
from kabar.errors import BrokerError, NotPrepared
from kabar.runtime.embedded.jobs import JobOptions
from kabar.runtime.kafka import topics
from kabar.runtime.kafka.clients import producer
from kabar.runtime.kafka.producing import ingest as runtime
from kabar.runtime.kafka.producing.ingest import Ingest
from kabar.runtime.kafka.producing.publisher import Publisher
from kabar.runtime.kafka.records import Record, ending_record, read_letter

pytestmark = pytest.mark.stack

SENTENCE = "Pedagang Pasar Lubuk Damar nomor {n} menempati kios baru sejak Senin pagi."


@pytest.fixture
def ready(place):
    """A place with its topics; one raw partition, so that order can be seen."""
    topics.create(place, partitions={"news.raw": 1})
    return place


def lines(path, count, *, first=0, **more):
    with path.open("w") as out:
        for n in range(first, first + count):
            record = {
                "url": f"https://lubuk.example/{n}",
                "title": f"Pasar {n}",
                "text": SENTENCE.format(n=n),
            }
            out.write(json.dumps({**record, **more}) + "\n")
    return path


def take(place, *paths, wait=True, rate=0.0, skip_done=False, **options):
    call = Ingest(place, JobOptions(**options), wait=wait, rate=rate, skip_done=skip_done)
    return call.run([str(path) for path in paths])


def observations(place):
    """Origin -> the observation ids it was ever sent under."""
    found = {}
    for message in raw_messages(place):
        found.setdefault(message.header.origin, set()).add(message.header.observation_id)
    return found


# ---------------------------------------------------------------- what arrives


def test_records_arrive_in_order_with_what_they_said(ready, tmp_path):
    done = take(ready, lines(tmp_path / "wire.jsonl", 450), wait=False, default_source="Warta Lubuk")
    assert (done.accepted, done.problems) == (450, [])
    messages = raw_messages(ready)
    assert [message.header.origin for message in messages] == [f"file:wire.jsonl#{n}" for n in range(1, 451)]
    assert messages[7].raw.title == "Pasar 7"
    assert {message.raw.source.name for message in messages} == {"Warta Lubuk"}
    times = [message.header.observed_at for message in messages]
    assert times == sorted(times)
    assert all(abs(message.header.accepted_at - time.time() * 1000) < 60_000 for message in messages)


def test_keys_are_article_ids(ready, tmp_path):
    take(ready, lines(tmp_path / "wire.jsonl", 5), wait=False)
    for record, message in zip(everything(ready, "news.raw"), raw_messages(ready), strict=True):
        assert record.key.decode() == message.header.article_id


def test_event_time_is_kept_at_any_speed(ready, tmp_path):
    file = lines(tmp_path / "old.jsonl", 3, observed_at="2023-11-14T22:13:20Z")
    take(ready, file, wait=False, rate=100.0, event_time=True)
    assert {message.header.observed_at for message in raw_messages(ready)} == {1_700_000_000_000}


def test_outcomes_are_awaited_and_counted(ready, tmp_path):
    file = lines(tmp_path / "wire.jsonl", 300)
    with file.open("a") as out:
        out.write("nonsense\n")
    with Workers(ready, decide=lambda message: "dropped" if "Pasar 7" in message.raw.title else "indexed"):
        done = take(ready, file)
    dropped = sum("Pasar 7" in f"Pasar {n}" for n in range(300))
    assert (done.accepted, done.dropped, done.indexed, done.dead) == (301, dropped, 300 - dropped, 1)
    assert len(done.ids) == 300
    (letter,) = everything(ready, "news.dead")
    envelope, state = read_letter(letter.headers)
    assert (envelope.stage, envelope.reason, state, letter.value) == (
        "accept", "bad_message", "open", b"nonsense",
    )  # fmt: skip


def test_a_page_too_large_for_the_topic_is_a_dead_letter(ready, tmp_path):
    file = tmp_path / "besar.jsonl"
    large = {"url": "https://lubuk.example/besar", "text": "𝕂" * 9_000_000}
    file.write_text(
        json.dumps(large, ensure_ascii=False) + "\n" + json.dumps({"text": "Pasar dibuka."}) + "\n"
    )
    with Workers(ready):
        done = take(ready, file)
    assert (done.accepted, done.dead, done.indexed) == (2, 1, 1)
    (letter,) = everything(ready, "news.dead")
    envelope, _ = read_letter(letter.headers)
    assert (envelope.reason, envelope.cut) == ("oversize", True)
    assert envelope.size > 33_554_432


def test_nothing_but_refusals_needs_no_worker(ready, tmp_path):
    (tmp_path / "x.jsonl").write_bytes(b"nonsense\n[1]\nnull\n")
    done = take(ready, tmp_path / "x.jsonl")
    assert (done.accepted, done.dead, done.ids) == (3, 3, [])
    assert [one.stage for one in endings(ready)] == ["accept"] * 3


def test_endings_of_others_and_foreign_bytes_are_not_ours(ready, tmp_path):
    stranger = Ending(observation_id="e" * 32, outcome="dead", stage="clean", ended_at=1)
    with Publisher(ready) as publisher:
        publisher.send([Record("news.outcomes", b"k", b"\xff{"), ending_record(stranger)])
    with Workers(ready):
        with Publisher(ready) as publisher:
            publisher.send([Record("news.outcomes", b"k", b"[]"), Record("news.outcomes", b"k", None)])
        done = take(ready, lines(tmp_path / "wire.jsonl", 5))
    assert (done.accepted, done.indexed, done.dead) == (5, 5, 0)


# ---------------------------------------------------------------- again, and interrupted


def test_the_same_file_again_is_new_observations(ready, tmp_path):
    file = lines(tmp_path / "wire.jsonl", 20)
    with Workers(ready):
        first, second = take(ready, file), take(ready, file)
        skipped = take(ready, file, skip_done=True)
    assert (first.accepted, second.accepted, first.ids) == (20, 20, second.ids)
    assert (skipped.accepted, skipped.skipped, skipped.indexed) == (20, 1, 20)
    assert {len(ids) for ids in observations(ready).values()} == {2}
    assert len(raw_messages(ready)) == 40


def test_a_call_that_dies_after_the_acknowledgement_sends_the_same_again(ready, tmp_path, monkeypatch):
    file = lines(tmp_path / "wire.jsonl", 500)
    real = Publisher.publish
    calls = []

    def dies_after_the_second(self, items):
        real(self, items)
        calls.append(len(items))
        if len(calls) == 2:
            raise BrokerError("the connection broke before the answer came")

    monkeypatch.setattr(Publisher, "publish", dies_after_the_second)
    with pytest.raises(BrokerError):
        take(ready, file, wait=False)
    monkeypatch.setattr(Publisher, "publish", real)
    monkeypatch.setattr(runtime, "wall_ms", lambda: int(time.time() * 1000) + 3_600_000)
    done = take(ready, file, wait=False)
    assert done.accepted == 500 - calls[0]
    messages = raw_messages(ready)
    assert len(messages) == 500 + calls[1]
    sent = Counter(message.header.observation_id for message in messages)
    assert (len(sent), sorted(set(sent.values()))) == (500, [1, 2])
    by_id = {}
    for message in messages:
        by_id.setdefault(message.header.observation_id, set()).add(message.encode())
    assert {len(bytes_) for bytes_ in by_id.values()} == {1}, "sent twice, and not the same"


def test_the_clock_does_not_go_back_with_the_machines(ready, tmp_path, monkeypatch):
    take(ready, lines(tmp_path / "a.jsonl", 2), wait=False)
    monkeypatch.setattr(runtime, "wall_ms", lambda: 1_000_000_000_000)
    take(ready, lines(tmp_path / "b.jsonl", 2, first=10), wait=False)
    times = [message.header.observed_at for message in raw_messages(ready)]
    assert times == sorted(times)
    assert raw_messages(ready)[-1].header.accepted_at == 1_000_000_000_000


def test_endings_that_came_while_nobody_looked_are_found(ready, tmp_path, monkeypatch):
    file = lines(tmp_path / "wire.jsonl", 100)

    def leaves(self):
        raise KeyboardInterrupt

    monkeypatch.setattr(Ingest, "_settle", leaves)
    with pytest.raises(KeyboardInterrupt):
        take(ready, file)
    monkeypatch.undo()
    with Workers(ready):
        until = time.monotonic() + 30
        while len(endings(ready)) < 100 and time.monotonic() < until:
            time.sleep(0.1)
    other = take(ready, lines(tmp_path / "lain.jsonl", 3, first=500), wait=False)
    assert other.accepted == 3
    done = take(ready, file)  # nobody works any more: what ended then is all there is
    assert (done.accepted, done.indexed) == (100, 100)


def test_a_resumed_call_can_stop_waiting(ready, tmp_path, monkeypatch):
    file = lines(tmp_path / "wire.jsonl", 30)
    monkeypatch.setattr(Ingest, "_settle", lambda self: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        take(ready, file)
    monkeypatch.undo()
    assert take(ready, file, wait=False).accepted == 0
    assert take(ready, file, wait=False).accepted == 30


def test_topics_that_are_missing_are_told_before_anything_is_noted(place, tmp_path):
    with pytest.raises(NotPrepared, match=r"news\.raw"):
        take(place, lines(tmp_path / "wire.jsonl", 3))
    assert not place.directory.exists()


# ---------------------------------------------------------------- as a process


def test_the_commands(kabar, ready, tmp_path):
    env = environment(ready)
    file = lines(tmp_path / "wire.jsonl", 12)
    produced = kabar.json("produce", "files", file, "--data-dir", "d", env=env)
    assert (set(produced), produced["accepted"]) == ({"accepted", "seconds", "problems", "skipped"}, 12)
    assert (
        b"12 observations accepted by Kafka"
        in kabar("ingest", "--to", "kafka", "--no-wait", file, "--data-dir", "d", env=env).stdout
    )
    with Workers(ready):
        done = kabar.json("ingest", "--to", "kafka", file, "--data-dir", "d", env=env)
        assert (done["accepted"], done["indexed"], len(done["ids"])) == (12, 12, 12)
        packed = tmp_path / "wire.jsonl.gz"
        packed.write_bytes(gzip.compress(file.read_bytes()))
        table = kabar("ingest", "--to", "kafka", packed, "--data-dir", "d", env=env).stdout.decode()
    assert "12 observations accepted" in table
    assert "unchanged" in table
    assert not (tmp_path / "d" / "kabar.db").exists()


def test_standard_input_strictness_and_problems(kabar, ready, tmp_path):
    env = environment(ready)
    with Workers(ready):
        data = lines(tmp_path / "wire.jsonl", 5).read_bytes() + b"nonsense\n"
        done = kabar(
            "ingest",
            "--to",
            "kafka",
            "-",
            "--strict",
            "--json",
            "--data-dir",
            "d",
            stdin=data,
            env=env,
            code=5,
        )
        assert json.loads(done.stdout)["dead"] == 1
        folder = tmp_path / "folder"
        folder.mkdir()
        lines(folder / "good.jsonl", 3)
        (folder / "noise.xyz").write_bytes(b"?")
        done = kabar("ingest", "--to", "kafka", folder, "--data-dir", "d", "--json", env=env, code=3)
    assert json.loads(done.stdout)["indexed"] == 3
    assert b"noise.xyz" in done.stderr


def test_killed_again_and_again_every_record_is_one_observation(kabar, ready, tmp_path):
    count = 3_000
    file = lines(tmp_path / "wire.jsonl", count)
    command = ("ingest", "--to", "kafka", file, "--data-dir", "d")
    env = environment(ready)
    killed = 0
    for portion in (200, 900, 1_700, 2_300):
        running = kabar.start(*command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        until = time.monotonic() + 40
        while running.poll() is None and len(everything(ready, "news.raw")) < portion:
            assert time.monotonic() < until, "it does not get on"
        if running.poll() is None:
            os.killpg(running.pid, signal.SIGKILL)
            killed += 1
        running.communicate(timeout=20)
    assert killed >= 2
    with Workers(ready):
        done = kabar.json(*command, env=env)
    assert (done["accepted"], done["indexed"], done["dead"]) == (count, count, 0)
    found = observations(ready)
    assert set(found) == {f"file:wire.jsonl#{n}" for n in range(1, count + 1)}
    assert {len(ids) for ids in found.values()} == {1}
    times = {}
    for message in raw_messages(ready):
        times.setdefault(message.header.observation_id, set()).add(message.header.observed_at)
    assert {len(one) for one in times.values()} == {1}


def test_ctrl_c_while_waiting_and_the_same_command_goes_on(kabar, ready, tmp_path):
    file = lines(tmp_path / "wire.jsonl", 40)
    command = ("ingest", "--to", "kafka", file, "--data-dir", "d")
    running = kabar.start(*command, env=environment(ready), stderr=subprocess.PIPE)
    until = time.monotonic() + 40
    while len(everything(ready, "news.raw")) < 40 and time.monotonic() < until:
        time.sleep(0.1)
    assert running.poll() is None, "nobody works: it must wait"
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=30)
    assert running.returncode == 130, err
    assert b"run the same command again to resume" in err
    assert b"Traceback" not in err
    with Workers(ready):
        done = kabar.json(*command, env=environment(ready))
    assert (done["accepted"], done["indexed"]) == (40, 40)
    assert len(raw_messages(ready)) == 40


def test_two_commands_at_once_on_one_data_directory(kabar, ready, tmp_path):
    files = [lines(tmp_path / f"{n}.jsonl", 300, first=n * 1_000) for n in (1, 2)]
    with Workers(ready, slow=0.1):
        running = [
            kabar.start(
                "ingest", "--to", "kafka", file, "--json", "--data-dir", "d", env=environment(ready),
                stdout=subprocess.PIPE,
            )
            for file in files
        ]  # fmt: skip
        told = [json.loads(process.communicate(timeout=90)[0]) for process in running]
    assert [(one["accepted"], one["indexed"]) for one in told] == [(300, 300), (300, 300)]
    assert {len(ids) for ids in observations(ready).values()} == {1}


def test_a_transaction_that_is_open_holds_nothing_up(ready, tmp_path):
    topic = f"{ready.topic_prefix}news.outcomes"
    writer = producer(ready, transactional_id=f"{ready.topic_prefix}uji")
    writer.init_transactions()
    writer.begin_transaction()
    writer.send(topic, key=b"k", value=b"{}")
    writer.flush()
    try:
        done = take(ready, lines(tmp_path / "wire.jsonl", 4), wait=False)
        assert done.accepted == 4
    finally:
        writer.abort_transaction()
        writer.close()


def test_silence_is_remarked_upon_and_waiting_goes_on(ready, tmp_path, monkeypatch):
    monkeypatch.setattr(runtime, "PATIENCE_SECONDS", 0.3)
    monkeypatch.setattr(runtime, "LOOK_SECONDS", 0.1)
    workers = Workers(ready)

    def remark(event, **details):
        remarks.append((event, details))
        if len(remarks) == 2:
            workers.__enter__()

    remarks = []
    monkeypatch.setattr(runtime.log, "warning", remark, raising=False)
    try:
        done = take(ready, lines(tmp_path / "wire.jsonl", 3))
    finally:
        workers.__exit__()
    assert done.indexed == 3
    assert "workers" in remarks[0][0]
    assert remarks[0][1] == {"see": "kabar topics describe"}
