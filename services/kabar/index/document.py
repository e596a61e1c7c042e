"""Message -> document: the sections of an enriched message become the one shape of index and API."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

import msgspec

from kabar.contracts.document import Article, Document, DocumentUrl, Event, StoryRef, TraceRef, iso
from kabar.contracts.message import Header, Message
from kabar.contracts.sections import CleanSection, DedupeSection, EnrichSection, RawSection, Source

DAY_MS = 86_400_000
BELIEVABLE_PAST_MS = 3_653 * DAY_MS
"""Ten years with their leap days: archives are replayed, but a date further back is nearly always a wrong guess."""
BELIEVABLE_FUTURE_MS = 3_600_000
"""One hour: a publisher's clock that runs ahead, not an event announced for next week."""
GENERATIONS = 1_000


def version_key(header: Header) -> int:
    """What decides between two writes of one article: the later observation, then the higher generation.

    ``observed_at`` (ms) x 1000 + generation; of equal keys the later write wins (``external_gte``).
    """
    return header.observed_at * GENERATIONS + min(header.generation, GENERATIONS - 1)


def believable(published_at: int | None, observed_at: int) -> bool:
    """Whether a claimed publication time (ms) can be true for an article seen at ``observed_at`` (ms)."""
    if published_at is None:
        return False
    return observed_at - BELIEVABLE_PAST_MS <= published_at <= observed_at + BELIEVABLE_FUTURE_MS


def assemble(message: Message, *, ingested_at: int) -> Document:
    """The document of an article message; of a kill, a stub without title and text.

    ``@timestamp`` is the publication time where it is believable, else the time the article was first seen; an
    unbelievable time is left out of ``article.published_at`` and stays in ``published_claimed``.

    Args:
        message: with raw and dedupe sections; an article also has a clean one, and an enrich one if it was run.
        ingested_at: milliseconds, UTC; what ``event.ingested`` says.

    Raises:
        BadMessage: a section is missing or breaks its contract.
    """
    if message.header.kind == "kill" or message.dedupe.status == "killed":
        return _stub(message, ingested_at)
    clean, dedupe = message.clean, message.dedupe
    enrich = message.enrich if message.has(EnrichSection) else EnrichSection()
    observed = message.header.observed_at
    published = clean.published_at if believable(clean.published_at, observed) else None
    return Document(
        timestamp=iso(published if published is not None else dedupe.first_seen_at),
        event=_event(message.header, ingested_at),
        url=_url(message.raw),
        article=_article(message.header.article_id, clean, dedupe, enrich, published),
        source=_source(message.raw),
        dateline=clean.dateline,
        attributions=clean.attributions,
        related=clean.related,
        removed=clean.removed,
        change=dedupe.change,
        duplicate=dedupe.duplicate,
        story=StoryRef(id=dedupe.story_id),
        entities=enrich.entities,
        places=enrich.places,
        quotes=enrich.quotes,
        keywords=enrich.keywords,
        topic=enrich.topic,
        sentiment=enrich.sentiment,
        trace=_trace(message.header, enrich, clean.notes),
        persons=_distinct(e.name for e in enrich.entities if e.type == "person"),
        organizations=_distinct(e.name for e in enrich.entities if e.type == "organization"),
        place_names=_distinct(
            [*(p.name for p in enrich.places), *(e.name for e in enrich.entities if e.type == "place")]
        ),
        place_countries=_distinct(place.country for place in enrich.places),
        place_points=[place.location for place in enrich.places if place.location is not None],
        speakers=_distinct(quote.speaker for quote in enrich.quotes),
        quote_texts=_distinct(quote.text for quote in enrich.quotes),
        keyword_terms=_distinct(keyword.term for keyword in enrich.keywords),
        attribution_outlets=_distinct(attribution.outlet for attribution in clean.attributions),
        rule_ids=_rules(clean),
    )


def _stub(message: Message, ingested_at: int) -> Document:
    """What stays of a killed article: that it was there, and where."""
    dedupe = message.dedupe
    return Document(
        timestamp=iso(dedupe.first_seen_at),
        event=_event(message.header, ingested_at),
        url=_url(message.raw),
        article=Article(
            id=message.header.article_id,
            version=dedupe.version,
            status="killed",
            title="",
            text="",
            first_seen_at=iso(dedupe.first_seen_at),
        ),
        source=_source(message.raw),
        change=dedupe.change,
        trace=_trace(message.header, EnrichSection(), []),
    )


def _article(
    article_id: str, clean: CleanSection, dedupe: DedupeSection, enrich: EnrichSection, published: int | None
) -> Article:
    claimed = clean.published_claimed
    if not claimed and clean.published_at is not None and published is None:
        claimed = iso(clean.published_at)
    return Article(
        id=article_id,
        version=dedupe.version,
        status=dedupe.status,
        title=clean.title,
        text=clean.text,
        summary=enrich.summary,
        authors=clean.authors,
        published_at=None if published is None else iso(published),
        published_claimed=claimed,
        modified_at=None if clean.modified_at is None else iso(clean.modified_at),
        first_seen_at=iso(dedupe.first_seen_at),
        language=clean.language,
        language_confidence=clean.language_confidence,
        word_count=clean.word_count,
        image=clean.image,
        content_hash=clean.content_hash,
    )


def _event(header: Header, ingested_at: int) -> Event:
    return Event(id=header.observation_id, created=iso(header.observed_at), ingested=iso(ingested_at))


def _url(raw: RawSection) -> DocumentUrl:
    return DocumentUrl(
        original=raw.url, canonical=raw.canonical_url, domain=_host(raw.canonical_url) or _host(raw.url)
    )


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:  # "http://[": not ours to judge, the article still stands
        return ""


def _source(raw: RawSection) -> Source:
    """The source; one that has no name goes by its domain, or by the host."""
    if raw.source.name:
        return raw.source
    return msgspec.structs.replace(raw.source, name=raw.source.domain or _host(raw.canonical_url))


def _trace(header: Header, enrich: EnrichSection, notes: list[str]) -> TraceRef:
    return TraceRef(id=header.trace_id, origin=header.origin, annotators=enrich.annotators, notes=notes)


def _rules(clean: CleanSection) -> list[str]:
    """Every rule that named or took out something, in order of kind."""
    dateline = [clean.dateline.rule] if clean.dateline else []
    others = (item.rule for items in (clean.attributions, clean.related, clean.removed) for item in items)
    return _distinct([*dateline, *others])


def _distinct(values: Iterable[str]) -> list[str]:
    """Without repeats and empty ones, in order of first appearance."""
    return [value for value in dict.fromkeys(values) if value]
