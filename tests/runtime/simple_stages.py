"""Stages without models: the runtime's tests are about the runtime."""

import hashlib

from kabar.contracts.outcomes import Ended, Forward, Outcome
from kabar.contracts.sections import CleanSection, EnrichSection
from kabar.errors import BadMessage


class SimpleClean:
    def process(self, message):
        if message.header.kind == "kill":
            return [Forward(message)]
        text = message.raw.text
        if text == "poison":
            raise BadMessage("cannot be cleaned")
        if not text:
            return [Ended(Outcome.DROPPED, "empty")]
        return [
            Forward(
                message.with_section(
                    CleanSection(
                        title=message.raw.title, text=text, language="id", word_count=len(text.split()),
                        content_hash=hashlib.blake2b(text.encode(), digest_size=16).hexdigest(),
                    )
                )
            )
        ]  # fmt: skip


class SimpleEnrich:
    def process(self, message):
        if message.header.kind == "kill":
            return [Forward(message)]
        if "unenrichable" in message.clean.text:
            raise KeyError("model broke")
        return [Forward(message.with_section(EnrichSection(summary=message.clean.text[:50])))]


def build():
    return {"clean": SimpleClean(), "enrich": SimpleEnrich()}
