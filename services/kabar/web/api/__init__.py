"""JSON: articles and stories as the index holds them, probes and metrics."""
