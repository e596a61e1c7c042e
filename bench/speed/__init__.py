"""Speed on real data, as ratios against peers measured in the same run: absolute figures belong to one machine.

``python -m bench.speed NAME… --data DIR [--json]``. Everything is written to temporary directories.
"""
