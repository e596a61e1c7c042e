"""Builds ``data/person_names.txt``: given and family names, from the lists of the PyPI package ``faker`` (MIT).

``faker`` is no dependency: install it somewhere to throw away and name its site-packages folder.

    python -m kabar.enrich.training.person_names --faker DIR [--out FILE]

One name a line, lower case; a line that begins with ``+`` is a family name, one with ``-`` a given name, one with
``*`` both.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from kabar.enrich.lexicon import PERSON_NAMES_FILE

LOCALES = (
    *("id_ID", "en_US", "en_GB", "en_IE", "en_IN", "en_PK", "en_NZ", "de_DE", "fr_FR", "es_ES"),
    *("it_IT", "nl_NL", "tr_TR", "pt_BR", "sv_SE", "pl_PL", "cs_CZ", "hr_HR"),
)
"""Latin script. Indonesian first of all; the others are those whose bearers fill the foreign pages."""
DEFAULT_OUT = Path(__file__).parent.parent / "data" / PERSON_NAMES_FILE


def single_words(names: Iterable[object]) -> Iterator[str]:
    """The names that are one word of Latin letters, lower case."""
    for name in names:
        if isinstance(name, str) and name.isalpha() and len(name) > 1 and ord(max(name)) < 0x250:
            yield name.lower()


def collect() -> tuple[set[str], set[str]]:
    """Given names and family names of all locales."""
    given: set[str] = set()
    family: set[str] = set()
    for locale in LOCALES:
        provider = importlib.import_module(f"faker.providers.person.{locale}").Provider
        for attribute in dir(provider):
            value = getattr(provider, attribute)
            if not isinstance(value, (list, tuple, dict)):
                continue
            if attribute.startswith("first_name"):
                given.update(single_words(value))
            elif attribute.startswith("last_name"):
                family.update(single_words(value))
    return given, family


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--faker", type=Path, required=True, help="site-packages folder that holds faker")
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT)
    options = parser.parse_args()
    sys.path.append(str(options.faker))
    given, family = collect()
    marks = {
        name: "*" if name in given and name in family else "-" if name in given else "+"
        for name in given | family
    }
    lines = [f"{marks[name]}{name}\n" for name in sorted(marks)]
    options.out.write_text("".join(lines), encoding="utf-8")
    print(f"{options.out}: {len(lines):,} names")  # noqa: T201 - a command says what it made


if __name__ == "__main__":
    main()
