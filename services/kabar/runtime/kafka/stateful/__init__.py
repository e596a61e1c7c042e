"""Stages with memory: one active process, one transaction per batch, memory replayed at take-over."""
