"""The API: what it answers, how it fails, and what it says about itself."""

from __future__ import annotations

import json

import jsonschema
import pytest

from kabar.contracts.document import decode_document
from kabar.errors import DiskFull
from kabar.index.api import FACETS
from tests.web.samples import HOUR, T0, attack, id_of

FLOOD = id_of("flood")


def get(client, path):
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


# ---------------------------------------------------------------- articles


def test_articles_are_documents(client):
    found = get(client, "/api/articles?q=id:" + FLOOD)
    assert (found["total"], found["total_is_exact"], found["next"], found["facets"]) == (1, True, "", {})
    (article,) = found["articles"]
    assert article["@timestamp"] == "2026-01-31T23:00:00.000Z"
    assert article["copies"] == 1
    assert article["snippets"] == []
    assert decode_document(json.dumps(article).encode()).persons == ["Bayu Segara"]


def test_snippets_and_marks_come_on_request(client):
    (article, *_) = get(client, "/api/articles?q=banjir&snippets=true&sort=relevance")["articles"]
    snippet = article["snippets"][0]
    start, end = snippet["marks"][0]
    assert snippet["text"][start:end].lower() == "banjir"


def test_a_listing_is_followed_to_its_end(client):
    seen, cursor, rounds = [], "", 0
    while rounds == 0 or cursor:
        page = get(client, f"/api/articles?q=cabai&size=7&cursor={cursor}")
        seen += [one["article"]["id"] for one in page["articles"]]
        cursor, rounds = page["next"], rounds + 1
        assert page["total"] == 30
    assert (len(seen), len(set(seen)), rounds) == (30, 30, 5)


def test_sort_and_collapse_are_honoured(client):
    oldest = get(client, "/api/articles?q=cabai&sort=oldest&size=1")["articles"][0]
    assert oldest["article"]["id"] == id_of("row0")
    assert len(get(client, "/api/articles?q=merendam&collapse=true")["articles"]) == 1
    assert len(get(client, "/api/articles?q=merendam")["articles"]) == 2


def test_facets_count_what_was_asked_for(client):
    facets = get(client, "/api/articles?facets=source,person")["facets"]
    assert set(facets) == {"source", "person"}
    assert facets["source"][0] == {"value": "Pasar Kita", "count": 30}


def test_every_facet_of_the_index_can_be_asked_for(client):
    assert set(get(client, f"/api/articles?facets={','.join(FACETS)}")["facets"]) == set(FACETS)


def test_an_article_is_the_whole_document(client):
    article = get(client, f"/api/articles/{FLOOD}")
    assert article["article"]["version"] == 2
    assert article["quotes"][0]["speaker"] == "Bayu Segara"


def test_a_killed_article_is_its_stub(client):
    assert get(client, f"/api/articles/{id_of('gone')}")["article"]["status"] == "killed"


def test_versions_carry_their_texts(client):
    found = get(client, f"/api/articles/{FLOOD}/versions")
    assert [row["version"] for row in found["versions"]] == [1, 2]
    assert "120 rumah" in found["versions"][0]["text"]
    assert "150 rumah" in found["versions"][1]["text"]


def test_json_is_served_as_json_and_attacks_stay_data(client):
    answer = client.get(f"/api/articles/{id_of('hostile')}")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["article"]["title"] == attack("title")


# ---------------------------------------------------------------- stories


def test_stories_are_listed_without_merged_ones(client):
    found = get(client, "/api/stories?sort=largest")
    assert [one["id"] for one in found["stories"]] == [id_of("rob"), id_of("hostile")]
    assert found["total"] == 2


def test_stories_are_found_by_their_articles(client):
    assert [one["id"] for one in get(client, "/api/stories?q=gempa")["stories"]] == [id_of("rob")]


def test_a_story_has_its_articles_and_those_of_merged_ones(client):
    found = get(client, f"/api/stories/{id_of('rob')}")
    assert [one["id"] for one in found["articles"]] == [FLOOD, id_of("copy"), id_of("late")]
    assert found["articles"][1]["copy_of"] == FLOOD


def test_a_merged_story_answers_as_where_it_went(client):
    assert get(client, f"/api/stories/{id_of('merged')}")["story"]["id"] == id_of("rob")


# ---------------------------------------------------------------- errors


