"""Addresses: the registrable domain, and which addresses are one.

- ``accuracy``: rows with a URL and its domain (``args`` of a canonical-domain test, or ``url`` and ``domain``).
- ``equivalent``: share of the address pairs that a normaliser maps to one key. The pairs are taken from the
  assertions of mediacloud's own test file (``*.py.txt``, read as data, never run). That library folds scheme, case
  of the path and ``www.``, which kabar does not on purpose, so this figure has no 1 to reach; it is a comparison.
- ``stable`` and ``urls_per_second`` over the addresses of all sets: the share on which a second pass changes
  nothing, and CPU speed.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.quality.layout import DataSet, Row, field, sample
from bench.quality.notes import Notes
from bench.quality.scoring import share
from bench.quality.systems import KABAR, Figures, Scores, beside, library, product, run

ADDRESSES = 5_000
POOL = "addresses"
PREFIX = "url_"
DERIVED = "loadtest_"


@dataclass(frozen=True)
class UrlSystem:
    """What a library offers; None = it has no such function."""

    normalise: Callable[[str], str] | None = None
    domain: Callable[[str], str] | None = None


UrlSystems = Mapping[str, UrlSystem]


def default_systems(notes: Notes) -> UrlSystems:
    canonical = product("kabar.contracts.urls", "canonical")
    systems: dict[str, UrlSystem] = {
        KABAR: UrlSystem(
            _uncached(canonical), _uncached(product("kabar.contracts.urls", "registrable_domain"))
        )
    }
    w3lib, urlnorm, courlan = (library(name, notes) for name in ("w3lib.url", "url_normalize", "courlan"))
    tld, tldextract = library("tld", notes), library("tldextract", notes)
    if w3lib is not None:
        systems["w3lib"] = UrlSystem(w3lib.canonicalize_url)
    if urlnorm is not None:
        systems["url_normalize"] = UrlSystem(lambda url: str(urlnorm.url_normalize(url)))
    if courlan is not None:
        systems["courlan"] = UrlSystem(
            lambda url: str(courlan.clean_url(url)), lambda url: str(courlan.extract_domain(url) or "")
        )
    if tld is not None:
        systems["tld"] = UrlSystem(None, lambda url: str(tld.get_fld(url, fail_silently=True) or ""))
    if tldextract is not None:
        extract = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
        systems["tldextract"] = UrlSystem(None, lambda url: str(extract(url).top_domain_under_public_suffix))
    return systems


def _uncached(function: Any) -> Any:
    """The function behind an lru_cache, where there is one: a cache would make the speed a fairy tale."""
    return getattr(function, "__wrapped__", function)


def score(sets: Sequence[DataSet], notes: Notes, *, systems: UrlSystems | None = None) -> Scores:
    systems = default_systems(notes) if systems is None else systems
    out: Scores = {}
    addresses: list[str] = []
    for data in sets:
        if data.name.startswith(PREFIX):
            domains, pairs = load(data, notes)
            if domains or pairs:
                figures = {n: measure(data.name, n, s, domains, pairs, notes) for n, s in systems.items()}
                out[data.name] = beside({n: f for n, f in figures.items() if f}, len(domains) + len(pairs))
        elif not data.name.startswith(DERIVED):
            addresses += [url for _, row in data.rows(notes) if "://" in (url := field(row, ("url",)))]
    chosen = sample(list(dict.fromkeys(addresses)), ADDRESSES)
    if chosen:
        figures = {n: stability(n, s.normalise, chosen, notes) for n, s in systems.items() if s.normalise}
        out[POOL] = beside(figures, len(chosen))
    return out


def load(data: DataSet, notes: Notes) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """(URL, domain) rows, and pairs of addresses that should be one."""
    domains, pairs = [], []
    for path, row in data.rows(notes):
        found = _domain_row(row)
        if found:
            domains.append(found)
        elif _pair_row(row):
            pairs.append((row["args"][0], row["expected"]))
        else:
            notes.skip(f"{data.name}/{path.name}", "neither a domain nor a pair of addresses")
    for path in sorted(data.path.glob("*.py.txt")):
        try:
            pairs += test_pairs(path.read_text(encoding="utf-8", errors="replace"))
        except (SyntaxError, ValueError, OSError, RecursionError):
            notes.skip(f"{data.name}/{path.name}", "not readable as Python")
    notes.remark(f"{data.name}: {len(domains)} domains, {len(pairs)} pairs of addresses")
    return domains, list(dict.fromkeys(pairs))


def _domain_row(row: Row) -> tuple[str, str] | None:
    url, domain = row.get("url"), row.get("domain")
    arguments = row.get("args")
    if isinstance(arguments, list) and len(arguments) == 2 and "omain" in str(row.get("test")):
        url, domain = arguments
    return (url, domain) if isinstance(url, str) and isinstance(domain, str) else None


def _pair_row(row: Row) -> bool:
    arguments, expected = row.get("args"), row.get("expected")
    return (
        isinstance(arguments, list)
        and len(arguments) == 1
        and all(isinstance(value, str) and "://" in value for value in (arguments[0], expected))
    )


def test_pairs(source: str) -> Iterator[tuple[str, str]]:
    """(address, the form a test asserts for it), from assignments and assertions in test functions."""
    for function in ast.walk(ast.parse(source)):
        if isinstance(function, ast.FunctionDef):
            yield from _function_pairs(function)


def _function_pairs(function: ast.FunctionDef) -> Iterator[tuple[str, str]]:
    texts: dict[str, str] = {}
    normalised: dict[str, str] = {}
    for statement in function.body:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            name, value = statement.targets[0].id, statement.value
            if isinstance(value, ast.Call):
                called = value.func.attr if isinstance(value.func, ast.Attribute) else ""
                if called == "normalize_url" and value.args:
                    normalised[name] = _text(value.args[0], texts)
            else:
                texts[name] = _text(value, texts)
        elif isinstance(statement, ast.Assert) and isinstance(statement.test, ast.Compare):
            sides = [statement.test.left, *statement.test.comparators]
            found = [normalised.get(side.id, "") if isinstance(side, ast.Name) else "" for side in sides]
            values = [known or _text(side, texts) for known, side in zip(found, sides, strict=True)]
            if len(values) == 2 and any(found) and all(values) and values[0] != values[1]:
                yield values[0], values[1]


def _text(node: ast.expr, texts: dict[str, str]) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return texts.get(node.id, "") if isinstance(node, ast.Name) else ""


def measure(
    where: str,
    name: str,
    system: UrlSystem,
    domains: Sequence[tuple[str, str]],
    pairs: Sequence[tuple[str, str]],
    notes: Notes,
) -> Figures:
    """Figures of one library, of what it offers."""
    figures: Figures = {}
    if system.domain and domains:
        inputs = [(url,) for url, _ in domains]
        answers = run(name, system.domain, inputs, notes, where=where, failed="").outputs
        right = [answer == domain for answer, (_, domain) in zip(answers, domains, strict=True)]
        figures["accuracy"] = share(sum(right), len(right))
    if system.normalise and pairs:
        sides = [[(pair[side],) for pair in pairs] for side in (0, 1)]
        first, second = (
            run(name, system.normalise, side, notes, where=where, failed="").outputs for side in sides
        )
        same = [bool(one) and one == other for one, other in zip(first, second, strict=True)]
        figures["equivalent"] = share(sum(same), len(same))
    return figures


def stability(name: str, normalise: Callable[[str], str], urls: Sequence[str], notes: Notes) -> Figures:
    """Whether the key of a key is that key."""
    once = run(name, normalise, [(url,) for url in urls], notes, where=POOL, failed="")
    twice = run(name, normalise, [(url,) for url in once.outputs], notes, where=POOL, failed="")
    same = [bool(one) and one == two for one, two in zip(once.outputs, twice.outputs, strict=True)]
    return {"stable": share(sum(same), len(same)), "urls_per_second": once.per_second()}
