"""The sink on Elasticsearch: articles, their versions, and stories.

Per batch first the articles, then the versions of those that were taken. The order makes the account right
whatever dies in between: an article may be written again with the same version and is taken again, so a redelivery
fills in the version that is missing. An article that is refused because a newer one is there either has its
version in the index (then it was indexed earlier, and this is a redelivery) or was never indexed: it came too late,
and leaves nothing behind. Nothing is ever deleted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import elasticsearch

from kabar.contracts.document import millis
from kabar.contracts.outcomes import DeadReason
from kabar.contracts.story import Story
from kabar.errors import EnvironmentError_, IndexUnavailable
from kabar.index.elasticsearch.bulk import Bulk, Counts, Timing
from kabar.index.elasticsearch.classify import Class, Verdict
from kabar.index.elasticsearch.client import index_errors
from kabar.index.elasticsearch.documents import (
    Prune,
    article_action,
    pruner,
    story_action,
    version_action,
    version_id,
)
from kabar.index.elasticsearch.indices import Indices
from kabar.index.elasticsearch.names import IndexNames
from kabar.index.elasticsearch.pace import Pace
from kabar.index.elasticsearch.preparing import installed_fields
from kabar.index.elasticsearch.sending import sender
from kabar.index.entry import Entry, Refused, Written
from kabar.settings import Settings

CONCURRENCY: Final = 4
"""Requests in flight at most: one shard's queue of writes is longer, but one writer is not to fill it."""

Answer = Written | Refused


