"""kabar: raw news in; a clean, deduplicated, enriched, searchable index out, continuously."""

__version__ = "0.1.0"
