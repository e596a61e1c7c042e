"""The document: the shape of the index and of the API. ECS names where ECS has a field."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Struct, field

from kabar.contracts.sections import (
    Attribution,
    Change,
    Dateline,
    Duplicate,
    Entity,
    GeoPoint,
    Keyword,
    Place,
    Quote,
    Related,
    Removed,
    Sentiment,
    Source,
)
from kabar.contracts.types import SCHEMA_VERSION


def iso(millis: int) -> str:
    """``2026-11-22T17:30:00.000Z``."""
    return datetime.fromtimestamp(millis / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{millis % 1000:03d}Z"


def millis(text: str) -> int:
    """The inverse of :func:`iso`, in integer arithmetic."""
    moment = datetime.fromisoformat(text)
    return int(moment.replace(microsecond=0).timestamp()) * 1000 + moment.microsecond // 1000


class Event(Struct, frozen=True, kw_only=True):
    """ECS event: the observation."""

    id: str
    created: str
    """When it was observed."""
    ingested: str
    """When it was indexed."""
    dataset: str = "kabar.article"


class DocumentUrl(Struct, frozen=True, kw_only=True):
    """ECS url."""

    original: str = ""
    canonical: str = ""
    domain: str = ""


class Article(Struct, frozen=True, kw_only=True):
    """The article itself. Times are ISO 8601, UTC."""

    id: str
    version: int
    status: str
    title: str
    text: str
    summary: str = ""
    authors: list[str] = []
    published_at: str | None = None
    published_claimed: str = ""
    modified_at: str | None = None
    first_seen_at: str
    language: str = ""
    language_confidence: float = 0.0
    word_count: int = 0
    image: str = ""
    content_hash: str = ""


class StoryRef(Struct, frozen=True):
    """The story the article belongs to."""

    id: str | None = None


class TraceRef(Struct, frozen=True):
    """Where the observation came in, and the versions of what annotated it."""

    id: str = ""
    origin: str = ""
    annotators: dict[str, str] = {}
    notes: list[str] = []


class Document(Struct, frozen=True, kw_only=True):
    """One article as the index and the API show it.

    Spans index ``article.text``, those of removed material the received text. The flat fields at the end repeat
    nested ones for engines that cannot query arrays of objects.
    """

    timestamp: str = field(name="@timestamp")
    event: Event
    url: DocumentUrl
    article: Article
    source: Source
    dateline: Dateline | None = None
    attributions: list[Attribution] = []
    related: list[Related] = []
    removed: list[Removed] = []
    change: Change = Change()
    duplicate: Duplicate | None = None
    story: StoryRef = StoryRef()
    entities: list[Entity] = []
    places: list[Place] = []
    quotes: list[Quote] = []
    keywords: list[Keyword] = []
    topic: str = ""
    sentiment: Sentiment | None = None
    trace: TraceRef = TraceRef()
    schema_version: int = SCHEMA_VERSION
    persons: list[str] = []
    organizations: list[str] = []
    place_names: list[str] = []
    place_countries: list[str] = []
    place_points: list[GeoPoint] = []
    speakers: list[str] = []
    quote_texts: list[str] = []
    keyword_terms: list[str] = []
    attribution_outlets: list[str] = []
    rule_ids: list[str] = []

    def encode(self) -> bytes:
        """JSON."""
        return msgspec.json.encode(self)

    def as_dict(self) -> dict[str, Any]:
        """Plain dictionaries and lists, every field present."""
        plain: dict[str, Any] = msgspec.json.decode(self.encode())
        return plain


_DECODER = msgspec.json.Decoder(Document)


def decode_document(data: bytes) -> Document:
    """The inverse of :meth:`Document.encode`."""
    return _DECODER.decode(data)
