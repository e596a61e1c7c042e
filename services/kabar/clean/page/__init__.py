"""HTML in, the article of the page out: body, title, authors, dates."""
