"""Running the product as a user does: as a process, on files."""

import pytest
from product import Kabar


@pytest.fixture
def kabar(tmp_path):
    """``kabar(...)`` -> CompletedProcess; ``kabar.json(...)`` -> parsed standard output."""
    return Kabar(tmp_path)
