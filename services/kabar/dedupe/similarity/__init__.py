"""Similarity, over all articles: which one copies which."""
