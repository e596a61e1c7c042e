"""A store as the page meets it: articles, versions, copies, stories, dead letters, and one article full of attacks."""

from __future__ import annotations

import hashlib
import zlib
from contextlib import contextmanager
from pathlib import Path

import msgspec

from kabar.contracts.letters import DeadLetter
from kabar.contracts.message import Header, Message
from kabar.contracts.sections import (
    Attribution,
    Change,
    CleanSection,
    Dateline,
    DedupeSection,
    Duplicate,
    EnrichSection,
    Entity,
    GeoPoint,
    Keyword,
    Place,
    Quote,
    RawSection,
    Related,
    Removed,
    Sentiment,
    Source,
    Span,
)
from kabar.contracts.story import Story
from kabar.index.document import assemble, version_key
from kabar.index.entry import Entry
from kabar.index.sqlite import SqliteWriter
from kabar.runtime.embedded.store import open_reader, open_writer, transaction
from kabar.runtime.metrics import Metrics
from kabar.web.context import WebContext
from kabar.web.embedded import StoreView

T0 = 1_769_904_000_000  # 2026-02-01T00:00Z
HOUR = 3_600_000
DAY = 24 * HOUR
NOW = T0 + 2 * DAY
TAG = '<script>window.owned=1</script><img src=x onerror="window.owned=1">'
BREAK_OUT = "\"'><svg/onload=window.owned=1>"
OVERRIDE = "\u202egnp.exe"
"""A right-to-left override: what follows is shown backwards until it is isolated."""


def attack(field):
    """A value that runs wherever it is not escaped, and names the field it came in by."""
    return f"{field} {TAG}{BREAK_OUT}{{{{7*7}}}}{OVERRIDE}"


def id_of(name):
    return hashlib.blake2b(name.encode(), digest_size=16).hexdigest()


def header(name, observed, kind="article"):
    return Header(
        observation_id=id_of(f"{name} {observed}"),
        observed_at=observed,
        article_id=id_of(name),
        kind=kind,
        origin=f"file:{name}.jsonl#1",
    )


def message(
    name, title, text, *, observed=T0, version=1, change=None, status="active", copy_of=None, differs=(),
    story=None, source="Warta Pesisir", url=None, clean=None, enrich=None, language="id",
):  # fmt: skip
    url = f"https://wartapesisir.example/{name}" if url is None else url
    duplicate = (
        Duplicate(kind="near", of=id_of(copy_of), similarity=0.93, differs=list(differs)) if copy_of else None
    )
    sections = [
        RawSection(text=text, url=url, canonical_url=url, source=Source(name=source, domain="wartapesisir.example")),
        CleanSection(
            title=title, text=text, language=language, language_confidence=0.9, word_count=len(text.split()),
            content_hash=id_of(title + text), **(clean or {}),
        ),
        DedupeSection(
            version=version, status=status, first_seen_at=observed if version == 1 else T0, change=change or Change(), duplicate=duplicate,
            story_id=id_of(story) if story else None,
        ),
        enrich or EnrichSection(),
    ]  # fmt: skip
    made = Message(header(name, observed))
    for section in sections:
        made = made.with_section(section)
    return made


def killed(name, observed, version):
    """What dedupe forwards for a kill."""
    raw = RawSection(url=f"https://wartapesisir.example/{name}", source=Source(name="Warta Pesisir"))
    verdict = DedupeSection(version=version, status="killed", first_seen_at=T0, change=Change(kind="kill"))
    return Message(header(name, observed, "kill")).with_section(raw).with_section(verdict)


FLOOD = 'Banjir rob merendam 120 rumah di Pelabuhan Karang.\n"Air naik cepat," kata Bayu Segara di Jakarta.'
RECEIVED = "KARANG, WARTA - " + FLOOD + "\nBaca Juga: Nelayan tidak melaut"


