"""One store, filled once through the real pipeline, for all tests that only read."""

import json
from pathlib import Path

import pytest

from kabar.cli.main import run

WIRE = Path(__file__).parents[2] / "samples" / "wire"


@pytest.fixture(scope="session")
def filled(tmp_path_factory):
    """A data directory with the sample wire in it."""
    directory = tmp_path_factory.mktemp("filled") / "store"
    assert run(["ingest", str(WIRE), "--event-time", "--data-dir", str(directory), "--workers", "2"]) == 0
    return directory


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def kabar(capsys):
    """``kabar(...)`` runs a command in this process; ``.out``, ``.err``, ``.code`` and ``.json``."""

    class Done:
        def __init__(self, code, captured):
            self.code, self.out, self.err = code, captured.out, captured.err

        @property
        def json(self):
            return json.loads(self.out)

    def call(*arguments):
        capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        return Done(int(code), capsys.readouterr())

    return call
