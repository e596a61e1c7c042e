"""Identity (repeats, versions, kills) and similarity (copies, stories)."""
