"""Which files a user means: names and folders, in a fixed order."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from kabar.errors import InputError
from kabar.producers.files.formats import by_name


@dataclass(frozen=True, slots=True)
class Found:
    """A file to read, or one that cannot be and why."""

    path: Path
    problem: str = ""
    """What is wrong, for a human; '' = it can be read."""


def find(paths: Iterable[str | Path]) -> Iterator[Found]:
    """Files named by the caller and files below folders named by the caller, sorted by name within each folder.

    A file named by the caller is taken whatever it is called. Below a folder, hidden entries and what is no file
    (pipes, devices) are passed over; files of an unknown kind and what cannot be opened come with a problem.
    Links are followed, no folder is entered twice.

    Raises:
        InputError: a named path does not exist or cannot be looked at.
    """
    for path in map(Path, paths):
        try:
            mode = path.stat().st_mode
        except (OSError, ValueError) as error:
            raise InputError(
                f"cannot read {path}: {_why(error)}", hint="check the name and its permissions"
            ) from error
        if stat.S_ISDIR(mode):
            yield from _below(path)
        else:
            yield Found(path)


def _below(top: Path) -> Iterator[Found]:
    entered: set[tuple[int, int]] = set()
    waiting = [top]
    while waiting:
        path = waiting.pop()
        try:
            status = path.stat()
            if stat.S_ISREG(status.st_mode):
                yield _judge(path)
                continue
            identity = (status.st_dev, status.st_ino)
            if not stat.S_ISDIR(status.st_mode) or identity in entered:
                continue
            entered.add(identity)
            names = sorted(
                (entry.name for entry in os.scandir(path) if not entry.name.startswith(".")), reverse=True
            )
        except OSError as error:
            if path == top:
                raise InputError(
                    f"cannot read the folder {path}: {_why(error)}", hint="check its permissions"
                ) from error
            yield Found(path, _why(error))
            continue
        waiting += [path / name for name in names]


def _judge(path: Path) -> Found:
    if by_name(path.name) is None:
        return Found(path, f"is of no known kind ({path.suffix or 'no ending'})")
    if not os.access(path, os.R_OK):
        return Found(path, "Permission denied")
    return Found(path)


def _why(error: OSError | ValueError) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
