"""Every row of the table, with errors as Elasticsearch words them."""

from __future__ import annotations

import pytest

from kabar.index.elasticsearch.classify import Class, classify

DOC, LOAD, ENV, OK, SUPERSEDED = Class.DOC, Class.LOAD, Class.ENV, Class.OK, Class.SUPERSEDED
SHARDS = (
    "Validation Failed: 1: this action would add [2] shards, but this cluster currently has [1000]/[1000] maximum "
    "normal shards open;"
)
FROZEN = "this action would add [1] frozen shards, but this cluster currently has [3000]/[3000] maximum frozen shards open;"
CONFLICT = (
    "[a1]: version conflict, current version [1769904000001] is higher than the one provided [1769904000000]"
)

PRESSURE = (
    "rejected execution of coordinating operation [coordinating_and_primary_bytes=%d, replica_bytes=0, all_bytes=%d, "
    "coordinating_operation_bytes=%d, max_coordinating_bytes=53687091]"
)

ROWS = [
    (429, "es_rejected_execution_exception", PRESSURE % (50_000_000, 50_000_000, 5_000_000), LOAD),
    (429, "es_rejected_execution_exception", PRESSURE % (0, 0, 60_000_000), DOC),
    (200, "", "", OK),
    (201, "", "", OK),
    (409, "version_conflict_engine_exception", CONFLICT, SUPERSEDED),
    (429, "es_rejected_execution_exception", "rejected execution of TimedRunnable{...} on EsThreadPoolExecutor", LOAD),
    (429, "rejected_execution_exception", "queue capacity = 10000", LOAD),
    (429, "circuit_breaking_exception", "[parent] Data too large, data for [<http_request>] would be ...", LOAD),
    (429, "", "Too Many Requests", LOAD),
    (429, "cluster_block_exception", "index [a] blocked by: [TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage watermark, index has read-only-allow-delete block];", ENV),
    (403, "cluster_block_exception", "index [a] blocked by: [FORBIDDEN/8/index write (api)];", ENV),
    (403, "cluster_block_exception", "index [a] blocked by: [FORBIDDEN/9/index read-only / allow delete (api)];", ENV),
    (403, "security_exception", "action [indices:data/write/bulk[s]] is unauthorized for API key id [x]", ENV),
    (401, "security_exception", "unable to authenticate with provided credentials", ENV),
    (404, "index_not_found_exception", "no such index [articles-v1-2026.02]", ENV),
    (400, "document_parsing_exception", "[1:9] failed to parse field [article.version] of type [integer]", DOC),
    (400, "mapper_parsing_exception", "failed to parse", DOC),
    (400, "strict_dynamic_mapping_exception", "[1:9] mapping set to strict, dynamic introduction of [x] within [_doc] is not allowed", DOC),
    (400, "illegal_argument_exception", 'Document contains at least one immense term in field="x"', DOC),
    (400, "illegal_argument_exception", "Limit of total fields [300] has been exceeded while adding new fields [1]", DOC),
    (400, "validation_exception", SHARDS, ENV),
    (400, "illegal_argument_exception", SHARDS, ENV),
    (400, "validation_exception", FROZEN, ENV),
    (400, "validation_exception", "Validation Failed: 1: id is too long, must be no longer than 512 bytes but was: 600;", DOC),
    (400, "illegal_argument_exception", "pipeline with id [wash] does not exist", ENV),
    (400, "index_closed_exception", "closed", ENV),
    (400, "something_new_exception", "", DOC),
    (413, "content_too_long_exception", "entity content is too long", DOC),
    (413, "", "<html>Request Entity Too Large</html>", DOC),
    (408, "", "", LOAD),
    (500, "null_pointer_exception", "", LOAD),
    (502, "", "Bad Gateway", LOAD),
    (503, "unavailable_shards_exception", "[a][0] primary shard is not active Timeout: [1m]", LOAD),
    (504, "", "", LOAD),
    (507, "", "Insufficient Storage", LOAD),
    (501, "", "", ENV),
    (302, "", "", ENV),
    (405, "", "Incorrect HTTP method", ENV),
    (406, "media_type_header_exception", "Invalid media-type value on headers [Content-Type]", ENV),
    (418, "", "", ENV),
    (0, "", "", ENV),
]  # fmt: skip


@pytest.mark.parametrize("status, kind, reason, expected", ROWS)
def test_each_row(status, kind, reason, expected):
    verdict = classify(status, kind, reason)
    assert verdict.what is expected
    if expected is OK:
        assert verdict.why == ""
    else:
        assert str(status) in verdict.why
        assert kind in verdict.why
        assert reason in verdict.why


@pytest.mark.parametrize("status", [200, 201])
def test_what_went_into_the_failure_store_is_not_in_the_index(status):
    verdict = classify(status, failure_store="used")
    assert verdict.what is DOC
    assert "failure store" in verdict.why


@pytest.mark.parametrize("said", ["", "not_applicable_or_unknown", "not_enabled", "failed"])
def test_other_words_about_the_failure_store_change_nothing(said):
    assert classify(201, failure_store=said).what is OK


def test_a_failure_is_not_made_good_by_the_failure_store():
    assert classify(400, "document_parsing_exception", "", failure_store="failed").what is DOC


def test_the_words_of_the_shard_limit_alone_prove_nothing():
    """A document may quote them; only the types that the limit really has are looked into."""
    assert classify(400, "document_parsing_exception", f"failed to parse: '{SHARDS}'").what is DOC


@pytest.mark.parametrize("status", [*range(100, 200), *range(300, 600)])
def test_no_status_without_a_type_kills_a_document_but_400_and_413(status):
    assert (classify(status).what is DOC) == (status in (400, 413))
