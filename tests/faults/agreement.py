"""The same file through the embedded and through the distributed runtime: do they come to the same?

    python -m tests.faults.agreement FILE.jsonl [--limit N] [--raw-partitions 1] [--clean 1] [--enrich 1]

Needs a running stack, named by the KABAR_* variables that ``make stack`` prints; works under prefixes of its own
and removes them. With one raw partition and one clean worker, documents and versions must be equal field by
field; with several, arrival order differs between articles, so: the same articles, content hashes and version
sequences, nearly the same copy pairs and stories.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from bench.quality.scoring import b_cubed
from kabar.index.sqlite.packing import unpack
from kabar.runtime.embedded.store import open_reader
from tests.faults.kill import prepare

KABAR = (sys.executable, "-m", "kabar.cli.main")
PAGE = 500
PAIRS_BAR = 0.99
STORIES_BAR = 0.98

Documents = dict[str, dict[str, Any]]


@dataclass
class Side:
    """What one runtime made of the file."""

    seconds: float
    outcomes: dict[str, int]
    documents: Documents
    versions: dict[str, list[tuple[int, int, str, str]]]
    """Article -> (version, observed_at, status, observation), in order."""


@dataclass
class Comparison:
    """How far two sides agree."""

    differences: list[str] = field(default_factory=list)
    pairs: float = 1.0
    stories: float = 1.0


# ---------------------------------------------------------------- running


def embedded(file: Path, directory: Path) -> Side:
    """``kabar ingest`` into a fresh data directory."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("KABAR_")}
    started = time.monotonic()
    summary = _json(
        ["ingest", str(file), "--event-time", "--json", "--data-dir", str(directory)], environment
    )
    seconds = time.monotonic() - started
    connection = open_reader(directory)
    try:
        return Side(seconds, _outcomes(summary), _stored(connection), _stored_versions(connection))
    finally:
        connection.close()


def distributed(
    file: Path, directory: Path, workers: Mapping[str, int], raw_partitions: int, log: Path
) -> Side:
    """Topics, workers, ``kabar ingest --to kafka``; then what Elasticsearch holds."""
    prefix = f"agree-{secrets.token_hex(3)}-"
    environment = {
        **os.environ,
        "KABAR_TOPIC_PREFIX": prefix,
        "KABAR_INDEX_PREFIX": prefix,
        "KABAR_WORKERS": "1",
    }
    url = environment["KABAR_ELASTICSEARCH_URL"]
    run(["topics", "create", "--partitions", f"news.raw={raw_partitions}"], environment)
    with fleet(workers, environment, log):
        started = time.monotonic()
        summary = _json(
            ["ingest", str(file), "--to", "kafka", "--event-time", "--json", "--data-dir", str(directory)],
            environment,
        )
        seconds = time.monotonic() - started
    _post(f"{url}/{prefix}articles,{prefix}versions/_refresh")
    documents = {hit["_id"]: hit["_source"] for hit in _hits(url, f"{prefix}articles")}
    versions: dict[str, list[tuple[int, int, str, str]]] = {}
    for hit in _hits(url, f"{prefix}versions"):
        one = hit["_source"]
        row = (one["version"], one["observed_at"], one["status"], one["observation_id"])
        versions.setdefault(one["article_id"], []).append(row)
    _remove(url, prefix)
    return Side(seconds, _outcomes(summary), documents, {key: sorted(rows) for key, rows in versions.items()})


@contextmanager
def fleet(workers: Mapping[str, int], environment: Mapping[str, str], log: Path) -> Iterator[None]:
    """So many worker processes per stage; stopped by SIGTERM, and it is an error if one had ended before."""
    with log.open("ab") as out:
        processes = [
            subprocess.Popen([*KABAR, "work", stage], env=dict(environment), stdout=out, stderr=out)
            for stage, count in workers.items()
            for _ in range(count)
        ]
        try:
            yield
            ended = [p.args for p in processes if p.poll() is not None]
            if ended:
                raise SystemExit(f"workers ended on their own: {ended}; see {log}")
        finally:
            for process in processes:
                process.send_signal(signal.SIGTERM)
            for process in processes:
                try:
                    process.wait(40)
                except subprocess.TimeoutExpired:
                    process.kill()


def run(arguments: Sequence[str], environment: Mapping[str, str]) -> bytes:
    """A command of the product; its standard output."""
    return subprocess.run(
        [*KABAR, *arguments], env=dict(environment), check=True, stdout=subprocess.PIPE
    ).stdout


def _json(arguments: Sequence[str], environment: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run(arguments, environment))
    return found


def _outcomes(summary: Mapping[str, Any]) -> dict[str, int]:
    return {name: summary[name] for name in ("indexed", "unchanged", "superseded", "dropped", "dead")}


# ---------------------------------------------------------------- reading


def _stored(connection: sqlite3.Connection) -> Documents:
    rows = connection.execute("SELECT id, document FROM articles JOIN article_bodies USING (doc)")
    return {key: json.loads(unpack(packed)) for key, packed in rows}


def _stored_versions(connection: sqlite3.Connection) -> dict[str, list[tuple[int, int, str, str]]]:
    versions: dict[str, list[tuple[int, int, str, str]]] = {}
    rows = connection.execute("SELECT article_id, version, observed_at, status, observation_id FROM versions")
    for article, *row in rows:
        versions.setdefault(article, []).append(tuple(row))
    return {key: sorted(rows) for key, rows in versions.items()}


