"""The data directory: one folder per set, any ``*.jsonl`` in it, sometimes JSON objects and folders of pages."""

from __future__ import annotations

import gzip
import json
import random
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, TypeVar

from bench.quality.notes import Notes

Row = dict[str, Any]
T = TypeVar("T")

SEED = 20_240_229
"""Of every sample, so that two runs measure the same rows."""

TEXT_FIELDS = (
    "text", "body", "content_demojibake", "content", "content_raw", "text_detok", "isi", "DOCUMENT",
)  # fmt: skip
"""Names under which the sets keep an article's text; the first that holds a string wins."""
TITLE_FIELDS = ("title_demojibake", "title", "headline", "judul", "Title", "TITLE")
_LANGUAGE_IN_NAME = re.compile(r"(?:^|_)(id|en|ms|fr)(?:_|$)|^(?:ner_)(id)ner")
_LANGUAGE_CODES = {"eng": "en", "ind": "id", "fra": "fr", "msa": "ms", "zsm": "ms", "swa": "sw"}


@dataclass(frozen=True)
class DataSet:
    """A folder of the data directory."""

    name: str
    path: Path

    def files(self) -> list[Path]:
        """Its ``*.jsonl`` files, by name."""
        return sorted(self.path.glob("*.jsonl"))

    def rows(self, notes: Notes) -> Iterator[tuple[Path, Row]]:
        """Every readable row of every file; what cannot be read is counted."""
        for path in self.files():
            for row in read_jsonl(path, notes):
                yield path, row

    def objects(self, notes: Notes) -> Iterator[tuple[Path, Row]]:
        """Every JSON file beside them that holds one object."""
        for path in sorted(self.path.glob("*.json")):
            try:
                value = json.loads(path.read_text(encoding="utf-8", errors="replace"))
            except (OSError, ValueError):
                notes.skip(f"{self.name}/{path.name}", "not readable JSON")
                continue
            if isinstance(value, dict):
                yield path, value

    def page(self, name: str) -> bytes | None:
        """A page of the set's ``html`` folder, packed or not; None when it is not there or leads outside."""
        if (
            not name
            or len(name) > 200
            or "\0" in name
            or ".." in Path(name).parts
            or Path(name).is_absolute()
        ):
            return None
        bare = name.removesuffix(".gz")
        for folder in (self.path, self.path / "html"):
            for ending in ("", ".gz", ".html", ".html.gz"):
                candidate = folder / f"{bare}{ending}"
                if candidate.is_file():
                    return _unpacked(candidate.read_bytes())
        return None


def _unpacked(data: bytes) -> bytes:
    if not data.startswith(b"\x1f\x8b"):
        return data
    try:
        return gzip.decompress(data)
    except (OSError, EOFError, zlib.error):
        return data


def read_jsonl(path: Path, notes: Notes) -> Iterator[Row]:
    """Rows that are JSON objects; the others are counted as skipped."""
    where = f"{path.parent.name}/{path.name}"
    try:
        with path.open("rb") as lines:
            for line in lines:
                if not line.strip():
                    continue
                try:
                    row = _without_surrogates(json.loads(line.decode("utf-8", "replace")), line)
                except (ValueError, RecursionError):
                    notes.skip(where, "not JSON")
                    continue
                if isinstance(row, dict):
                    yield row
                else:
                    notes.skip(where, "not an object")
    except OSError as error:
        notes.skip(where, f"cannot be read: {error.strerror}")


def _without_surrogates(value: Any, line: bytes) -> Any:
    """Lone surrogates, which JSON can escape and no text can hold, become "?"; offsets stay as they are."""
    if b"\\ud" not in line.lower():
        return value
    return json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))


def find_sets(directory: Path, patterns: Iterable[str]) -> list[DataSet]:
    """The folders of ``directory`` whose name matches one of the patterns, by name."""
    wanted = tuple(patterns)
    folders = sorted(path for path in directory.iterdir() if path.is_dir())
    return [DataSet(p.name, p) for p in folders if any(fnmatch(p.name, pattern) for pattern in wanted)]


def sample(items: Sequence[T], limit: int, *, seed: int = SEED) -> list[T]:
    """At most ``limit`` items, drawn with a fixed seed, in their original order."""
    if len(items) <= limit:
        return list(items)
    chosen = sorted(random.Random(seed).sample(range(len(items)), limit))
    return [items[index] for index in chosen]


def field(row: Row, names: Sequence[str]) -> str:
    """The first of the named fields that holds a non-blank string, else ''."""
    for name in names:
        value = row.get(name)
        if isinstance(value, str) and value.strip():
            return value
    return ""


def text_of(row: Row) -> str:
    """The article's text as received, else ''."""
    return field(row, TEXT_FIELDS)


def title_of(row: Row) -> str:
    """The headline, else ''."""
    return field(row, TITLE_FIELDS)


def language_of(row: Row, name: str = "") -> str:
    """ISO 639-1 code the row or the set's name declares, else ''."""
    declared = row.get("lang")
    if isinstance(declared, str) and declared:
        return _LANGUAGE_CODES.get(declared, declared)
    found = _LANGUAGE_IN_NAME.search(name)
    return (found.group(1) or found.group(2)) if found else ""


def number(value: object) -> float | None:
    """A number, also where it is written as a string; None otherwise."""
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
