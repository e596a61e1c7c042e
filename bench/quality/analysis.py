"""kabar's analysis of one text, shared by the scorers of what it finds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from bench.quality.layout import sample
from bench.quality.systems import product

Analyse = Callable[[str, str], Any]
"""``(text, language) -> EnrichSection``"""


def kabar_analyse() -> Analyse:
    """``kabar.enrich.analysis.analyse`` without a title: the texts of the gold stand alone."""
    analyse: Any = product("kabar.enrich.analysis", "analyse")
    return lambda text, language: analyse(text, title="", language=language)


def language_of_texts(texts: Sequence[str]) -> str:
    """The language of a set that does not say its own, as kabar takes it from fifty of its texts."""
    detect: Any = product("kabar.text.language", "detect")
    return str(detect("\n".join(sample(texts, 50))).language)
