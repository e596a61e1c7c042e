"""The index stage: from the log into Elasticsearch."""
