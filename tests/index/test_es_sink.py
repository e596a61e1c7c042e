"""The sink on a real Elasticsearch: what its errors really look like, and what is left in the indices."""

from __future__ import annotations

import base64
import json
import zlib
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from index_samples import DAY, HOUR, T0, entry, id_of, kill, message, rich, story

from kabar.contracts.document import decode_document
from kabar.errors import IndexUnavailable
from kabar.index.elasticsearch.client import connect
from kabar.index.elasticsearch.names import IndexNames
from kabar.index.elasticsearch.preparing import check, prepare
from kabar.index.elasticsearch.writer import ElasticsearchWriter
from kabar.index.entry import Refused

pytestmark = pytest.mark.stack


class Sink:
    """A writer on prepared indices, strict about fields, and a look at what they hold."""

    def __init__(self, place):
        self.place = place
        self.client = connect(place)
        self.names = IndexNames(place.index_prefix)
        prepare(self.client, place, dynamic="strict")
        self.writer = ElasticsearchWriter(self.client, place)

    def write(self, *messages):
        return self.writer.write([entry(one) for one in messages])

    def all(self, family):
        """Id -> hit."""
        alias = self.names.alias(family)
        self.client.indices.refresh(index=alias)
        found = self.client.search(index=alias, size=1_000, version=True).body["hits"]["hits"]
        return {hit["_id"]: hit for hit in found}

    def count(self, query):
        self.client.indices.refresh(index=self.names.alias("articles"))
        return self.client.count(index=self.names.alias("articles"), query=query).body["count"]

    def titles(self):
        return {id_: hit["_source"]["article"]["title"] for id_, hit in self.all("articles").items()}

    def observations(self):
        return {hit["_source"]["observation_id"] for hit in self.all("versions").values()}

    def close(self):
        self.writer.close()
        self.client.close()


@pytest.fixture
def sink(place):
    made = Sink(place)
    yield made
    made.close()


V1 = message("a", title="satu")
V2 = message("a", title="dua", observed=T0 + HOUR, version=2, status="updated")
LATE = message("a", title="terlambat", observed=T0 + 1, version=2, status="updated")


def test_what_was_written_is_read_back_whole(sink):
    made = entry(rich())
    assert sink.writer.write([made]) == ["written"]
    (hit,) = sink.all("articles").values()
    assert decode_document(json.dumps(hit["_source"]).encode()) == made.document
    assert (hit["_id"], hit["_version"], hit["_index"]) == (
        id_of("rich"), made.version_key, sink.names.articles(1, T0),
    )  # fmt: skip
    (version,) = sink.all("versions").values()
    assert zlib.decompress(base64.b64decode(version["_source"]["message"])) == made.message
    check(sink.client, sink.place)


@pytest.mark.parametrize(
    "query",
    [
        {"match_phrase": {"search.title": "kapal karam"}},
        {"match_phrase": {"search.person": "\ue000 bayu segara \ue000"}},
        {"match_phrase": {"article.text.id": "Selat Angin"}},
        {"match": {"article.text.en": "selamat"}},
        {"term": {"persons": "Bayu Segara"}},
        {"term": {"search.copy_group": id_of("rich")}},
        {"term": {"search.copy": 0}},
        {"range": {"search.sentiment_score": {"lt": -0.3}}},
        {"range": {"search.date": {"gte": T0 - HOUR, "lte": T0 - HOUR}}},
        {"range": {"@timestamp": {"gte": "2026-01-31T23:00:00Z", "lt": "2026-01-31T23:00:01Z"}}},
        {"geo_distance": {"distance": "5km", "place_points": {"lat": -6.5, "lon": 110.5}}},
    ],
)
def test_what_was_written_is_found(sink, query):
    sink.write(rich(), message("b", copy_of="z"))
    assert sink.count(query) == 1


@pytest.mark.parametrize("field", ["entities.name", "places.name", "related.title"])
def test_arrays_of_objects_are_not_searched(sink, field):
    sink.write(rich())
    assert sink.count({"exists": {"field": field}}) == 0


def test_versions_are_complete_and_late_ones_leave_nothing(sink):
    assert sink.write(V1) == ["written"]
    assert sink.write(V2) == ["written"]
    assert sink.write(LATE) == ["superseded"]
    assert sink.titles() == {id_of("a"): "dua"}
    assert sink.observations() == {V1.header.observation_id, V2.header.observation_id}


