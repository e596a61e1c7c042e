"""Writes ``frequency_id.txt`` and ``frequency_en.txt`` from the data of the wordfreq package (see ``NOTICE``).

wordfreq is no dependency of kabar: it is 68 MB, and two of its forty languages are used. Run in an environment
of its own that has it: ``pip install wordfreq==3.1.1``, then ``python build_frequencies.py FOLDER``.
"""

from __future__ import annotations

import importlib
import math
import sys
from collections import defaultdict
from pathlib import Path

WORDS = {"id": 28_000, "en": 30_000}
"""Most frequent words kept. A word that is left out is rarer than any kept one, which is all a keyword needs."""
HEADER = """\
# Zipf frequency (log10 of occurrences per billion words), a tab, the words of that frequency.
# From wordfreq 3.1.1 (Robyn Speer), data under CC BY-SA 4.0; this file is under CC BY-SA 4.0. See NOTICE.
"""


def main(folder: Path) -> None:
    """Write both tables into ``folder``."""
    wordfreq = importlib.import_module("wordfreq")
    for language, count in WORDS.items():
        best: dict[str, float] = wordfreq.get_frequency_dict(language, "best")
        usual = [
            word for word in sorted(best, key=lambda w: (-best[w], w)) if word.isalpha() and len(word) > 1
        ]
        rows: dict[str, list[str]] = defaultdict(list)
        for word in usual[:count]:
            rows[f"{math.log10(best[word]) + 9:.1f}"].append(word)
        body = "".join(f"{zipf}\t{' '.join(words)}\n" for zipf, words in rows.items())
        (folder / f"frequency_{language}.txt").write_text(HEADER + body, "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
