"""The account of the log: what ended how, what is missing, how far each stage is behind."""
