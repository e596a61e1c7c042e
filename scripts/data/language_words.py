"""Build ``services/kabar/text/language_words.tsv``: how strange a word is in four languages.

The inputs are the word frequencies of wordfreq (Robyn Speer, https://github.com/rspeer/wordfreq), which kabar does not
depend on; run this in an environment of its own, from the root of the repository::

    python3 -m venv /tmp/wordfreq
    /tmp/wordfreq/bin/pip install wordfreq==3.1.1
    /tmp/wordfreq/bin/python scripts/data/language_words.py --check   # or without --check, to write the file

The frequencies, and so the table, are licensed CC BY-SA 4.0. No news text is used.
"""

from __future__ import annotations

import argparse
import math
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

LANGUAGES = ("id", "ms", "en", "fr")
TARGET = Path(__file__).resolve().parents[2] / "services/kabar/text/language_words.tsv"
HEADER = """\
# How strange a word is in Indonesian, Malay, English and French: four digits, in this order, each the distance
# to the language in which it is most frequent, in half units of natural log frequency, 9 at most.
# Made from the frequency lists of wordfreq 3.1.1 (Robyn Speer; https://github.com/rspeer/wordfreq), whose data are
# licensed CC BY-SA 4.0; so is this file. Recipe: the "small" lists of id, ms, en, fr; words of 2 to 20 letters with a
# Zipf frequency of at least 3.3 in id or ms, or 4.3 in en or fr; a word absent from a list counts as 3e-7; words whose
# four log frequencies lie within 1.0 are left out. No news text was used.
"""

LETTERS = re.compile(r"[^\W\d_]{2,20}")
UNSEEN = 3e-7
"""The frequency of a word that a list lacks, about that of the rarest words in the lists."""
LEAST_ZIPF = {"id": 3.3, "ms": 3.3, "en": 4.3, "fr": 4.3}
"""Zipf frequency (log10 of occurrences in a thousand million words) a word needs in one language to be kept.

Higher where kabar only has to tell the language from the other two.
"""
LEAST_SPREAD = 1.0
"""Natural log; a word about as frequent in all four languages tells nothing."""
MOST = 9

Frequencies = Mapping[str, Mapping[str, float]]
"""Language → word → share of all words."""


def rows(frequencies: Frequencies) -> Iterator[str]:
    """The table's lines, ``word<tab>digits``, sorted by word."""
    for word in sorted(set().union(*frequencies.values())):
        shares = [frequencies[language].get(word, 0.0) for language in LANGUAGES]
        if LETTERS.fullmatch(word) and is_frequent(shares) and (digits := strangeness(shares)):
            yield f"{word}\t{digits}"


def is_frequent(shares: Sequence[float]) -> bool:
    """Whether the word is frequent enough in one of the languages; shares in the order of ``LANGUAGES``."""
    # The tiny addend only keeps log10 defined where a word is absent.
    pairs = zip(LANGUAGES, shares, strict=True)
    return any(math.log10(share + 1e-12) + 9 >= LEAST_ZIPF[language] for language, share in pairs)


def strangeness(shares: Sequence[float]) -> str:
    """A digit per language; '' where the languages hardly differ."""
    logs = [math.log(share + UNSEEN) for share in shares]
    best = max(logs)
    if best - min(logs) < LEAST_SPREAD:
        return ""
    return "".join(str(min(MOST, round(2 * (best - value)))) for value in logs)


def read_wordfreq() -> Frequencies:
    """The "small" lists of wordfreq (words above about one in a million)."""
    import wordfreq  # noqa: PLC0415 - not a dependency of kabar: --help must work without it

    return {language: wordfreq.get_frequency_dict(language, wordlist="small") for language in LANGUAGES}


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the table, or compare it with the one in the repository."""
    parser = argparse.ArgumentParser(
        description="Build services/kabar/text/language_words.tsv from wordfreq."
    )
    parser.add_argument(
        "--check", action="store_true", help="only say whether the file is what would be written"
    )
    options = parser.parse_args(arguments)
    try:
        frequencies = read_wordfreq()
    except ImportError:
        print("error: wordfreq is not installed; the head of this file says how to get it", file=sys.stderr)
        return 2
    table = HEADER + "".join(f"{row}\n" for row in rows(frequencies))
    if options.check:
        same = TARGET.read_text(encoding="utf-8") == table
        print(f"{TARGET}: {'up to date' if same else 'differs'}")
        return 0 if same else 1
    TARGET.write_text(table, encoding="utf-8")
    print(f"{TARGET}: {table.count(chr(10)) - HEADER.count(chr(10))} words")
    return 0


if __name__ == "__main__":
    sys.exit(main())
