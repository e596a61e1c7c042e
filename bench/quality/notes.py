"""What a scorer has to say beside its figures: progress, remarks for the reader, and rows it could not use."""

from __future__ import annotations

import sys
from collections import Counter
from typing import TextIO


class Notes:
    """Collects remarks and skipped rows of one capability; progress goes out at once.

    Args:
        stream: where progress and the list of skipped rows go; standard error by default, so that standard
            output stays pure for ``--json``.
        quiet: no progress lines (tests).
    """

    def __init__(self, stream: TextIO | None = None, *, quiet: bool = False) -> None:
        self._stream = stream
        self._quiet = quiet
        self.remarks: list[str] = []
        self.skipped: Counter[tuple[str, str]] = Counter()

    def remark(self, text: str) -> None:
        """Something the reader of the figures must know (a split, a sample size, silver instead of gold)."""
        if text not in self.remarks:
            self.remarks.append(text)

    def skip(self, where: str, why: str, count: int = 1) -> None:
        """Count rows that were left out, or answers that were lost, by place and reason."""
        if count:
            self.skipped[where, why] += count

    def progress(self, text: str) -> None:
        """Say what is being measured right now."""
        if not self._quiet:
            print(f"  {text}", file=self._stream or sys.stderr, flush=True)

    def report_skipped(self) -> None:
        """Say what was left out and why."""
        for (where, why), count in sorted(self.skipped.items()):
            print(f"  skipped: {where}: {why}: {count}", file=self._stream or sys.stderr, flush=True)
