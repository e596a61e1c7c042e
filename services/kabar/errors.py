"""Every error kabar raises on purpose, on one page.

::

    KabarError                    anything below; the message says what is wrong, where, and what to do next
    ├── UsageError                the caller asked for something that cannot be (exit code 2)
    │   ├── ConfigError           a setting is unknown, malformed or contradicts another
    │   └── QueryError            a search query cannot be read; carries the position
    ├── InputError                an input cannot be read at all (exit code 3)
    ├── Poison                    one message can never be processed: it becomes a dead letter, the rest goes on
    │   ├── BadMessage            the message does not follow its contract
    │   └── Oversize              the message is larger than its contract allows
    └── EnvironmentError_         the surroundings are sick, not the message: pause, retry, never a dead letter (4)
        ├── StoreError            the data directory cannot be used (version, permission, damage)
        ├── StoreBusy             another process is the writer of this data directory
        ├── DiskFull              no space left; nothing was lost, free some and go on
        ├── WorkersFailed         worker processes cannot be started
        ├── BrokerError           Kafka cannot be reached, refuses us, or fenced us off
        ├── IndexUnavailable      Elasticsearch cannot be reached or takes nothing at the moment
        └── NotPrepared           topics or templates are missing, or differ from what this version needs

No exception of a library leaves the room it was raised in: the room turns it into one of these and chains it.
"""

from __future__ import annotations


class KabarError(Exception):
    """Base of all. ``hint`` tells what to do next, on its own line."""

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class UsageError(KabarError):
    """The caller asked for something that cannot be."""

    exit_code = 2


class ConfigError(UsageError):
    """A setting is unknown, malformed or contradicts another."""


class QueryError(UsageError):
    """A search query cannot be read.

    ``position`` is the offset in code points at which reading failed.
    """

    def __init__(self, message: str, *, position: int = 0, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.position = position


class InputError(KabarError):
    """An input (file, folder, stream) cannot be read at all."""

    exit_code = 3


class Poison(KabarError):
    """One message can never be processed; ``reason`` is from a closed set and labels metrics."""

    reason = "poison"


class BadMessage(Poison):
    """The message does not follow its contract; the message names the field."""

    reason = "bad_message"


class Oversize(Poison):
    """The message is larger than its contract allows."""

    reason = "oversize"


class EnvironmentError_(KabarError):  # noqa: N801 - the name without the underscore is a builtin
    """The surroundings are sick, not the message: pause and retry, never a dead letter."""

    exit_code = 4


class StoreError(EnvironmentError_):
    """The data directory cannot be used: wrong version, no permission, damaged."""


class StoreBusy(EnvironmentError_):
    """Another process is the writer of this data directory."""


class DiskFull(EnvironmentError_):
    """No space left on the device. What was accepted is safe; free some space and start again."""


class WorkersFailed(EnvironmentError_):
    """Worker processes cannot be started, again and again."""


class BrokerError(EnvironmentError_):
    """Kafka cannot be reached, refuses us, or fenced us off. What was accepted is in its log."""


class IndexUnavailable(EnvironmentError_):
    """Elasticsearch cannot be reached or takes nothing at the moment. What is not indexed waits in the log."""


class NotPrepared(EnvironmentError_):
    """Topics or templates are missing, or differ from what this version needs; the message says in what."""
