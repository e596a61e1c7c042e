"""The same articles in SQLite and in a real Elasticsearch: page and API say the same."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import replace

import pytest
from litestar.testing import TestClient

from kabar.index.document import assemble, version_key
from kabar.index.entry import Entry
from kabar.web.app import create_app
from tests.index.es_index import EsIndex
from tests.stack.fixtures import clear, place_on
from tests.web import samples
from tests.web.samples import id_of

pytestmark = pytest.mark.stack
CURSOR = re.compile(r"cursor=[A-Za-z0-9_%-]+")


@pytest.fixture(scope="module")
def elasticsearch(stack, tmp_path_factory):
    settings = place_on(stack, tmp_path_factory.mktemp("es"))
    made = EsIndex(settings)
    entries = [
        Entry(assemble(m, ingested_at=samples.NOW), m.encode(), version_key(m.header))
        for m in samples.messages()
    ]
    made.write_entries(entries, samples.STORIES)
    yield made
    made.close()
    clear(settings)


@pytest.fixture(scope="module")
def both(directory, elasticsearch):
    @contextmanager
    def index():
        yield elasticsearch.reader

    context = samples.context_of(directory)
    with (
        TestClient(create_app(context)) as sqlite,
        TestClient(create_app(replace(context, open_index=index))) as other,
    ):
        for client in (sqlite, other):
            client.follow_redirects = False
        yield sqlite, other


FACETS = "source,language,person,organization,place,story,keyword,topic"
API = [
    "/api/articles",
    "/api/articles?sort=oldest&size=7",
    "/api/articles?collapse=true&size=5",
    f"/api/articles?facets={FACETS}&snippets=true",
    f"/api/articles?q=banjir%20or%20rob&snippets=true&facets={FACETS}",
    "/api/articles?q=harga%20-naik",
    "/api/articles?q=status:killed",
    "/api/articles?q=date:2026-02-01..2026-02-02%20words:%3E2",
    "/api/articles?q=date:7d",
    "/api/articles?q=a%20or%20b%20and%20c",
    "/api/articles?q=unknown:x",
    "/api/articles?size=1000",
    "/api/articles?cursor=nonsense",
    *(f"/api/articles/{id_of(name)}" for name in ("flood", "copy", "gone", "hostile", "nobody")),
    *(f"/api/articles/{id_of(name)}/versions" for name in ("flood", "copy", "gone", "nobody")),
    "/api/stories",
    "/api/stories?sort=largest&q=banjir",
    "/api/stories?sort=fastest&size=1",
    "/api/stories?open_only=true",
    "/api/stories?q=gempa",
    *(f"/api/stories/{id_of(name)}" for name in ("rob", "merged", "hostile", "nobody")),
]


@pytest.mark.parametrize("path", API)
def test_the_api_says_the_same(both, path):
    sqlite, other = (client.get(path) for client in both)
    assert other.status_code == sqlite.status_code
    expected, found = sqlite.json(), other.json()
    # Where a listing goes on is the engine's own business, whether it goes on is not.
    assert bool(found.pop("next", "")) == bool(expected.pop("next", ""))
    assert found == expected


def test_a_walk_through_all_pages_says_the_same(both):
    def walk(client):
        seen, path = [], "/api/articles?size=6&collapse=true"
        while True:
            page = client.get(path).json()
            seen += [article["article"]["id"] for article in page["articles"]]
            if not page["next"]:
                return seen
            path = f"/api/articles?size=6&collapse=true&cursor={page['next']}"

    sqlite, other = map(walk, both)
    assert other == sqlite
    assert len(sqlite) > 30


@pytest.mark.parametrize("query", ["banjir", "harga naik", "story:*", "rob or gempa"])
def test_the_best_matches_are_the_same_articles(both, query):
    """In an order of the engine's own."""
    found = [
        client.get("/api/articles", params={"q": query, "sort": "relevance", "size": 200}).json()
        for client in both
    ]
    first, second = ({one["article"]["id"] for one in page["articles"]} for page in found)
    assert first == second
    assert found[0]["total"] == found[1]["total"]


PAGES = [
    "/",
    "/?q=banjir",
    "/?q=a%20or%20b%20and%20c",
    "/?source=Pasar%20Kita&sort=oldest",
    "/?collapse=1&from=2026-02-01&to=2026-02-01",
    *(f"/articles/{id_of(name)}" for name in ("flood", "copy", "gone", "hostile", "nobody")),
    *(f"/articles/{id_of(name)}/versions" for name in ("flood", "gone")),
    "/stories",
    "/stories?q=banjir&sort=largest",
    *(f"/stories/{id_of(name)}" for name in ("rob", "merged", "hostile")),
]


@pytest.mark.parametrize("path", PAGES)
def test_the_page_looks_the_same(both, path):
    sqlite, other = (client.get(path) for client in both)
    assert other.status_code == sqlite.status_code
    assert CURSOR.sub("", other.text) == CURSOR.sub("", sqlite.text)
