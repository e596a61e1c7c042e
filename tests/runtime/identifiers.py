"""Identifiers for tests."""

from hashlib import blake2b


def identifier(kind, number):
    """As real ones: every digit depends on everything (dedupe keeps only the first half)."""
    return blake2b(f"{kind}{number}".encode(), digest_size=16).hexdigest()
