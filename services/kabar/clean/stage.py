"""The clean stage: one raw observation in, one clean article out. Pure: no I/O, no clock."""

from __future__ import annotations

import re
from collections.abc import Iterable

from msgspec import Struct

from kabar.clean.dates import parse
from kabar.clean.fingerprint import content_hash
from kabar.clean.lines import Stripped, strip
from kabar.clean.names import merge_names
from kabar.clean.page.charset import decode
from kabar.clean.page.extraction import Extracted, extract
from kabar.clean.title import clean_title
from kabar.contracts.message import Message
from kabar.contracts.outcomes import DropReason, Effect, Ended, Forward, Outcome
from kabar.contracts.sections import CleanSection, RawSection
from kabar.text.language import Detected, detect
from kabar.text.tokens import words

_MAX_URL = 4_096
_MAX_SHORT = 1_024
_MAX_NOTES = 50
_LANGUAGE = re.compile(r"([a-z]{2,3})(?:[-_][A-Za-z0-9]{2,8}){0,2}")


class _Body(Struct, frozen=True):
    """The body as plain text, and what its page says about it."""

    received: str
    page: Extracted | None = None


class CleanStage:
    """Turns raw observations into clean articles."""

    def process(self, message: Message) -> list[Effect]:
        """Clean one observation.

        Returns:
            The message with its clean section; a kill as it came; or the end of what is no article:
            ``not_article`` where a page holds none, ``empty`` where nothing readable is left.

        Raises:
            BadMessage: the raw section is absent or breaks its contract.
        """
        if message.header.kind == "kill":
            return [Forward(message)]
        raw = message.raw
        body = _body(raw)
        if body.page is not None and not body.received.strip():
            return [Ended(Outcome.DROPPED, DropReason.NOT_ARTICLE)]
        section = _section(raw, body, now_ms=message.header.observed_at)
        if not section.word_count:
            return [Ended(Outcome.DROPPED, DropReason.EMPTY)]
        return [Forward(message.with_section(section))]


def _body(raw: RawSection) -> _Body:
    if raw.content_type == "text/html":
        page = extract(raw.data or raw.text, url=raw.url, charset=raw.charset)
        return _Body(page.text, page)
    return _Body(raw.text or (decode(raw.data, raw.charset).text if raw.data else ""))


def _section(raw: RawSection, body: _Body, *, now_ms: int) -> CleanSection:
    page = body.page
    title, suffix = clean_title(
        raw.title or (page.title if page else ""),
        site_name=(page.site_name if page else "") or raw.source.name,
        domain=raw.source.domain,
    )
    stripped = strip(
        body.received,
        title=title,
        outlets=(raw.source.name, raw.source.domain, page.site_name if page else ""),
    )
    found = detect(stripped.text, title)
    language, certain = _language(found, (raw.language, page.language if page else ""))
    dates = _Dates(raw, page, language, now_ms)
    text_words = words(stripped.text)
    return CleanSection(
        title=title,
        text=stripped.text,
        received=None if body.received == raw.text else body.received,
        authors=merge_names(raw.authors, page.authors if page else (), stripped.authors),
        published_at=dates.published_at,
        published_claimed=dates.published_claimed,
        modified_at=dates.modified_at,
        language=language,
        language_confidence=found.confidence if certain else 0.0,
        word_count=len(text_words),
        image=_first_url(raw.image, page.image if page else ""),
        page_canonical_url=_first_url(page.canonical_url if page else ""),
        dateline=stripped.dateline,
        attributions=stripped.attributions,
        related=stripped.related,
        removed=stripped.removed,
        notes=_notes(page, stripped, suffix, declared=language if not certain else ""),
        content_hash=content_hash(words(title), text_words),
    )


def _language(found: Detected, declared: Iterable[str]) -> tuple[str, bool]:
    """What the text says; what is declared only where the text says nothing. The flag: the text said it."""
    if found.language:
        return found.language, True
    for claim in declared:
        match = _LANGUAGE.fullmatch(claim.strip())
        if match:
            return match[1].lower(), False
    return "", False


class _Dates:
    """The claimed dates, the producer's before the page's."""

    def __init__(self, raw: RawSection, page: Extracted | None, language: str, now_ms: int) -> None:
        # "en-US" decides between day and month first: the declared region counts where the language agrees.
        declared = [raw.language, page.language if page else ""]
        self._language = next(
            (claim for claim in declared if claim[:2].lower() == language[:2] != ""), language
        )
        self._now_ms = now_ms
        self.published_claimed, self.published_at = self._first(raw.published, page.published if page else "")
        _, self.modified_at = self._first(raw.modified, page.modified if page else "")

    def _first(self, *claims: str) -> tuple[str, int | None]:
        """The first claim that can be read, else the first there is."""
        for claim in claims:
            parsed = parse(claim, now_ms=self._now_ms, language=self._language) if claim else None
            if parsed is not None:
                return claim[:_MAX_SHORT], parsed.millis
        return next((claim[:_MAX_SHORT] for claim in claims if claim), ""), None


def _first_url(*candidates: str) -> str:
    return next((url for url in candidates if url and len(url) <= _MAX_URL), "")


def _notes(page: Extracted | None, stripped: Stripped, suffix: str, *, declared: str) -> list[str]:
    notes = list(page.notes) if page else []
    if suffix:
        notes.append(f"title:{suffix.strip()}")
    if declared:
        notes.append(f"language:declared {declared}")
    notes += stripped.notes
    return [note[:_MAX_SHORT] for note in notes[:_MAX_NOTES]]
