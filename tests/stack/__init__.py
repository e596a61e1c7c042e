"""Real servers for tests and development: one Kafka, one Elasticsearch, as children of one process.

``python -m tests.stack`` (``make stack``) runs them until Ctrl-C; :mod:`tests.stack.servers` is the same for a
program; the fixtures ``stack`` and ``place`` are the same for a test.
"""
