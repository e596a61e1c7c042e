"""Signatures of recent articles, and which of them may resemble a given one.

Banded locality-sensitive hashing (Indyk and Motwani 1998; Leskovec, Rajaraman and Ullman, *Mining of Massive
Datasets*, 3.4): 21 bands of 3 MinHash values. Two texts of resemblance s share a band with probability
1 - (1 - s^3)^21: .94 at s = .5, .995 at .6, and .02 at .1. More and longer bands (16 of 4) would find .64 at .5.

The table is a ring of rows in arrival order. Each band, and the article id as one more, has heads of chains that
run from the newest row to older ones; a chain needs no removal, because a pointer to a row older than the oldest
is its end. Everything a search returns is a function of the rows alive and their order, never of how the
table came to be: so a restored table answers as the one that went down.
"""

from __future__ import annotations

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from kabar.dedupe.similarity.sketch import SLOTS, Signature

BANDS, BAND_ROWS = 21, 3
_USED = BANDS * BAND_ROWS
BAND_CANDIDATES = 32
"""Newest articles taken per band: a template that fills a band must not make every search long."""
_FIRST_ROWS = 1_024
_GROWTH = 1.25  # of rows when full: more would hold memory for nobody, less would rebuild too often
_LEAST_DEAD = 1_024

ROW = np.dtype(
    [
        ("id", "V16"),
        ("root", "V16"),
        ("body", "V8"),
        ("size", "<u4"),
        ("seq", "<u8"),
        ("at", "<u8"),
        ("alive", "?"),
        ("signature", "<u2", (SLOTS,)),
    ]
)
_MIX = np.uint64(0x9E3779B97F4A7C15)  # 2^64 / golden ratio: Knuth's multiplicative hashing
_BAND_NUMBERS = np.arange(BANDS)
_COLUMNS = np.arange(BANDS + 1)


class Remembered(Struct, frozen=True, kw_only=True):
    """An article in the window.

    ``root`` is the article it copies, or its own id; ``body`` the hash of its words, ``size`` its shingles;
    ``at`` the clock, in milliseconds, and ``seq`` the order of arrival.
    """

    id: bytes
    root: bytes
    body: bytes
    size: int
    seq: int
    at: int
    signature: Signature


class Candidate(Struct, frozen=True):
    """A remembered article and the estimated resemblance (standard error .06 at one half)."""

    article: Remembered
    estimate: float


