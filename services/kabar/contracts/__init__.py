"""What travels between stages: message structs, topics, codec, exported schemas."""