@pytest.mark.parametrize("path, status, where, said", [
    ("/api/articles?q=(", 400, "q", "missing"),
    ("/api/articles?q=persn:x", 400, "q", "no field 'persn'"),
    ("/api/articles?q=" + "x" * 8_001, 400, "q", "8000"),
    ("/api/articles?size=0", 400, "size", ">= 1"),
    ("/api/articles?size=201", 400, "size", "<= 200"),
    ("/api/articles?size=many", 400, "size", "int"),
    ("/api/articles?sort=best", 400, "sort", "Invalid enum value"),
    ("/api/articles?collapse=perhaps", 400, "collapse", ""),
    ("/api/articles?facets=colour", 400, "/api/articles", "no facet 'colour'"),
    ("/api/articles?cursor=rubbish", 400, "", "cursor"),
    ("/api/stories?sort=oldest", 400, "sort", "Invalid enum value"),
    (f"/api/articles/{'0' * 32}", 404, f"/api/articles/{'0' * 32}", "no article"),
    (f"/api/articles/{'0' * 32}/versions", 404, "", "no article"),
    ("/api/articles/%3Cscript%3E", 404, "/api/articles/<script>", "<script>"),
    (f"/api/stories/{'0' * 32}", 404, "", "no story"),
    ("/api/nothing", 404, "/api/nothing", "Not Found"),
    ("/api", 404, "/api", "Not Found"),
])  # fmt: skip
def test_errors_are_problems_that_say_what_where_and_what_next(client, path, status, where, said):
    answer = client.get(path)
    problem = answer.json()
    assert answer.status_code == status == problem["status"]
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    assert said in problem["detail"]
    assert problem["title"] in ("Bad Request", "Not Found")
    assert where in problem["where"]


def test_a_query_error_has_position_and_hint(client):
    problem = client.get("/api/articles?q=banjir and or rob").json()
    assert problem["position"] == 11
    assert problem["hint"]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_nothing_can_be_written(client, method):
    answer = client.request(method, "/api/articles", content=b"x")
    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]


def test_a_sick_store_is_503_and_says_when_to_come_back(directory):
    from contextlib import contextmanager
    from dataclasses import replace

    from litestar.testing import TestClient

    from kabar.web.app import create_app
    from kabar.web.embedded import StoreView
    from tests.web.samples import context_of

    @contextmanager
    def sick():
        raise DiskFull("no space left", hint="free some")
        yield

    view = StoreView(sick)
    context = replace(context_of(directory), open_index=view.index, letters=view, figures=view.figures)
    with TestClient(create_app(context)) as client:
        answer = client.get("/api/articles")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert answer.json()["hint"] == "free some"
        for path in ("/", "/stories", "/health", "/dead"):
            page = client.get(path)
            assert (page.status_code, "no space left" in page.text) == (503, True)
        assert client.get("/health/live").status_code == 200


def test_a_bug_tells_nothing_of_the_inside(directory):
    from dataclasses import replace

    from litestar.testing import TestClient

    from kabar.web.app import create_app
    from tests.web.samples import context_of

    def broken():
        raise ZeroDivisionError("a secret of the inside")

    context = replace(context_of(directory), open_index=broken)
    with TestClient(create_app(context), raise_server_exceptions=False) as client:
        for path in ("/api/articles", "/"):
            answer = client.get(path)
            assert answer.status_code == 500
            assert "secret" not in answer.text
            assert "this is a bug" in answer.text
            assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_query_that_takes_too_long_is_stopped_and_told(directory, monkeypatch):
    from contextlib import closing, contextmanager
    from dataclasses import replace

    from litestar.testing import TestClient

    from kabar.index.sqlite import reader
    from kabar.runtime.embedded.store import open_reader
    from kabar.web.app import create_app
    from tests.web.samples import context_of

    monkeypatch.setattr(reader, "_STEPS_BETWEEN_CHECKS", 1)

    @contextmanager
    def impatient():
        with closing(open_reader(directory)) as connection:
            yield reader.SqliteReader(connection, time_limit_s=-1.0)

    with TestClient(create_app(replace(context_of(directory), open_index=impatient))) as client:
        answer = client.get("/api/articles")
        assert answer.status_code == 400
        assert "too expensive" in answer.json()["detail"]
        assert "too expensive" in client.get("/?q=banjir").text


# ---------------------------------------------------------------- HEAD, probes, metrics, static files


