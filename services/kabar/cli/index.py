"""``kabar index``: the templates of the distributed mode's index."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from kabar.cli.context import AsJson, out, print_json, settings
from kabar.cli.distributed import distributed
from kabar.settings import Settings

if TYPE_CHECKING:
    import elasticsearch

app = typer.Typer(help="The index of the distributed mode, on Elasticsearch.", no_args_is_help=True)


@app.command("prepare")
def prepare(as_json: AsJson = False) -> None:
    """Put the templates in place, or bring them up to this version. Indices that exist are not touched."""
    loaded = settings()
    with distributed():
        from kabar.index.elasticsearch import preparing  # noqa: PLC0415 - an extra
    with _client(loaded) as client:
        names = preparing.prepare(client, loaded)
    if as_json:
        print_json({"templates": names})
    else:
        out.print("in place: " + ", ".join(names), markup=False, highlight=False, soft_wrap=True)


@app.command("check")
def check(as_json: AsJson = False) -> None:
    """Compare templates and indices with what this kabar needs; exit code 4 says what is missing or differs."""
    loaded = settings()
    with distributed():
        from kabar.index.elasticsearch import preparing  # noqa: PLC0415 - an extra
    with _client(loaded) as client:
        preparing.check(client, loaded)
    if as_json:
        print_json({"ok": True})
    else:
        out.print("templates and indices are there, as this kabar needs them")


@contextmanager
def _client(loaded: Settings) -> Iterator[elasticsearch.Elasticsearch]:
    with distributed():
        from kabar.index.elasticsearch.client import connect  # noqa: PLC0415 - an extra
    client = connect(loaded)
    try:
        yield client
    finally:
        client.close()
