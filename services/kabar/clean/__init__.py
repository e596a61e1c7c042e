"""Raw page or text -> clean article."""
