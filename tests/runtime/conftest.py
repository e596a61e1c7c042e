import os
from pathlib import Path

import pytest
from identifiers import identifier

from kabar.contracts.message import Header, Message
from kabar.contracts.sections import RawSection, Source

HERE = Path(__file__).parent


@pytest.fixture
def ids():
    return identifier


@pytest.fixture
def message():
    def make(text="hello", *, number=1, observed_at=1_700_000_000_000, kind="article", **raw):
        return Message(
            Header(
                observation_id=identifier("observation", number),
                observed_at=observed_at,
                accepted_at=observed_at,
                article_id=identifier("article", number),
                kind=kind,
                origin=f"file:test#{number}",
            )
        ).with_section(RawSection(text=text, source=Source(name="Harian Laut"), **raw))

    return make


@pytest.fixture
def odd_stages(monkeypatch):
    """Lets worker processes import the misbehaving stages."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")]))
    return "odd_stages:build"
