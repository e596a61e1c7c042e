"""Benchmarks: quality (scores on real data) and speed."""
