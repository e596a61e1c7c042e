"""Which article copies which: likely originals from the signatures, verified word by word.

The signatures only propose. While the older text is kept, the decision stands on its exact shingles, numbers and
names; after that an article counts as a copy only where the estimate leaves no doubt.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable, Sequence

import numpy as np
from msgspec import Struct

from kabar.contracts.outcomes import StateChanged
from kabar.contracts.sections import Duplicate
from kabar.dedupe.options import DedupeOptions
from kabar.dedupe.revisions import Revision, Revisions
from kabar.dedupe.similarity.facts import MAX_DIFFERENCES, Facts, agreement, differences, find_facts, held
from kabar.dedupe.similarity.lsh import ROW, Candidate, Remembered, SignatureIndex
from kabar.dedupe.similarity.sketch import SLOTS, Sketch, jaccard, sketch
from kabar.dedupe.similarity.wording import word_differences
from kabar.dedupe.state import REBUILD_HINT, SIGNATURE, Clock
from kabar.errors import StoreError
from kabar.text.tokens import words

_RECORD = struct.Struct("<16s8sI128s")
_LOGGED = np.dtype(
    [
        ("format", "u1"),
        ("seq", "<u8"),
        ("at", "<u8"),
        ("root", "V16"),
        ("body", "V8"),
        ("size", "<u4"),
        ("signature", "<u2", (SLOTS,)),
    ]
)
"""A whole record: the stamp and :data:`_RECORD`, read many at a time."""
_LOADED = 50_000  # at a time: 9 MB
_LEAST_ESTIMATE = 0.12  # of a reprint cut to a quarter, less two standard errors
_HOPELESS = 0.1  # below a threshold by this much (two standard errors), an estimate is not worth verifying
_SAME_SIGNATURE = 0.75  # an update that keeps this much is still found by the signature of the version before
_FACT_CHARS = 20_000


class Analysed(Struct, frozen=True):
    """A text made ready for comparing. ``title`` and ``body`` are folded words."""

    revision: Revision
    title: list[str]
    body: list[str]
    short: bool
    sketch: Sketch

    @property
    def body_hash(self) -> bytes:
        """Of all that is compared, in order."""
        return hashlib.blake2b(self.sketch.words.tobytes(), digest_size=8).digest()


class Verdict(Struct, frozen=True):
    """What an article copies (None = nothing known), and the article at the root of its copies."""

    duplicate: Duplicate | None
    root: bytes


class Copies:
    """The similarity window.

    Args:
        killed: tells whether an article was killed: nothing is a copy of what is no longer there.
    """

    def __init__(
        self,
        options: DedupeOptions,
        clock: Clock,
        revisions: Revisions,
        killed: Callable[[bytes], bool],
    ) -> None:
        self._options = options
        self._clock = clock
        self._revisions = revisions
        self._killed = killed
        self._index = SignatureIndex()

    def __len__(self) -> int:
        return len(self._index)

    @property
    def nbytes(self) -> int:
        """Memory held by signatures."""
        return self._index.nbytes

    def analyse(self, revision: Revision) -> Analysed:
        """Words and fingerprints of a text. Of a short one, title and body together are compared."""
        title, body = words(revision.title), words(revision.text)
        short = len(body) < self._options.short_words
        return Analysed(revision, title, body, short, sketch(title + body if short else body))

    def judge(self, article: bytes, new: Analysed) -> Verdict:
        """Whether an article copies one that came before it."""
        for candidate in self._candidates(article, new):
            match = self._verify(new, candidate.article.id, candidate)
            if match is not None:
                return self._with_root(article, new, candidate.article, match)
        return Verdict(None, article)

    def remember(self, article: bytes, new: Analysed, root: bytes) -> list[StateChanged]:
        """Keep the signature of an article that goes on.

        An update that changed little keeps the one it has, and with it its age.
        """
        known = self._index.get(article)
        if known is not None:
            same = int((known.signature == new.sketch.signature).sum()) / known.signature.size
            if same >= _SAME_SIGNATURE and known.root == root:
                return []
            self._index.remove(article)
        changes = self._make_room()
        stamp = self._clock.stamp()
        size = int(new.sketch.shingles.size)
        entry = Remembered(
            id=article,
            root=root,
            body=new.body_hash,
            size=size,
            seq=stamp.seq,
            at=stamp.at,
            signature=new.sketch.signature,
        )
        self._index.add(entry)
        packed = _RECORD.pack(root, entry.body, size, new.sketch.signature.astype("<u2").tobytes())
        return [*changes, StateChanged(SIGNATURE + article, stamp.pack() + packed)]

    def forget(self, article: bytes) -> list[StateChanged]:
        """Drop the signature of an article that was killed."""
        return [StateChanged(SIGNATURE + article, None)] if self._index.remove(article) else []

    def expire(self) -> list[StateChanged]:
        """Drop the signatures that are too old."""
        changes: list[StateChanged] = []
        for entry in self._index.oldest(self._options.expire_per_tick):
            if entry.at > self._since:
                break
            changes += self.forget(entry.id)
        return changes

    def load(self, records: Sequence[tuple[bytes, bytes]]) -> None:
        """Take the records of an earlier run, in order of stamps.

        Raises:
            StoreError: one has another length than this version writes.
        """
        for start in range(0, len(records), _LOADED):
            some = records[start : start + _LOADED]
            if any(len(value) != _LOGGED.itemsize for _, value in some):
                raise StoreError("dedupe state has a signature of another length", hint=REBUILD_HINT)
            logged = np.frombuffer(b"".join([value for _, value in some]), dtype=_LOGGED)
            rows = np.zeros(len(some), dtype=ROW)
            rows["id"] = np.frombuffer(b"".join([article for article, _ in some]), dtype="V16")
            for name in ("root", "body", "size", "seq", "at", "signature"):
                rows[name] = logged[name]
            self._index.extend(rows)

    @property
    def _since(self) -> int:
        """Clock at or before which an article is out of the window."""
        return self._clock.now - self._options.similarity_window_ms

    def _make_room(self) -> list[StateChanged]:
        if len(self._index) < self._options.max_signatures:
            return []
        surplus = self._options.max_signatures // 64 + 1
        return [change for entry in self._index.oldest(surplus) for change in self.forget(entry.id)]

    def _candidates(self, article: bytes, new: Analysed) -> list[Candidate]:
        """Likely originals. Neither the article itself, nor its copies, nor, for an update, what came after it."""
        if not new.sketch.shingles.size:
            return []
        known = self._index.get(article)
        before = known.seq if known is not None else self._clock.seq + 1
        found = self._index.search(
            new.sketch.signature,
            since=self._since,
            least=_LEAST_ESTIMATE,
            limit=4 * self._options.max_candidates,
        )
        likely = [
            c
            for c in found
            if article not in (c.article.id, c.article.root)
            and c.article.seq < before
            and self._worth_verifying(c, new)
        ]
        return likely[: self._options.max_candidates]

    def _worth_verifying(self, candidate: Candidate, new: Analysed) -> bool:
        """Whether the estimate is near enough to either threshold."""
        options, estimate = self._options, candidate.estimate
        ours, theirs = int(new.sketch.shingles.size), candidate.article.size
        contained = estimate / (1 + estimate) * (ours + theirs) / max(1, min(ours, theirs))
        return (
            estimate >= options.near_threshold - _HOPELESS
            or contained >= options.contained_threshold - 2 * _HOPELESS
        )

    def _with_root(self, article: bytes, new: Analysed, found: Remembered, match: Duplicate) -> Verdict:
        """Point to the earliest member, and tell the differences from it, where it still can be compared."""
        root = found.root
        if root in (found.id, article) or self._killed(root):
            return Verdict(match, found.id)
        candidate = self._index.get(root)
        if candidate is None or self._revisions.get(root) is None:
            return Verdict(_pointing(match, root), root)
        first = self._verify(new, root, None)
        # A chain of small edits has led away from the root: what was found is the earliest that this one copies.
        return Verdict(first, root) if first is not None else Verdict(match, found.id)

    def _verify(self, new: Analysed, article: bytes, candidate: Candidate | None) -> Duplicate | None:
        revision = self._revisions.get(article)
        if revision is not None:
            return compare(self.analyse(revision), new, article.hex(), self._options)
        return None if candidate is None else self._from_signature(new, candidate)

    def _from_signature(self, new: Analysed, candidate: Candidate) -> Duplicate | None:
        """The older text is gone: only what leaves no doubt."""
        if candidate.article.body == new.body_hash:
            return Duplicate(kind="exact", of=candidate.article.id.hex(), similarity=1.0)
        if new.short or candidate.estimate < self._options.signature_threshold:
            return None
        return Duplicate(kind="near", of=candidate.article.id.hex(), similarity=round(candidate.estimate, 4))


def compare(original: Analysed, copy: Analysed, of: str, options: DedupeOptions) -> Duplicate | None:
    """Whether one text copies another, by its words, numbers and names."""
    before, after = original.sketch, copy.sketch
    if original.short == copy.short and before.words.tobytes() == after.words.tobytes():
        return Duplicate(kind="exact", of=of, similarity=1.0)
    resemblance, containment = jaccard(before.shingles, after.shingles)
    if max(resemblance / options.near_threshold, containment / options.contained_threshold) < 1:
        return None
    facts, theirs = _facts(copy), _facts(original)
    if original.short or copy.short:
        copied = resemblance >= options.short_threshold and not _titles_differ(original, copy)
    elif original.sketch.shingles.size <= copy.sketch.shingles.size:
        copied = _is_copy(original, copy, (theirs, facts), (resemblance, containment), options)
    else:
        copied = _is_copy(copy, original, (facts, theirs), (resemblance, containment), options)
    if not copied:
        return None
    differs = _differences(original, copy, (theirs, facts))
    return Duplicate(kind="near", of=of, similarity=round(resemblance, 4), differs=differs)


def _differences(original: Analysed, copy: Analysed, facts: tuple[Facts, Facts]) -> list[str]:
    """Where their facts differ, by shape and by single words; what the former tells the latter need not repeat."""
    found = differences(*facts)
    texts = (article.revision.text[:_FACT_CHARS] for article in (original, copy))
    return merge_differences(found, word_differences(*texts))


def merge_differences(found: list[str], words: list[str]) -> list[str]:
    """Both lists, without those of ``words`` that are a part of one found already."""
    fresh = []
    for difference in words:
        kind, _, pair = difference.partition(": ")
        old, _, new = pair.partition(" -> ")
        known = (one.removeprefix(f"{kind}: ").partition(" -> ") for one in found if one.startswith(kind))
        if not any(old in before.split() and new in after.split() for before, _, after in known):
            fresh.append(difference)
    return (found + fresh)[:MAX_DIFFERENCES]


def _is_copy(
    smaller: Analysed,
    larger: Analysed,
    facts: tuple[Facts, Facts],
    likeness: tuple[float, float],
    options: DedupeOptions,
) -> bool:
    """Copies share their figures; articles made from one template share all but the figures."""
    (few, many), (resemblance, containment) = facts, likeness
    few_figures, many_figures = few.numbers + few.dates, many.numbers + many.dates
    if (
        containment >= options.contained_threshold
        and resemblance >= options.contained_resemblance
        and held(few_figures, many_figures) >= options.contained_agreement
    ):
        return True
    agreeing = agreement(few_figures, many_figures)
    if _titles_differ(smaller, larger) and agreeing < options.titled_agreement:
        return False
    if resemblance >= options.sure_threshold:
        return agreeing >= options.sure_number_agreement
    return (
        resemblance >= options.near_threshold
        and agreeing >= options.number_agreement
        and agreement(few.names, many.names) >= options.name_agreement
    )


def _titles_differ(one: Analysed, other: Analysed) -> bool:
    """Both titles give figures, and not one in common."""
    mine, theirs = _figures(one), _figures(other)
    return bool(mine) and bool(theirs) and not mine & theirs


def _figures(article: Analysed) -> set[str]:
    facts = find_facts(article.revision.title)
    return {*facts.numbers, *facts.dates}


def _facts(article: Analysed) -> Facts:
    revision = article.revision
    return find_facts(
        f"{revision.title}\n{revision.text[:_FACT_CHARS]}" if article.short else revision.text[:_FACT_CHARS]
    )


def _pointing(match: Duplicate, root: bytes) -> Duplicate:
    return Duplicate(kind=match.kind, of=root.hex(), similarity=match.similarity, differs=match.differs)
