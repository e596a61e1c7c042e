"""Commands of the distributed mode where there is no Kafka: what they refuse, and what they leave alone."""

import subprocess
import sys

import pytest

from kabar.errors import UsageError


@pytest.fixture(autouse=True)
def no_kafka(monkeypatch):
    monkeypatch.delenv("KABAR_KAFKA_BOOTSTRAP", raising=False)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_text('{"text": "Pasar dibuka."}\n')
    return path


@pytest.mark.parametrize(
    "arguments",
    [
        ["topics", "create"],
        ["topics", "check"],
        ["topics", "describe"],
        ["produce", "files", "x.jsonl"],
        ["ingest", "--to", "kafka", "x.jsonl"],
    ],
)
def test_without_a_kafka_it_says_what_to_set(kabar, file, arguments):
    done = kabar(*arguments)
    assert done.code == 2
    assert "KABAR_KAFKA_BOOTSTRAP" in done.err
    assert done.out == ""


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["ingest", "x.jsonl", "--no-wait"], "--to kafka"),
        (["ingest", "x.jsonl", "--to", "kafka", "--workers", "2"], "--workers goes with --to store"),
        (["ingest", "x.jsonl", "--to", "kafka", "--batch-max", "2"], "--batch-max goes with --to store"),
        (["ingest", "x.jsonl", "--to", "kafka", "--no-wait", "--strict"], "--strict needs the outcomes"),
        (["ingest", "x.jsonl", "--to", "elsewhere"], "elsewhere"),
        (["produce", "files"], "paths"),
        (["produce", "files", "x.jsonl", "--rate", "-1"], "--rate"),
        (["topics", "create", "--partitions", "news.raw"], "--partitions"),
    ],
)
def test_options_that_cannot_be(kabar, file, monkeypatch, arguments, said):
    monkeypatch.setenv("KABAR_KAFKA_BOOTSTRAP", "127.0.0.1:9")
    done = kabar(*arguments)
    assert done.code == 2
    assert said.lower() in done.err.lower()


@pytest.mark.parametrize("path", [["ingest", "--to", "kafka"], ["produce", "files"]])
def test_a_missing_file_is_told_before_anybody_is_asked(kabar, monkeypatch, path):
    monkeypatch.setenv("KABAR_KAFKA_BOOTSTRAP", "127.0.0.1:9")
    done = kabar(*path, "gone.jsonl")
    assert done.code == 3
    assert "gone.jsonl" in done.err


@pytest.mark.parametrize("command", [["topics"], ["topics", "create"], ["produce"], ["produce", "files"]])
def test_every_help_page_explains_itself(kabar, command):
    done = kabar(*command, "--help")
    assert done.code == 0
    assert "Usage" in done.out


def in_a_process(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


def test_one_machine_needs_nothing_of_the_extra():
    done = in_a_process(
        "import sys\n"
        "for name in ('kafka', 'faust', 'aiokafka', 'elasticsearch'): sys.modules[name] = None\n"
        "from kabar.cli.main import run\n"
        "sys.exit(run(['config', 'show', '--json']))"
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("command", [["topics", "check"], ["produce", "files", __file__]])
def test_a_missing_extra_is_named_with_what_to_install(command):
    done = in_a_process(
        "import os, sys\n"
        "os.environ['KABAR_KAFKA_BOOTSTRAP'] = '127.0.0.1:9'\n"
        "sys.modules['kafka'] = None\n"
        "from kabar.cli.main import run\n"
        f"sys.exit(run({command!r}))"
    )
    assert done.returncode == 2, done.stderr
    assert "needs 'kafka'" in done.stderr
    assert "pip install 'kabar[distributed]'" in done.stderr


def test_a_module_of_ours_that_is_missing_is_a_bug_and_shown_as_one():
    from kabar.cli.distributed import distributed

    with pytest.raises(ModuleNotFoundError), distributed():
        raise ModuleNotFoundError(name="kabar.nothing")
    with pytest.raises(UsageError), distributed():
        raise ModuleNotFoundError(name="kafka.errors")
