"""Enriched articles as the enrich stage hands them on, and what the index says about them."""

import time

from kabar.contracts.ids import article_id, observation_id
from kabar.contracts.message import Header, Message
from kabar.contracts.sections import Change, CleanSection, DedupeSection, EnrichSection, RawSection, Source
from kabar.contracts.story import Story
from kabar.index.elasticsearch.client import connect
from kabar.index.elasticsearch.names import IndexNames

T0 = 1_769_904_000_000  # 2026-02-01T00:00Z
NOBODY = 10**12
"""A number of words no index field takes."""


def enriched(number, *, article=None, version=1, source="Harian Laut", words=3, text=""):
    """The ``number``-th observation: of an article of its own, or the given version of a named one."""
    name = str(number if article is None else article)
    url = f"https://laut.example/{name}"
    message = Message(
        Header(
            observation_id=observation_id("sink test", number),
            observed_at=T0 + number,
            accepted_at=int(time.time() * 1000),
            article_id=article_id(url=url),
            origin=f"file:test#{number}",
        )
    )
    for section in (
        RawSection(text="calm", url=url, canonical_url=url, source=Source(name=source, domain="laut.example")),
        CleanSection(title=f"Kapal {number}", text=text or f"Kapal {number} berlayar.", word_count=words, language="id", content_hash=article_id(publisher_id=f"text {number}")),
        DedupeSection(
            version=version, status="active" if version == 1 else "updated", first_seen_at=T0,
            change=Change(kind="first" if version == 1 else "update"),
        ),
        EnrichSection(),
    ):  # fmt: skip
        message = message.with_section(section)
    return message


def story(number, revision=1):
    return Story(
        id=article_id(publisher_id=f"story {number}"),
        revision=revision,
        title=f"Kisah {number}",
        first_at=T0,
        last_at=T0,
    )


class Found:
    """What lies in the index of a place."""

    def __init__(self, place):
        self._client = connect(place)
        self._names = IndexNames(place.index_prefix)

    def all(self, family="articles"):
        """Id -> (index, version, source)."""
        alias = self._names.alias(family)
        if not self._client.indices.exists_alias(name=alias):
            return {}
        self._client.indices.refresh(index=alias)
        answer = self._client.search(index=alias, size=5_000, version=True).body
        return {
            hit["_id"]: (hit["_index"], hit["_version"], hit["_source"]) for hit in answer["hits"]["hits"]
        }

    def titles(self):
        return sorted(source["article"]["title"] for _, _, source in self.all().values())

    def put(self, settings, family="articles"):
        """Index settings: a write block, and its end."""
        self._client.indices.put_settings(index=self._names.alias(family), settings=settings)

    def close(self):
        self._client.close()
