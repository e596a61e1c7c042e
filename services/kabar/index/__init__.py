"""Sinks and what reads them: the searchable index."""
