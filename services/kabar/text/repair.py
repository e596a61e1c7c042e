"""Broken encodings, entities and invisible characters, repaired without losing the place.

What it does, line by line: mojibake ("JÃ³hann"), HTML entities, Windows-1252 control characters and ligatures
(ftfy 6.3), NFC, odd spaces to one space, and removal of characters nobody sees. Curly quotes and full-width
letters stay: quote marks carry meaning here, and full-width punctuation is right in Chinese and Japanese.

Lines that need nothing keep exact offsets; inside a repaired line offsets are aligned on demand.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from html import unescape
from operator import itemgetter
from typing import NamedTuple

from ftfy import TextFixerConfig, fix_text

# Measured: the default (uncurling on) turns “curly” and l’actualité into straight quotes, which breaks the
# detection of quotes; a gate in front of ftfy that guesses whether a line is broken is slower than ftfy itself.
_CONFIG = TextFixerConfig(
    uncurl_quotes=False,
    fix_character_width=False,
    unescape_html=True,
    normalization="NFC",
    explain=False,
)

_NEWLINE = re.compile("\r\n|[\n\r\v\f\u2028\u2029]")
_ODD_SPACE = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
# Zero-width space, word joiner, BOM, soft hyphen, bidi marks and overrides, C0 and C1 controls, noncharacters.
# The joiners U+200C and U+200D stay: Persian, the scripts of India and emoji are misspelt without them.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\ufffe\uffff]"
)
# C1 controls are not among these: in a repaired line most of them became the Windows-1252 character they stood for.
_REMOVED = re.compile(_INVISIBLE.pattern.replace("\x7f-\x9f", "\x7f"))
_SURROGATE = re.compile("[\ud800-\udfff]")
# What can need no repair: printable ASCII without "&", and curly quotes, dashes and the ellipsis, which no broken
# decoding consists of alone. The bulk of English and Indonesian text is made of these.
_HARMLESS = "\t\n -%'-~‘’“”–—…"
_SUSPICIOUS = re.compile(f"[^{_HARMLESS}]")
_NEEDS_LITTLE = re.compile(f"{_ODD_SPACE.pattern}|{_INVISIBLE.pattern}|[&\ud800-\udfff]")

_PROSE_LINE = 100_000
"""A line longer than this is no prose: it only loses entities and invisible characters, ftfy is not asked."""
_PROSE_LINES = 20_000
"""Nor are the lines after this many suspicious ones: no article has them, and ftfy takes 10 to 25 µs for each."""
_ENTITY = re.compile(r"&(?:amp;)?#?\w{1,31};")
_REACH = 32
"""How far alignment looks for the next common piece: longer than any entity or mojibake sequence."""


class _Segment(NamedTuple):
    """One line: where it starts in the repaired text and in the original, and the original if it was changed."""

    start: int
    origin: int
    original: str
    repaired: str


class Repaired:
    r"""A repaired text that still knows the original.

    Attributes:
        text: the repaired text; its only line break is ``\n``.
        changed: whether ``text`` differs from the original.
    """

    __slots__ = ("_aligned", "_origin_length", "_segments", "_starts", "changed", "text")

    def __init__(self, original: str, text: str, segments: list[_Segment]) -> None:
        self.text = text
        self.changed = text != original
        self._origin_length = len(original)
        self._segments = segments
        self._starts = [segment.start for segment in segments]
        self._aligned: dict[int, _Alignment] = {}

    def to_original(self, offset: int) -> int:
        """Map an offset in ``text`` to the original: exact in unchanged lines, aligned in changed ones.

        Monotone; 0 maps into the start and ``len(text)`` to the end of the original. In code points.
        """
        if offset >= len(self.text):
            return self._origin_length
        number = bisect_right(self._starts, max(offset, 0)) - 1
        segment = self._segments[number]
        inside = max(offset, 0) - segment.start
        if segment.original is segment.repaired:
            return segment.origin + inside
        return segment.origin + self._inside(number, segment, inside)

    def _inside(self, number: int, segment: _Segment, offset: int) -> int:
        """The offset inside a changed line or line break."""
        if segment.repaired == "\n":
            return 0
        alignment = self._aligned.get(number)
        if alignment is None:
            alignment = self._aligned[number] = _Alignment(segment.original, segment.repaired)
        return alignment.to_original(offset)


def repair(text: str) -> Repaired:
    r"""Repair a text: no mojibake, no entities, no invisible characters, ``\n`` as the only line break, NFC.

    Linear in the length of the text. Never raises; lone surrogates become U+FFFD.
    """
    segments: list[_Segment] = []
    out: list[str] = []
    length = position = 0

    def keep(end: int, fixed: str | None = None) -> None:
        nonlocal length, position
        original = text[position:end]
        if original or fixed:
            repaired = original if fixed is None else fixed
            segments.append(_Segment(length, position, original, repaired))
            out.append(repaired)
            length += len(repaired)
        position = end

    for visits, (start, end, newline) in enumerate(_suspicious_lines(text)):
        keep(start)
        line = text[start:end]
        fixed = _repair_line(line, thoroughly=visits < _PROSE_LINES)
        if fixed != line:
            keep(end, fixed)
        if newline not in {"", "\n"}:
            keep(end)
            keep(end + len(newline), "\n")
    keep(len(text))
    return Repaired(text, "".join(out), segments)


def _suspicious_lines(text: str) -> Iterator[tuple[int, int, str]]:
    """Lines that hold a suspicious character: start, end, and the line break that follows."""
    position = 0
    while found := _SUSPICIOUS.search(text, position):
        at = found.start()
        start = text.rfind("\n", position, at) + 1 or position
        newline = _NEWLINE.search(text, at)
        if newline is None:
            yield start, len(text), ""
            return
        yield start, newline.start(), newline.group()
        position = newline.end()


def _repair_line(line: str, *, thoroughly: bool) -> str:
    if thoroughly and len(line) <= _PROSE_LINE:
        # ftfy comes first: soft hyphens, no-break spaces and C1 controls are pieces of mojibake.
        line = fix_text(line, _CONFIG)
    elif "&" in line:
        line = unescape(line)
    if _NEEDS_LITTLE.search(line) or _NEWLINE.search(line):
        line = _NEWLINE.sub(" ", line)  # an entity may spell a line break; here it would shift the lines
        line = _INVISIBLE.sub("", _ODD_SPACE.sub(" ", line))
        if _SURROGATE.search(line):
            line = line.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    # Removing a character may leave a letter and a combining mark side by side.
    return unicodedata.normalize("NFC", line)


class _Alignment:
    """Which character of a changed line came from where.

    Invisible characters and odd spaces are accounted for first, exactly. Entities, mojibake and composed letters
    remain: those are found as blocks of equal text. A line that is no prose is compared at its ends only.
    """

    def __init__(self, original: str, repaired: str) -> None:
        self._places = [at for at, char in enumerate(original) if not _REMOVED.match(char)]
        visible = "".join([original[at] for at in self._places])
        visible = _ODD_SPACE.sub(" ", visible)
        self._places.append(len(original))
        self._blocks = (_blocks if len(original) <= _PROSE_LINE else _ends)(visible, repaired)

    def to_original(self, offset: int) -> int:
        start, origin, length = self._blocks[bisect_right(self._blocks, offset, key=itemgetter(0)) - 1]
        return self._places[min(origin + min(offset - start, length), len(self._places) - 1)]


_Block = tuple[int, int, int]
"""Offset in the repaired line, offset in the original line, length of the run that both share from there."""


def _blocks(original: str, repaired: str) -> list[_Block]:
    """Blocks of equal text, ascending in both lines.

    Greedy: after a difference, the nearest place where both lines agree again. Repairs are local, so this finds
    what a full comparison would, in linear time.
    """
    blocks: list[_Block] = [(0, 0, 0)]
    i = j = 0
    while i < len(original) and j < len(repaired):
        length = _common_prefix(original, i, repaired, j)
        if length:
            blocks.append((j, i, length))
            i += length
            j += length
        else:
            # What was put in points to the start of what it replaced.
            blocks.append((j, i, 0))
            skip_original, skip_repaired = _resynchronise(original, i, repaired, j)
            i += skip_original
            j += skip_repaired
    if j < len(repaired):
        blocks.append((j, len(original), 0))
    return blocks


def _ends(original: str, repaired: str) -> list[_Block]:
    """Only what both lines share at the start and at the end."""
    head = _common_prefix(original, 0, repaired, 0)
    tail = min(
        _common_prefix(original[::-1], 0, repaired[::-1], 0), len(original) - head, len(repaired) - head
    )
    start, origin = len(repaired) - tail, len(original) - tail
    return [(0, 0, head), (head, head, origin - head), (start, origin, tail)]


def _common_prefix(a: str, i: int, b: str, j: int) -> int:
    """Length of the common run of ``a[i:]`` and ``b[j:]``, by doubling and halving."""
    length, step = 0, 16
    while step:
        piece = a[i + length : i + length + step]
        if piece and piece == b[j + length : j + length + step]:
            length += len(piece)
            step *= 2
        else:
            step //= 2
    return length


def _resynchronise(original: str, i: int, repaired: str, j: int) -> tuple[int, int]:
    """How much to skip on both sides so that they agree again: an entity, else the cheapest common piece."""
    entity = _ENTITY.match(original, i)
    if entity:
        value = _ODD_SPACE.sub(" ", unescape(unescape(entity.group())))
        if repaired.startswith(value, j):
            return len(entity.group()), len(value)
    best, price = (1, 1), _REACH * 2
    for length in (3, 2, 1):
        for skip in range(5):
            piece = repaired[j + skip : j + skip + length]
            at = original.find(piece, i, i + _REACH) if len(piece) == length else -1
            cost = at - i + skip + 6 * (3 - length)  # a shorter piece proves less
            if at >= 0 and cost < price:
                best, price = (at - i, skip), cost
    return best