class ElasticsearchWriter:
    """Writes what it is given. One thread uses it. The indices hold the same whatever the sizes of the batches.

    Give it several requests' worth (``bulk_max``) at once where there is so much: a batch waits for its slowest.

    Args:
        client: :func:`kabar.index.elasticsearch.client.connect`; the caller closes it.
        settings: prefix and bounds of a request.
        schema: write to indices of this schema number, whatever the alias says (to fill new ones).
        in_flight: called while requests are under way; where tests kill the process.
        left_out: told how many fields of a document the installed templates do not know.
        timing: time and chance.
    """

    def __init__(
        self,
        client: elasticsearch.Elasticsearch,
        settings: Settings,
        *,
        schema: int | None = None,
        in_flight: Callable[[], None] = lambda: None,
        left_out: Callable[[int], None] = lambda _: None,
        timing: Timing = Timing(),  # noqa: B008 - immutable
    ) -> None:
        self._client = client
        self._names = IndexNames(settings.index_prefix)
        self._indices = Indices(client, self._names, schema=schema, clock=timing.clock)
        self._left_out = left_out
        self._prune: Prune | None = None
        self._prune_for = 0
        self._bulk = Bulk(
            sender(client),
            pace=Pace(concurrency=CONCURRENCY, max_bytes=settings.bulk_max_bytes),
            max_documents=settings.bulk_max,
            threads=CONCURRENCY,
            in_flight=in_flight,
            timing=timing,
        )

    @property
    def counts(self) -> Counts:
        """What was sent and answered so far."""
        return self._bulk.counts

    def close(self) -> None:
        """End the threads."""
        self._bulk.close()

    def write(self, entries: Sequence[Entry]) -> list[Answer]:
        """Index articles, with one version each.

        Returns:
            One answer per entry, in order. ``written``: the article and its version are in the index, now or
            earlier. ``superseded``: a newer one is, and this one never was. Refused: a dead letter.

        Raises:
            IndexUnavailable: nothing is known to be written; write the same entries again, later.
            EnvironmentError_: the same, and somebody has to prepare something.
        """
        keys = [entry.document.article.id for entry in entries]
        return self._in_rounds(keys, lambda places: self._write_round([entries[place] for place in places]))

    def write_stories(self, stories: Sequence[Story]) -> list[Answer]:
        """Index stories; the higher revision stays.

        Returns:
            One answer per story, in order.

        Raises:
            EnvironmentError_: as :meth:`write`.
        """
        keys = [story.id for story in stories]
        return self._in_rounds(keys, lambda places: self._story_round([stories[place] for place in places]))

    def _in_rounds(self, keys: Sequence[str], write: Callable[[list[int]], list[Verdict]]) -> list[Answer]:
        """Write one round after the other; one answer per key, in order."""
        answers: dict[int, Answer] = {}
        try:
            for places in rounds(keys):
                answers.update(zip(places, map(_answer, write(places)), strict=True))
        except EnvironmentError_:
            self._indices.forget()
            raise
        return [answers[place] for place in range(len(keys))]

    def _story_round(self, stories: Sequence[Story]) -> list[Verdict]:
        """Write distinct stories."""
        index = self._names.stories(self._indices.schema())
        self._indices.ensure([index])
        return self._bulk.run([story_action(index, story) for story in stories])

    def _write_round(self, entries: Sequence[Entry]) -> list[Verdict]:
        """Write entries of distinct articles."""
        schema = self._indices.schema()
        self._read_fields(schema)
        seen = [millis(entry.document.article.first_seen_at) for entry in entries]
        article_indices = [self._names.articles(schema, at) for at in seen]
        version_indices = [self._names.versions(schema, at) for at in seen]
        self._indices.ensure([*article_indices, *version_indices])
        verdicts = self._bulk.run([
            article_action(index, entry, self._prune)
            for index, entry in zip(article_indices, entries, strict=True)
        ])  # fmt: skip
        verdicts = self._known_earlier(verdicts, version_indices, entries)
        taken = [place for place, verdict in enumerate(verdicts) if verdict.what is Class.OK]
        written = self._bulk.run([version_action(version_indices[place], entries[place]) for place in taken])
        for place, verdict in zip(taken, written, strict=True):
            if verdict.what is Class.DOC:
                verdicts[place] = verdict
        return verdicts

    def _known_earlier(
        self, verdicts: list[Verdict], version_indices: Sequence[str], entries: Sequence[Entry]
    ) -> list[Verdict]:
        """The verdicts, with OK for what was superseded only after it had been indexed: its version is there."""
        late = [place for place, verdict in enumerate(verdicts) if verdict.what is Class.SUPERSEDED]
        if not late:
            return verdicts
        wanted = [
            {"_index": version_indices[place], "_id": version_id(entries[place].document)} for place in late
        ]
        with index_errors():
            found = self._client.mget(docs=wanted, source=False).body["docs"]
        known = {place for place, doc in zip(late, found, strict=True) if _is_there(doc)}
        return [Verdict(Class.OK) if place in known else verdict for place, verdict in enumerate(verdicts)]

    def _read_fields(self, schema: int) -> None:
        """What the installed templates know, read once per schema number."""
        if schema != self._prune_for:
            installed = installed_fields(self._client, self._names, "articles")
            self._prune = pruner("articles", installed, self._left_out)
            self._prune_for = schema


def rounds(keys: Iterable[str]) -> list[list[int]]:
    """Positions, in rounds that hold no key twice: the second of a key is in the second round, and so on."""
    found: list[list[int]] = []
    times: dict[str, int] = {}
    for place, key in enumerate(keys):
        nth = times.get(key, 0)
        times[key] = nth + 1
        if nth == len(found):
            found.append([])
        found[nth].append(place)
    return found


def _answer(verdict: Verdict) -> Answer:
    if verdict.what is Class.DOC:
        return Refused(DeadReason.REFUSED, verdict.why)
    return "written" if verdict.what is Class.OK else "superseded"


def _is_there(doc: dict[str, Any]) -> bool:
    """Whether a version is in the index.

    Raises:
        IndexUnavailable: Elasticsearch cannot say.
    """
    error = doc.get("error")
    if error:
        raise IndexUnavailable(
            f"whether a version is in the index is not known: {error.get('reason', error)}"
        )
    return bool(doc.get("found"))