def test_redelivery_is_told_from_a_late_write(sink):
    sink.write(V1, V2)
    assert sink.write(V1, LATE, V2) == ["written", "superseded", "written"]
    assert sink.titles() == {id_of("a"): "dua"}
    assert len(sink.observations()) == 2


def test_of_equal_versions_the_later_write_stays(sink):
    one, other = message("a", title="satu", observation="x"), message("a", title="dua", observation="y")
    assert sink.write(one) == ["written"]
    assert sink.write(other) == ["written"]
    assert sink.titles() == {id_of("a"): "dua"}
    assert len(sink.observations()) == 2


def test_a_later_generation_replaces_and_an_earlier_one_does_not(sink):
    sink.write(message("a", title="baru", generation=2))
    assert sink.write(message("a", title="lama", generation=1)) == ["written"], "the observation is indexed"
    assert sink.titles() == {id_of("a"): "baru"}


def test_a_kill_leaves_a_stub_that_no_older_write_undoes(sink):
    sink.write(V1)
    assert sink.write(kill("a", observed=T0 + DAY)) == ["written"]
    assert sink.write(V2) == ["superseded"]
    (hit,) = sink.all("articles").values()
    assert (hit["_source"]["article"]["status"], hit["_source"]["article"]["text"]) == ("killed", "")
    assert sink.count({"match": {"search.text": "pelabuhan"}}) == 0


def test_stories_hold_their_highest_revision(sink):
    batch = [story("s", revision=2, size=2), story("t", last=T0 + HOUR), story("s", revision=1)]
    assert sink.writer.write_stories(batch) == ["written", "written", "superseded"]
    assert sink.writer.write_stories([story("s", revision=2, size=3)]) == ["written"]
    found = sink.all("stories")
    assert (found[id_of("s")]["_source"]["size"], found[id_of("s")]["_version"]) == (3, 2)
    alias = sink.names.alias("stories")
    newest = sink.client.search(index=alias, query={"term": {"state": "open"}}, sort=[{"last_at": "desc"}])
    assert [hit["_id"] for hit in newest.body["hits"]["hits"]] == [id_of("t"), id_of("s")]


# ---------------------------------------------------------------- what hostile texts do


def test_values_longer_than_a_term_are_kept_and_not_indexed(sink):
    long = "x" * 1_000 + "é" * 20
    assert sink.write(
        message("a", persons=(long, "Sari"), topic=long, url="https://h.example/" + "p" * 4_000)
    ) == ["written"]
    assert sink.count({"term": {"topic": long}}) == 1
    assert sink.count({"term": {"persons": "Sari"}}) == 1


def test_one_word_of_a_hundred_thousand_letters_is_taken(sink):
    assert sink.write(message("a", title="é" * 4_000, text="€" * 100_000 + " akhir")) == ["written"]
    assert sink.count({"match": {"search.text": "akhir"}}) == 1


@pytest.mark.parametrize(
    "text", ["\x00 nol \x1f", "\U0001f600 \ue000 \ufffd \u2028", '"}\n{"index":{}}\n', "\\u0000\\"]
)
def test_odd_characters_are_taken(sink, text):
    assert sink.write(message("a", text=text)) == ["written"]
    (hit,) = sink.all("articles").values()
    assert hit["_source"]["article"]["text"] == text


# ---------------------------------------------------------------- real errors


def put_field(sink, **properties):
    """A document of ours does not fit this mapping any more."""
    sink.client.indices.create(index=sink.names.articles(1, T0), mappings={"properties": properties})


def test_a_field_that_does_not_parse_kills_that_document_only(sink):
    sink.client.indices.delete_index_template(name=sink.names.template("articles", 1))
    put_field(sink, topic={"type": "integer"})
    refused, taken = sink.write(message("a", topic="Bencana"), message("b", topic="7"))
    assert isinstance(refused, Refused)
    assert "document_parsing_exception" in refused.error
    assert taken == "written"
    assert sink.observations() == {message("b").header.observation_id}