def _hits(url: str, index: str) -> Iterator[dict[str, Any]]:
    """Every document behind an alias."""
    pit = _post(f"{url}/{index}/_pit?keep_alive=2m")["id"]
    after: list[Any] | None = None
    while True:
        body = {
            "size": PAGE,
            "pit": {"id": pit, "keep_alive": "2m"},
            "sort": [{"_shard_doc": "asc"}],
            **({"search_after": after} if after else {}),
        }
        hits = _post(f"{url}/_search", body)["hits"]["hits"]
        if not hits:
            return
        yield from hits
        after = hits[-1]["sort"]


def _post(url: str, body: object = None, method: str = "POST") -> dict[str, Any]:
    data = json.dumps(body).encode() if body is not None else b""
    request = Request(url, data=data, headers={"Content-Type": "application/json"}, method=method)
    with urlopen(request) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


def _remove(url: str, prefix: str) -> None:
    """Every index of the prefix, one by one: wildcards may be forbidden."""
    with urlopen(f"{url}/_cat/indices/{prefix}*?h=index") as answer:
        names = answer.read().decode().split()
    for name in names:
        _post(f"{url}/{name}", method="DELETE")


# ---------------------------------------------------------------- comparing


def compare(one: Side, other: Side, *, exactly: bool) -> Comparison:
    """Differences in words, at most a few of each kind."""
    out = Comparison()
    found = out.differences
    if one.outcomes != other.outcomes and exactly:
        found.append(f"outcomes: {one.outcomes} / {other.outcomes}")
    if one.documents.keys() != other.documents.keys():
        missing = sorted(one.documents.keys() - other.documents.keys())
        extra = sorted(other.documents.keys() - one.documents.keys())
        found.append(f"articles: {len(missing)} missing {missing[:3]}, {len(extra)} more {extra[:3]}")
    if _sequences(one, exactly=exactly) != _sequences(other, exactly=exactly):
        found.append("version sequences differ")
    both = sorted(one.documents.keys() & other.documents.keys())
    for key in both:
        a, b = _timeless(one.documents[key]), _timeless(other.documents[key])
        if exactly and a != b:
            found.append(f"{key}: {'; '.join(_where(a, b))}")
        elif a["article"]["content_hash"] != b["article"]["content_hash"]:
            found.append(f"{key}: content_hash")
    out.pairs = _jaccard(_copy_pairs(one.documents), _copy_pairs(other.documents))
    stories = [{key: side.documents[key]["story"]["id"] or key for key in both} for side in (one, other)]
    out.stories = b_cubed(*stories)["f1"] if both else 1.0
    if out.pairs < PAIRS_BAR:
        found.append(f"copy pairs: Jaccard {out.pairs:.4f}")
    if out.stories < STORIES_BAR:
        found.append(f"stories: B3 {out.stories:.4f}")
    return out


def _sequences(side: Side, *, exactly: bool) -> object:
    if exactly:
        return side.versions
    return {key: [row[:3] for row in rows] for key, rows in side.versions.items()}


def _timeless(document: Mapping[str, Any]) -> dict[str, Any]:
    """Without what differs between two runs over the same input."""
    copy: dict[str, Any] = json.loads(json.dumps(document))
    copy.pop("search", None)
    del copy["event"]["ingested"], copy["trace"]["id"]
    return copy


def _where(a: Any, b: Any, path: str = "") -> list[str]:
    if isinstance(a, dict) and isinstance(b, dict):
        return [
            line
            for key in sorted(a.keys() | b.keys())
            for line in _where(a.get(key), b.get(key), f"{path}.{key}")
        ]
    return [] if a == b else [f"{path[1:]} {str(a)[:80]!r} / {str(b)[:80]!r}"]


def _copy_pairs(documents: Documents) -> set[frozenset[str]]:
    """Unordered pairs of an article and what it is called a copy of, closed over groups."""
    groups: dict[str, set[str]] = {}
    for key, document in documents.items():
        duplicate = document.get("duplicate")
        if duplicate:
            groups.setdefault(duplicate["of"], {duplicate["of"]}).add(key)
    return {
        frozenset((a, b))
        for group in groups.values()
        for a in group
        for b in group
        if a < b and len(group) < 500
    }


def _jaccard(a: set[frozenset[str]], b: set[frozenset[str]]) -> float:
    return len(a & b) / len(a | b) if a | b else 1.0


def main() -> int:
    """Run both and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.agreement", description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--limit", type=int)
    parser.add_argument("--raw-partitions", type=int, default=1)
    parser.add_argument("--clean", type=int, default=1)
    parser.add_argument("--enrich", type=int, default=1)
    options = parser.parse_args()
    workers = {"clean": options.clean, "dedupe": 1, "enrich": options.enrich, "index": 1}
    exactly = options.raw_partitions == 1 and options.clean == 1
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "input.jsonl")
        print(f"{prepare(options.file, file, options.limit)} records")
        here = embedded(file, Path(folder, "embedded"))
        print(f"embedded     {here.seconds:6.1f} s  {here.outcomes}")
        log = Path(tempfile.gettempdir(), "kabar-agreement.log")
        there = distributed(file, Path(folder, "distributed"), workers, options.raw_partitions, log)
        print(f"distributed  {there.seconds:6.1f} s  {there.outcomes}   (log: {log})")
    result = compare(here, there, exactly=exactly)
    print(f"documents {len(here.documents)} / {len(there.documents)}; copy pairs: Jaccard {result.pairs:.4f}; "
          f"stories: B3 {result.stories:.4f}; compared {'field by field' if exactly else 'in essence'}")  # fmt: skip
    for line in result.differences[:20]:
        print(f"  {line}")
    print(f"{len(result.differences)} differences")
    return bool(result.differences)


if __name__ == "__main__":
    sys.exit(main())
