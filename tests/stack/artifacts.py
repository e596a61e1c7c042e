"""Where the servers come from: Maven Central, once, into a cache that several starts may share.

The cache is ``STACK_CACHE``, else ``/var/cache/kabar-stack`` for root (Elasticsearch runs as another user,
who cannot look into root's home), else ``~/.cache/kabar-stack``.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

KAFKA = "4.1.1"
ELASTICSEARCH = "8.19.7"
ELASTICSEARCH_ARTIFACT = f"org.elasticsearch.distribution.integ-test-zip:elasticsearch:{ELASTICSEARCH}:zip"
"""The Apache-licensed server without modules for language analysis, ingest and the like, and without a JDK."""
JAVA = range(17, 25)
"""Kafka 4 needs 17 or newer; Elasticsearch 8.19 was not made for 25."""
MAVEN_SECONDS = 900
DOWNLOADED_BYTES = 150_000_000


class StackUnavailable(Exception):
    """The servers cannot be had here; the text says what is missing and how to get it."""


def cache() -> Path:
    """The directory everything is kept in; made if missing."""
    named = os.environ.get("STACK_CACHE")
    if named:
        place = Path(named)
    elif os.geteuid() == 0:
        place = Path("/var/cache/kabar-stack")
    else:
        place = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kabar-stack"
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StackUnavailable(f"{place} cannot be made: {error}; name another with STACK_CACHE") from error
    return place


def java_home() -> Path:
    """The first fitting Java: ``JAVA_HOME``, the one on the path, Debian's place.

    Raises:
        StackUnavailable: there is none.
    """
    on_path = shutil.which("java")
    candidates = [
        *([Path(os.environ["JAVA_HOME"])] if os.environ.get("JAVA_HOME") else []),
        *([Path(on_path).resolve().parents[1]] if on_path else []),
        *sorted(Path("/usr/lib/jvm").glob("*")),
    ]
    for home in candidates:
        if java_version(home) in JAVA:
            return home
    raise StackUnavailable(
        f"no Java {JAVA.start} to {JAVA.stop - 1}: set JAVA_HOME to one, or as root "
        "`apt-get install openjdk-17-jre-headless`"
    )


def java_version(home: Path) -> int:
    """The major version of the Java in a directory; 0 where there is none."""
    try:
        said = subprocess.run(
            [home / "bin" / "java", "-version"], capture_output=True, text=True, check=True, timeout=60
        ).stderr
    except (OSError, subprocess.SubprocessError):
        return 0
    found = re.search(r'version "(\d+)', said)
    return int(found[1]) if found else 0


def kafka_jars() -> Path:
    """The directory with the jars of a Kafka server.

    Raises:
        StackUnavailable: it is not in the cache and cannot be fetched.
    """
    return _kept(f"kafka-{KAFKA}", _fetch_kafka)


def elasticsearch_home() -> Path:
    """An unpacked Elasticsearch, not to be written to.

    Raises:
        StackUnavailable: it is not in the cache and cannot be fetched.
    """
    return _kept(f"elasticsearch-{ELASTICSEARCH}", _fetch_elasticsearch)


def _fetch_kafka(target: Path) -> None:
    _maven(
        "-f", str(Path(__file__).with_name("kafka.xml")),
        "dependency:copy-dependencies", f"-DoutputDirectory={target}",
    )  # fmt: skip


def _fetch_elasticsearch(target: Path) -> None:
    archives = target / "archives"
    _maven("dependency:copy", f"-Dartifact={ELASTICSEARCH_ARTIFACT}", f"-DoutputDirectory={archives}")
    with zipfile.ZipFile(next(archives.glob("*.zip"))) as packed:
        for item in packed.infolist():
            written = Path(packed.extract(item, target))
            if mode := item.external_attr >> 16 & 0o777:
                written.chmod(mode | 0o444 | (0o111 if written.is_dir() else 0))
    shutil.rmtree(archives)
    unpacked = target / f"elasticsearch-{ELASTICSEARCH}"
    for item in unpacked.iterdir():
        item.rename(target / item.name)
    unpacked.rmdir()


def _kept(name: str, fetch: Callable[[Path], None]) -> Path:
    """A directory of the cache; what is not there is fetched beside it and moved in whole."""
    place = cache() / name
    if place.is_dir():
        return place
    with _locked(place.with_name(f"{name}.lock")):
        if not place.is_dir():
            with tempfile.TemporaryDirectory(dir=place.parent, prefix=f".{name}-") as unfinished:
                target = Path(unfinished) / name
                target.mkdir()
                fetch(target)
                target.rename(place)
    return place


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    with file.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _maven(*arguments: str) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise StackUnavailable(
            "the servers are not in the cache yet and Maven, which fetches them, is missing: "
            "as root `apt-get install maven`"
        )
    if shutil.disk_usage(cache()).free < 10 * DOWNLOADED_BYTES:
        raise StackUnavailable(f"less than {10 * DOWNLOADED_BYTES // 1_000_000} MB free at {cache()}")
    done = subprocess.run(
        [maven, "-q", "-B", *arguments],
        capture_output=True, text=True, check=False, timeout=MAVEN_SECONDS,
        env={**os.environ, "JAVA_HOME": str(java_home())},
    )  # fmt: skip
    if done.returncode:
        raise StackUnavailable(f"Maven could not fetch the servers:\n{(done.stdout + done.stderr)[-2_000:]}")
