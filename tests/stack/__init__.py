"""Real servers for tests: one Kafka, one Elasticsearch, as children of the test run."""
