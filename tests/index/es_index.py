"""An index on a real Elasticsearch for tests: filled by the product's writer, found at once."""

from __future__ import annotations

from kabar.index.api import SearchRequest
from kabar.index.elasticsearch.client import connect
from kabar.index.elasticsearch.names import IndexNames
from kabar.index.elasticsearch.preparing import prepare
from kabar.index.elasticsearch.reader import ElasticsearchReader
from kabar.index.elasticsearch.writer import ElasticsearchWriter


class EsIndex:
    """Same face as the SQLite one of ``conftest.py``. Unknown fields are refused, so that the mapping is complete."""

    def __init__(self, settings) -> None:
        self.settings = settings
        self.client = connect(settings)
        self.names = IndexNames(settings.index_prefix)
        prepare(self.client, settings, dynamic="strict")
        self.reader = ElasticsearchReader(self.client, self.names)
        self.writer = ElasticsearchWriter(self.client, settings)

    def write(self, *messages, stories=()):
        from index_samples import entry

        return self.write_entries([entry(m) for m in messages], stories)

    def write_entries(self, entries, stories=()):
        answers = self.writer.write(entries)
        assert set(answers) <= {"written", "superseded"}, answers
        assert set(self.writer.write_stories(stories)) <= {"written"}
        self.client.indices.refresh(index=f"{self.settings.index_prefix}*")
        return answers

    def titles(self, query="", **options):
        hits = self.reader.search(SearchRequest(query=query, **options)).hits
        return [hit.document.article.title for hit in hits]

    def reader_with(self, **options):
        return ElasticsearchReader(self.client, self.names, **options)

    def empty(self):
        """Delete all indices; the templates stay. A new writer: the old one knows indices that are gone."""
        found = self.client.indices.get(index=f"{self.settings.index_prefix}*", expand_wildcards="all")
        if found.body:
            self.client.indices.delete(index=",".join(found.body))
        self.writer.close()
        self.writer = ElasticsearchWriter(self.client, self.settings)

    def close(self):
        self.writer.close()
        self.client.close()
