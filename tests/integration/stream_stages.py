"""Stages for the workers of the stream tests: the text says what they do with a message."""

import os
import time

from kabar.contracts.outcomes import Ended, Forward, Outcome
from kabar.contracts.sections import CleanSection, EnrichSection
from kabar.errors import BadMessage

LINES = 200
LINE = "x" * 190_000


def _obey(text):
    if text == "poison":
        raise BadMessage("no good")
    if text == "crash":
        raise KeyError("oops")
    if text == "hang":
        time.sleep(600)
    if text == "die":
        os._exit(3)
    if text.startswith("slow "):
        time.sleep(float(text.split()[1]))


class Clean:
    def process(self, message):
        if message.header.kind == "kill":
            return [Forward(message)]
        text = message.raw.text
        _obey(text)
        if text == "drop":
            return [Ended(Outcome.DROPPED, "empty")]
        section = CleanSection(text=text, content_hash="0" * 32)
        if text == "grow":  # 38 MB: more than any topic of articles takes
            section = CleanSection(text=text, content_hash="0" * 32, authors=[LINE] * LINES)
        return [Forward(message.with_section(section))]


class Enrich:
    def process(self, message):
        _obey(message.raw.text)
        return [Forward(message.with_section(EnrichSection(summary=message.raw.text[:50])))]


def build():
    return {"clean": Clean(), "enrich": Enrich()}
