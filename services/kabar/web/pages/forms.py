"""What a person asked for, read from the address, and addresses that ask for a little more or less."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final, Literal, Protocol, cast
from urllib.parse import urlencode

import msgspec
from msgspec import Struct

from kabar.errors import QueryError
from kabar.index.api import FACETS, Sort
from kabar.query.nodes import All, Or
from kabar.query.parser import parse
from kabar.query.scanner import QUOTES

FILTERS: Final = tuple(name for name in FACETS if name != "story")
MAX_FILTERS = 20
MAX_VALUE_CHARS = 200
SORTS: Final[dict[str, str]] = {
    "newest": "newest first",
    "oldest": "oldest first",
    "relevance": "best match first",
}
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NO_QUOTES = str.maketrans(dict.fromkeys(QUOTES, " "))


class Parameters(Protocol):
    """A query string: each name with its values."""

    def getall(self, key: str, default: list[str]) -> list[str]:
        """Every value of a name."""
        ...

    def get(self, key: str, default: str) -> str | None:
        """One value of a name."""
        ...


class SearchForm(Struct, frozen=True, kw_only=True):
    """The state of the search page, all of it in the address."""

    q: str = ""
    filters: tuple[tuple[str, str], ...] = ()
    """(facet, value): each narrows."""
    since: str = ""
    until: str = ""
    """Days, inclusive."""
    sort: Sort = "newest"
    collapse: bool = False
    cursor: str = ""

    @classmethod
    def read(cls, parameters: Parameters) -> SearchForm:
        """From a query string. What a form would never send is ignored."""
        filters = [
            (name, value[:MAX_VALUE_CHARS])
            for name in FILTERS
            for value in dict.fromkeys(parameters.getall(name, []))
            if value.strip()
        ]
        sort = parameters.get("sort", "") or ""
        return cls(
            q=(parameters.get("q", "") or "").strip(),
            filters=tuple(filters[:MAX_FILTERS]),
            since=(parameters.get("from", "") or "").strip(),
            until=(parameters.get("to", "") or "").strip(),
            sort=cast("Sort", sort) if sort in SORTS else "newest",
            collapse=(parameters.get("collapse", "") or "") in ("1", "on", "true"),
            cursor=parameters.get("cursor", "") or "",
        )

    def query(self, now_ms: int) -> str:
        """One query of the words and all filters.

        Raises:
            QueryError: the words, with the position in them; or a day that is none.
        """
        node = parse(self.q, now_ms)
        words = "" if isinstance(node, All) else f"({self.q})" if isinstance(node, Or) else self.q
        parts = [words, *(condition(name, value) for name, value in self.filters)]
        parts += [_day("date:>=", self.since), _day("date:<=", self.until)]
        return " ".join(part for part in parts if part)

    def url(self, path: str = "/", **changes: object) -> str:
        """The address of this state with some of it changed; a cursor only if it is given."""
        form = msgspec.structs.replace(self, **{"cursor": "", **changes})
        pairs = [
            ("q", form.q), *form.filters, ("from", form.since), ("to", form.until),
            ("sort", "" if form.sort == "newest" else form.sort), ("collapse", "1" if form.collapse else ""),
            ("cursor", form.cursor),
        ]  # fmt: skip
        return with_query(path, [(name, value) for name, value in pairs if value])

    def narrowed(self, name: str, value: str) -> str:
        """The address that asks for this value as well; '' where it cannot be asked for, or is already."""
        chosen = (name, value)
        askable = len(value) <= MAX_VALUE_CHARS and chosen not in self.filters and can_ask(name, value)
        return (
            self.url(filters=(*self.filters, chosen)) if askable and len(self.filters) < MAX_FILTERS else ""
        )

    def widened(self, name: str, value: str) -> str:
        """The address without this filter."""
        return self.url(filters=tuple(one for one in self.filters if one != (name, value)))


def with_query(path: str, pairs: Sequence[tuple[str, str]] | Mapping[str, str]) -> str:
    """``path?name=value``."""
    encoded = urlencode(pairs, errors="replace")
    return f"{path}?{encoded}" if encoded else path


def condition(name: str, value: str) -> str:
    """``person:="Ani Lestari"``; the language has no escape for quotes, and they are no part of a word."""
    return f'{name}:="{value.translate(_NO_QUOTES)}"'


def can_ask(name: str, value: str) -> bool:
    """Whether the query language can ask for a value: '…' holds no word to look for."""
    try:
        parse(condition(name, value))
    except QueryError:
        return False
    return True


def search_url(name: str, value: str) -> str:
    """The search page narrowed to one value; '' where it cannot be asked for."""
    return SearchForm().narrowed(name, value)


def _day(condition_start: str, day: str) -> str:
    if not day:
        return ""
    if not _DAY.fullmatch(day):
        raise QueryError(f"'{day[:40]}' is not a day", hint="days look like 2026-01-31")
    return f"{condition_start}{day}"


StoriesSort = Literal["newest", "largest", "fastest"]
STORIES_SORTS: Final[dict[str, str]] = {
    "largest": "largest first", "newest": "newest first", "fastest": "fastest growing first",
}  # fmt: skip
