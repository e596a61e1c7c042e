"""``kabar schema``: the contracts as files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from kabar.cli.context import out
from kabar.contracts import schema
from kabar.errors import InputError, KabarError

app = typer.Typer(help="The contracts as JSON Schema and AsyncAPI.", no_args_is_help=True)

Directory = Annotated[Path, typer.Argument(help="Folder of the export.")]


class SchemaChanged(KabarError):
    """The contracts differ from the committed export."""


@app.command("export")
def export(directory: Directory = Path("schemas")) -> None:
    """Write a JSON Schema per kind of value, and one AsyncAPI file."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, content in schema.exported().items():
        (directory / name).write_text(_text(content), "utf-8")
        out.print(f"wrote {directory / name}")


@app.command("check")
def check(directory: Directory = Path("schemas")) -> None:
    """Compare the contracts with an export: an incompatible change fails, and so does a stale export."""
    problems: list[str] = []
    stale: list[str] = []
    for name, content in schema.exported().items():
        try:
            old = json.loads((directory / name).read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise InputError(
                f"cannot read {directory / name}: {error}",
                hint=f"`kabar schema export {directory}` writes it",
            ) from error
        if name != "asyncapi.json":
            problems += [f"{name}{problem}" for problem in schema.incompatible(old, content)]
        if old != json.loads(_text(content)):
            stale.append(name)
    if problems:
        raise SchemaChanged(
            "the contracts changed incompatibly:\n  " + "\n  ".join(problems),
            hint="add a new field instead, or raise schema_version and keep reading the old one",
        )
    if stale:
        raise SchemaChanged(
            f"the export is stale: {', '.join(stale)}",
            hint=f"the change is compatible; run `kabar schema export {directory}` and commit it",
        )
    out.print(f"{len(schema.exported())} files in {directory} agree with the contracts")


def _text(content: schema.Schema) -> str:
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"
