"""Rules as data: one TOML file per family, loaded once and compiled.

A rule has a stable id, a pattern, the reason an editor is given, and samples of what it takes and what it leaves
alone; the samples run as tests. Patterns may use ``{name}`` for a fragment of the file's ``[define]`` table.

Patterns are bounded on purpose: no quantifier stands around another unbounded one, so matching is linear.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib import resources
from typing import Any

from msgspec import Struct, convert

FAMILIES = ("related", "furniture", "attribution", "dateline", "title")

_FRAGMENT = re.compile(r"\{([a-z_]+)\}")


class Rule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One rule. What ``form`` and ``title`` may be is up to the family that reads it."""

    id: str
    pattern: str
    reason: str
    strength: int
    """1 (weak) to 9 (certain): the guard gives up the weakest first."""
    form: str = "line"
    cues: list[str] = []
    """Lower-case: the first word of the line (``line``), or a string the text must hold (every other form)."""
    title: str = ""
    """What else must be true of the title group: ``titled`` = looks like a headline."""
    zone: str = "any"
    """``head``, ``tail`` or ``any``: where in the article it may act."""
    max_words: int = 40
    removes: list[str] = []
    """Samples; ``[[...]]`` marks what goes, without marks the whole line."""
    annotates: list[str] = []
    """Samples whose ``[[...]]`` is recorded but stays."""
    keeps: list[str] = []
    """Samples the rule must leave alone."""

    @property
    def regex(self) -> re.Pattern[str]:
        """The compiled pattern."""
        return _compile(self.pattern)


@cache
def _compile(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


@cache
def table(name: str) -> dict[str, Any]:
    """A TOML file of ``rules/``, parsed."""
    return tomllib.loads(resources.files("kabar.clean").joinpath("rules", f"{name}.toml").read_text("utf-8"))


def expand(pattern: str, fragments: dict[str, str]) -> str:
    """Put the fragments in, fragments of fragments first.

    Raises:
        KeyError: a fragment is not defined.
    """
    for _ in range(5):
        if not _FRAGMENT.search(pattern):
            break
        pattern = _FRAGMENT.sub(lambda m: f"(?:{fragments[m[1]]})", pattern)
    return pattern


@cache
def rules(family: str) -> tuple[Rule, ...]:
    """The rules of one family, in the order of the file."""
    data = table(family)
    fragments: dict[str, str] = data.get("define", {})
    return tuple(
        convert({**entry, "pattern": expand(entry["pattern"], fragments)}, Rule)
        for entry in data.get("rule", [])
    )


@cache
def by_id() -> dict[str, Rule]:
    """Every rule of every family."""
    return {rule.id: rule for family in FAMILIES for rule in rules(family)}


def strength(rule_id: str) -> int:
    """Strength of a rule."""
    return by_id()[rule_id].strength
