"""HTML: each module reads the index or the store, shapes values, and hands them to one template."""
