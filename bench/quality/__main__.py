"""``python -m bench.quality``."""

from __future__ import annotations

import sys

from bench.quality.cli import main

sys.exit(main())