def flood(version=1, text=FLOOD, title="Banjir rob rendam pelabuhan"):
    """A whole article: names, quote, places, removals."""
    quote = text.index("Air")
    bayu, jakarta, karang = text.index("Bayu Segara"), text.index("Jakarta"), text.index("Pelabuhan Karang")
    return message(
        "flood", title, text, observed=T0 + (version - 1) * HOUR, version=version, story="rob",
        status="active" if version == 1 else "updated",
        change=Change() if version == 1 else Change(kind="update", similarity=0.9, added=9, removed=1),
        clean={
            "received": RECEIVED, "authors": ["Sari Melati"],
            "dateline": Dateline(source="WARTA", place="KARANG", text="KARANG, WARTA - ", rule="dateline.place_source", start=0, end=16),
            "related": [Related(title="Nelayan tidak melaut", rule="related.cue_colon", start=RECEIVED.index("Baca"), end=len(RECEIVED))],
            "published_at": T0 - HOUR, "published_claimed": "31 Januari 2026", "notes": ["repaired:1"],
        },
        enrich=EnrichSection(
            entities=[
                Entity(text="Bayu Segara", name="Bayu Segara", type="person", count=1, spans=[Span(bayu, bayu + 11)], role="Ketua RT"),
                Entity(text="Jakarta", name="Jakarta", type="place", count=1, spans=[Span(jakarta, jakarta + 7)]),
                Entity(text="Pelabuhan Karang", name="Pelabuhan Karang", type="organization", count=1, spans=[Span(karang, karang + 16)]),
            ],
            places=[Place(name="Jakarta", country="ID", location=GeoPoint(lat=-6.21, lon=106.85))],
            quotes=[Quote(text="Air naik cepat,", speaker="Bayu Segara", start=quote, end=quote + 15)],
            keywords=[Keyword(term="banjir rob", score=1.0)],
            topic="Bencana", sentiment=Sentiment(label="negative", score=-0.4), summary="Banjir.",
        ),
    )  # fmt: skip


def hostile():
    """An attack in every field a producer or a text can fill."""
    text = attack("text") + "\n" + "W" * 3_000
    removed = {"rule": "no.such.rule", "start": 0, "end": 6}
    return message(
        "hostile", attack("title"), text, source=attack("source"), story="hostile", language='"><x',
        url=f"https://evil.example/?q={attack('url')}",
        clean={
            "received": attack("received"), "authors": [attack("author")], "image": "javascript:window.owned=1",
            "published_claimed": attack("claimed"), "notes": [attack("note")],
            "dateline": Dateline(source=attack("dateline source"), place=attack("place"), text=attack("dateline"), **removed),
            "attributions": [Attribution(outlet=attack("outlet"), channel=attack("channel"), text=attack("credit"), **removed)],
            "related": [
                Related(title=attack("related"), url="javascript:window.owned=1", **removed),
                Related(title=attack("related data"), url="data:text/html,<script>window.owned=1</script>", **removed),
                Related(title=attack("related good"), url="https://good.example/a", **removed),
            ],
            "removed": [Removed(text=attack("removed"), **removed)],
        },
        enrich=EnrichSection(
            entities=[
                Entity(text=attack("entity"), name=attack(kind), type=kind, count=1, spans=[Span(0, 9), Span(4, 40), Span(5, 99_999)], role=attack("role"))
                for kind in ("person", "organization", "place")
            ],
            places=[Place(name=attack("gazetteer"), country="<x", location=GeoPoint(lat=1, lon=2))],
            quotes=[Quote(text=attack("quote"), speaker=attack("speaker"), cue=attack("cue"), start=2, end=60)],
            keywords=[Keyword(term=attack("keyword"), score=1.0)],
            topic=attack("topic"), sentiment=Sentiment(label="neutral", score=0.0), summary=attack("summary"),
            annotators={attack("annotator"): attack("version")},
        ),
    )  # fmt: skip


def story(name, *, size=1, into=None, title=None, names=(), sources=(), velocity=0.0):
    return Story(
        id=id_of(name), title=title or name, size=size, first_at=T0, last_at=T0 + HOUR, names=list(names),
        sources=list(sources), velocity=velocity, state="merged" if into else "open",
        merged_into=id_of(into) if into else None,
    )  # fmt: skip


