"""Exit codes: one enum, printed by ``kabar --help`` and checked by tests."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """What the shell is told."""

    OK = 0
    FAILED = 1
    USAGE = 2
    INPUT = 3
    ENVIRONMENT = 4
    DEAD_LETTERS = 5
    INTERRUPTED = 130


MEANING = {
    Exit.OK: "done; dead letters, if any, are in the table of outcomes",
    Exit.FAILED: "a check failed (audit, schema check), or a bug, then with a traceback",
    Exit.USAGE: "wrong arguments, settings or query",
    Exit.INPUT: "an input cannot be read at all; what could be read was accepted",
    Exit.ENVIRONMENT: "the surroundings are sick (disk full, store busy, newer or damaged); nothing was lost",
    Exit.DEAD_LETTERS: "with --strict: done, but some observations are dead letters",
    Exit.INTERRUPTED: "stopped by Ctrl-C; run the same command again to resume",
}
