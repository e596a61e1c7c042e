"""Dedupe as a stage: one message or one tick in, effects out.

Every message ends in exactly one Forward or Ended, after the records of all that was remembered for it. All state is
in those records: a stage that is given them back goes on exactly as this one would have.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Literal

import msgspec
import numpy as np

from kabar.contracts.message import Header, Message, Tick
from kabar.contracts.outcomes import Effect, Forward
from kabar.contracts.sections import Change, DedupeSection, Duplicate
from kabar.dedupe.identity.decisions import Decision, Decisions, ended, forwarded
from kabar.dedupe.identity.ledger import Entry, Ledger
from kabar.dedupe.identity.ruling import Observation, Ruling, observe, reread, rule
from kabar.dedupe.options import DedupeOptions
from kabar.dedupe.revisions import Revision, Revisions
from kabar.dedupe.similarity.copies import Analysed, Copies
from kabar.dedupe.similarity.facts import running_names
from kabar.dedupe.similarity.sketch import hash_words
from kabar.dedupe.state import (
    CLOCK,
    DECISION,
    LEDGER,
    MERGED,
    REVISION,
    SIGNATURE,
    STORY,
    WORDS,
    Clock,
    seq_of,
)
from kabar.dedupe.stories.bags import MAX_WORDS, Bag, Frequencies, bag_of
from kabar.dedupe.stories.clusters import Member, Stories
from kabar.dedupe.stories.vectors import Terms
from kabar.errors import StoreError
from kabar.text.tokens import words

_NAME_CHARS = 1_000
"""Where names are looked for: what a story is about stands at the beginning."""


class DedupeStage:
    """Identity and similarity of articles. One instance sees all articles, in one order.

    After an effect could not be stored the instance is ahead of its records and must not be used any more: restore.
    """

    def __init__(self, options: DedupeOptions | None = None) -> None:
        self._options = options or DedupeOptions()
        self._reset()

    def _reset(self) -> None:
        options = self._options
        self._clock = Clock()
        self._ledger = Ledger()
        self._decisions = Decisions(options, self._clock)
        self._frequencies = Frequencies()
        self._revisions = Revisions(options, self._clock, self._count)
        self._copies = Copies(options, self._clock, self._revisions, self._is_killed)
        self._stories = Stories(options, self._clock, self._frequencies.telling)
        self._bag: tuple[Revision, Bag] | None = None

    def process(self, message: Message) -> list[Effect]:
        """Decide on one observation.

        Raises:
            BadMessage: a section is missing or malformed; nothing was remembered.
        """
        header = message.header
        seen = observe(message, self._options.analysed_chars)
        self._clock.advance(header.observed_at)
        known = self._decisions.get(header.observation_id) or _carried(message)
        if known is not None:
            decision, effects = known, self._repeat(header, seen, known)
        else:
            decision, effects = self._decide(message, seen)
            effects += self._decisions.put(header.observation_id, decision, header.generation)
        effects.append(self._clock.record())
        if decision.section is None:
            return [*effects, decision.ended()]
        return [*effects, Forward(message.with_section(decision.section))]

    def tick(self, tick: Tick) -> list[Effect]:
        """Let time pass: forget what is out of its window, close silent stories, measure velocities."""
        self._clock.tick(tick.now)
        return [
            *self._decisions.expire(),
            *self._copies.expire(),
            *self._stories.tick(),
            *self._revisions.expire(),
            self._clock.record(),
        ]

    def restore(self, records: Iterable[tuple[bytes, bytes]]) -> None:
        """Become what the stage was that wrote these records; what this one knew is forgotten.

        Args:
            records: the newest value of each key that has one, in any order.

        Raises:
            StoreError: a record is of another version or kind.
        """
        self._reset()
        kinds: dict[bytes, list[tuple[bytes, bytes]]] = {}
        for key, value in records:
            kinds.setdefault(key[:1], []).append((key[1:], value))
        for kind, load in self._loaders():
            found = kinds.pop(kind, [])
            if kind not in (CLOCK, LEDGER, WORDS):
                found.sort(key=lambda record: seq_of(record[1]))
            load(found)
        if kinds:
            raise StoreError(
                f"dedupe state has records of unknown kind {min(kinds)!r}",
                hint="they were written by a newer kabar; run that version, or rebuild the state",
            )

    def sizes(self) -> dict[str, int]:
        """How much is remembered, for metrics: counts, and bytes where the name says so."""
        return {
            "articles": len(self._ledger),
            "decisions": len(self._decisions),
            "revisions": len(self._revisions),
            "revision_bytes": self._revisions.nbytes,
            "signatures": len(self._copies),
            "signature_bytes": self._copies.nbytes,
            "stories": len(self._stories),
        }

    def _loaders(self) -> list[tuple[bytes, Callable[[list[tuple[bytes, bytes]]], None]]]:
        return [
            (CLOCK, _each(lambda _, value: self._clock.load(value))),
            (LEDGER, _each(self._ledger.load)),
            (DECISION, _each(self._decisions.load)),
            (REVISION, _each(self._revisions.load)),
            (WORDS, lambda records: self._frequencies.load(self._revisions.load_words(records))),
            (SIGNATURE, self._copies.load),
            (STORY, _each(self._stories.load_story)),
            (MERGED, _each(self._stories.load_merge)),
        ]

    def _repeat(self, header: Header, seen: Observation, known: Decision) -> list[Effect]:
        """The same observation again: the same decision. A higher generation only refreshes what was read."""
        if header.generation <= known.generation:
            return []
        effects: list[Effect] = [*self._decisions.put(header.observation_id, known, header.generation)]
        entry = self._ledger.get(seen.article)
        if entry is None or seen.revision is None or entry.killed:
            return effects
        again = reread(entry, seen)
        if again is not entry:
            effects += self._ledger.put(seen.article, again)
            if self._revisions.get(seen.article) is not None:
                self._bag_of(seen.revision)
                effects += self._revisions.put(seen.article, seen.revision)
        return effects

    def _decide(self, message: Message, seen: Observation) -> tuple[Decision, list[Effect]]:
        ruling = rule(self._ledger.get(seen.article), seen, self._known_text(seen))
        if ruling.outcome is not None:
            entry = ruling.entry
            effects: list[Effect] = [] if entry is None else [*self._ledger.put(seen.article, entry)]
            return ended(ruling.outcome, ruling.reason), effects
        assert ruling.entry is not None
        if ruling.verb == "kill":
            return self._kill(seen, ruling.entry, ruling.change)
        if ruling.verb == "again":
            return self._again(seen, ruling.entry, ruling.change)
        return self._publish(message, seen, ruling, ruling.entry)

    def _known_text(self, seen: Observation) -> Revision | None:
        return None if seen.kill else self._revisions.get(seen.article)

    def _kill(self, seen: Observation, entry: Entry, change: Change) -> tuple[Decision, list[Effect]]:
        effects: list[Effect] = [*self._ledger.put(seen.article, entry), *self._copies.forget(seen.article)]
        if entry.story_id is not None:
            effects += self._stories.withdraw(entry.story, seen.article)
        return forwarded(_section(entry, change, None)), effects

    def _again(self, seen: Observation, entry: Entry, change: Change) -> tuple[Decision, list[Effect]]:
        """The observation of the newest version, after its decision was forgotten: as much as the ledger knows."""
        if not entry.killed:
            change = Change(kind="first") if entry.version == 1 else Change(kind="update", similarity=0.0)
        return forwarded(_section(entry, change, None)), [*self._ledger.put(seen.article, entry)]

    def _publish(
        self, message: Message, seen: Observation, ruling: Ruling, entry: Entry
    ) -> tuple[Decision, list[Effect]]:
        """A first or a changed version: what it copies, and its story."""
        assert seen.revision is not None
        before = self._ledger.get(seen.article)
        new = self._copies.analyse(seen.revision)
        verdict = self._copies.judge(seen.article, new)
        change = ruling.change
        effects: list[Effect] = []
        if not any(entry.story):
            member = self._member(message, seen, new)
            copied = self._ledger.story_of(bytes.fromhex(verdict.duplicate.of)) if verdict.duplicate else None
            story, changes = self._stories.place(member, copied)
            entry, effects = msgspec.structs.replace(entry, story=story), [*changes]
        elif before is not None and before.killed:
            effects += self._stories.restore_member(entry.story, self._member(message, seen, new))
        self._bag_of(seen.revision, new)
        effects += self._copies.remember(seen.article, new, verdict.root)
        effects += self._revisions.put(seen.article, seen.revision)
        effects += self._ledger.put(seen.article, entry)
        return forwarded(_section(entry, change, verdict.duplicate)), effects

    def _member(self, message: Message, seen: Observation, new: Analysed) -> Member:
        assert seen.revision is not None
        source = message.raw.source
        revision = seen.revision
        bag = self._bag_of(revision, new)
        names = running_names(revision.text[:_NAME_CHARS])
        return Member(
            article=seen.article,
            vector=self._frequencies.vector(bag, words(" ".join(names))),
            joins=not bag.table,
            title=revision.title,
            source=source.name or source.domain,
            names=names,
            at=seen.at,
        )

    def _bag_of(self, revision: Revision, new: Analysed | None = None) -> Bag:
        """The terms of a text. The last one is kept: it is weighed and counted within one message."""
        if self._bag is None or self._bag[0] is not revision:
            self._bag = (revision, _bag_of_analysed(new) if new else _bag(revision))
        return self._bag[1]

    def _count(self, revision: Revision, change: int) -> Terms:
        """A text came (+1) or went (-1); the terms it is counted by."""
        bag = self._bag[1] if self._bag is not None and self._bag[0] is revision else _bag(revision)
        self._frequencies.count(bag.terms, change)
        return bag.terms

    def _is_killed(self, article: bytes) -> bool:
        entry = self._ledger.get(article)
        return entry is not None and entry.killed


def _carried(message: Message) -> Decision | None:
    """What was decided before, as a message that is processed again says itself: memory forgets, the log does not."""
    again = message.header.generation > 0 and message.has(DedupeSection)
    return forwarded(message.dedupe) if again else None


def _each(load: Callable[[bytes, bytes], None]) -> Callable[[list[tuple[bytes, bytes]]], None]:
    def load_all(records: list[tuple[bytes, bytes]]) -> None:
        for key, value in records:
            load(key, value)

    return load_all


def _bag(revision: Revision) -> Bag:
    return bag_of(words(revision.title), words(revision.text))


def _bag_of_analysed(new: Analysed) -> Bag:
    """The same as :func:`_bag`, from words that were hashed already."""
    hashed = new.sketch.words
    if not new.short:  # of a short text, title and body are hashed together
        hashed = np.concatenate((hash_words(new.title), hashed[:MAX_WORDS]))
    return bag_of(new.title, new.body, hashed)


def _section(entry: Entry, change: Change, duplicate: Duplicate | None) -> DedupeSection:
    status: Literal["active", "updated", "killed"]
    status = "killed" if entry.killed else "updated" if entry.version > 1 else "active"
    return DedupeSection(
        version=entry.version,
        status=status,
        first_seen_at=entry.first_seen_at,
        change=change,
        duplicate=duplicate,
        story_id=entry.story_id,
    )
