"""The sections of an article message: what each stage adds.

A stage decodes the sections it needs, adds its own and passes the others on as they came.
Evolution: new fields have defaults; no field changes its type or its meaning; none is reused.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from kabar.contracts.types import (
    MAX_SPANS,
    BodyBytes,
    BodyText,
    Count,
    Id,
    Language,
    LongText,
    Millis,
    Names,
    Offset,
    ShortText,
    Signed,
    Title,
    Unit,
    Url,
)


class Section(Struct, frozen=True, kw_only=True):
    """Base of all sections: immutable, every field on the wire, so that readers need no table of defaults."""


# ---------------------------------------------------------------- raw


class Source(Section, frozen=True, kw_only=True):
    """Who published it. ``domain`` is the registrable domain of the URL, or '' where there is no URL."""

    name: ShortText = ""
    domain: ShortText = ""
    feed: Url = ""
    country: Annotated[str, Meta(max_length=2)] = ""
    collections: Names = []


class RawSection(Section, frozen=True, kw_only=True):
    """What a producer handed in, untouched. Exactly one of ``text`` and ``data`` is set, neither for a kill."""

    content_type: Literal["text/plain", "text/html"] = "text/plain"
    text: BodyText = ""
    """The body, where the producer knew its characters."""
    data: BodyBytes = b""
    """The body as bytes, where the character set is still to be found out (HTML from files and the network)."""
    charset: ShortText = ""
    """The character set the transport declared for ``data``; '' = none. Not believed when the bytes disagree."""
    url: Url = ""
    """Final URL as received; '' = none."""
    canonical_url: Url = ""
    """``contracts.urls.canonical(url)``."""
    source: Source = Source()
    publisher_id: ShortText = ""
    title: Title = ""
    authors: Names = []
    published: ShortText = ""
    """The publication date as claimed, unparsed."""
    modified: ShortText = ""
    language: Language = ""
    """As declared; declared languages lie."""
    category: ShortText = ""
    image: Url = ""


# ---------------------------------------------------------------- clean


class Removed(Section, frozen=True, kw_only=True):
    """Material a line rule took out. Span in the received text."""

    rule: ShortText
    text: LongText
    start: Offset
    end: Offset


class Related(Section, frozen=True, kw_only=True):
    """A link to another article that stood in the body ("Baca Juga: ..."). Span in the received text."""

    title: LongText
    url: Url = ""
    rule: ShortText = ""
    start: Offset
    end: Offset


class Dateline(Section, frozen=True, kw_only=True):
    """The opening "JAKARTA, KOMPAS.com - ". Span in the received text; ``text`` is what stands there."""

    source: ShortText = ""
    place: ShortText = ""
    text: ShortText
    rule: ShortText = ""
    start: Offset
    end: Offset


class Attribution(Section, frozen=True, kw_only=True):
    """Whom the article credits ("Dilansir kanal YouTube X;").

    ``removed``: the span is in the received text and the words are not in the article text.
    Otherwise the words stayed and the span is in the article text.
    """

    outlet: ShortText
    channel: ShortText = ""
    """The medium named with it, in lower case: ``youtube``, ``instagram``, ``twitter`` ...; '' = none named."""
    text: LongText
    rule: ShortText = ""
    removed: bool = False
    start: Offset
    end: Offset


class CleanSection(Section, frozen=True, kw_only=True):
    """A clean article."""

    title: Title = ""
    text: BodyText
    received: BodyText | None = None
    """The text spans of removed material point into; None = identical to ``raw.text``."""
    authors: Names = []
    published_at: Millis | None = None
    """Parsed from the claim and from the page; None = nothing parsable."""
    published_claimed: ShortText = ""
    modified_at: Millis | None = None
    language: Language = ""
    language_confidence: Unit = 0.0
    word_count: Count = 0
    image: Url = ""
    page_canonical_url: Url = ""
    """The page's own ``rel=canonical``, recorded; honoured only within the same registrable domain."""
    dateline: Dateline | None = None
    attributions: Annotated[list[Attribution], Meta(max_length=MAX_SPANS)] = []
    related: Annotated[list[Related], Meta(max_length=MAX_SPANS)] = []
    removed: Annotated[list[Removed], Meta(max_length=MAX_SPANS)] = []
    notes: Annotated[list[ShortText], Meta(max_length=50)] = []
    """Decisions an editor may want to know: ``extractor:json-ld``, ``repaired:3``, ``guard:refused RULE``."""
    content_hash: Id
    """Of the normalised title and text; only decides ``unchanged``."""


