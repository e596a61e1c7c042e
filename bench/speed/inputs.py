"""What is sent through: articles as text and pages as HTML, drawn from a data directory with a fixed seed."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bench.quality.layout import SEED, DataSet, Row, find_sets, language_of, text_of, title_of
from bench.quality.notes import Notes
from kabar.contracts.ids import digest
from kabar.contracts.observation import accept
from kabar.errors import Poison
from kabar.producers.files.fields import FieldMapper

Kind = Literal["text", "html"]
Record = dict[str, object]

REPLAY = ("loadtest_*",)
NEWS = ("id_news_*", "en_news_*")
PAGES = ("html_*",)
MIN_PAGE_BYTES = 2_000
"""Less is a synthetic test case of an extractor, not a page; there are many of them, and they take no time."""


@dataclass(frozen=True)
class Corpus:
    """Records of one kind, as a producer hands them to acceptance."""

    kind: Kind
    sample: list[Record]
    """What throughput and stages are measured on, in the order of the files."""
    others: list[Record]
    """The rest, in random order: probes for the latencies. The sample again where nothing else is left."""
    origin: str
    """Where the sample comes from, for the reader of the figures."""

    @property
    def mean_bytes(self) -> float:
        """Of a body of the sample."""
        return sum(map(body_bytes, self.sample)) / len(self.sample)


def body_bytes(record: Record) -> int:
    """Size of a record's body."""
    data = record.get("data")
    return (
        len(data) if isinstance(data, bytes) else len(str(record.get("text", "")).encode("utf-8", "replace"))
    )


def load_texts(directory: Path, count: int, notes: Notes) -> Corpus | None:
    """Articles of the replay stream, or of the news sets where there is no replay; None where there is neither."""
    for patterns in (REPLAY, NEWS):
        sets = find_sets(directory, patterns)
        found = [record for data in sets for record in _texts(data, notes)]
        if found:
            return _corpus("text", found, count, _names(sets))
    return None


def load_pages(directory: Path, count: int, notes: Notes) -> Corpus | None:
    """Pages of the ``html_*`` sets: files of their ``html`` folders, and rows that hold ``html``; None without any."""
    sets = find_sets(directory, PAGES)
    found = [record for data in sets for record in _pages(data, notes)]
    return _corpus("html", found, count, _names(sets)) if found else None


def _corpus(kind: Kind, found: list[Record], count: int, names: str) -> Corpus:
    order = list(range(len(found)))
    random.Random(SEED).shuffle(order)
    chosen = sorted(order[:count])
    sample = [found[index] for index in chosen]
    others = [found[index] for index in order[count:]]
    origin = f"{len(sample):,} of {len(found):,} from {names}, seed {SEED}"
    return Corpus(kind, sample, others or sample, origin)


def _names(sets: Sequence[DataSet]) -> str:
    return ", ".join(data.name for data in sets)


def _texts(data: DataSet, notes: Notes) -> Iterator[Record]:
    mapper = FieldMapper()
    for path, row in data.rows(notes):
        text = text_of(row)
        if not text:
            continue
        record = mapper(row) | {"title": title_of(row), "text": text, "language": language_of(row, data.name)}
        for body in ("html", "data", "kind", "observed_at"):
            record.pop(body, None)
        if _acceptable(record):
            yield record
        else:
            notes.skip(f"{data.name}/{path.name}", "refused at acceptance")


def _pages(data: DataSet, notes: Notes) -> Iterator[Record]:
    for name, page in [*_files(data), *_rows(data, notes)]:
        if len(page) < MIN_PAGE_BYTES:
            notes.skip(data.name, f"page of less than {MIN_PAGE_BYTES:,} bytes")
            continue
        host = data.name.replace("_", "-")
        # Most pages come without their address; every real one has an address, so they get one each.
        yield {
            "url": f"https://{host}.test/{digest('page', name)}",
            "data": page,
            "content_type": "text/html",
        }


def _files(data: DataSet) -> Iterator[tuple[str, bytes]]:
    for path in sorted((data.path / "html").glob("*.html*")):
        page = data.page(path.name)
        if page is not None:
            yield path.name, page


def _rows(data: DataSet, notes: Notes) -> Iterator[tuple[str, bytes]]:
    for number, (path, row) in enumerate(data.rows(notes)):
        page = _html(row)
        if page:
            yield f"{path.name}#{number}", page.encode("utf-8", "surrogatepass")


def _html(row: Row) -> str:
    page = row.get("html")
    return page if isinstance(page, str) else ""


def _acceptable(record: Record) -> bool:
    try:
        accept(record, observation_id="0" * 32, observed_at=0, accepted_at=0, origin="bench")
    except Poison:
        return False
    return True
