"""Stages that misbehave on request, run in real worker processes by the tests of the pool."""

import os
import time
from pathlib import Path

from kabar.contracts.outcomes import Ended, Forward, Outcome
from kabar.contracts.sections import CleanSection
from kabar.errors import BadMessage


class OddStage:
    def process(self, message):
        text = message.raw.text
        if text == "hang":
            time.sleep(600)
        if text == "spin":
            while True:
                pass
        if text == "die":
            os.kill(os.getpid(), 9)
        if text == "exit":
            os._exit(3)
        if text == "eat":
            bytearray(50_000_000_000)
        if text == "poison":
            raise BadMessage("no good")
        if text == "crash":
            raise KeyError("oops")
        if text == "drop":
            return [Ended(Outcome.DROPPED, "empty")]
        if text == "twice":
            return [Ended(Outcome.DROPPED, "empty"), Ended(Outcome.UNCHANGED)]
        if text.startswith("once:"):
            flag = Path(text[5:])
            if not flag.exists():
                flag.touch()
                os._exit(1)
        return [Forward(message.with_section(CleanSection(text=text.upper(), content_hash="0" * 32)))]


def build():
    return {"clean": OddStage(), "enrich": OddStage()}


def build_never():
    raise RuntimeError("models are missing")
