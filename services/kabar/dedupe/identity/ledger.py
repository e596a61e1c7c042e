"""The ledger: what is known of every article, for as long as the oldest index lives, in 64 bytes each."""

from __future__ import annotations

import hashlib
import struct

import msgspec
from msgspec import Struct

from kabar.contracts.outcomes import StateChanged
from kabar.contracts.sections import Source
from kabar.dedupe.state import FORMAT, LEDGER, check_format

_PACKED = struct.Struct("<B6s6s6s5s5s6s3sBB4s4s16s")
ENTRY_BYTES = _PACKED.size
_KILLED = 1
_MAX_VERSION = (1 << 24) - 1
_SHORT, _CONTENT = 5, 6
"""Bytes kept of an observation id and of a content hash. They are only compared within one article: two of its
versions look equal by chance once in 2^48."""


class SourceKey(Struct, frozen=True):
    """Who publishes: four bytes of the hashed registrable domain and of the hashed name, zeros where unknown."""

    domain: bytes
    name: bytes

    @property
    def known(self) -> bool:
        """Whether there is anything to compare."""
        return any(self.domain) or any(self.name)

    def same(self, other: SourceKey) -> bool:
        """The same domain; where one has none, the same name."""
        if any(self.domain) and any(other.domain):
            return self.domain == other.domain
        return any(self.name) and self.name == other.name


def source_key(source: Source) -> SourceKey:
    """The key of a source, whatever the case of its names."""
    return SourceKey(_hashed(source.domain), _hashed(source.name))


class Entry(Struct, frozen=True, kw_only=True):
    """One article; times are milliseconds.

    ``version_at`` and ``version_observation`` are of the observation that made the newest version, ``newest_at`` and
    ``newest_observation`` of the newest one at all, which may have found it unchanged.
    """

    first_seen_at: int
    version_at: int
    newest_at: int
    version_observation: bytes
    newest_observation: bytes
    content: bytes
    version: int = 1
    killed: bool = False
    marks: int = 0
    """Lines of the newest version that say that they correct."""
    source: SourceKey
    story: bytes = bytes(16)
    """Zeros = none."""

    def pack(self) -> bytes:
        """64 bytes."""
        return _PACKED.pack(
            FORMAT,
            *(at.to_bytes(6, "little") for at in (self.first_seen_at, self.version_at, self.newest_at)),
            self.version_observation,
            self.newest_observation,
            self.content,
            min(self.version, _MAX_VERSION).to_bytes(3, "little"),
            _KILLED if self.killed else 0,
            self.marks,
            self.source.domain,
            self.source.name,
            self.story,
        )

    @property
    def story_id(self) -> str | None:
        """The story it was published under."""
        return self.story.hex() if any(self.story) else None


def unpack(value: bytes) -> Entry:
    """The inverse of :meth:`Entry.pack`."""
    _, first, version_at, newest, made, seen, content, version, flags, marks, domain, name, story = (
        _PACKED.unpack(value)
    )
    return Entry(
        first_seen_at=int.from_bytes(first, "little"),
        version_at=int.from_bytes(version_at, "little"),
        newest_at=int.from_bytes(newest, "little"),
        version_observation=made,
        newest_observation=seen,
        content=content,
        version=int.from_bytes(version, "little"),
        killed=bool(flags & _KILLED),
        marks=marks,
        source=SourceKey(domain, name),
        story=story,
    )


def short_observation(observation_id: str) -> bytes:
    """What the ledger keeps of an observation id."""
    return bytes.fromhex(observation_id)[:_SHORT]


def short_content(content_hash: str) -> bytes:
    """What the ledger keeps of a content hash."""
    return bytes.fromhex(content_hash)[:_CONTENT]


class Ledger:
    """All articles ever seen, by id. Kept packed: an entry is unpacked for the moment it is needed."""

    def __init__(self) -> None:
        self._entries: dict[bytes, bytes] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, article: bytes) -> Entry | None:
        """The entry, None for an article never seen."""
        packed = self._entries.get(article)
        return None if packed is None else unpack(packed)

    def put(self, article: bytes, entry: Entry) -> list[StateChanged]:
        """Remember; no record where nothing changed."""
        packed = entry.pack()
        if self._entries.get(article) == packed:
            return []
        self._entries[article] = packed
        return [StateChanged(LEDGER + article, packed)]

    def set_story(self, article: bytes, story: bytes) -> list[StateChanged]:
        """Note the story an article was published under."""
        entry = self.get(article)
        return [] if entry is None else self.put(article, msgspec.structs.replace(entry, story=story))

    def story_of(self, article: bytes) -> bytes | None:
        """The story an article was published under."""
        packed = self._entries.get(article)
        return None if packed is None or not any(packed[-16:]) else packed[-16:]

    def load(self, article: bytes, value: bytes) -> None:
        """Take a record of an earlier run."""
        check_format(value)
        self._entries[article] = value


def _hashed(name: str) -> bytes:
    folded = name.strip().casefold()
    return (
        hashlib.blake2b(folded.encode("utf-8", "surrogatepass"), digest_size=4).digest()
        if folded
        else bytes(4)
    )
