"""The table of tracking parameters: which names say how a reader came, not which article it is."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files

from msgspec import Struct, convert


class TrackerRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One rule of ``trackers.toml``; the head of that file says what each field means."""

    id: str
    reason: str
    names: list[str] = []
    prefixes: list[str] = []
    sites: list[str] = []
    value: str = ""
    path: bool = False
    removes: list[str]
    keeps: list[str]


class _Compiled(Struct, frozen=True):
    sites: tuple[str, ...]
    value: re.Pattern[str] | None
    path: bool

    def applies(self, host: str, value: str, *, in_path: bool) -> bool:
        if in_path and not self.path:
            return False
        if self.sites and not any(host == site or host.endswith("." + site) for site in self.sites):
            return False
        return self.value is None or self.value.fullmatch(value[:2_048]) is not None


class Trackers:
    """The rules, ready to be asked."""

    def __init__(self, rules: list[TrackerRule]) -> None:
        self._names: dict[str, list[_Compiled]] = {}
        self._prefixes: list[tuple[str, _Compiled]] = []
        for rule in rules:
            compiled = _Compiled(tuple(rule.sites), re.compile(rule.value) if rule.value else None, rule.path)
            for name in rule.names:
                self._names.setdefault(name, []).append(compiled)
            self._prefixes += [(prefix, compiled) for prefix in rule.prefixes]

    def removes(self, name: str, value: str, *, host: str, in_path: bool = False) -> bool:
        """Whether the parameter is a tracker or a session id on this host.

        Args:
            name: decoded name, any case.
            value: decoded value.
            host: lower case.
            in_path: the parameter stood in the path (``;name=value``).
        """
        folded = name.lower()
        if any(rule.applies(host, value, in_path=in_path) for rule in self._names.get(folded, ())):
            return True
        return any(
            folded.startswith(prefix) and rule.applies(host, value, in_path=in_path)
            for prefix, rule in self._prefixes
        )


def read_rules() -> list[TrackerRule]:
    """The rules as written."""
    table = tomllib.loads(files("kabar.contracts").joinpath("trackers.toml").read_text(encoding="utf-8"))
    return convert(table["rule"], list[TrackerRule])


@cache
def trackers() -> Trackers:
    """The rules that ship with kabar, compiled once."""
    return Trackers(read_rules())
