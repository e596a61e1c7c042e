"""Identity, per article id: repeats, versions, kills."""
