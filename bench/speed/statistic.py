"""Medians and percentiles."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence


def median(values: Sequence[float]) -> float:
    """The middle value; the mean of the middle two."""
    return statistics.median(values)


def percentile(values: Sequence[float], share: float) -> float:
    """Nearest rank: the smallest value that ``share`` (0 < share ≤ 1) of the values do not exceed.

    Of fewer than a hundred values the 99th percentile is the largest.
    """
    return sorted(values)[max(1, math.ceil(share * len(values))) - 1]
