"""For all tests: property tests repeat themselves, so that a change is judged by what it changes.

``HYPOTHESIS_PROFILE=explore`` draws new examples instead.
"""

import os

from hypothesis import settings

settings.register_profile("repeat", derandomize=True, deadline=None, print_blob=True)
settings.register_profile("explore", deadline=None, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeat"))

from tests.stack.fixtures import place, stack  # noqa: E402, F401 - fixtures for every test that needs real servers