def test_a_field_that_strict_mappings_do_not_know_kills_that_document_only(sink):
    sink.client.indices.delete_index_template(name=sink.names.template("articles", 1))
    sink.client.indices.create(index=sink.names.articles(1, T0), mappings={"dynamic": "strict"})
    (refused,) = sink.write(message("a"))
    assert "strict_dynamic_mapping_exception" in refused.error


@pytest.mark.parametrize(
    "block, words",
    [
        ("write", "cluster_block_exception"),
        ("read_only", "cluster_block_exception"),
        ("read_only_allow_delete", "disk"),
    ],
)
def test_a_block_is_a_sick_environment_until_it_is_lifted(sink, block, words):
    sink.write(V1)
    index = sink.names.articles(1, T0)
    sink.client.indices.put_settings(index=index, settings={f"index.blocks.{block}": True})
    with pytest.raises(IndexUnavailable, match=words):
        sink.write(V2, message("b"))
    sink.client.indices.put_settings(index=index, settings={f"index.blocks.{block}": None})
    assert sink.write(V2, message("b")) == ["written", "written"]
    assert len(sink.observations()) == 3


def test_a_block_on_the_versions_stops_it_as_well_and_nothing_is_missing_afterwards(sink):
    sink.write(V1)
    index = sink.names.versions(1, T0)
    sink.client.indices.put_settings(index=index, settings={"index.blocks.write": True})
    with pytest.raises(IndexUnavailable):
        sink.write(V2, LATE)
    sink.client.indices.put_settings(index=index, settings={"index.blocks.write": None})
    assert sink.write(V2, LATE) == ["written", "superseded"]
    assert sink.observations() == {V1.header.observation_id, V2.header.observation_id}


def test_a_closed_index_is_a_sick_environment(sink):
    sink.write(V1)
    sink.client.indices.close(index=sink.names.articles(1, T0))
    with pytest.raises(IndexUnavailable, match="closed"):
        sink.write(V2)
    sink.client.indices.open(index=sink.names.articles(1, T0))
    assert sink.write(V2) == ["written"]


def test_an_index_deleted_under_its_writer_comes_back_as_the_template_says(sink):
    sink.write(V1)
    index = sink.names.articles(1, T0)
    sink.client.indices.delete(index=index)
    try:
        answers = sink.write(V2)
    except IndexUnavailable:  # where Elasticsearch may not make indices by itself
        answers = sink.write(V2)
    assert answers == ["written"]
    assert index in sink.client.indices.get_alias(name=sink.names.alias("articles")).body
    check(sink.client, sink.place)


def test_a_missing_pipeline_is_a_sick_environment(sink):
    sink.write(V1)
    index = sink.names.articles(1, T0)
    sink.client.indices.put_settings(index=index, settings={"index.default_pipeline": "wash"})
    with pytest.raises(IndexUnavailable, match="pipeline"):
        sink.write(V2)


# ---------------------------------------------------------------- whatever the batches

OBSERVED = [
    message(name, title=f"{name} {at}", observed=T0 + at * HOUR, observation=f"{name} {at}", version=at + 1)
    for name, at in [
        ("a", 0),
        ("b", 0),
        ("a", 3),
        ("a", 1),
        ("c", 0),
        ("b", 2),
        ("a", 2),
        ("c", 1),
        ("b", 1),
        ("a", 4),
    ]
]
"""In order of arrival: some come late."""


@hypothesis_settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.sets(st.integers(1, len(OBSERVED) - 1)), again=st.integers(0, len(OBSERVED)))
def test_the_indices_hold_the_same_whatever_the_batches_and_redeliveries(sink, cuts, again):
    for index in sink.client.indices.get(index=f"{sink.names.prefix}*").body:
        sink.client.indices.delete(index=index)
    sink.writer.close()
    sink.writer = ElasticsearchWriter(sink.client, sink.place)
    for start, end in pairwise([0, *sorted(cuts), len(OBSERVED)]):
        sink.write(*OBSERVED[start:end])
    sink.write(*OBSERVED[again:])
    assert sink.titles() == {id_of("a"): "a 4", id_of("b"): "b 2", id_of("c"): "c 1"}
    assert sink.observations() == {
        one.header.observation_id for place, one in enumerate(OBSERVED) if place not in (3, 6, 8)
    }
