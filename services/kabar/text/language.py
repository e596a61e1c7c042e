"""The language of a text, from the text alone: declared languages lie.

Three detectors in a cascade, each asked only where the one before is unsure or known to be weak:

1. CLD2 (``pycld2``) knows 80 languages at tens of thousands of texts a second.
2. Word frequencies of Indonesian, Malay, English and French (``language_words.tsv``) settle what CLD2 confuses most:
   Indonesian with Malay, and short headlines full of English names.
3. ``py3langid`` on the first 1,500 characters, where CLD2 is unsure and the word list does not know the words.
"""

from __future__ import annotations

import math
import re
from functools import cache
from importlib import resources
from typing import NamedTuple

import pycld2
from py3langid.langid import MODEL_FILE, LanguageIdentifier

_SAMPLE = 2_000
"""Characters of the text that are looked at: more changes no answer, and costs time."""
_LANGID_SAMPLE = 1_500
_OWN = ("id", "ms", "en", "fr")
"""The languages of the word list, in the order of its digits."""
_TRUST_IN_CLD2 = {"id": 1, "ms": 1, "en": 5, "fr": 5}
"""What CLD2's verdict adds, in half units of natural log: it confuses Indonesian and Malay, and is good at the rest."""
_COMMON = 2
"""A word with this distance or less belongs to the language."""
_MOSTLY_KNOWN = 0.6
"""Share of known words above which a text is in a language of the list: 95 % of the sentences in Javanese, Minang
or Banjar have less, and 95 % of those in Indonesian or English have more (open parallel texts)."""
_LOOK_ALIKE = frozenset({"jv", "su", "min", "ban", "ceb", "tl", "war", "mg"})
"""What CLD2 takes headlines in Indonesian for."""
_HEADLINE = 8
"""Words of a headline; up to here each word counts in full."""
_FEW_WORDS = 3
_MANY_WORDS = 30
_BELIEF = 0.6
"""How much of a margin is believed: fitted on headlines, so that confidence is the share of right answers."""
_OLD_CODES = {
    "jw": "jv",
    "iw": "he",
    "in": "id",
    "mo": "ro",
    "sh": "sr",
    "no": "nb",
    "zh-Hant": "zh",
    "un": "",
    "zxx": "",
}

_NOT_WORDS = re.compile(r"https?://\S{1,500}|www\.\S{1,500}|[@#]\w{1,100}")
# CLD2 raises on controls and noncharacters, and cannot encode lone surrogates.
_PLANE_ENDS = "".join(chr(plane << 16 | end) for plane in range(17) for end in (0xFFFE, 0xFFFF))
_UNREADABLE = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef{_PLANE_ENDS}]")
_WORD = re.compile(r"[^\W\d_]+")


class Detected(NamedTuple):
    """A language and how sure that is.

    Attributes:
        language: ISO 639-1 where there is one, else 639-3; '' = unknown.
        confidence: 0 to 1, about the share of right answers among those with this confidence.
    """

    language: str
    confidence: float


UNKNOWN = Detected("", 0.0)


def detect(text: str, title: str = "") -> Detected:
    """Detect the language of an article by its title and the beginning of its text. Never raises."""
    sample = _UNREADABLE.sub(" ", _NOT_WORDS.sub(" ", f"{title[:500]}\n{text[:_SAMPLE]}"))
    words = _WORD.findall(sample.lower())
    if sum(map(len, words)) < 2:
        return UNKNOWN
    guess = _cld2(sample)
    own = _OwnGuess(words, guess.language)
    doubtful = guess.language in _LOOK_ALIKE or not guess.reliable
    if guess.language in _OWN or (doubtful and own.known >= _MOSTLY_KNOWN):
        return own.verdict()
    if guess.reliable:
        return Detected(guess.language, guess.confidence)
    return _langid(sample[:_LANGID_SAMPLE], guess)


class _Guess(NamedTuple):
    """CLD2's verdict; '' = it has none."""

    language: str
    reliable: bool
    confidence: float


def _cld2(sample: str) -> _Guess:
    try:
        reliable, _, languages = pycld2.detect(sample, bestEffort=True)
    except (pycld2.error, ValueError):  # nothing known gets here; a text without a language is no failure
        return _Guess("", reliable=False, confidence=0.0)
    _, code, percent, _ = languages[0]
    code = "" if code.startswith("xx-") else _OLD_CODES.get(code, code)
    return _Guess(code, reliable=bool(reliable and code), confidence=0.98 * min(1.0, percent / 95))


class _OwnGuess:
    """Naive Bayes over the word list.

    Attributes:
        known: share of the words that belong to the best language.
    """

    def __init__(self, words: list[str], believed: str) -> None:
        table = _table()
        rows = [row for word in words if (row := table.get(word))]
        self._words = len(words)
        self._scores = [_TRUST_IN_CLD2[code] if code == believed else 0 for code in _OWN]
        for number in range(len(_OWN)):
            self._scores[number] -= sum(row[number] for row in rows)
        self._best = max(range(len(_OWN)), key=self._scores.__getitem__)
        self.known = sum(row[self._best] <= _COMMON for row in rows) / len(words)

    def verdict(self) -> Detected:
        """The best language, with a confidence from its margin over the second (half units of natural log)."""
        first, second = sorted(self._scores, reverse=True)[:2]
        # Words are not independent: the longer the text, the less each one counts.
        margin = (first - second) / 2 / math.sqrt(max(self._words / _HEADLINE, 1))
        confidence = 1 / (1 + math.exp(-margin * _BELIEF))
        if self._words < _FEW_WORDS:
            confidence *= 0.7
        elif self._words > _MANY_WORDS and self.known < _MOSTLY_KNOWN and self._best < 2:
            confidence *= 0.5  # a relative the list does not hold: Minang, Banjar, Madurese ...
        return Detected(_OWN[self._best], min(0.99, confidence * min(1.0, 0.5 + self.known)))


@cache
def _table() -> dict[str, bytes]:
    """Word to its distances from the languages of ``_OWN``."""
    lines = resources.files(__package__).joinpath("language_words.tsv").read_text("utf-8").splitlines()
    rows = (line.split("\t") for line in lines if not line.startswith("#"))
    return {word: bytes(map(int, digits)) for word, digits in rows}


@cache
def _identifier() -> LanguageIdentifier:
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def _langid(sample: str, guess: _Guess) -> Detected:
    """The second opinion; where both agree, or the first has none, it decides."""
    code, probability = _identifier().classify(sample)
    code = _OLD_CODES.get(code, code)
    probability = float(probability)
    if not code:
        return UNKNOWN
    if code == guess.language:
        return Detected(code, max(guess.confidence, 0.95 * probability))
    if guess.language and probability < 0.9:
        return Detected(guess.language, guess.confidence / 2)
    return Detected(code, 0.8 * probability)
