"""Writes ``valence_en.txt`` from the lexicon of the vaderSentiment package (see ``NOTICE``).

Only plain words are kept: emoticons and slang with punctuation do not occur in news. Run where the package is
installed: ``python build_valences_en.py FOLDER``.
"""

from __future__ import annotations

import importlib
import sys
from collections import defaultdict
from pathlib import Path

NEWS_NEUTRAL = (
    "united share shares shared interest interests interested security securities like liked likes play played "
    "plays please well number fire fired party parties trust natural growth gross matter matters demand demands "
    "create created admit admits cut cuts no novel fine fan fans super top vested dear chance chances ease easy "
    "great grand pay sentence sentenced"
)
"""Words that carry a feeling in chats and none in news: "United Nations", "shares fell", "interest rate"."""
HEADER = """\
# Valence of English words, -4 (very bad) to 4 (very good): a score, a tab, words divided by commas.
# From VADER (C.J. Hutto and E.E. Gilbert, 2014; MIT licence), plain words only, rounded to tenths. See NOTICE.
"""


def main(folder: Path) -> None:
    """Write the table into ``folder``."""
    package = Path(importlib.import_module("vaderSentiment").__path__[0])
    rows: dict[float, list[str]] = defaultdict(list)
    seen = set(NEWS_NEUTRAL.split())
    for line in (package / "vader_lexicon.txt").read_text("utf-8").splitlines():
        word, score = line.split("\t")[:2]
        if word.isalpha() and word.islower() and len(word) > 2 and word not in seen:
            seen.add(word)
            rows[round(float(score), 1)].append(word)
    body = "".join(f"{score:g}\t{', '.join(sorted(words))}\n" for score, words in sorted(rows.items()))
    (folder / "valence_en.txt").write_text(HEADER + body, "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
