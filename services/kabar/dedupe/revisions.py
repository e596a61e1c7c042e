"""The newest text of each article, compressed, for as long as corrections and copies are likely.

Three things need it: telling a typo from an update, verifying a copy exactly, and counting in how many recent
articles a word occurs.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence

from msgspec import Struct

from kabar.contracts.outcomes import StateChanged
from kabar.dedupe.options import DedupeOptions
from kabar.dedupe.state import FORMAT, REVISION, STAMP_BYTES, WORDS, Clock, Window, check_format
from kabar.dedupe.stories.bags import pack_terms
from kabar.dedupe.stories.vectors import Terms

_LEVEL = 6  # 1 saves half the time and costs a fifth more memory, which is the scarcer here
_WHOLE, _CUT = b"\0", b"\1"


class Revision(Struct, frozen=True):
    """A text as it was kept. ``cut``: it was longer than what is kept."""

    title: str
    text: str
    cut: bool

    @property
    def whole(self) -> str:
        """Title and text."""
        return f"{self.title}\n{self.text}"


def clip(title: str, text: str, limit: int) -> Revision:
    """The part of an article that is compared and kept."""
    return Revision(title.replace("\0", " "), text[:limit], len(text) > limit)


class Revisions:
    """Texts by article id.

    Args:
        on_change: called with (text, +1) for each text that comes and (text, -1) for each that goes; returns the
            terms it was counted by, which are kept in the log, not in memory.
    """

    def __init__(
        self, options: DedupeOptions, clock: Clock, on_change: Callable[[Revision, int], Terms]
    ) -> None:
        self._clock = clock
        self._options = options
        self._on_change = on_change
        self._window = Window(REVISION, length_ms=options.revision_window_ms, cap=1 << 62)
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._window)

    @property
    def nbytes(self) -> int:
        """Compressed bytes kept."""
        return self._bytes

    def get(self, article: bytes) -> Revision | None:
        """The newest text, None once its window has passed."""
        value = self._window.get(article, self._clock.now)
        return None if value is None else _unpack(value)

    def put(self, article: bytes, revision: Revision) -> list[StateChanged]:
        """Keep a text in place of the one before, and drop the oldest where memory runs out."""
        self._leave(article)
        payload = (_CUT if revision.cut else _WHOLE) + zlib.compress(
            f"{revision.title}\0{revision.text}".encode("utf-8", "surrogatepass"), _LEVEL
        )
        changes = [self._window.put(article, self._clock.stamp(), payload)]
        self._bytes += len(payload)
        terms = self._on_change(revision, 1)
        changes.append(StateChanged(WORDS + article, bytes([FORMAT]) + pack_terms(terms)))
        while self._bytes > self._options.revision_bytes and len(self._window) > 1:
            for key in self._window.oldest(64):
                changes += self._forget(key) if key != article else []
        return changes

    def expire(self) -> list[StateChanged]:
        """Forget what is too old."""
        overdue = self._window.overdue(self._clock.now, self._options.expire_per_tick)
        return [change for key in overdue for change in self._forget(key)]

    def load(self, article: bytes, value: bytes) -> None:
        """Take a record of an earlier run, in order of stamps; :meth:`load_words` follows."""
        self._window.load(article, value)
        self._bytes += len(value) - STAMP_BYTES

    def load_words(self, records: Sequence[tuple[bytes, bytes]]) -> list[bytes]:
        """Take the records of what the texts are counted by; returns those of texts that are kept.

        A text without one (kabar did not always write them) is read and counted now.
        """
        counted: dict[bytes, bytes] = {}
        for article, value in records:
            check_format(value)
            if self._window.payload(article) is not None:
                counted[article] = value[1:]
        for article in self._window:
            payload = self._window.payload(article)
            if article not in counted and payload is not None:
                self._on_change(_unpack(payload), 1)
        return list(counted.values())

    def _forget(self, article: bytes) -> list[StateChanged]:
        self._leave(article)
        return [self._window.forget(article), StateChanged(WORDS + article, None)]

    def _leave(self, article: bytes) -> None:
        payload = self._window.payload(article)
        if payload is not None:
            self._bytes -= len(payload)
            self._on_change(_unpack(payload), -1)


def _unpack(payload: bytes) -> Revision:
    title, _, text = zlib.decompress(payload[1:]).decode("utf-8", "surrogatepass").partition("\0")
    return Revision(title, text, payload[:1] == _CUT)
