"""The embedded runtime: one process, one SQLite file, one transaction per batch."""
