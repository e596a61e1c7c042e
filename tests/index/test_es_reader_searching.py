"""How answers and errors of Elasticsearch become ours, without one: scripted answers in its own shapes."""

from __future__ import annotations

import elasticsearch
import pytest
from elastic_transport import ApiResponseMeta, ConnectionTimeout, HttpHeaders, NodeConfig
from elastic_transport import ConnectionError as NoConnection

from kabar.errors import IndexUnavailable, KabarError, NotPrepared, QueryError
from kabar.index.api import SearchRequest
from kabar.index.elasticsearch import searching
from kabar.index.elasticsearch.names import IndexNames
from kabar.index.elasticsearch.reader import ElasticsearchReader
from kabar.index.elasticsearch.searching import ANSWER_SLACK_S, Asking

FOUND_NOTHING = {"timed_out": False, "hits": {"total": {"value": 0, "relation": "eq"}, "hits": []}}


class Body(dict):
    """An answer as the client gives it."""

    @property
    def body(self):
        return dict(self)


class Scripted:
    """A client whose every search has the same answer."""

    def __init__(self, answer):
        self.answer = answer
        self.asked = []
        self.open = 0

    def options(self, **options):
        self.asked.append(options)
        return self

    def search(self, **body):
        self.asked[-1] |= body
        if isinstance(self.answer, Exception):
            raise self.answer
        return Body(self.answer)

    def open_point_in_time(self, **_):
        self.open += 1
        return {"id": "pit"}

    def close_point_in_time(self, **_):
        self.open -= 1


def failure(kind, status, body):
    node = NodeConfig("http", "127.0.0.1", 9200)
    meta = ApiResponseMeta(status=status, http_version="1.1", headers=HttpHeaders(), duration=0.0, node=node)
    return kind("failed", meta=meta, body=body)


def phase_failure(cause):
    """As a search of several shards reports what one of them ran into."""
    shard = {"shard": 0, "index": "articles-v1-2026.02", "reason": {"type": cause, "reason": "so"}}
    return {
        "error": {
            "type": "search_phase_execution_exception",
            "reason": "all shards failed",
            "root_cause": [],
            "failed_shards": [shard],
        }
    }


ERRORS = {
    "stopped on a shard": (
        failure(elasticsearch.ApiError, 504, phase_failure("search_timeout_exception")),
        (QueryError, "too expensive"),
    ),
    "cancelled": (
        failure(elasticsearch.ApiError, 500, {"error": {"type": "x", "caused_by": {"type": "task_cancelled_exception"}}}),
        (QueryError, "too expensive"),
    ),
    "too many buckets": (
        failure(elasticsearch.BadRequestError, 400, phase_failure("too_many_buckets_exception")),
        (QueryError, "too expensive"),
    ),
    "not a query": (
        failure(elasticsearch.BadRequestError, 400, {"error": {"type": "parsing_exception", "reason": "what?"}}),
        (QueryError, "what\\?"),
    ),
    "point in time gone": (
        failure(elasticsearch.NotFoundError, 404, phase_failure("search_context_missing_exception")),
        (QueryError, "no more"),
    ),
    "some other 404": (
        failure(elasticsearch.NotFoundError, 404, {"error": {"type": "index_not_found_exception", "reason": "no such index"}}),
        (NotPrepared, "no such index"),
    ),
    "a shard is away": (
        failure(elasticsearch.ApiError, 503, phase_failure("no_shard_available_action_exception")),
        (IndexUnavailable, "503"),
    ),
    "out of memory": (
        failure(elasticsearch.ApiError, 429, {"error": {"type": "circuit_breaking_exception", "reason": "Data too large"}}),
        (IndexUnavailable, "too large"),
    ),
    "forbidden": (
        failure(elasticsearch.AuthorizationException, 403, {"error": {"type": "security_exception", "reason": "no"}}),
        (IndexUnavailable, "refuses us"),
    ),
    "a proxy's page": (failure(elasticsearch.ApiError, 502, "<html>bad gateway</html>"), (IndexUnavailable, "502")),
    "no answer": (ConnectionTimeout("slow"), (IndexUnavailable, "in time")),
    "nobody there": (NoConnection("refused"), (IndexUnavailable, "cannot be reached")),
    "not all shards in time": ({**FOUND_NOTHING, "timed_out": True}, (QueryError, "too expensive")),
}  # fmt: skip


@pytest.mark.parametrize("answer, expected", ERRORS.values(), ids=ERRORS)
def test_what_goes_wrong_is_told_in_our_words(answer, expected, monkeypatch):
    monkeypatch.setattr(searching, "SHARD_PAUSES_S", ())
    kind, said = expected
    client = Scripted(answer)
    with pytest.raises(kind, match=said) as caught:
        ElasticsearchReader(client, IndexNames("t-")).search(SearchRequest())
    assert isinstance(caught.value, KabarError)
    assert caught.value.hint
    assert client.open == 0


class Recovering(Scripted):
    """A client that lacks a shard for its first requests."""

    def __init__(self, failures):
        super().__init__(FOUND_NOTHING)
        self.failures = failures

    def search(self, **body):
        if self.failures:
            self.failures -= 1
            raise failure(elasticsearch.ApiError, 503, phase_failure("no_shard_available_action_exception"))
        return super().search(**body)


@pytest.mark.parametrize("failures, answers", [(0, True), (1, True), (4, True), (5, False)])
def test_a_shard_that_is_not_there_yet_is_waited_for(failures, answers, monkeypatch):
    waited = []
    monkeypatch.setattr(searching.time, "sleep", waited.append)
    reader = ElasticsearchReader(Recovering(failures), IndexNames())
    if answers:
        assert reader.count() == 0
    else:
        with pytest.raises(IndexUnavailable):
            reader.count()
    assert waited == list(searching.SHARD_PAUSES_S[:failures])


def test_other_trouble_is_told_at_once(monkeypatch):
    monkeypatch.setattr(searching.time, "sleep", lambda _: pytest.fail("waited"))
    with pytest.raises(IndexUnavailable):
        ElasticsearchReader(Scripted(NoConnection("refused")), IndexNames()).count()


def test_every_request_says_how_long_it_may_take_and_wants_all_shards():
    client = Scripted(FOUND_NOTHING)
    ElasticsearchReader(client, IndexNames("t-"), time_limit_s=3.0).count("air")
    (asked,) = client.asked
    assert 2_000 < int(asked["timeout"].removesuffix("ms")) <= 3_000
    assert 2.0 < asked["request_timeout"] - ANSWER_SLACK_S <= 3.0
    assert asked["allow_partial_search_results"] is False
    assert asked["index"] == "t-articles"


def test_no_request_is_made_when_the_time_is_over():
    client = Scripted(FOUND_NOTHING)
    asking = Asking(client, time_limit_s=-1)
    for call in (lambda: asking.search("articles"), lambda: asking.snapshot("articles").__enter__()):
        with pytest.raises(QueryError, match="too expensive"):
            call()
    assert not client.asked


def test_a_bad_query_is_told_before_anything_is_asked():
    client = Scripted(FOUND_NOTHING)
    reader = ElasticsearchReader(client, IndexNames())
    with pytest.raises(QueryError) as caught:
        reader.search(SearchRequest(query="a or b and c"))
    assert caught.value.position == 7
    assert not client.asked


def test_an_index_nobody_wrote_to_has_no_aggregations():
    client = Scripted(FOUND_NOTHING)
    reader = ElasticsearchReader(client, IndexNames())
    assert reader.search(SearchRequest(facets=("source",))).facets == {"source": []}
    assert reader.histogram("", "day") == []
