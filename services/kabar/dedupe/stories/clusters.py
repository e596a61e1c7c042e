"""Stories: incremental clustering of articles around centroids, under ids that never change.

An article joins the open story whose centroid is nearest, if it is near enough; else it opens one. So each article
has a story at once. Single-pass clustering as in topic detection and tracking (Allan et al. 1998).
"""

from __future__ import annotations

import numpy as np
from msgspec import Struct

from kabar.contracts.outcomes import StateChanged, StoryChanged
from kabar.dedupe.options import DedupeOptions
from kabar.dedupe.state import MERGED, STORY, Clock, Window
from kabar.dedupe.stories.evidence import Telling, weigh
from kabar.dedupe.stories.index import TermIndex
from kabar.dedupe.stories.record import (
    Details,
    State,
    centred_of,
    pack,
    story_key,
    unpack_centroid,
    unpack_centroids,
    unpack_details,
)
from kabar.dedupe.stories.vectors import Vector, bundle_of, cosines, merged

CANDIDATES = 20
"""Stories compared exactly; 32 find no more."""

LEAST_TERMS = 5
"""Telling terms an article must have to join by likeness: a text of two words is like anything that has them."""

Changes = list[StateChanged | StoryChanged]


class Member(Struct, frozen=True, kw_only=True):
    """An article on its way into a story.

    ``joins``: its words may decide (those of a table must not); ``names``: distinct; ``at``: observed, milliseconds.
    """

    article: bytes
    vector: Vector
    joins: bool = True
    title: str
    source: str
    names: list[str]
    at: int


