"""How a client is made, and what becomes of everything it raises."""

from __future__ import annotations

import elastic_transport
import elasticsearch
import pytest
from elastic_transport import ApiResponseMeta, HttpHeaders, NodeConfig
from fake_bulk import FakeBulk, Reply

from kabar.errors import ConfigError, EnvironmentError_, IndexUnavailable, KabarError, NotPrepared, QueryError
from kabar.index.elasticsearch.client import cause_of, connect, index_errors, search_errors
from kabar.settings import load


def settings(**values):
    return load({f"KABAR_{name.upper()}": str(value) for name, value in values.items()})


def test_it_asks_the_one_address_once():
    client = connect(settings(elasticsearch_url="http://127.0.0.1:1"))
    with pytest.raises(IndexUnavailable, match="cannot be reached") as raised, index_errors():
        client.indices.refresh()
    assert "elasticsearch_url" in raised.value.hint
    assert isinstance(raised.value.__cause__, elastic_transport.ConnectionError)


def test_the_key_goes_along():
    client = connect(
        settings(elasticsearch_url="https://search.example:9200", elasticsearch_api_key="c2VjcmV0")
    )
    assert client._headers["authorization"] == "ApiKey c2VjcmV0"


def test_certificates_are_checked_and_the_file_is_used(tmp_path):
    authority = tmp_path / "ca.pem"
    authority.write_text("")
    made = connect(settings(elasticsearch_url="https://search.example:9200", elasticsearch_ca_file=authority))
    config = made.transport.node_pool.get().config
    assert config.verify_certs
    assert config.ca_certs == str(authority)


@pytest.mark.parametrize(
    "values, wanted",
    [
        ({}, "no Elasticsearch is configured"),
        ({"elasticsearch_url": "search.example"}, "cannot be used"),
        ({"elasticsearch_url": "http://search.example"}, "cannot be used"),
        ({"elasticsearch_url": "ftp://search.example:9"}, "cannot be used"),
        ({"elasticsearch_url": "https://search.example:9200", "elasticsearch_ca_file": "/nowhere.pem"}, "is no file"),
        ({"elasticsearch_url": "http://search.example:9200", "elasticsearch_ca_file": "/x.pem"}, "not an https one"),
    ],
)  # fmt: skip
def test_settings_that_cannot_work_are_refused_at_once(values, wanted):
    with pytest.raises(ConfigError, match=wanted) as raised:
        connect(settings(**values))
    assert raised.value.hint


def api_error(status, kind="", reason="", made=elasticsearch.ApiError):
    meta = ApiResponseMeta(status, "1.1", HttpHeaders(), 0.1, NodeConfig("http", "h", 1))
    return made("x", meta, {"error": {"type": kind, "reason": reason}, "status": status})


TRANSLATIONS = [
    (elastic_transport.ConnectionTimeout("x"), IndexUnavailable, "in time"),
    (elastic_transport.ConnectionError("refused by peer"), IndexUnavailable, "refused by peer"),
    (elastic_transport.TlsError("self-signed"), IndexUnavailable, "self-signed"),
    (elastic_transport.SerializationError("x"), IndexUnavailable, "cannot be read"),
    (
        api_error(401, "security_exception", "unable to authenticate"),
        IndexUnavailable,
        "unable to authenticate",
    ),
    (api_error(403, "security_exception", "not allowed"), IndexUnavailable, "refuses us"),
    (api_error(403, "cluster_block_exception", "write block"), IndexUnavailable, "write block"),
    (api_error(404, "index_not_found_exception", "no such index [a]"), NotPrepared, "no such index"),
    (api_error(429, "es_rejected_execution_exception", "full"), IndexUnavailable, "429"),
    (api_error(500, "null_pointer_exception", ""), IndexUnavailable, "500 null_pointer_exception"),
    (api_error(200, made=elasticsearch.UnsupportedProductError), ConfigError, "not Elasticsearch"),
]


@pytest.mark.parametrize("context", [index_errors, search_errors])
@pytest.mark.parametrize("raised, expected, words", TRANSLATIONS)
def test_no_exception_of_the_library_leaves_the_room(context, raised, expected, words):
    with pytest.raises(KabarError, match=words) as found, context():
        raise raised
    assert type(found.value) is expected
    assert found.value.hint
    assert found.value.__cause__ is raised


def test_a_bad_request_is_the_querys_fault_when_reading_only():
    error = api_error(
        400, "search_phase_execution_exception", "too many clauses", elasticsearch.BadRequestError
    )
    with pytest.raises(QueryError, match="too many clauses"), search_errors():
        raise error
    with pytest.raises(IndexUnavailable, match="too many clauses"), index_errors():
        raise error


def test_our_own_errors_pass():
    for context in (index_errors, search_errors):
        with pytest.raises(NotPrepared, match="mine"), context():
            raise NotPrepared("mine")
        with pytest.raises(KeyError), context():
            raise KeyError("a bug is a bug")


@pytest.mark.parametrize(
    "body, expected",
    [
        ({"error": {"type": "t", "reason": "r"}}, ("t", "r")),
        ({"error": {"type": None}}, ("", "")),
        ({"error": "plain words"}, ("", "plain words")),
        ("<html>", ("", "<html>")),
        (None, ("", "")),
        ([1], ("", "[1]")),
    ],
)
def test_the_cause_of_any_body(body, expected):
    assert cause_of(body) == expected


def test_a_page_that_is_no_json_is_an_unreadable_answer():
    with FakeBulk() as fake:
        fake.other = lambda *_: Reply(200, b'{"half": ')
        client = connect(settings(elasticsearch_url=fake.url))
        with pytest.raises(EnvironmentError_, match="cannot be read"), index_errors():
            client.indices.get_alias(name="a")
