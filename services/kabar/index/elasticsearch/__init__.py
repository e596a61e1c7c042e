"""The index on Elasticsearch: names, mappings, templates, the bulk sink.

Nothing outside this package imports the client library, and the embedded runtime imports nothing of this package.
"""
