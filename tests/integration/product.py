"""The product as a process."""

import json
import os
import signal
import subprocess
import sys


class Kabar:
    def __init__(self, cwd):
        self.cwd = cwd
        self.command = [sys.executable, "-m", "kabar.cli.main"]
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("KABAR_")},
            "KABAR_WORKERS": "2",
            "COLUMNS": "200",
        }

    def __call__(self, *arguments, code=0, stdin=None, env=None):
        done = subprocess.run(
            [*self.command, *map(str, arguments)],
            cwd=self.cwd,
            input=stdin,
            capture_output=True,
            check=False,
            env={**self.environment, **(env or {})},
            timeout=110,
        )
        assert code is None or done.returncode == code, (
            done.returncode,
            done.stdout[-2000:],
            done.stderr[-4000:],
        )
        assert b"Traceback" not in done.stderr, done.stderr[-4000:]
        return done

    def json(self, *arguments, **kwargs):
        return json.loads(self(*arguments, "--json", **kwargs).stdout)

    def start(self, *arguments, env=None, **kwargs):
        return subprocess.Popen(
            [*self.command, *map(str, arguments)],
            cwd=self.cwd,
            env={**self.environment, **(env or {})},
            start_new_session=True,
            # Tests started in the background of a shell inherit Ctrl-C as ignored.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - no threads here
            **kwargs,
        )
