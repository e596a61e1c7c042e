"""The stateless stages on Kafka: Faust brings the messages, everything that must not be lost is ours."""