# ---------------------------------------------------------------- dedupe


class Change(Section, frozen=True, kw_only=True):
    """How this version differs from the one before. Counts of words; the texts are in the versions."""

    kind: Literal["first", "typo", "update", "correction", "kill"] = "first"
    similarity: Unit = 1.0
    added: Count = 0
    removed: Count = 0


class Duplicate(Section, frozen=True, kw_only=True):
    """This article copies another one. ``differs`` names where they differ: numbers, dates, names."""

    kind: Literal["exact", "near"]
    of: Id
    """Article id of the earliest known member."""
    similarity: Unit
    differs: Annotated[list[ShortText], Meta(max_length=50)] = []
    """``number: 12 -> 15``, ``name: Budi -> Andi``, ``date: ...``; first the original's, then this one's."""


class DedupeSection(Section, frozen=True, kw_only=True):
    """What identity and similarity decided."""

    version: Count = 1
    status: Literal["active", "updated", "killed"] = "active"
    first_seen_at: Millis
    change: Change = Change()
    duplicate: Duplicate | None = None
    story_id: Id | None = None


# ---------------------------------------------------------------- enrich


class Span(Struct, frozen=True, array_like=True):
    """``[start, end]`` in ``article.text``."""

    start: Offset
    end: Offset


class Entity(Section, frozen=True, kw_only=True):
    """A person, organisation or place; ``name`` is the one name for its aliases, ``text`` the first mention."""

    text: ShortText
    type: Literal["person", "organization", "place"]
    name: ShortText
    count: Count
    spans: Annotated[list[Span], Meta(max_length=MAX_SPANS)]
    score: Unit = 1.0
    role: ShortText = ""
    """Title or office split off the name ("Presiden Rusia")."""


class GeoPoint(Section, frozen=True, kw_only=True):
    """WGS 84, degrees."""

    lat: Annotated[float, Meta(ge=-90, le=90)]
    lon: Annotated[float, Meta(ge=-180, le=180)]


class Place(Section, frozen=True, kw_only=True):
    """A place entity found in the gazetteer. ``country`` is ISO 3166-1 alpha-2."""

    name: ShortText
    country: Annotated[str, Meta(max_length=2)] = ""
    location: GeoPoint | None = None
    kind: ShortText = ""
    score: Unit = 1.0


class Quote(Section, frozen=True, kw_only=True):
    """Words in quote marks. ``text`` without the marks; the span covers exactly ``text``."""

    text: LongText
    speaker: ShortText = ""
    """The name as unified, or the words of the article ("pejabat itu"); '' = not certain."""
    speaker_span: Span | None = None
    cue: ShortText = ""
    start: Offset
    end: Offset
    direct: bool = True
    """False for a fragment or scare quote inside somebody else's sentence."""
    score: Unit = 1.0


class Keyword(Section, frozen=True, kw_only=True):
    """A word or short phrase; ``score`` is relative to the best of the article."""

    term: ShortText
    score: Unit


class Sentiment(Section, frozen=True, kw_only=True):
    """A weak signal from word lists, never certain."""

    label: Literal["negative", "neutral", "positive"]
    score: Signed


class EnrichSection(Section, frozen=True, kw_only=True):
    """What the text is about. Spans index the article text."""

    entities: Annotated[list[Entity], Meta(max_length=2_000)] = []
    places: Annotated[list[Place], Meta(max_length=1_000)] = []
    quotes: Annotated[list[Quote], Meta(max_length=1_000)] = []
    keywords: Annotated[list[Keyword], Meta(max_length=50)] = []
    topic: ShortText = ""
    sentiment: Sentiment | None = None
    summary: LongText = ""
    annotators: Annotated[dict[str, str], Meta(max_length=20)] = {}
    """Version of what made each annotation: ``{"entities": "crf-1", ...}``."""
