"""What was decided about an article, for ``kabar explain``."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct

from kabar.clean.explain import Decision, explain
from kabar.clean.stage import CleanStage
from kabar.contracts.message import Message, decode_message
from kabar.contracts.observation import accept
from kabar.contracts.outcomes import Ended, Forward
from kabar.contracts.sections import CleanSection, DedupeSection
from kabar.errors import Poison, UsageError
from kabar.index.api import Reader
from kabar.producers.files import Record, open_input
from kabar.runtime.clock import wall_ms


class Explained(Struct, frozen=True):
    """One article: what was done to its text, and what became of it."""

    name: str
    title: str
    outcome: str
    decisions: list[Decision]


def explain_article(reader: Reader, article_id: str) -> list[Explained]:
    """An article of the index, latest version.

    Raises:
        UsageError: there is none with this id.
    """
    received = reader.received(article_id)
    if received is None:
        raise UsageError(f"there is no article '{article_id}'", hint="`kabar search` shows ids")
    message = decode_message(received.message)
    if not message.has(CleanSection):
        return [Explained(article_id, "", "killed by its publisher: a stub without text is kept", [])]
    return [_explained(article_id, message, _verdict(message.dedupe))]


def explain_file(path: Path) -> list[Explained]:
    """Each record of a file as the clean stage sees it; nothing is stored."""
    with open_input(path) as source:
        return [_explain_record(record, f"{path.name}#{record.number}") for record in source.read()]


def _explain_record(record: Record, name: str) -> Explained:
    if record.fields is None:
        return Explained(name, "", f"would be a dead letter: {record.error}", [])
    try:
        message = accept(
            record.fields, observation_id=f"{record.number:032x}", observed_at=wall_ms(), accepted_at=wall_ms(),
            origin=f"file:{name}",
        )  # fmt: skip
        (effect,) = CleanStage().process(message)
    except Poison as error:
        return Explained(name, "", f"would be a dead letter: {error}", [])
    if isinstance(effect, Ended):
        return Explained(name, "", f"would be dropped: {effect.reason}", [])
    assert isinstance(effect, Forward)
    return _explained(name, effect.message, "not stored: this is a file")


def _explained(name: str, message: Message, outcome: str) -> Explained:
    clean = message.clean
    received = message.raw.text if clean.received is None else clean.received
    return Explained(name, clean.title, outcome, explain(clean, received))


def _verdict(section: DedupeSection) -> str:
    parts = [f"version {section.version} ({section.change.kind}), {section.status}"]
    copied = section.duplicate
    if copied is not None:
        differs = f"; differs in {', '.join(copied.differs)}" if copied.differs else ""
        parts.append(f"{copied.kind} copy of {copied.of} (similarity {copied.similarity:.2f}{differs})")
    if section.story_id:
        parts.append(f"story {section.story_id}")
    return "; ".join(parts)
