"""Field names: from what a record calls them to what kabar calls them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib.resources import files

from msgspec import Struct, convert

from kabar.errors import UsageError

Path = tuple[str, ...]


class FieldTable(Struct, frozen=True):
    """``fields.toml``: names by field, best first, and the values that withdraw an article."""

    names: dict[str, tuple[Path, ...]]
    kills: frozenset[str]


@cache
def field_table() -> FieldTable:
    """The table that ships with kabar."""
    text = files("kabar.producers.files").joinpath("fields.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)
    names = convert(table["fields"], dict[str, list[str]])
    kills = convert(table["kill"]["values"], list[str])
    return FieldTable(
        {f: tuple(_path(name) for name in found) for f, found in names.items()}, frozenset(kills)
    )


def parse_map(text: str) -> dict[str, str]:
    """Read ``text=isi,title=judul``: kabar's field, then the record's (a dot goes into an object).

    Raises:
        UsageError: not of this form, an unknown field of kabar's, or one field twice.
    """
    known = field_table().names
    found: dict[str, str] = {}
    for part in text.split(","):
        field, equals, name = (piece.strip() for piece in part.partition("="))
        if not (field and equals and name):
            raise UsageError(
                f"cannot read {part.strip()!r} in a field map", hint="write it as text=isi,title=judul"
            )
        if field not in known:
            raise UsageError(
                f"a field map names {field!r}, which is no field", hint=f"there are: {', '.join(known)}"
            )
        if field in found:
            raise UsageError(f"a field map names {field!r} twice", hint="keep one of them")
        found[field] = name
    return found


class FieldMapper:
    """Renames the fields of records. What the caller maps by hand wins over the table, field by field.

    ``check``: whether the first record must have the fields mapped by hand; not where reading goes on in the middle.
    """

    def __init__(self, by_hand: Mapping[str, str] | None = None, *, check: bool = True) -> None:
        self._by_hand = dict(by_hand or {})
        self._kills = field_table().kills
        self._names = field_table().names | {f: (_path(name),) for f, name in self._by_hand.items()}
        self._checked = not (self._by_hand and check)

    def __call__(self, record: Mapping[str, object]) -> dict[str, object]:
        """The record under kabar's names; empty and unknown fields are left out, values stay as they are.

        Raises:
            UsageError: at the first record, when it lacks a field that was mapped by hand.
        """
        folded = _fold_keys(record)
        if not self._checked:
            self._check(record, folded)
        found: dict[str, object] = {}
        for field, paths in self._names.items():
            for path in paths:
                value = _look_up(folded, path)
                if value is not None and value != "":
                    found[field] = value
                    break
        self._settle_kind(found)
        return found

    def _settle_kind(self, found: dict[str, object]) -> None:
        kind = found.pop("kind", None)
        if isinstance(kind, str) and kind.strip().casefold() in self._kills:
            found["kind"] = "kill"

    def _check(self, record: Mapping[str, object], folded: Mapping[str, object]) -> None:
        for field, name in self._by_hand.items():
            if not _has(folded, _path(name)):
                there = ", ".join(map(str, list(record)[:40])) or "none at all"
                raise UsageError(
                    f"the field map takes {field!r} from {name!r}, which the first record does not have",
                    hint=f"it has: {there}",
                )
        self._checked = True


@lru_cache(maxsize=2_048)
def _fold(name: str) -> str:
    return "".join(c for c in name.casefold() if c.isalnum()) or name


def _path(name: str) -> Path:
    return tuple(_fold(part) for part in name.split("."))


def _fold_keys(record: Mapping[str, object]) -> dict[str, object]:
    """Keys folded; where two fold alike the first that holds something wins."""
    folded: dict[str, object] = {}
    for key, value in record.items():
        name = _fold(key)
        if folded.get(name) in (None, ""):
            folded[name] = value
    return folded


def _has(folded: Mapping[str, object], path: Path) -> bool:
    if "".join(path) in folded:
        return True
    inner = folded.get(path[0])
    return len(path) > 1 and isinstance(inner, Mapping) and _has(_fold_keys(inner), path[1:])


def _look_up(folded: Mapping[str, object], path: Path) -> object:
    """The value at a path. A key that itself contains the dots ("source.name" in a flat record) is found too."""
    if len(path) == 1:
        return folded.get(path[0])
    flat = folded.get("".join(path))
    if flat is not None:
        return flat
    inner = folded.get(path[0])
    return _look_up(_fold_keys(inner), path[1:]) if isinstance(inner, Mapping) else None
