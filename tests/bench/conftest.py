"""Tiny data directories in the layouts of the real ones; every text is invented."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from bench.quality.layout import find_sets  # noqa: E402 - the path above makes it importable
from bench.quality.notes import Notes  # noqa: E402


class Directory:
    """Writes sets below a folder and finds them again."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def rows(self, name: str, rows: list, file: str = "rows.jsonl") -> Directory:
        folder = self.path / name
        folder.mkdir(parents=True, exist_ok=True)
        lines = [row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows]
        (folder / file).write_text("\n".join(lines) + "\n", encoding="utf-8")
        return self

    def file(self, name: str, file: str, content: str | bytes) -> Directory:
        path = self.path / name / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return self

    def sets(self, *patterns: str) -> list:
        return find_sets(self.path, patterns or ("*",))


@pytest.fixture
def directory(tmp_path):
    return Directory(tmp_path)


@pytest.fixture
def notes():
    return Notes(quiet=True)
