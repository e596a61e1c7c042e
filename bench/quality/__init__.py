"""Scores of every capability on real data, beside the library baselines measured in the same run.

``python -m bench.quality NAME… --data DIR [--json]``. One module per capability; each knows its data sets by
their shape, not by their name alone, so it takes every set of its family that has a layout it knows.
"""
