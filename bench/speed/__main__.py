"""``python -m bench.speed``."""

from __future__ import annotations

import signal
import sys

from bench.speed.cli import main

# Ended from outside, it still ends its workers and removes what it wrote.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
sys.exit(main())
