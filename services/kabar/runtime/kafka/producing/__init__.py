"""Producers: accepted observations into ``news.raw``, and waiting for what becomes of them."""
