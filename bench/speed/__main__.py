"""``python -m bench.speed``."""

from __future__ import annotations

import sys

from bench.speed.cli import main

sys.exit(main())
