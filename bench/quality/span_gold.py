"""Hand-made gold of spans: the sets named ``gold_*``.

A row of any ``*.jsonl`` in such a set::

    {"text": "...", "language": "id", "kinds": ["related", "dateline", "attribution"],
     "spans": [{"kind": "attribution", "start": 0, "end": 31, "outlet": "Kanal Contoh"}]}

``text`` is the text as received. Where it may not be copied, ``sha256`` stands instead: the SHA-256 of its UTF-8
bytes, and the text is looked for in the other sets. Offsets are code points, end exclusive. ``kinds`` says what was
annotated (default: the kinds that occur), so that a text without a dateline is a negative for datelines; ``kind``
is ``related``, ``removed``, ``dateline``, ``attribution`` or ``quote``. An attribution may carry ``outlet``, a
dateline ``place``, a quote ``speaker``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bench.quality.layout import TEXT_FIELDS, DataSet, Row, language_of
from bench.quality.notes import Notes
from bench.quality.scoring import Tally, set_tally

PREFIX = "gold_"


@dataclass(frozen=True)
class GoldText:
    """A text and the spans of one kind in it; no spans = annotated, and there are none."""

    text: str
    language: str
    spans: list[Row]


def gold_texts(sets: Sequence[DataSet], kind: str, notes: Notes) -> dict[str, list[GoldText]]:
    """By set, the texts annotated for ``kind``; sets without any are left out."""
    out: dict[str, list[GoldText]] = {}
    for data in sets:
        if not data.name.startswith(PREFIX):
            continue
        rows = [(path, row) for path, row in data.rows(notes) if kind in _kinds(row)]
        texts = _texts_by_hash({str(row["sha256"]) for _, row in rows if "sha256" in row}, sets, notes)
        for path, row in rows:
            text = row.get("text") if isinstance(row.get("text"), str) else texts.get(str(row.get("sha256")))
            if not text:
                notes.skip(f"{data.name}/{path.name}", "the text of the hash is in no set")
                continue
            spans = [span for span in _spans(row) if span.get("kind") == kind and _inside(span, text)]
            language = row.get("language") or language_of(row, data.name)
            out.setdefault(data.name, []).append(GoldText(text, str(language), spans))
    return out


def _spans(row: Row) -> list[Row]:
    spans = row.get("spans")
    return [span for span in spans if isinstance(span, dict)] if isinstance(spans, list) else []


def _kinds(row: Row) -> set[str]:
    declared = row.get("kinds")
    if isinstance(declared, list):
        return {str(kind) for kind in declared}
    return {str(span.get("kind")) for span in _spans(row)}


def _inside(span: Row, text: str) -> bool:
    start, end = span.get("start"), span.get("end")
    return isinstance(start, int) and isinstance(end, int) and 0 <= start < end <= len(text)


def _texts_by_hash(wanted: set[str], sets: Sequence[DataSet], notes: Notes) -> dict[str, str]:
    found: dict[str, str] = {}
    if not wanted:
        return found
    for data in sets:
        for _, row in data.rows(notes):
            for name in TEXT_FIELDS:
                text = row.get(name)
                if isinstance(text, str):
                    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
                    if digest in wanted:
                        found[digest] = text
    return found


def trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """The span without blanks at its ends: nobody should lose a point to a newline."""
    piece = text[start:end]
    return start + len(piece) - len(piece.lstrip()), end - (len(piece) - len(piece.rstrip()))


def span_tally(gold: GoldText, predicted: Sequence[Any]) -> Tally:
    """Spans with the same trimmed ends. ``predicted`` items have ``start`` and ``end``."""
    wanted = {trimmed(gold.text, span["start"], span["end"]) for span in gold.spans}
    return set_tally(wanted, {trimmed(gold.text, item.start, item.end) for item in predicted})


def score_spans(texts: Sequence[GoldText], answers: Sequence[Sequence[Any]]) -> Tally:
    """Summed over all texts."""
    whole = Tally()
    for gold, predicted in zip(texts, answers, strict=True):
        whole.add(span_tally(gold, predicted))
    return whole
