"""What taking in files has in common, whoever stores them: the inputs of a call, and records made observations."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct

from kabar.contracts.message import Message
from kabar.contracts.observation import accept
from kabar.errors import InputError, Poison
from kabar.producers.files import Input, Record, find, fingerprint, open_input, open_pipe
from kabar.runtime.embedded.jobs import Job
from kabar.runtime.envelopes import said
from kabar.runtime.refusals import Refused, refused

MAX_IDS = 1_000
STDIN = "-"


class Progress(Struct):
    """What a progress bar shows; updated in place."""

    name: str = ""
    read_bytes: int = 0
    total_bytes: int | None = None
    accepted: int = 0
    decided: int = 0
    resumed: bool = False


Report = Callable[[Progress], None]
"""Called after every step, from the calling thread."""


def silent(_: Progress) -> None:
    """Report to nobody."""


class Summary(Struct, frozen=True):
    """What became of the records of all files of one call."""

    accepted: int
    indexed: int
    unchanged: int
    superseded: int
    dropped: int
    dead: int
    seconds: float
    ids: list[str]
    """Articles concerned, in order of acceptance, at most 1,000."""
    problems: list[str] = []
    """Files that could not be read, and why."""
    skipped: int = 0
    """Files taken in completely by an earlier call."""


OUTCOMES = ("indexed", "unchanged", "superseded", "dropped", "dead")


class Source:
    """A file, a named pipe or standard input, not yet opened."""

    def __init__(self, path: str | Path) -> None:
        self._path = path
        self.once = str(path) == STDIN or not Path(path).is_file()
        """Can be read a single time: it has no fingerprint, and its job cannot be resumed."""
        self.name = shown(path)
        """As a job remembers it."""

    def key(self) -> str:
        """What its job is known by: the file's content, not its name.

        Raises:
            InputError: it cannot be read.
        """
        return secrets.token_hex(16) if self.once else fingerprint(self._path)

    @contextmanager
    def open(self, mapping: Mapping[str, str]) -> Iterator[Input]:
        """Its records.

        Raises:
            InputError: it cannot be read.
        """
        if str(self._path) != STDIN:
            with open_input(self._path, mapping=mapping) as found:
                yield found
            return
        # Unbuffered: a buffered stream cannot be left while a thread waits in it. Not ours to close.
        with (
            open(sys.stdin.fileno(), "rb", buffering=0, closefd=False) as pipe,
            open_pipe(pipe, mapping=mapping) as found,
        ):
            yield found


class Inputs:
    """The inputs of one call, in order; standard input comes last.

    Raises:
        InputError: a named file is not there.
    """

    def __init__(self, paths: Sequence[str | Path]) -> None:
        self.problems: list[str] = []
        """Files that could not be read, and why; they do not stop the others."""
        self._found = list(find(path for path in paths if str(path) != STDIN))
        self._stdin = STDIN in map(str, paths)

    def __iter__(self) -> Iterator[Source]:
        for one in self._found:
            if one.problem:
                self.problems.append(f"{one.path}: {one.problem}")
            else:
                yield Source(one.path)
        if self._stdin:
            yield Source(STDIN)

    @contextmanager
    def noted(self, source: Source) -> Iterator[None]:
        """A file that turns out to be unreadable is a problem to tell at the end; a pipe that does is an error."""
        try:
            yield
        except InputError as error:
            if source.once:
                raise
            self.problems.append(str(error))


def observed(
    record: Record, job: Job, name: str, *, seen: int, now: int, tell_options: bool = False
) -> Message | Refused:
    """A record as an observation, or as a dead letter from the start.

    Args:
        record: what was read.
        job: names the observation and says how its records are read.
        name: of the file, for the origin.
        seen: the observation clock, milliseconds.
        now: the wall clock, milliseconds.
        tell_options: a refused record takes along how it was read, for a replay that has no job at hand.
    """
    observation = job.observation_id(record.number)
    # A record that cannot be read has no time of its own; in a replay the wall clock would be a lie.
    unread = 0 if job.options.event_time else seen
    origin = f"file:{name}#{record.number}"
    options = job.options if tell_options else None
    if record.fields is None:
        return refused(record, observation, origin, unread, now, record.reason, record.error, options=options)
    try:
        return accept(
            record.fields,
            observation_id=observation,
            observed_at=seen,
            accepted_at=now,
            origin=origin,
            default_source=job.options.default_source,
            event_time=job.options.event_time,
        )
    except Poison as error:
        return refused(record, observation, origin, unread, now, error.reason, said(error), options=options)


def shown(path: str | Path) -> str:
    """A file's name as text: one that is not UTF-8 must not break what it is written into."""
    return os.fsencode(path).decode("utf-8", "replace")
