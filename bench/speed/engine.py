"""The writer as ``kabar run`` has it, in a process of its own: the loop and its workers, without the page.

``python -m bench.speed.engine DIR`` says ``ready`` and runs until its standard input ends, so it cannot outlive
whoever started it.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.speed.store import settings
from kabar.runtime.embedded.engine import Embedded

ROOT = Path(__file__).parents[2]
READY = "ready"
STOP_SECONDS = 30.0
"""A batch takes seconds; then it is killed, and its workers with it."""


def main(directory: str) -> None:
    """Run the loop in the main thread, for the workers die with the thread that started them."""
    stop = threading.Event()
    threading.Thread(target=_await_end_of_input, args=(stop,), daemon=True).start()
    with Embedded(settings(Path(directory))) as engine:
        print(READY, flush=True)
        engine.run(stop)


def _await_end_of_input(stop: threading.Event) -> None:
    sys.stdin.read()
    stop.set()


@contextmanager
def running(directory: Path) -> Iterator[subprocess.Popen[str]]:
    """The engine of a data directory; stopped and reaped at the end.

    Raises:
        RuntimeError: it did not start; its reason is on standard error.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.speed.engine", str(directory)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
        start_new_session=True,  # Ctrl-C is ours; it stops when its standard input ends
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        if process.stdout.readline().strip() != READY:
            raise RuntimeError("the engine did not start; its reason stands above")
        yield process
    finally:
        process.stdin.close()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


if __name__ == "__main__":
    main(sys.argv[1])
