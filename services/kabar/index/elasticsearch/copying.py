"""Documents from an index into the one that replaces it: all of them, then again and again what is new."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import elasticsearch
import msgspec

from kabar.contracts.document import Document
from kabar.errors import NotPrepared
from kabar.index.elasticsearch.bulk import Bulk
from kabar.index.elasticsearch.classify import Class
from kabar.index.elasticsearch.client import index_errors
from kabar.index.elasticsearch.documents import search_fields, versioned
from kabar.index.elasticsearch.indices import Indices
from kabar.index.elasticsearch.names import Family, IndexNames
from kabar.index.elasticsearch.pace import Pace
from kabar.index.elasticsearch.sending import sender
from kabar.index.entry import Entry
from kabar.settings import Settings

PAGE: Final = 200
"""Documents read at once: whole articles, some of them long."""
KEEP_ALIVE: Final = "10m"
CONCURRENCY: Final = 4


class Copying:
    """From an old index into a new one, what the old one was given since last time."""

    def __init__(self, client: elasticsearch.Elasticsearch, settings: Settings, schema: int) -> None:
        self._client = client
        self._made = Indices(client, IndexNames(settings.index_prefix), schema=schema)
        self._bulk = Bulk(
            sender(client),
            pace=Pace(concurrency=CONCURRENCY, max_bytes=settings.bulk_max_bytes),
            max_documents=settings.bulk_max,
            threads=CONCURRENCY,
        )

    def close(self) -> None:
        """End the threads."""
        self._bulk.close()

    def copy(self, family: Family, old: str, new: str) -> Iterator[int]:
        """Copy; yields how many documents each request wrote."""
        self._made.ensure([new])
        identity, given = self._given(old)
        filled = self._filled(new, identity)
        if given <= filled:
            return
        with index_errors():
            self._client.indices.refresh(index=old)
        for hits in self._pages(old, filled):
            verdicts = self._bulk.run([_copied(family, new, hit) for hit in hits])
            refused = [
                (hit["_id"], v.why) for hit, v in zip(hits, verdicts, strict=True) if v.what is Class.DOC
            ]
            if refused:
                raise NotPrepared(
                    f"{new} refuses {len(refused)} documents of {old}: {refused[0][0]}: {refused[0][1]}",
                    hint="the old indices stay in use; correct analysis_template, or report this, and run it again",
                )
            yield len(hits)
        with index_errors():
            self._client.indices.put_mapping(index=new, meta={"filled_from": identity, "filled_to": given})

    def _given(self, index: str) -> tuple[str, int]:
        """Which index it is, and the sequence number up to which it was given everything."""
        with index_errors():
            found = self._client.indices.stats(index=index, level="shards").body["indices"][index]
        copies = [copy for shard in found["shards"].values() for copy in shard if copy["routing"]["primary"]]
        return found["uuid"], min(int(copy["seq_no"]["local_checkpoint"]) for copy in copies)

    def _filled(self, index: str, identity: str) -> int:
        """Up to which sequence number of that old index this one is filled; -1 = not at all."""
        with index_errors():
            found = self._client.indices.get_mapping(index=index).body[index]["mappings"].get("_meta", {})
        return int(found["filled_to"]) if found.get("filled_from") == identity else -1

    def _pages(self, index: str, after: int) -> Iterator[list[dict[str, Any]]]:
        """Documents given after a sequence number, as they are now."""
        with index_errors():
            pit = self._client.open_point_in_time(index=index, keep_alive=KEEP_ALIVE)["id"]
        last: dict[str, Any] = {}
        try:
            while True:
                with index_errors():
                    answer = self._client.search(
                        pit={"id": pit, "keep_alive": KEEP_ALIVE},
                        query={"range": {"_seq_no": {"gt": after}}},
                        sort=[{"_shard_doc": "asc"}],
                        size=PAGE,
                        version=True,
                        track_total_hits=False,
                        **last,
                    )
                pit = answer.get("pit_id", pit)
                hits = answer["hits"]["hits"]
                if hits:
                    yield hits
                if len(hits) < PAGE:
                    return
                last = {"search_after": hits[-1]["sort"]}
        finally:
            with index_errors():
                self._client.options(ignore_status=404).close_point_in_time(id=pit)


def _copied(family: Family, index: str, hit: dict[str, Any]) -> bytes:
    """The same document, with what can be computed of it computed anew."""
    source, version = hit["_source"], hit["_version"]
    if family == "articles":
        try:
            document = msgspec.convert(source, Document)
        except msgspec.ValidationError as error:
            raise NotPrepared(
                f"article {hit['_id']} of {hit['_index']} cannot be read: {error}",
                hint="was it written by a newer kabar? upgrade this one, and run it again",
            ) from error
        entry = Entry(document=document, message=b"", version_key=version)
        source = {**source, "search": search_fields(entry)}
    return versioned(index, hit["_id"], version, msgspec.json.encode(source))
