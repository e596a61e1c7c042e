"""API and page."""
