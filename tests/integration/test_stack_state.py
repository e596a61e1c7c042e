"""`kabar state` as a user types it."""

import pytest

from kabar.runtime.kafka import topics
from kabar.runtime.kafka.clients import names
from kabar.runtime.kafka.stateful import dedupe
from kabar.runtime.kafka.stateful.changelog import HARNESS_KEY, Progress
from tests.dedupe.dedupe_wire import START
from tests.runtime.stateful_log import put


@pytest.fixture
def environment(place):
    topics.create(place)
    return {
        f"KABAR_{row.name.upper()}": str(value.value)
        for row, value in place.rows()
        if value.origin != "default"
    }


@pytest.mark.stack
def test_a_fresh_memory_is_shown_and_rebuilt_to_nothing(kabar, environment):
    shown = kabar.json("state", "show", env=environment)
    assert (shown["records"], shown["keys"], shown["rebuilding"]) == (0, {}, False)
    done = kabar.json("state", "rebuild", env=environment)
    assert done == {"articles": 0, "written": 0, "killed": 0, "kept": 0}
    assert "would write 0 entries" in kabar("state", "rebuild", "--dry-run", env=environment).stdout.decode()


@pytest.mark.stack
def test_a_memory_that_is_there_is_shown_and_left_alone(kabar, environment, place):
    put(
        place,
        dedupe.CHANGELOG,
        (b"a" + bytes(16), b"\x02" + bytes(63)),
        (HARNESS_KEY, Progress(ticked=START, newest=START + 5).encode()),
    )
    text = kabar("state", "show", env=environment).stdout.decode()
    assert "ledger" in text
    assert "2025-10-09T08:53:20.005Z" in text
    refused = kabar("state", "rebuild", env=environment, code=2).stderr.decode()
    assert f"{dedupe.CHANGELOG} is not empty" in refused
    assert "--force" in refused


@pytest.mark.stack
def test_what_a_cut_off_rebuild_left_is_named(kabar, environment, place):
    put(place, dedupe.CHANGELOG, (HARNESS_KEY, Progress(rebuilding=True).encode()))
    assert "run `kabar state rebuild` again" in kabar("state", "show", env=environment).stdout.decode()
    kabar("state", "rebuild", env=environment)
    assert kabar.json("state", "show", env=environment)["rebuilding"] is False


@pytest.mark.stack
def test_without_topics_it_says_what_to_type(kabar, place):
    environment = {"KABAR_KAFKA_BOOTSTRAP": place.kafka_bootstrap, "KABAR_TOPIC_PREFIX": place.topic_prefix}
    said = kabar("state", "show", env=environment, code=4).stderr.decode()
    assert names(place).topic(dedupe.CHANGELOG) in said
    assert "kabar topics create" in said


@pytest.mark.parametrize(
    "arguments, environment, wanted",
    [
        (["show"], {}, "KABAR_KAFKA_BOOTSTRAP"),
        (["rebuild"], {}, "KABAR_KAFKA_BOOTSTRAP"),
        (["rebuild"], {"KABAR_KAFKA_BOOTSTRAP": "127.0.0.1:1"}, "KABAR_ELASTICSEARCH_URL"),
    ],
)
def test_without_servers_it_says_which_setting_is_missing(kabar, arguments, environment, wanted):
    assert wanted in kabar("state", *arguments, env=environment, code=2).stderr.decode()
