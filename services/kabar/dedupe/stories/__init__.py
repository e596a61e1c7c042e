"""Stories, over all articles: which ones tell of the same event."""
