"""Entities, quotes, places, keywords, sentiment, summary."""