@pytest.mark.parametrize("path", ["/", "/api/articles", "/api/no", "/health/ready", "/metrics", "/static/kabar.css",
                                  "/schema/openapi.json", f"/articles/{FLOOD}"])  # fmt: skip
def test_head_is_get_without_the_body(client, path):
    got, head = client.get(path), client.head(path)
    assert head.status_code == got.status_code
    assert head.content == b""
    assert head.headers.get("content-length") == got.headers.get("content-length")
    assert head.headers["content-type"] == got.headers["content-type"]


def test_probes_follow_the_health(client, health):
    health.up()
    assert get(client, "/health/live") == {"alive": True}
    assert get(client, "/health/ready") == {"ready": True, "reason": ""}
    health.down("disk full")
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.json()) == (503, {"ready": False, "reason": "disk full"})
    assert client.get("/health/live").status_code == 200
    assert answer.headers["cache-control"] == "no-store"


def test_metrics_are_prometheus_text(client, metrics):
    metrics.documents.set(3)
    answer = client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=1.0.0; charset=utf-8")
    assert answer.headers["content-type"].count("charset") == 1
    assert "kabar_documents 3.0" in answer.text


def test_static_files_are_kept_by_the_name_of_their_content(client):
    page = client.get("/").text
    start = page.index("/static/kabar.css?v=")
    url = page[start : page.index('"', start)]
    named, bare, wrong = client.get(url), client.get("/static/kabar.css"), client.get("/static/kabar.css?v=0")
    assert "immutable" in named.headers["cache-control"]
    assert bare.headers["cache-control"] == wrong.headers["cache-control"] == "no-cache"
    assert named.headers["content-type"] == "text/css; charset=utf-8"
    again = client.get("/static/kabar.css", headers={"If-None-Match": f'W/{bare.headers["etag"]}, "x"'})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    "name", ["nope.css", "..%2fapp.py", "%2e%2e%2fapp.py", "..%2f..%2fsettings.py", "kabar.css%00"]
)
def test_no_other_file_can_be_read(client, name):
    assert client.get(f"/static/{name}").status_code == 404


# ---------------------------------------------------------------- OpenAPI


@pytest.fixture(scope="session")
def described(running):
    return running.get("/schema/openapi.json").json()


def test_the_description_names_every_route_of_the_api_and_no_page(described):
    assert set(described["paths"]) == {
        "/api/articles", "/api/articles/{article_id}", "/api/articles/{article_id}/versions", "/api/stories",
        "/api/stories/{story_id}", "/health/live", "/health/ready", "/metrics",
    }  # fmt: skip


def test_everything_described_has_words(described):
    for path, operations in described["paths"].items():
        for operation in operations.values():
            assert operation["summary"], path
            assert operation["description"], path
            for parameter in operation.get("parameters", []):
                assert parameter["description"], (path, parameter["name"])
    for name, schema in described["components"]["schemas"].items():
        assert schema["description"], name


def test_references_lead_somewhere(described):
    text = json.dumps(described)
    for name in {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}:
        assert name in described["components"]["schemas"]


@pytest.mark.parametrize("path, route", [
    ("/api/articles?q=banjir&snippets=true&facets=source", "/api/articles"),
    (f"/api/articles/{id_of('hostile')}", "/api/articles/{article_id}"),
    (f"/api/articles/{FLOOD}/versions", "/api/articles/{article_id}/versions"),
    ("/api/stories", "/api/stories"),
    (f"/api/stories/{id_of('rob')}", "/api/stories/{story_id}"),
    ("/health/ready", "/health/ready"),
])  # fmt: skip
def test_answers_are_as_described(client, described, path, route):
    content = described["paths"][route]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    schema = {**content, "components": described["components"]}
    jsonschema.Draft202012Validator(schema).validate(get(client, path))


def test_problems_are_as_described(client, described):
    described_as = described["paths"]["/api/articles"]["get"]["responses"]["400"]["content"]
    schema = {**described_as["application/problem+json"]["schema"], "components": described["components"]}
    jsonschema.Draft202012Validator(schema).validate(client.get("/api/articles?q=(").json())


def test_no_viewer_is_served(client):
    for path in ("/schema/swagger", "/schema/redoc", "/schema/elements", "/schema/rapidoc"):
        assert client.get(path).status_code == 404


def test_the_sample_times_are_what_the_tests_say():
    assert T0 % (24 * HOUR) == 0
