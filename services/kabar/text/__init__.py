"""A leaf any stage may import: tokens, code-point offsets, normalisation, repair, language."""
