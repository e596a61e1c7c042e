"""One message through one stateless stage, whatever the stage does."""

from __future__ import annotations

import time
import traceback
from collections.abc import Mapping
from pathlib import PurePath

from kabar.contracts.message import Message
from kabar.contracts.outcomes import DeadReason, Ended, Forward
from kabar.errors import Poison
from kabar.runtime.protocol import WORKER_SECTIONS, Result, Stage

MAX_ERROR_CHARS = 2_000
"""An exception's text can hold the whole body."""


def run_one(stages: Mapping[str, Stage], name: str, message: Message) -> Result:
    """One message through one stage: what a stage raises is the message's fate, but for ``MemoryError``."""
    started = time.perf_counter()
    try:
        answer = _answer(stages[name], name, message)
    except Poison as error:
        answer = Result("dead", reason=error.reason, error=str(error)[:MAX_ERROR_CHARS])
    except MemoryError:
        raise  # the process is spent, whoever spent it: not this message's fate yet
    except Exception as error:  # noqa: BLE001 - a stage's bug is one dead letter, not a dead pipeline
        answer = Result("dead", reason=DeadReason.CRASHED, error=describe(error))
    return Result(
        answer.kind,
        answer.section,
        answer.outcome,
        answer.reason,
        answer.error,
        time.perf_counter() - started,
    )


def _answer(stage: Stage, name: str, message: Message) -> Result:
    ends = [effect for effect in stage.process(message) if isinstance(effect, Forward | Ended)]
    if len(ends) != 1:
        raise AssertionError(f"stage '{name}' gave {len(ends)} ends for one message")
    end = ends[0]
    if isinstance(end, Ended):
        return Result("ended", outcome=end.outcome, reason=end.reason)
    kind = WORKER_SECTIONS[name]
    return Result("forward", section=end.message.encoded(kind) if end.message.has(kind) else b"")


def describe(error: BaseException) -> str:
    """``KeyError: 'x' at extraction.py:42`` - the innermost place, cut."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {PurePath(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}: {error}"[:MAX_ERROR_CHARS] + place