class SignatureIndex:
    """The ring and its chains. Grows by need; the owner bounds it by removing the oldest."""

    def __init__(self) -> None:
        self._live = 0
        self._tail = 0  # ordinals run on for ever; the row of an ordinal is ordinal % capacity
        self._next = 0
        self._allocate(_FIRST_ROWS)

    def __len__(self) -> int:
        return self._live

    @property
    def nbytes(self) -> int:
        """Memory held by rows and chains."""
        return sum(a.nbytes for a in (self._rows, self._ordinals, self._heads, self._chain))

    def get(self, article: bytes) -> Remembered | None:
        """The article, if it is in the table."""
        row = self._row_of(article)
        return None if row is None else self._remembered(row)

    def add(self, entry: Remembered) -> None:
        """Append. ``entry.seq`` must be above all others; an id already there must be removed first."""
        if self._next - self._tail == self._rows.size:
            self._rebuild()
        row = self._next % self._rows.size
        self._rows[row] = (
            entry.id, entry.root, entry.body, entry.size, entry.seq, entry.at, True, entry.signature,
        )  # fmt: skip
        self._ordinals[row] = self._next
        self._link_newest(row)
        self._next += 1
        self._live += 1

    def extend(self, rows: NDArray[np.void]) -> None:
        """Append many at once, in the order of ``seq``: as :meth:`add` one by one, in a tenth of the time.

        Args:
            rows: of type :data:`ROW`; their ids are new.
        """
        if self._next - self._tail + rows.size > self._rows.size:
            self._rebuild(room=rows.size)
        ordinals = np.arange(self._next, self._next + rows.size)
        places = ordinals % self._rows.size
        self._rows[places] = rows
        self._rows["alive"][places] = True
        self._ordinals[places] = ordinals
        self._link(places)
        self._next += rows.size
        self._live += rows.size

    def remove(self, article: bytes) -> bool:
        """Take an article out; False if it was not there."""
        row = self._row_of(article)
        if row is None:
            return False
        self._rows["alive"][row] = False
        self._live -= 1
        size = self._rows.size
        while self._tail < self._next and not self._rows["alive"][self._tail % size]:
            self._tail += 1
        if self._next - self._tail - self._live > max(_LEAST_DEAD, self._live // 4):
            self._rebuild()
        return True

    def oldest(self, limit: int) -> list[Remembered]:
        """Up to ``limit`` articles, oldest first."""
        out: list[Remembered] = []
        for ordinal in range(self._tail, self._next):
            row = ordinal % self._rows.size
            if self._rows["alive"][row]:
                out.append(self._remembered(row))
                if len(out) >= limit:
                    break
        return out

    def search(self, signature: Signature, *, since: int, least: float, limit: int) -> list[Candidate]:
        """Articles that came after clock ``since`` and share a band, estimated at ``least`` or more.

        At most ``limit``, the most alike first, the older first among equals.
        """
        rows = self._band_rows(signature)
        rows = rows[self._rows["at"][rows] > since]
        if not rows.size:
            return []
        estimates = np.count_nonzero(self._rows["signature"][rows] == signature, axis=1) / SLOTS
        order = np.lexsort((self._rows["seq"][rows], -estimates))
        best = [(int(rows[i]), float(estimates[i])) for i in order[:limit] if estimates[i] >= least]
        return [Candidate(self._remembered(row), estimate) for row, estimate in best]

    def _band_rows(self, signature: Signature) -> NDArray[np.int64]:
        """Rows alive that share a band, the newest ``BAND_CANDIDATES`` of each band; all chains in step."""
        mine = signature[:_USED].reshape(BANDS, BAND_ROWS)
        bands = _BAND_NUMBERS
        rows = self._heads[bands, self._slots(mine[None])[0]].astype(np.int64)
        bound = np.full(BANDS, self._next)
        taken = np.zeros(BANDS, dtype=np.int64)
        found: list[NDArray[np.int64]] = []
        theirs = self._rows["signature"]
        while rows.size:
            ordinals = self._ordinals[rows]
            going = (
                (rows >= 0) & (ordinals < bound) & (ordinals >= self._tail) & (taken[bands] < BAND_CANDIDATES)
            )
            rows, bands, bound = rows[going], bands[going], ordinals[going]
            shared = (
                theirs[rows, :_USED].reshape(-1, BANDS, BAND_ROWS)[np.arange(rows.size), bands] == mine[bands]
            ).all(axis=1) & self._rows["alive"][rows]
            taken[bands[shared]] += 1
            found.append(rows[shared])
            rows = self._chain[rows, bands].astype(np.int64)
        return np.unique(np.concatenate(found)) if found else np.zeros(0, dtype=np.int64)

    def _row_of(self, article: bytes) -> int | None:
        key = np.frombuffer(article[:8], dtype=np.uint64)
        row, bound = int(self._heads[BANDS, self._slot(key)[0]]), self._next
        while row >= 0 and self._tail <= self._ordinals[row] < bound:
            if self._rows["alive"][row] and self._rows["id"][row].tobytes() == article:
                return row
            bound = int(self._ordinals[row])
            row = int(self._chain[row, BANDS])
        return None

    def _remembered(self, row: int) -> Remembered:
        entry = self._rows[row]
        return Remembered(
            id=entry["id"].tobytes(),
            root=entry["root"].tobytes(),
            body=entry["body"].tobytes(),
            size=int(entry["size"]),
            seq=int(entry["seq"]),
            at=int(entry["at"]),
            signature=entry["signature"].copy(),
        )

    def _allocate(self, capacity: int) -> None:
        self._rows = np.zeros(capacity, dtype=ROW)
        self._ordinals = np.full(capacity, -1, dtype=np.int64)
        self._heads = np.full((BANDS + 1, capacity), -1, dtype=np.int32)
        self._chain = np.full((capacity, BANDS + 1), -1, dtype=np.int32)

    def _rebuild(self, room: int = 1) -> None:
        """Leave out the dead and grow if that does not make room."""
        size = self._rows.size
        kept = np.arange(self._tail, self._next) % size
        kept = kept[self._rows["alive"][kept]]
        rows = self._rows[kept]
        self._allocate(max(_FIRST_ROWS, int((kept.size + room) * _GROWTH)))
        self._rows[: kept.size] = rows
        self._ordinals[: kept.size] = np.arange(kept.size)
        self._tail, self._next = 0, int(kept.size)
        self._link(np.arange(kept.size))

    def _slots_of(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Heads of the chains that rows belong to: one row each, one column per band, the id last."""
        signatures = self._rows["signature"][rows, :_USED].reshape(-1, BANDS, BAND_ROWS)
        ids = np.frombuffer(self._rows["id"][rows].tobytes(), dtype=np.uint64)[::2]
        return np.column_stack((self._slots(signatures), self._slot(ids)))

    def _link_newest(self, row: int) -> None:
        """Put one row at the heads of its chains."""
        slots = self._slots_of(np.array([row]))[0]
        self._chain[row] = self._heads[_COLUMNS, slots]
        self._heads[_COLUMNS, slots] = row

    def _link(self, rows: NDArray[np.int64]) -> None:
        """Put many rows, oldest first, at the heads of their chains."""
        if not rows.size:
            return
        slots = self._slots_of(rows)
        for band in range(BANDS + 1):
            mine = slots[:, band]
            order = np.argsort(mine, kind="stable")
            grouped, chained = mine[order], rows[order]
            first = np.append(True, grouped[1:] != grouped[:-1])
            self._chain[chained, band] = np.where(
                first, self._heads[band, grouped], np.append(-1, chained[:-1])
            )
            last = np.append(first[1:], True)
            self._heads[band, grouped[last]] = chained[last]

    def _slots(self, bands: NDArray[np.uint16]) -> NDArray[np.int64]:
        """Chain heads for an array (n, 21, 3) of bands."""
        wide = bands.astype(np.uint64)
        return self._slot(wide[..., 0] | wide[..., 1] << np.uint64(16) | wide[..., 2] << np.uint64(32))

    def _slot(self, keys: NDArray[np.uint64]) -> NDArray[np.int64]:
        mixed = (keys * _MIX) >> np.uint64(32)
        return ((mixed * np.uint64(self._heads.shape[1])) >> np.uint64(32)).astype(np.int64)
