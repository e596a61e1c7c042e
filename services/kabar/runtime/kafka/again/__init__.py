"""What was accepted, kept and processed again."""
