"""Where the servers come from: what is missing is said, what is there is not fetched again."""

import threading
from contextlib import suppress

import pytest

from tests.stack import artifacts
from tests.stack.artifacts import JAVA, StackUnavailable


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("STACK_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def java(directory, version):
    """A Java that says this on standard error, as real ones do."""
    program = directory / "bin" / "java"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\" 2025-01-01' >&2\n")
    program.chmod(0o755)
    return directory


@pytest.mark.parametrize("version, major", [("17.0.15", 17), ("21", 21), ("1.8.0_412", 1), ("25-ea", 25)])
def test_the_version_of_a_java(tmp_path, version, major):
    assert artifacts.java_version(java(tmp_path / "jdk", version)) == major


def test_no_java_is_version_0(tmp_path):
    assert artifacts.java_version(tmp_path) == 0


def test_java_home_comes_first_if_it_fits(tmp_path, monkeypatch):
    monkeypatch.setenv("JAVA_HOME", str(java(tmp_path / "fits", f"{JAVA.start}.0.1")))
    assert artifacts.java_home() == tmp_path / "fits"


@pytest.mark.parametrize("version", ["11.0.2", "1.8.0_412", f"{JAVA.stop}.0.1"])
def test_a_java_that_does_not_fit_is_not_taken(tmp_path, monkeypatch, version):
    monkeypatch.setenv("JAVA_HOME", str(java(tmp_path / "other", version)))
    assert artifacts.java_version(tmp_path / "other") not in JAVA
    monkeypatch.setattr(artifacts.shutil, "which", lambda name: None)
    with suppress(StackUnavailable):
        assert artifacts.java_home() != tmp_path / "other"


def test_without_any_java_it_is_said_how_to_get_one(tmp_path, monkeypatch):
    monkeypatch.setattr(artifacts, "java_version", lambda home: 0)
    with pytest.raises(StackUnavailable, match="apt-get install openjdk-17-jre-headless"):
        artifacts.java_home()


def test_without_maven_it_is_said_how_to_get_it(cache, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(StackUnavailable, match="apt-get install maven"):
        artifacts.kafka_jars()
    assert not (cache / f"kafka-{artifacts.KAFKA}").exists(), "half a server must not be taken for one"


def test_what_maven_says_when_it_fails_is_passed_on(cache, tmp_path, monkeypatch):
    program = tmp_path / "bin" / "mvn"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho 'no route to the repository'; exit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    monkeypatch.setattr(artifacts, "java_home", lambda: tmp_path)
    with pytest.raises(StackUnavailable, match="no route to the repository"):
        artifacts.elasticsearch_home()
    assert [path.suffix for path in cache.iterdir()] == [".lock"]


def test_what_is_there_is_fetched_once_however_many_start(cache):
    fetched = []

    def fetch(target):
        fetched.append(target)
        threading.Event().wait(0.05)  # long enough for the others to come
        (target / "file").write_text("whole")

    starts = [threading.Thread(target=lambda: artifacts._kept("thing-1", fetch)) for _ in range(4)]
    for start in starts:
        start.start()
    for start in starts:
        start.join()
    assert len(fetched) == 1
    assert (cache / "thing-1" / "file").read_text() == "whole"
    assert sorted(path.name for path in cache.iterdir()) == ["thing-1", "thing-1.lock"]
