"""Serves a directory in its own process, as `kabar run` does; says its address, then 'stopped'."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from kabar.errors import KabarError
from kabar.web.app import create_app
from kabar.web.server import serve
from tests.web.samples import context_of


def main(directory, host="127.0.0.1", port="0"):
    app = create_app(context_of(Path(directory)))
    try:
        serve(app, host, int(port), on_ready=lambda url: print(url, flush=True))
    except KabarError as error:
        print(f"{type(error).__name__}: {error} -> {error.hint}", flush=True)
        sys.exit(error.exit_code)
    print("stopped", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
