"""Dead letters in the log."""
