"""What the index knows of articles, as entries of dedupe's ledger.

An article's document is its newest version, so it tells nearly everything: when it was first seen, which observation
made the version, its content, its source, its story. What it does not tell:

- looks that found the version unchanged since: the entry says that the version itself was the last look. So an
  observation from between the version and such a look counts as newer, and at worst makes a version too many.
- of a killed article, the content and the story: its stub has neither. They are read from its last version that was
  not killed, so that the same page, seen again, stays killed.

A source's name that the document only has because it fell back to a domain is left out: it was never given.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from elasticsearch import Elasticsearch

from kabar.contracts.document import millis
from kabar.contracts.message import decode_message
from kabar.contracts.sections import Source
from kabar.dedupe.identity.changes import correction_marks
from kabar.dedupe.identity.ledger import Entry, short_content, short_observation, source_key
from kabar.index.elasticsearch.client import index_errors
from kabar.index.elasticsearch.names import IndexNames

PAGE: Final = 500
"""Articles; a few megabytes."""
KEEP_ALIVE: Final = "5m"
"""Between two pages; writing one to the log takes well under a second."""
WANTED: Final = (
    "event.id", "event.created", "article.id", "article.version", "article.status", "article.title", "article.text",
    "article.first_seen_at", "article.content_hash", "source.name", "source.domain", "url.domain", "story.id",
)  # fmt: skip

Known = tuple[bytes, Entry]
"""Article id and entry."""


def known_articles(client: Elasticsearch, names: IndexNames) -> Iterator[list[Known]]:
    """Every article of the index, a page at a time, as of the moment this is called.

    Raises:
        IndexUnavailable: nobody answers.
        NotPrepared: there is no index.
    """
    with index_errors():
        for family in ("articles", "versions"):  # what was written a moment ago is not readable yet
            client.indices.refresh(index=names.alias(family), ignore_unavailable=True)
        opened = client.open_point_in_time(index=names.alias("articles"), keep_alive=KEEP_ALIVE)
    point, after = opened["id"], None
    try:
        while True:
            with index_errors():
                answer = client.search(
                    pit={"id": point, "keep_alive": KEEP_ALIVE}, size=PAGE, sort=["_shard_doc"],
                    source_includes=list(WANTED), search_after=after, track_total_hits=False,
                )  # fmt: skip
            point, hits = answer["pit_id"], answer["hits"]["hits"]
            if not hits:
                return
            after = hits[-1]["sort"]
            yield _entries(client, names, [hit["_source"] for hit in hits])
    finally:
        with index_errors():
            client.close_point_in_time(id=point)


def _entries(client: Elasticsearch, names: IndexNames, documents: Sequence[Mapping[str, Any]]) -> list[Known]:
    killed = [one["article"]["id"] for one in documents if one["article"]["status"] == "killed"]
    before = _before_the_kill(client, names, killed) if killed else {}
    return [entry_of(document, before.get(document["article"]["id"])) for document in documents]


def entry_of(document: Mapping[str, Any], last: Mapping[str, Any] | None = None) -> Known:
    """The entry an article's document stands for.

    Args:
        document: its fields named in :data:`WANTED`.
        last: of a killed article, the last version that was not; None if the index has none.
    """
    article, story = document["article"], document["story"]["id"]
    content, marks = article["content_hash"], correction_marks(article["title"], article["text"])
    if last is not None:
        message = decode_message(zlib.decompress(base64.b64decode(last["message"])))
        content, marks = message.clean.content_hash, correction_marks(message.clean.title, message.clean.text)
        story = message.dedupe.story_id
    version_at, observation = millis(document["event"]["created"]), short_observation(document["event"]["id"])
    return bytes.fromhex(article["id"]), Entry(
        first_seen_at=millis(article["first_seen_at"]),
        version_at=version_at,
        newest_at=version_at,
        version_observation=observation,
        newest_observation=observation,
        content=short_content(content).ljust(6, b"\0"),
        version=article["version"],
        killed=article["status"] == "killed",
        marks=marks,
        source=source_key(_source(document)),
        story=bytes.fromhex(story) if story else bytes(16),
    )


def _source(document: Mapping[str, Any]) -> Source:
    name, domain = document["source"]["name"], document["source"]["domain"]
    given = "" if name in (domain, document["url"]["domain"]) else name
    return Source(name=given, domain=domain)


def _before_the_kill(client: Elasticsearch, names: IndexNames, articles: Sequence[str]) -> dict[str, Any]:
    """Article id -> the last version that was not killed."""
    with index_errors():
        answer = client.search(
            index=names.alias("versions"), size=len(articles),
            query={
                "bool": {
                    "filter": {"terms": {"article_id": list(articles)}},
                    "must_not": {"term": {"status": "killed"}},
                }
            },
            collapse={"field": "article_id"}, sort=[{"version_key": "desc"}],
            source_includes=["article_id", "message"], ignore_unavailable=True,
        )  # fmt: skip
    return {hit["_source"]["article_id"]: hit["_source"] for hit in answer["hits"]["hits"]}
