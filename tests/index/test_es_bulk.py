"""The bulk loop against a scripted server: every fault there is, and what must not happen in any of them."""

from __future__ import annotations

import json
import random
from contextlib import contextmanager

import pytest
from fake_bulk import (
    FakeBulk,
    carry_out,
    failure,
    garbled,
    late,
    one_short,
    refusing,
    reset,
    reset_after,
    truncated,
    whole,
)
from hypothesis import given
from hypothesis import strategies as st

from kabar.errors import IndexUnavailable
from kabar.index.elasticsearch.bulk import MAX_REFUSALS, MAX_UNKNOWN, Bulk, Timing
from kabar.index.elasticsearch.classify import Class
from kabar.index.elasticsearch.client import connect
from kabar.index.elasticsearch.pace import LEAST_BYTES, Pace
from kabar.index.elasticsearch.sending import Item, Unknown, read_items, sender
from kabar.settings import load

INDEX = "articles-v1-2026.02"


class VirtualTime:
    """Sleeping takes no time."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    @property
    def timing(self) -> Timing:
        return Timing(lambda: self.now, self.sleep, lambda: 1.0)


@contextmanager
def bulk_on(
    fake: FakeBulk,
    *,
    max_documents=100,
    max_bytes=1_000_000,
    concurrency=4,
    seconds=30.0,
    in_flight=lambda: None,
):
    client = connect(load({"KABAR_ELASTICSEARCH_URL": fake.url}), request_seconds=seconds)
    made = Bulk(
        sender(client),
        pace=Pace(concurrency=concurrency, max_bytes=max_bytes),
        max_documents=max_documents,
        threads=concurrency,
        in_flight=in_flight,
        timing=VirtualTime().timing,
    )
    try:
        yield made
    finally:
        made.close()
        client.close()


def action(id_: str, version: int = 1, padding: int = 0) -> bytes:
    header = {"index": {"_index": INDEX, "_id": id_, "version": version, "version_type": "external_gte"}}
    return f"{json.dumps(header)}\n{json.dumps({'text': 'x' * padding})}\n".encode()


def actions(count: int, **options) -> list[bytes]:
    return [action(f"d{number}", **options) for number in range(count)]


@pytest.fixture
def fake():
    with FakeBulk() as running:
        yield running


def classes(verdicts):
    return [verdict.what for verdict in verdicts]


# ---------------------------------------------------------------- the plain way


def test_nothing_to_do_sends_nothing(fake):
    with bulk_on(fake) as bulk:
        assert bulk.run([]) == []
    assert fake.requests == []


def test_every_action_is_answered_in_order(fake):
    fake.refuse = lambda a: (
        failure(400, "document_parsing_exception", a.id) if a.id in ("d3", "d17") else None
    )
    with bulk_on(fake, max_documents=7) as bulk:
        verdicts = bulk.run(actions(20))
    assert [n for n, v in enumerate(verdicts) if v.what is Class.DOC] == [3, 17]
    assert verdicts[3].why.endswith("d3)")
    assert verdicts[17].why.endswith("d17)")
    assert len(fake.stored) == 18


def test_requests_are_bounded_in_count(fake):
    with bulk_on(fake, max_documents=6) as bulk:
        bulk.run(actions(20))
    assert sorted(len(r.actions) for r in fake.requests) == [2, 6, 6, 6]


def test_requests_are_bounded_in_bytes_newlines_included(fake):
    one = len(action("d0"))
    with bulk_on(fake, max_bytes=3 * one) as bulk:
        bulk.run(actions(9))
    assert [len(r.actions) for r in fake.requests] == [3, 3, 3]
    assert {r.size for r in fake.requests} == {3 * one}


def test_one_byte_less_is_one_document_less(fake):
    with bulk_on(fake, max_bytes=3 * len(action("d0")) - 1) as bulk:
        bulk.run(actions(4))
    assert [len(r.actions) for r in fake.requests] == [2, 2]


def test_a_document_larger_than_the_bound_goes_alone(fake):
    mixed = [action("a"), action("big", padding=5_000), action("b")]
    with bulk_on(fake, max_bytes=1_000) as bulk:
        assert classes(bulk.run(mixed)) == [Class.OK] * 3
    assert sorted(r.ids for r in fake.requests) == [["a"], ["b"], ["big"]]


def test_several_requests_are_in_flight_and_never_more_than_allowed(fake):
    fake.latency_seconds = lambda _: 0.05
    with bulk_on(fake, max_documents=1, concurrency=3) as bulk:
        bulk.run(actions(9))
    assert fake.most_in_flight == 3


def test_a_late_write_is_superseded_and_an_equal_one_taken(fake):
    with bulk_on(fake) as bulk:
        bulk.run([action("a", version=5)])
        assert classes(bulk.run([action("a", version=4)])) == [Class.SUPERSEDED]
        assert classes(bulk.run([action("a", version=5)])) == [Class.OK]


def test_it_says_when_requests_are_in_flight(fake):
    fake.latency_seconds = lambda _: 0.05
    seen = []
    with bulk_on(fake, max_documents=2, concurrency=2, in_flight=lambda: seen.append(1)) as bulk:
        bulk.run(actions(2))
    assert seen == [1]


# ---------------------------------------------------------------- load


@pytest.mark.parametrize(
    "kind", ["es_rejected_execution_exception", "circuit_breaking_exception", "unavailable_shards_exception"]
)
def test_only_what_was_refused_for_load_goes_out_again(fake, kind):
    status = 503 if kind.startswith("unavailable") else 429
    fake.script.append(refusing(lambda a: failure(status, kind) if a.id in ("d1", "d4") else None))
    with bulk_on(fake) as bulk:
        assert classes(bulk.run(actions(6))) == [Class.OK] * 6
        assert bulk.counts.refused_for_load == 2
    assert [r.ids for r in fake.requests] == [[f"d{n}" for n in range(6)], ["d1", "d4"]]


def test_five_in_a_hundred_refused_cost_five_in_a_hundred_more(fake):
    chance = random.Random(7)
    fake.refuse = lambda _: (
        failure(429, "es_rejected_execution_exception") if chance.random() < 0.05 else None
    )
    with bulk_on(fake, max_documents=50) as bulk:
        assert classes(bulk.run(actions(2_000))) == [Class.OK] * 2_000
        assert 1.0 < bulk.counts.sent / bulk.counts.acknowledged <= 1.1
    assert fake.sent == bulk.counts.sent
    assert len(fake.stored) == 2_000


def test_repeats_wait_longer_each_time(fake):
    time = VirtualTime()
    fake.script.extend([refusing(lambda _: failure(429, "es_rejected_execution_exception"))] * 4)
    with bulk_on(fake) as bulk:
        bulk.timing = time.timing
        bulk.run(actions(1))
    assert time.slept == pytest.approx([0.01, 0.02, 0.04, 0.08])


def test_repeats_ride_along_with_what_was_not_sent_yet(fake):
    """A request of its own for one document in twenty would double the number of requests."""
    fake.script.append(
        refusing(lambda a: failure(429, "es_rejected_execution_exception") if a.id == "d0" else None)
    )
    with bulk_on(fake, max_documents=2, concurrency=1) as bulk:
        bulk.timing = Timing(iter(range(1_000)).__next__, lambda _: None, lambda: 1.0)
        bulk.run(actions(6))
    assert [r.ids for r in fake.requests] == [["d0", "d1"], ["d0", "d2"], ["d3", "d4"], ["d5"]]


def test_load_without_end_is_a_sick_environment_and_kills_no_document(fake):
    fake.refuse = lambda a: (
        failure(429, "es_rejected_execution_exception", "queue full") if a.id == "d2" else None
    )
    with (
        bulk_on(fake) as bulk,
        pytest.raises(IndexUnavailable, match=f"queue full.*tried {MAX_REFUSALS} times"),
    ):
        bulk.run(actions(3))
    assert fake.sent == 3 + MAX_REFUSALS - 1


def test_memory_pressure_halves_the_requests(fake):
    size = len(action("d0", padding=40_000))
    fake.script.append(refusing(lambda _: failure(429, "circuit_breaking_exception")))
    with bulk_on(fake, max_bytes=4 * size, concurrency=1) as bulk:
        bulk.run(actions(4, padding=40_000))
    assert [len(r.actions) for r in fake.requests] == [4, 2, 2]


def test_a_request_refused_for_load_goes_out_whole(fake):
    fake.script.append(whole(429, "es_rejected_execution_exception"))
    with bulk_on(fake) as bulk:
        assert classes(bulk.run(actions(3))) == [Class.OK] * 3
    assert [r.ids for r in fake.requests] == [["d0", "d1", "d2"]] * 2


# ---------------------------------------------------------------- sick surroundings

SICK_ITEMS = [
    failure(429, "cluster_block_exception", "flood stage"),
    failure(403, "cluster_block_exception", "write block"),
    failure(403, "security_exception", "not yours"),
    failure(401, "security_exception", "who are you"),
    failure(404, "index_not_found_exception", "no such index"),
    failure(400, "validation_exception", "maximum normal shards open"),
    failure(400, "index_closed_exception", "closed"),
    failure(501, "not_implemented", ""),
]


@pytest.mark.parametrize("item", SICK_ITEMS, ids=lambda item: f"{item['status']} {item['error']['type']}")
def test_one_sick_answer_stops_the_batch_and_nothing_dies(fake, item):
    fake.refuse = lambda a: item if a.id == "d1" else None
    with bulk_on(fake) as bulk:
        with pytest.raises(IndexUnavailable, match="takes nothing") as raised:
            bulk.run(actions(3))
        assert item["error"]["type"] in str(raised.value)
        assert raised.value.hint
        fake.refuse = lambda _: None
        assert classes(bulk.run(actions(3))) == [Class.OK] * 3, "and the same again, when it is well"
    assert set(fake.sources()) == {"d0", "d1", "d2"}


@pytest.mark.parametrize(
    "act",
    [
        whole(401, "security_exception"),
        whole(403, "security_exception"),
        whole(404, "index_not_found_exception"),
        whole(429, "cluster_block_exception"),
        whole(501, "x"),
        whole(406, "media_type_header_exception"),
        whole(400, text="<html>The plain HTTP request was sent to HTTPS port</html>"),
        whole(302, text="elsewhere"),
    ],
)
def test_a_whole_request_refused_by_sick_surroundings_kills_nothing(fake, act):
    fake.script.append(act)
    with bulk_on(fake) as bulk, pytest.raises(IndexUnavailable):
        bulk.run(actions(1))
    assert len(fake.requests) == 1


def test_when_it_raises_nothing_is_in_flight_any_more(fake):
    """Whoever repeats the batch must not race with the rest of the first try."""
    fake.script.extend([whole(403, "security_exception"), late(0.3), late(0.3)])
    with bulk_on(fake, max_documents=1) as bulk:
        with pytest.raises(IndexUnavailable):
            bulk.run(actions(3))
        assert fake.in_flight == 0


def test_nobody_listens():
    with FakeBulk() as gone:
        pass
    with bulk_on(gone) as bulk:
        with pytest.raises(IndexUnavailable, match=f"cannot be reached.*tried {MAX_UNKNOWN} times"):
            bulk.run(actions(2))
        assert bulk.counts.unknown == 2 * MAX_UNKNOWN


# ---------------------------------------------------------------- unknown fate


@pytest.mark.parametrize(
    "act",
    [reset, reset_after, truncated, garbled, one_short, late(2.0), whole(502, "x"), whole(503, text="busy"), whole(504, "x")],
    ids=["reset", "reset after", "truncated", "garbled", "one short", "late", "502", "503", "504"],
)  # fmt: skip
def test_what_has_no_answer_goes_out_again_as_it_was(fake, act):
    fake.script.append(act)
    with bulk_on(fake, seconds=1.0) as bulk:
        assert classes(bulk.run(actions(3))) == [Class.OK] * 3
        assert bulk.counts.unknown == 3
    assert [r.ids for r in fake.requests] == [["d0", "d1", "d2"]] * 2
    assert len(fake.stored) == 3


@pytest.mark.parametrize("act", [reset, truncated, one_short])
def test_unknown_without_end_is_a_sick_environment(fake, act):
    fake.script.extend([act] * MAX_UNKNOWN)
    with bulk_on(fake) as bulk, pytest.raises(IndexUnavailable, match=f"tried {MAX_UNKNOWN} times"):
        bulk.run(actions(2))
    assert len(fake.requests) == MAX_UNKNOWN


@pytest.mark.parametrize(
    "body",
    [None, "", [], {}, {"items": None}, {"items": [1]}, {"items": [{}]}, {"items": [{"index": {}}]}, {"items": []},
     {"items": [{"index": {"status": "x"}}]}, {"items": [{"index": {"status": 200}}] * 2},
     {"items": [{"index": {"status": 200}, "create": {"status": 200}}]}, {"items": [{"index": None}]}],
)  # fmt: skip
def test_an_answer_that_is_none_leaves_the_fate_unknown(body):
    with pytest.raises(Unknown):
        read_items(body, 1)


def test_items_carry_what_is_judged_by():
    body = {"items": [
        {"index": {"status": 201}}, {"index": {"status": 201, "failure_store": "used"}},
        {"index": {"status": 400, "error": {"type": "t", "reason": "r"}}},
    ]}  # fmt: skip
    assert read_items(body, 3) == [Item(201), Item(201, failure_store="used"), Item(400, "t", "r")]


# ---------------------------------------------------------------- size and poison


def test_a_request_too_large_is_halved_until_it_fits(fake):
    size = len(action("d0", padding=1_000))
    fake.limit_bytes = 2 * size + 10
    with bulk_on(fake) as bulk:
        assert classes(bulk.run(actions(8, padding=1_000))) == [Class.OK] * 8
        assert bulk.counts.halved == 3
    assert len(fake.stored) == 8


def test_the_limit_is_remembered(fake):
    size = len(action("d0", padding=1_000))
    fake.limit_bytes = 2 * size + 10
    with bulk_on(fake) as bulk:
        bulk.run(actions(8, padding=1_000))
        before = bulk.counts.halved
        bulk.run(actions(8, padding=1_000))
        assert bulk.counts.halved == before


def test_a_document_too_large_even_alone_is_the_only_one_to_die(fake):
    fake.limit_bytes = 2_000
    batch = [*actions(5), action("huge", padding=3_000), *actions(0)]
    with bulk_on(fake) as bulk:
        verdicts = bulk.run(batch)
        assert classes(verdicts) == [Class.OK] * 5 + [Class.DOC]
        assert bulk.pace.max_bytes > 1_000, "one huge document says nothing about the others"
    assert "alone" in verdicts[5].why


def test_a_document_above_the_limit_of_indexing_pressure_does_not_block_the_others(fake):
    """Elasticsearch words it as load, but no waiting makes it smaller."""
    reason = "rejected [coordinating_operation_bytes=9000, max_coordinating_bytes=8000]"

    def pressed(running, request):
        if "huge" in request.ids:
            return whole(429, "es_rejected_execution_exception", reason)(running, request)
        return carry_out(running, request)

    fake.script.extend([pressed] * 20)
    with bulk_on(fake) as bulk:
        verdicts = bulk.run([*actions(3), action("huge", padding=9_000)])
    assert classes(verdicts) == [Class.OK] * 3 + [Class.DOC]


def test_documents_too_large_together_are_sent_apart(fake):
    """The limit is the shard's for all it gets of a request; none of the documents is at fault."""
    reason = "rejected [primary_operation_bytes=9000, max_primary_bytes=8000]"

    def pressed(running, request):
        if len(request.actions) > 2:
            return refusing(lambda _: failure(429, "es_rejected_execution_exception", reason))(
                running, request
            )
        return carry_out(running, request)

    fake.script.extend([pressed] * 20)
    with bulk_on(fake) as bulk:
        assert classes(bulk.run(actions(7))) == [Class.OK] * 7
    assert len(fake.requests[0].actions) == 7


