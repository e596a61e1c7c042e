"""The ``kabar`` command: all commands, and the one place where errors become messages and exit codes."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from kabar import __version__
from kabar.cli import (
    articles,
    dead,
    index,
    ingest,
    operate,
    produce,
    reindex,
    reprocess,
    schema,
    serve,
    state,
    topics,
    web,
    work,
)
from kabar.cli.context import err
from kabar.cli.exits import MEANING, Exit
from kabar.errors import KabarError

EPILOG = "Exit codes: " + "; ".join(f"{code.value} {text}" for code, text in MEANING.items()) + "."

app = typer.Typer(
    name="kabar",
    help="Raw news in; a clean, deduplicated, enriched, searchable index out.",
    epilog=EPILOG,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


def _version(value: bool) -> None:
    if value:
        typer.echo(f"kabar {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    _version_: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show it.")
    ] = False,
) -> None:
    """Raw news in; a clean, deduplicated, enriched, searchable index out."""


ingest.register(app)
articles.register(app)
serve.register(app)
operate.register(app)
work.register(app)
reprocess.register(app)
reindex.register(app)
web.register(app)
app.add_typer(dead.app, name="dead")
app.add_typer(operate.config, name="config")
app.add_typer(schema.app, name="schema")
app.add_typer(topics.app, name="topics")
app.add_typer(state.app, name="state")
app.add_typer(index.app, name="index")
app.add_typer(produce.app, name="produce")


def run(arguments: list[str] | None = None) -> int:
    """Run a command; returns the exit code and prints an error as: what, then what to do next."""
    try:
        app(arguments)
    except SystemExit as done:  # typer says usage errors itself, and ends so
        return _ended(done.code)
    except KeyboardInterrupt:
        return _ended(Exit.INTERRUPTED)
    except KabarError as error:
        err.print(f"kabar: {error}", markup=False, highlight=False, soft_wrap=True)
        if error.hint:
            err.print(f"  -> {error.hint}", markup=False, highlight=False, soft_wrap=True)
        return error.exit_code
    return Exit.OK


def _ended(code: object) -> int:
    if code == Exit.INTERRUPTED:
        err.print("stopped; run the same command again to resume", markup=False)
    return code if isinstance(code, int) else Exit.OK


def main() -> None:
    """Entry point."""
    sys.exit(run())


if __name__ == "__main__":
    main()
