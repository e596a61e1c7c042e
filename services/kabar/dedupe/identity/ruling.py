"""What an observation is to its article: the first, a repeat, a new version, late, a kill.

Pure functions of the ledger's entry and the observation. The order of versions is that of ``observed_at``; of two
with the same, the one that arrives later counts as newer.
"""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import Struct

from kabar.contracts.message import Message
from kabar.contracts.outcomes import DropReason
from kabar.contracts.sections import Change
from kabar.dedupe.identity.changes import classify, correction_marks
from kabar.dedupe.identity.decisions import ENDINGS, Ending
from kabar.dedupe.identity.ledger import Entry, SourceKey, short_content, short_observation, source_key
from kabar.dedupe.revisions import Revision, clip

KILLED_SIMILARITY = 0.9
"""A page that changed less than this since it was killed is still the killed article: only its surroundings moved."""

Verb = Literal["first", "version", "kill", "again", "unchanged", "superseded", "dropped"]


class Observation(Struct, frozen=True, kw_only=True):
    """An observation in the ledger's terms. ``revision`` is None for a kill."""

    article: bytes
    id: bytes
    at: int
    kill: bool
    source: SourceKey
    content: bytes = b""
    marks: int = 0
    revision: Revision | None = None


class Ruling(Struct, frozen=True):
    """What it is (``again``: the observation that made the newest version, long ago), and the entry that follows."""

    verb: Verb
    entry: Entry | None
    change: Change = Change()
    reason: str = ""

    @property
    def outcome(self) -> Ending | None:
        """The end of the observation, None if it goes on."""
        return ENDINGS.get(self.verb)


def observe(message: Message, analysed_chars: int) -> Observation:
    """Read what identity needs.

    Raises:
        BadMessage: a section it needs is missing or malformed.
    """
    header = message.header
    seen = Observation(
        article=bytes.fromhex(header.article_id),
        id=short_observation(header.observation_id),
        at=header.observed_at,
        kill=header.kind == "kill",
        source=source_key(message.raw.source),
    )
    if seen.kill:
        return seen
    clean = message.clean
    return msgspec.structs.replace(
        seen,
        content=short_content(clean.content_hash),
        marks=correction_marks(clean.title, clean.text),
        revision=clip(clean.title, clean.text, analysed_chars),
    )


def rule(entry: Entry | None, seen: Observation, known: Revision | None) -> Ruling:
    """Decide.

    Args:
        entry: what the ledger knows of the article.
        seen: the observation.
        known: the text of the newest version, if it is still kept.
    """
    if seen.kill:
        return _rule_kill(entry, seen)
    if entry is None:
        return Ruling("first", _first(seen))
    if entry.source.known and seen.source.known and not _compatible(entry.source, seen.source):
        return _dropped(entry, DropReason.FOREIGN_SOURCE)
    return _rule_known(entry, seen, known)


def _rule_known(entry: Entry, seen: Observation, known: Revision | None) -> Ruling:
    """A known article, seen again by its own source."""
    if seen.id == entry.version_observation:
        return Ruling("again", _reread(entry, seen))
    if seen.at < entry.newest_at:
        return Ruling("superseded", entry)
    later = msgspec.structs.replace(entry, newest_at=seen.at, newest_observation=seen.id)
    if entry.killed:
        return _rule_killed(entry, later, seen, known)
    if seen.content == entry.content or seen.id == entry.newest_observation:
        return Ruling("unchanged", later)
    return Ruling("version", _next(later, seen), _change(entry, seen, known))


def _rule_kill(entry: Entry | None, seen: Observation) -> Ruling:
    if entry is None:
        return _dropped(None, DropReason.UNKNOWN_KILL)
    if not entry.source.same(seen.source):
        return _dropped(entry, DropReason.FOREIGN_SOURCE)
    if seen.id == entry.version_observation:
        return Ruling("again", entry, Change(kind="kill", similarity=0.0))
    # Compared with the newest version, not the newest look: a page found unchanged after the kill was sent, but
    # before the kill arrived, does not save it.
    if seen.at < entry.version_at:
        return Ruling("superseded", entry)
    newest = seen.at >= entry.newest_at
    later = msgspec.structs.replace(
        entry,
        newest_at=max(seen.at, entry.newest_at),
        newest_observation=seen.id if newest else entry.newest_observation,
    )
    if entry.killed:
        return Ruling("unchanged", later)
    killed = msgspec.structs.replace(
        later, killed=True, version=entry.version + 1, version_at=seen.at, version_observation=seen.id
    )
    return Ruling("kill", killed, Change(kind="kill", similarity=0.0))


def _rule_killed(entry: Entry, later: Entry, seen: Observation, known: Revision | None) -> Ruling:
    """A page of a killed article was seen again.

    The same content stays killed: pages and feeds go on showing it for a while. So does one that changed little,
    as far as its text is still known. Other content is a publication anew, under the next version.
    """
    if seen.content == entry.content:
        return _dropped(later, DropReason.KILLED)
    change = _change(entry, seen, known)
    if known is not None and change.similarity >= KILLED_SIMILARITY:
        return _dropped(later, DropReason.KILLED)
    kind = "correction" if change.kind == "correction" else "update"
    return Ruling("version", _next(later, seen), msgspec.structs.replace(change, kind=kind))


def _change(entry: Entry, seen: Observation, known: Revision | None) -> Change:
    """From the text before, if it is kept; else all that is known is that it changed."""
    marked = seen.marks > entry.marks
    assert seen.revision is not None
    if known is None:
        return Change(kind="correction" if marked else "update", similarity=0.0)
    cut = known.cut or seen.revision.cut
    return classify(known.whole, seen.revision.whole, cut=cut, newly_marked=marked)


def _first(seen: Observation) -> Entry:
    return Entry(
        first_seen_at=seen.at,
        version_at=seen.at,
        newest_at=seen.at,
        version_observation=seen.id,
        newest_observation=seen.id,
        content=seen.content,
        marks=seen.marks,
        source=seen.source,
    )


def _next(entry: Entry, seen: Observation) -> Entry:
    return msgspec.structs.replace(
        entry,
        version=entry.version + 1,
        version_at=seen.at,
        version_observation=seen.id,
        content=seen.content,
        marks=seen.marks,
        killed=False,
        source=entry.source if entry.source.known else seen.source,
    )


def _reread(entry: Entry, seen: Observation) -> Entry:
    """The same observation, read by another kabar: what it reads now is what the next one is compared with."""
    return msgspec.structs.replace(entry, content=seen.content, marks=seen.marks)


def reread(entry: Entry, seen: Observation) -> Entry:
    """The entry after a known observation was processed again under a higher generation.

    The newest content is known under the new reading, whether the observation made the newest version or found it
    unchanged; anything older says nothing about it.
    """
    newest = seen.id in (entry.version_observation, entry.newest_observation)
    return _reread(entry, seen) if newest and not seen.kill else entry


def _compatible(known: SourceKey, seen: SourceKey) -> bool:
    """Not provably two sources: an update whose domain or name is missing is let through, a kill is not."""
    if any(known.domain) and any(seen.domain):
        return known.domain == seen.domain
    if any(known.name) and any(seen.name):
        return known.name == seen.name
    return True


def _dropped(entry: Entry | None, reason: DropReason) -> Ruling:
    return Ruling("dropped", entry, reason=reason.value)
