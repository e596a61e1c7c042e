"""The vocabulary of dates: ``dates.toml``, compiled."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from importlib import resources
from typing import Any

_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")


def _any_of(words: Iterable[str]) -> str:
    """A pattern for any of the words, the longest first, so that "kemarin" does not hide "kemarin lusa"."""
    return "|".join(re.escape(word) for word in sorted(words, key=lambda word: (-len(word), word)))


def _whole(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![^\W\d_])(?:{pattern})(?![^\W\d_])")


class Words:
    """What the words of ``dates.toml`` mean. All texts are expected in lower case.

    Attributes:
        meridiem: pattern of the words for morning and afternoon.
        now: finds "just now" and its like.
        ago: finds "2 hours ago" and its like, with groups ``count`` (absent = one) and ``unit``.
        short_ago: matches "2h" as a whole.
        day: finds "yesterday" and its like.

    Raises:
        ValueError: two languages use one word for different months.
    """

    def __init__(self, data: dict[str, Any]) -> None:
        self._months = _months(data["months"])
        self._zones: dict[str, int] = data["zones"]["minutes"]
        self._american = frozenset(data["zones"]["american"]) | {"am", "pm"}
        self._indonesian = frozenset(data["indonesian"]["words"])
        self._afternoon = frozenset(data["meridiem"]["pm"])
        self.meridiem = _any_of(data["meridiem"]["am"] + data["meridiem"]["pm"])
        relative = data["relative"]
        self._days: dict[str, int] = relative["days"]
        self._units: dict[str, int] = {
            word: unit["seconds"] for unit in relative["units"].values() for word in unit["words"]
        }
        self.now = _whole(_any_of(relative["now"]))
        self.day = _whole(_any_of(self._days))
        count = (
            rf"(?:(?P<count>\d{{1,4}})\s?|(?:{_any_of(relative['one'])})\s?)(?P<unit>{_any_of(self._units)})"
        )
        more = rf"(?:\s\d{{1,2}}\s(?:{_any_of(self._units)}))?"
        self.ago = _whole(rf"{count}{more}\s(?:{_any_of(relative['ago'])})")
        self.short_ago = re.compile(count)

    def month(self, word: str) -> int:
        """1 to 12; 0 = no month."""
        return self._months.get(word, 0)

    def zone(self, word: str) -> int | None:
        """Minutes east of Greenwich."""
        return self._zones.get(word)

    def seconds(self, unit: str) -> int:
        """Length of a unit of time."""
        return self._units[unit]

    def days_back(self, word: str) -> int:
        """How many days before today "yesterday" is."""
        return self._days[word]

    def is_afternoon(self, meridiem: str) -> bool:
        """Whether twelve hours are to be added."""
        return meridiem in self._afternoon

    def is_american(self, text: str) -> bool:
        """Whether an hour of twelve or an American zone is written with the date."""
        return any(word in self._american for word in _WORD.findall(text))

    def is_indonesian(self, text: str) -> bool:
        """Whether the words of the date are Indonesian."""
        return any(word in self._indonesian for word in _WORD.findall(text))


def _months(by_language: dict[str, list[list[str]]]) -> dict[str, int]:
    months: dict[str, int] = {}
    for language, lists in by_language.items():
        for number, names in enumerate(lists, start=1):
            for name in names:
                if months.setdefault(name, number) != number:
                    raise ValueError(
                        f"dates.toml: '{name}' is month {number} in {language} and another elsewhere"
                    )
    return months


def _load() -> Words:
    return Words(tomllib.loads(resources.files(__package__).joinpath("dates.toml").read_text("utf-8")))


WORDS = _load()