def test_an_item_too_large_dies_alone(fake):
    fake.refuse = lambda a: failure(413, "content_too_long_exception") if a.id == "d1" else None
    with bulk_on(fake) as bulk:
        assert classes(bulk.run(actions(3))) == [Class.OK, Class.DOC, Class.OK]


def test_one_document_that_spoils_the_whole_request_is_found(fake):
    def spoiled(running, request):
        if "d5" in request.ids:
            return whole(400, "x_content_parse_exception", "cannot read")(running, request)
        return carry_out(running, request)

    fake.script.extend([spoiled] * 20)
    with bulk_on(fake) as bulk:
        assert classes(bulk.run(actions(8))) == [Class.OK] * 5 + [Class.DOC] + [Class.OK] * 2


def test_a_small_limit_of_bytes_never_stops_it(fake):
    fake.script.extend([refusing(lambda _: failure(429, "circuit_breaking_exception"))] * (MAX_REFUSALS - 1))
    with bulk_on(fake, max_bytes=4 * LEAST_BYTES) as bulk:
        assert classes(bulk.run(actions(3))) == [Class.OK] * 3


# ---------------------------------------------------------------- all of it together

FAULTS = [
    None,
    reset,
    reset_after,
    truncated,
    one_short,
    whole(503, text="x"),
    whole(429, "es_rejected_execution_exception"),
]


@given(
    count=st.integers(1, 30),
    max_documents=st.integers(1, 8),
    seed=st.integers(0, 2**16),
    faults=st.lists(st.sampled_from(FAULTS), max_size=2),
)
def test_whatever_happens_each_document_has_one_answer_and_is_there_or_dead(
    count, max_documents, seed, faults
):
    chance = random.Random(seed)
    poison = {f"d{n}" for n in range(count) if chance.random() < 0.1}

    def refuse(one):
        if one.id in poison:
            return failure(400, "document_parsing_exception")
        return failure(429, "es_rejected_execution_exception") if chance.random() < 0.1 else None

    with FakeBulk(refuse=refuse) as fake:
        fake.script.extend(fault or carry_out for fault in faults)
        with bulk_on(fake, max_documents=max_documents) as bulk:
            verdicts = bulk.run(actions(count))
        assert {f"d{n}" for n, v in enumerate(verdicts) if v.what is Class.DOC} == poison
        assert set(fake.sources()) == {f"d{n}" for n in range(count)} - poison
        assert bulk.counts.acknowledged == count
