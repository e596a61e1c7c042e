"""One progress bar for long work: on standard error, and nothing where nobody watches."""

from __future__ import annotations

from typing import Self

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from kabar.cli.context import err


class Bar:
    """What is done of how much, how fast, and how long it will take."""

    def __init__(self, *, quiet: bool) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            console=err,
            disable=quiet or not err.is_terminal,
            transient=True,
        )
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *details: object) -> None:
        self._progress.stop()

    def show(self, description: str, done: int, total: int | None) -> None:
        """Where the work is; ``total`` None or 0 = not known."""
        if self._task is None:
            self._task = self._progress.add_task("", total=None, rate="")
        elapsed = self._progress.tasks[0].elapsed
        rate = f"{done / elapsed:,.0f}/s" if elapsed else ""
        self._progress.update(
            self._task, description=description, completed=done, total=total or None, rate=rate
        )