UPDATED = FLOOD.replace("120", "150") + "\nDua kapal nelayan hanyut dan belum ditemukan."


def messages():
    return [
        flood(),
        flood(2, UPDATED, "Banjir rob rendam pelabuhan, 150 rumah terdampak"),
        message("copy", "Rob rendam pelabuhan", FLOOD, source="Kabar Laut", copy_of="flood", differs=["number: 120 -> 15"], story="rob"),
        message("late", "Gempa kecil di Karang", "Gempa terasa, tidak ada kerusakan.", observed=T0 + DAY, story="merged"),
        message("gone", "Salah", "Berita ini salah."),
        killed("gone", T0 + HOUR, 2),
        hostile(),
        *(message(f"row{n}", f"Harga cabai hari ke-{n}", f"Harga cabai naik {n} persen.", observed=T0 + n * 60_000, source="Pasar Kita") for n in range(30)),
    ]  # fmt: skip


STORIES = [
    story("rob", size=2, title="Banjir rob", names=["Bayu Segara"], sources=["Warta Pesisir", "Kabar Laut"], velocity=3.0),
    story("hostile", title=attack("story title"), names=[attack("story name")], sources=[attack("story source")]),
    story("merged", into="rob"),
]  # fmt: skip

LETTERS = [
    (DeadLetter(
        id=id_of("letter"), observation_id=id_of("dead"), article_id=id_of("hostile"), observed_at=T0, stage="clean",
        reason="crashed", error=attack("error"), origin=attack("origin"), died_at=T0, size=9, sha256="ab",
    ), attack("original").encode() + b"\xff\xfe\x00" + b"x" * 20_000, "open"),
    (DeadLetter(
        id=id_of("old"), stage="accept", reason="bad_message", error="line 3: is not JSON", died_at=T0 - DAY, size=1,
    ), b"{", "replayed"),
]  # fmt: skip


def fill(directory):
    """Write the whole sample store into a directory."""
    connection = open_writer(directory)
    entries = [Entry(assemble(m, ingested_at=NOW), m.encode(), version_key(m.header)) for m in messages()]
    with transaction(connection):
        SqliteWriter(connection).write(entries, STORIES)
        for letter, original, state in LETTERS:
            row = (letter.id, letter.observation_id, letter.stage, letter.reason, letter.died_at)
            packed = (msgspec.json.encode(letter), zlib.compress(original), state)
            connection.execute("INSERT INTO dead_letters VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (*row, *packed))
        account(connection)
    connection.close()


def account(connection):
    """Observations with their outcomes; the numbers are what /health must show."""
    outcomes = [("indexed", "")] * 37 + [("dropped", "empty")] * 4 + [("dead", "crashed")] + [(None, "")] * 2
    for number, (outcome, reason) in enumerate(outcomes):
        connection.execute(
            "INSERT INTO observations(id, seq, observed_at, accepted_at, origin, outcome, reason, ended_at)"
            " VALUES (?, ?, ?, ?, 'file', ?, ?, ?)",
            (id_of(f"account {number}"), number, T0, T0, outcome, reason, T0 if outcome else None),
        )
    connection.execute("INSERT OR REPLACE INTO meta VALUES ('accepted', ?), ('pruned', 0)", (len(outcomes),))


class Health:
    """What the web reads of the pipeline's state; a test sets it."""

    def __init__(self):
        self.up()

    def up(self):
        self.ready, self.reason = True, ""

    def down(self, reason):
        self.ready, self.reason = False, reason


def context_of(directory: Path, health: Health | None = None, metrics: Metrics | None = None):
    """What the runtime hands to the web, over a directory."""

    @contextmanager
    def store():
        connection = open_reader(directory)
        try:
            yield connection
        finally:
            connection.close()

    view = StoreView(store)
    return WebContext(
        open_index=view.index, letters=view, figures=view.figures, metrics=metrics or Metrics(),
        health=health or Health(), now_ms=lambda: NOW,
    )  # fmt: skip
