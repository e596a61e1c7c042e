"""A place of one's own: nobody else's prefixes, and nothing left of it afterwards."""

import pytest

from kabar.settings import load
from tests.stack.fixtures import ANALYSIS, Stack, ask, clear, place_on

NOWHERE = Stack("127.0.0.1:1", "http://127.0.0.1:1")


def test_two_places_have_different_prefixes(tmp_path):
    one, other = place_on(NOWHERE, tmp_path), place_on(NOWHERE, tmp_path)
    assert one.topic_prefix != other.topic_prefix
    assert one.index_prefix != other.index_prefix
    assert one.kafka_bootstrap == NOWHERE.kafka
    assert one.analysis_template == str(ANALYSIS)


def test_a_test_may_change_any_setting(tmp_path):
    assert place_on(NOWHERE, tmp_path, bulk_max=7).bulk_max == 7


def test_what_has_no_prefix_is_never_cleared():
    with pytest.raises(AssertionError, match="everything"):
        clear(load({"KABAR_KAFKA_BOOTSTRAP": NOWHERE.kafka}))


@pytest.mark.stack
def test_a_place_is_cleared_and_its_neighbours_are_not(stack, tmp_path):
    pytest.importorskip("kafka", reason="the extra 'distributed' is not installed")
    from kafka import KafkaAdminClient

    places = [place_on(stack, tmp_path) for _ in range(2)]
    client = KafkaAdminClient(bootstrap_servers=stack.kafka)
    try:
        for place in places:
            client.create_topics(
                {f"{place.topic_prefix}news": {"num_partitions": 1, "replication_factor": 1}}
            )
            ask(
                stack.elasticsearch, "PUT", f"/_component_template/{place.index_prefix}part", {"template": {}}
            )
            ask(
                stack.elasticsearch, "PUT", f"/_index_template/{place.index_prefix}whole",
                {"index_patterns": [f"{place.index_prefix}*"], "composed_of": [f"{place.index_prefix}part"]},
            )  # fmt: skip
            ask(stack.elasticsearch, "PUT", f"/{place.index_prefix}articles")
        assert [found(client, stack, place) for place in places] == [4, 4]
        clear(places[0])
        assert [found(client, stack, place) for place in places] == [0, 4]
    finally:
        for place in places:
            clear(place)
        client.close()


def found(client, stack, place):
    """Topics, indices and templates of a place."""
    topics = sum(name.startswith(place.topic_prefix) for name in client.list_topics())
    indices = len(ask(stack.elasticsearch, "GET", f"/_cat/indices/{place.index_prefix}*?format=json"))
    templates = sum(
        len(ask(stack.elasticsearch, "GET", f"/_{kind}/{place.index_prefix}*").get(f"{kind}s", []))
        for kind in ("index_template", "component_template")
    )
    return topics + indices + templates
