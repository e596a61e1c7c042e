"""Messages, entries and databases for the tests of the index. Everything is invented."""

from __future__ import annotations

import hashlib
import sqlite3

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
from kabar.index.sqlite import SCHEMA

T0 = 1_769_904_000_000  # 2026-02-01T00:00Z
HOUR = 3_600_000
DAY = 24 * HOUR


def id_of(name: str) -> str:
    return hashlib.blake2b(name.encode(), digest_size=16).hexdigest()


def message(
    name: str = "a",
    *,
    title: str = "Banjir rob",
    text: str = "Air naik di Pelabuhan Karang.",
    observed: int = T0,
    observation: str = "",
    generation: int = 0,
    version: int = 1,
    status: str = "active",
    change: str = "first",
    source: str = "Warta Pesisir",
    domain: str = "wartapesisir.example",
    url: str | None = None,
    language: str = "id",
    published: int | None = None,
    claimed: str = "",
    copy_of: str | None = None,
    story: str | None = None,
    persons: tuple[str, ...] = (),
    keywords: tuple[str, ...] = (),
    topic: str = "",
    enrich: EnrichSection | None = None,
    accepted: int = 0,
) -> Message:
    """An enriched article message."""
    url = f"https://{domain}/{name}" if url is None else url
    sections = [
        RawSection(
            text=f"Terima: {text}",
            url=url,
            canonical_url=url,
            source=Source(name=source, domain=domain),
            title=title,
        ),
        CleanSection(
            title=title,
            text=text,
            language=language,
            word_count=len(text.split()),
            content_hash=id_of(title + text),
            published_at=published,
            published_claimed=claimed,
        ),
        DedupeSection(
            version=version,
            status=status,
            first_seen_at=T0 if version > 1 else observed,
            change=Change(kind=change),
            duplicate=Duplicate(kind="near", of=id_of(copy_of), similarity=0.9) if copy_of else None,
            story_id=id_of(story) if story else None,
        ),
        enrich
        or EnrichSection(
            entities=[Entity(text=p, name=p, type="person", count=1, spans=[Span(0, 1)]) for p in persons],
            keywords=[Keyword(term=k, score=0.5) for k in keywords],
            topic=topic,
        ),
    ]
    made = Message(header(name, observed, observation, generation, "article", accepted))
    for section in sections:
        made = made.with_section(section)
    return made


def header(
    name: str,
    observed: int,
    observation: str = "",
    generation: int = 0,
    kind: str = "article",
    accepted: int = 0,
):
    return Header(
        observation_id=id_of(observation or f"{name} {observed}"),
        observed_at=observed,
        article_id=id_of(name),
        kind=kind,
        generation=generation,
        origin=f"file:wire.jsonl#{name}",
        trace_id=f"trace {accepted}",
        accepted_at=accepted,
    )


def kill(name: str = "a", *, observed: int = T0 + DAY, version: int = 2) -> Message:
    """What dedupe forwards for a kill: no clean section."""
    url = f"https://wartapesisir.example/{name}"
    made = Message(header(name, observed, kind="kill"))
    raw = RawSection(
        url=url, canonical_url=url, source=Source(name="Warta Pesisir", domain="wartapesisir.example")
    )
    section = DedupeSection(version=version, status="killed", first_seen_at=T0, change=Change(kind="kill"))
    return made.with_section(raw).with_section(section)


def rich() -> Message:
    """A message with something in every section."""
    made = message(
        "rich",
        title="Kapal karam",
        text='Kapal karam di Selat Angin. "Kami selamat," kata Bayu.',
        topic="Bencana",
        story="kapal",
    )
    clean = CleanSection(
        title="Kapal karam",
        text=made.clean.text,
        received="KARANG, WARTA - " + made.clean.text + " Baca Juga: Rob",
        authors=["Sari Melati"],
        published_at=T0 - HOUR,
        published_claimed="31 Januari 2026",
        modified_at=T0,
        language="id",
        language_confidence=0.9,
        word_count=8,
        image="https://wartapesisir.example/k.jpg",
        content_hash=id_of("x"),
        dateline=Dateline(
            source="WARTA", place="KARANG", text="KARANG, WARTA - ", rule="dateline.caps", start=0, end=16
        ),
        attributions=[
            Attribution(
                outlet="Radio Selat", text="dikutip dari Radio Selat", rule="attribution.id", start=0, end=5
            )
        ]
        * 2,
        related=[Related(title="Rob", rule="related.id.colon", start=70, end=85)],
        removed=[
            Removed(rule="related.id.colon", text="Baca Juga", start=70, end=85),
            Removed(rule="advert", text="", start=1, end=1),
        ],
        notes=["repaired:1"],
    )
    enrich = EnrichSection(
        entities=[
            Entity(text="Bayu", name="Bayu Segara", type="person", count=2, spans=[Span(48, 52)]),
            Entity(text="Bayu", name="Bayu Segara", type="person", count=1, spans=[Span(48, 52)]),
            Entity(text="SAR", name="SAR Karang", type="organization", count=1, spans=[Span(0, 3)]),
            Entity(text="Selat Angin", name="Selat Angin", type="place", count=1, spans=[Span(15, 26)]),
        ],
        places=[
            Place(name="Karang", country="ID", location=GeoPoint(lat=-6.5, lon=110.5)),
            Place(name="Angin", country="ID"),
        ],
        quotes=[
            Quote(text="Kami selamat,", speaker="Bayu Segara", start=29, end=42),
            Quote(text="Kami selamat,", start=29, end=42),
        ],
        keywords=[Keyword(term="kapal", score=1.0), Keyword(term="kapal", score=0.5)],
        topic="Bencana",
        sentiment=Sentiment(label="negative", score=-0.4),
        summary="Kapal karam.",
        annotators={"entities": "crf-1"},
    )
    return made.with_section(clean).with_section(enrich)


def entry(made: Message, ingested: int = T0 + 2 * DAY) -> Entry:
    return Entry(assemble(made, ingested_at=ingested), made.encode(), version_key(made.header))


def story(
    name: str,
    *,
    revision: int = 1,
    last: int = T0,
    size: int = 1,
    velocity: float = 0.0,
    into: str | None = None,
    state: str = "",
) -> Story:
    return Story(
        id=id_of(name),
        revision=revision,
        title=name,
        size=size,
        first_at=T0 - DAY,
        last_at=last,
        velocity=velocity,
        state=state or ("merged" if into else "open"),
        merged_into=id_of(into) if into else None,
    )


def create(path=":memory:") -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode=WAL")
    for statement in SCHEMA:
        connection.execute(statement)
    return connection
