"""A pool without processes, for tests and one-off commands: same protocol, no deadline, no memory cap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count

from kabar.contracts.message import Message, decode_message
from kabar.runtime.attempt import run_one
from kabar.runtime.protocol import Result, Stage


class InlinePool:
    """Runs each message at once, through the real encoder, so that it is strict where the real pool is."""

    def __init__(self, stages: Mapping[str, Stage]) -> None:
        self._stages = stages
        self._results: dict[int, list[Result]] = {}
        self._tickets = count()
        self.restarts: dict[str, int] = {}

    def submit(self, stage: str, messages: Sequence[Message], *, urgent: bool = False) -> int:  # noqa: ARG002
        """See :class:`kabar.runtime.protocol.Pool`."""
        ticket = next(self._tickets)
        self._results[ticket] = [
            run_one(self._stages, stage, decode_message(message.encode())) for message in messages
        ]
        return ticket

    def collect(self, ticket: int) -> list[Result]:
        """One result per message, in order."""
        return self._results.pop(ticket)

    def reset(self) -> None:
        """Forget everything submitted and not collected."""
        self._results.clear()

    def cancel(self) -> None:
        """Nothing ever waits."""

    def close(self) -> None:
        """Nothing to stop."""
