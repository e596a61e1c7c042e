"""Articles as the dedupe stage receives them, and what it makes of a stream of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from bench.quality.systems import product
from kabar.contracts.message import Header, Message
from kabar.contracts.outcomes import Ended, Forward, StoryChanged
from kabar.contracts.sections import CleanSection, RawSection, Source

START_MS = 1_760_000_000_000
"""Of every stream; the stage has no clock, so any moment will do."""


@dataclass(frozen=True)
class Article:
    """What similarity looks at."""

    id: str
    text: str
    title: str = ""
    source: str = ""
    language: str = ""


@dataclass(frozen=True)
class Decisions:
    """What was decided about a stream, under the names the articles came with."""

    copies: list[tuple[str, str]]
    """(article, the one it copies)."""
    stories: dict[str, str]
    """Story of each article, merged stories under the one they went into."""
    failed: int = 0
    """Articles the stage raised on: they copy nothing and have no story."""


def identifier(name: str) -> str:
    """128 bits of a name, as the contract wants ids."""
    return hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def message_of(article: Article, observed_at: int) -> Message:
    """The article as it leaves the clean stage, first seen at ``observed_at`` (milliseconds)."""
    key = identifier(article.id)
    header = Header(
        observation_id=identifier(f"observation of {article.id}"),
        observed_at=observed_at,
        article_id=key,
        origin="file:bench#1",
    )
    domain = f"{article.source or 'example'}.test"
    raw = RawSection(
        text=article.text, title=article.title, source=Source(name=article.source, domain=domain)
    )
    clean = CleanSection(
        title=article.title,
        text=article.text,
        published_at=observed_at,
        language=article.language,
        language_confidence=1.0 if article.language else 0.0,
        word_count=len(article.text.split()),
        content_hash=identifier(f"{article.title}\n{article.text}"),
    )
    return Message(header).with_section(raw).with_section(clean)


def stream(articles: Sequence[Article], *, every_ms: int, stage: Any = None) -> Decisions:
    """Send the articles through a fresh dedupe stage, one every ``every_ms`` milliseconds.

    Args:
        articles: in the order of their arrival; ids distinct.
        every_ms: distance between two observations, small enough to stay inside the stage's window.
        stage: the stage to ask; a new one of kabar's by default.
    """
    stage = product("kabar.dedupe.stage", "DedupeStage")() if stage is None else stage
    names = {identifier(article.id): article.id for article in articles}
    copies: list[tuple[str, str]] = []
    stories: dict[str, str] = {}
    merged: dict[str, str] = {}
    failed = 0
    for index, article in enumerate(articles):
        try:
            effects = stage.process(message_of(article, START_MS + index * every_ms))
        except Exception:  # noqa: BLE001 - one article must not cost the whole stream its figures
            failed += 1
        else:
            _record(article.id, effects, names, copies, stories, merged)
    return Decisions(copies, {name: _last(story, merged) for name, story in stories.items()}, failed)


def _record(
    name: str,
    effects: Iterable[Any],
    names: dict[str, str],
    copies: list[tuple[str, str]],
    stories: dict[str, str],
    merged: dict[str, str],
) -> None:
    for effect in effects:
        if isinstance(effect, StoryChanged) and effect.story.merged_into:
            merged[effect.story.id] = effect.story.merged_into
        elif isinstance(effect, Ended):
            continue
        elif isinstance(effect, Forward):
            found = effect.message.dedupe
            about = names.get(effect.message.header.article_id, name)
            if found.duplicate is not None and found.duplicate.of in names:
                copies.append((about, names[found.duplicate.of]))
            if found.story_id is not None:
                stories[about] = found.story_id


def _last(story: str, merged: dict[str, str]) -> str:
    seen = {story}
    while story in merged and merged[story] not in seen:
        story = merged[story]
        seen.add(story)
    return story
