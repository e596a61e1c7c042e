"""``kabar dead`` on the embedded store: filters, purge, and what makes no sense."""

import shutil

import pytest

from kabar.cli.exits import Exit


@pytest.fixture
def own(filled, tmp_path):
    """A store of one's own to change."""
    return shutil.copytree(filled, tmp_path / "own")


def listed(kabar, filled, *arguments):
    return kabar("dead", "list", *arguments, "--data-dir", filled, "--json").json


def test_filters_narrow_the_list(kabar, filled):
    every = listed(kabar, filled)
    assert every
    assert listed(kabar, filled, "--since", "1h") == every
    assert listed(kabar, filled, "--since", "2999-01-01") == []
    assert listed(kabar, filled, "--source", "nobody at all") == []
    assert listed(kabar, filled, "--state", "replayed") == []
    assert listed(kabar, filled, "--stage", every[0]["stage"], "--reason", every[0]["reason"])


def test_a_purge_wants_to_be_told_what_and_can_be_tried_dry(kabar, own):
    every = listed(kabar, own)
    dry = kabar("dead", "purge", "--all", "--dry-run", "--data-dir", own, "--json").json
    assert dry == {"purged": [one["id"] for one in every], "dry_run": True}
    assert listed(kabar, own) == every
    assert "purged 1" in kabar("dead", "purge", every[0]["id"][:12], "--data-dir", own).out
    assert listed(kabar, own) == every[1:]
    audit = kabar("audit", "--data-dir", own, "--json")
    assert (audit.code, audit.json["gap"], audit.json["pruned"]) == (Exit.OK, 0, 1)


@pytest.mark.parametrize(
    "arguments", [["purge"], ["purge", "--all", "abc"], ["list", "--since", "tuesday"], ["purge", "ffffffff"]]
)
def test_what_makes_no_sense_changes_nothing(kabar, filled, arguments):
    before = listed(kabar, filled)
    assert kabar("dead", *arguments, "--data-dir", filled).code == Exit.USAGE
    assert listed(kabar, filled) == before