class Stories:
    """The open stories, and where merged ones went.

    Args:
        telling: how much a word in common says about one event.
    """

    def __init__(self, options: DedupeOptions, clock: Clock, telling: Telling) -> None:
        self._options = options
        self._telling = telling
        self._clock = clock
        self._open = Window(STORY, length_ms=options.story_silence_ms, cap=options.max_stories)
        self._merged = Window(MERGED, length_ms=options.similarity_window_ms, cap=options.max_stories)
        self._terms = TermIndex()
        self._keys: dict[int, bytes] = {}  # by number, which is Details.born
        self._moving: set[bytes] = set()  # stories with a velocity above zero

    def __len__(self) -> int:
        return len(self._open)

    def place(self, member: Member, copied: bytes | None) -> tuple[bytes, Changes]:
        """Find or open the story of a new article.

        Args:
            member: the article.
            copied: the story of the article it copies: a copy is where its original is.

        Returns:
            The story's id and what changed.
        """
        target = self._resolve(copied) if copied else None
        if target is not None:
            return target, self._grow(target, member, centred=False)
        near = self._nearest(member.vector) if member.joins else []
        if not near:
            return self._open_story(member)
        best = near[0]
        changes = self._grow(best, member, centred=True)
        for other in near[1:]:
            survivor, more = self._merge_if_one(best, other)
            best, changes = survivor, changes + more
        return best, changes

    def withdraw(self, story: bytes, article: bytes) -> Changes:
        """A member was killed."""
        found = self._load(self._resolve(story))
        if found is None:
            return []
        key, centroid, details = found
        details.withdraw(article)
        if not details.size:
            return self._leave(key, details, state="closed")
        return self._store(key, centroid, centroid, details, refresh=False)

    def restore_member(self, story: bytes, member: Member) -> Changes:
        """A killed member is published again."""
        key = self._resolve(story)
        return [] if key is None else self._grow(key, member, centred=False)

    def tick(self) -> Changes:
        """Close what has been silent, forget old merges, measure velocities."""
        limit = self._options.expire_per_tick
        changes: Changes = []
        for key in self._open.overdue(self._clock.now, limit):
            changes += self._close(key)
        changes += [self._merged.forget(key) for key in self._merged.overdue(self._clock.now, limit)]
        for key in sorted(self._moving):
            found = self._load(key)
            if found is not None and found[2].measure(self._clock.ticked):
                changes += self._store(key, found[1], found[1], found[2], refresh=False)
        return changes

    def load_story(self, key: bytes, value: bytes) -> None:
        """Take a record of an earlier run, in order of stamps."""
        self._open.load(key, value)
        payload = self._open.payload(key)
        assert payload is not None
        self._register(key, unpack_centroid(payload), unpack_details(payload))

    def load_merge(self, key: bytes, value: bytes) -> None:
        """Take a record of an earlier run, in order of stamps."""
        self._merged.load(key, value)

    def _open_story(self, member: Member) -> tuple[bytes, Changes]:
        changes: Changes = []
        for surplus in self._open.surplus():
            changes += self._close(surplus)
        key = story_key(member.article)
        details = Details(born=self._clock.stamp().seq, first_at=member.at, last_at=member.at)
        details.add(member.article, member.title, member.source, member.names, member.at)
        return key, changes + self._store(key, None, member.vector, details, refresh=True)

    def _grow(self, key: bytes, member: Member, *, centred: bool) -> Changes:
        found = self._load(key)
        assert found is not None
        _, before, details = found
        centroid = before
        if centred:
            centroid = merged(before, details.centred, member.vector)
            details.centred += 1
        details.add(member.article, member.title, member.source, member.names, member.at)
        return self._store(key, before, centroid, details, refresh=True)

    def _nearest(self, vector: Vector) -> list[bytes]:
        """Open stories that the article may belong to, the likeliest first."""
        if vector.terms.size < LEAST_TERMS:
            return []
        payloads: list[tuple[bytes, bytes]] = []
        for number in self._terms.search(vector, CANDIDATES):
            key = self._keys[number]
            payload = self._open.get(key, self._clock.now)
            if payload is not None:
                payloads.append((key, payload))
        stories = unpack_centroids([payload for _, payload in payloads])
        centred = np.array([centred_of(payload) for _, payload in payloads], dtype=np.float64)
        likely = weigh(vector, stories, self._telling).likely(centred, self._options)
        return [payloads[i][0] for i in likely[:3]]

    def _merge_if_one(self, one: bytes, other: bytes) -> tuple[bytes, Changes]:
        """Merge the younger of two stories into the older, if their centroids are near; the survivor's id first."""
        first, second = self._load(one), self._load(other)
        if first is None or second is None:
            return one, []
        if float(cosines(first[1], bundle_of([second[1]]))[0]) < self._options.merge_threshold:
            return one, []
        if first[2].born > second[2].born:
            first, second = second, first
        key, centroid, details = first
        gone, theirs, members = second
        joint = merged(centroid, details.centred / members.centred, theirs)
        details.absorb(members)
        details.centred += members.centred
        changes = self._leave(gone, members, state="merged", merged_into=key)
        changes.append(self._merged.put(gone, self._clock.stamp(), key))
        return key, changes + self._store(key, centroid, joint, details, refresh=True)

    def _resolve(self, story: bytes | None) -> bytes | None:
        """The open story that an id stands for now, None if it is closed."""
        for _ in range(32):  # merges of merges; longer chains are not worth following
            if story is None or self._open.get(story, self._clock.now) is not None:
                return story
            story = self._merged.get(story, self._clock.now)
        return None

    def _load(self, key: bytes | None) -> tuple[bytes, Vector, Details] | None:
        payload = self._open.get(key, self._clock.now) if key else None
        if key is None or payload is None:
            return None
        return key, unpack_centroid(payload), unpack_details(payload)

    def _store(
        self, key: bytes, before: Vector | None, centroid: Vector, details: Details, *, refresh: bool
    ) -> Changes:
        """Write a story. ``refresh``: an article came, so that its silence starts anew."""
        details.revision += 1
        details.measure(self._clock.ticked)
        if before is not None and before is not centroid:
            self._terms.remove(details.born, before)
        payload = pack(centroid, details)
        stamp = self._clock.stamp()
        record = self._open.put(key, stamp, payload) if refresh else self._open.replace(key, payload)
        if before is not centroid:
            self._register(key, centroid, details)
        self._watch(key, details)
        return [record, StoryChanged(details.published(key))]

    def _register(self, key: bytes, centroid: Vector, details: Details) -> None:
        self._terms.add(details.born, centroid)
        self._keys[details.born] = key
        self._watch(key, details)

    def _watch(self, key: bytes, details: Details) -> None:
        if details.velocity:
            self._moving.add(key)
        else:
            self._moving.discard(key)

    def _close(self, key: bytes) -> Changes:
        payload = self._open.payload(key)
        assert payload is not None
        return self._leave(key, unpack_details(payload), state="closed")

    def _leave(
        self, key: bytes, details: Details, *, state: State, merged_into: bytes | None = None
    ) -> Changes:
        payload = self._open.payload(key)
        assert payload is not None
        self._terms.remove(details.born, unpack_centroid(payload))
        del self._keys[details.born]
        self._moving.discard(key)
        details.revision += 1
        details.velocity = 0
        last = details.published(key, state=state, merged_into=merged_into)
        return [self._open.forget(key), StoryChanged(last)]
