"""The distributed runtime on Kafka: clients, topics, records, and the loops of stages that are not Faust's."""
