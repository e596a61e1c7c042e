"""Every page: what it shows, what it must never hold, and the headers it goes out with."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from kabar.web.guard import HEADERS
from tests.web.pages import Page, faults
from tests.web.samples import T0, TAG, id_of

FLOOD, HOSTILE, GONE, COPY = (id_of(name) for name in ("flood", "hostile", "gone", "copy"))
LETTER = id_of("letter")
PAGES = {
    "/": 200,
    "/?q=banjir&collapse=1&sort=relevance": 200,
    "/?q=%28": 400,
    "/?from=yesterday": 400,
    "/?cursor=rubbish": 400,
    "/?q=nothingofthekind": 200,
    "/stories": 200,
    "/stories?q=banjir&sort=largest&open=1": 200,
    "/stories?q=%28": 400,
    f"/stories/{id_of('rob')}": 200,
    f"/stories/{id_of('hostile')}": 200,
    f"/stories/{'0' * 32}": 404,
    f"/articles/{FLOOD}": 200,
    f"/articles/{HOSTILE}": 200,
    f"/articles/{GONE}": 200,
    f"/articles/{'0' * 32}": 404,
    f"/articles/{FLOOD}/versions": 200,
    f"/articles/{HOSTILE}/versions": 200,
    f"/articles/{GONE}/versions": 200,
    f"/articles/{'0' * 32}/versions": 404,
    "/health": 200,
    "/dead": 200,
    "/dead?state=all": 200,
    "/dead?stage=nonsense&reason=%3Cscript%3E": 200,
    f"/dead/{LETTER}": 200,
    "/dead/ffff": 404,
    "/no/such/page": 404,
    "/%3Cscript%3Ewindow.owned=1%3C/script%3E": 404,
}


@pytest.mark.parametrize("path, status", PAGES.items())
def test_each_page_has_its_status_and_nothing_hostile_in_it(client, path, status):
    answer = client.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert faults(answer.text) == []
    assert "<script>window" not in answer.text


@pytest.mark.parametrize("path", [*PAGES, "/api/articles", "/api/articles?q=%28", "/api/no", "/health/ready", "/metrics",
                                  "/static/kabar.css", "/static/no", "/schema/openapi.json"])  # fmt: skip
def test_every_answer_carries_the_guarding_headers(client, path):
    headers = client.get(path).headers
    for name, value in HEADERS:
        assert headers.get_list(name.decode()) == [value.decode()]
    assert "access-control-allow-origin" not in headers
    assert "server" not in headers


def test_the_policy_starts_from_none_and_names_no_other_host(client):
    policy = client.get("/").headers["content-security-policy"]
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    assert "http" not in policy
    assert "frame-ancestors 'none'" in policy


@pytest.mark.parametrize(
    "path", [f"/articles/{HOSTILE}", f"/stories/{id_of('hostile')}", f"/dead/{LETTER}", "/", "/dead"]
)
def test_an_attack_is_shown_as_the_text_it_is(client, path):
    assert TAG in Page(client.get(path).text).text


def test_every_field_of_the_hostile_article_is_shown(client):
    shown = client.get(f"/articles/{HOSTILE}").text
    for field in ("title", "source", "author", "claimed", "dateline source", "place", "outlet", "channel",
                  "credit", "related", "removed", "person", "organization", "gazetteer", "role", "quote", "speaker",
                  "keyword", "topic", "note"):  # fmt: skip
        assert f"{field} &lt;script&gt;" in shown, field


def test_a_template_in_a_text_is_not_run(client):
    assert "{{7*7}}" in Page(client.get(f"/articles/{HOSTILE}").text).text


def test_addresses_that_run_or_hide_are_text(client):
    page = Page(client.get(f"/articles/{HOSTILE}").text)
    assert "javascript:window.owned=1" in page.text
    assert [one for one in page.hrefs() if one.startswith("http")] == ["https://good.example/a"]


def test_a_foreign_language_code_never_reaches_an_attribute_unchecked(client):
    page = Page(client.get(f"/articles/{HOSTILE}").text)
    assert {a["lang"] for _, a in page.elements if "lang" in a} == {"en", ""}


def test_direction_overrides_stand_isolated_or_are_dropped(client):
    html = client.get(f"/articles/{HOSTILE}").text
    title = html[html.index("<title>") : html.index("</title>")]
    assert "\u202e" not in title
    assert "\u202e" in html


# ---------------------------------------------------------------- search


def test_the_search_page_counts_lists_and_offers_facets(client):
    page = Page(client.get("/").text)
    assert "34 articles" in page.text
    assert "Sources" in page.text
    assert "Pasar Kita" in page.text
    assert page.all("svg", role="img")
    assert any("articles from" in text for text in page.texts)


def test_words_found_are_marked(client):
    html = client.get("/?q=banjir").text
    assert "<mark>Banjir</mark>" in html


def test_a_facet_link_narrows_and_a_chip_widens_again(client):
    page = Page(client.get("/?q=banjir or rob").text)
    link = next(href for href in page.hrefs() if "person=Bayu" in href)
    assert parse_qs(urlsplit(link).query)["q"] == ["banjir or rob"]
    narrowed = Page(client.get(link).text)
    assert "1 article" in narrowed.text
    assert "/?q=banjir+or+rob" in narrowed.hrefs()
    assert narrowed.all("input", type="hidden", name="person", value="Bayu Segara")


def test_a_facet_value_with_quotes_still_narrows(client):
    page = Page(client.get("/").text)
    link = next(href for href in page.hrefs() if "keyword=keyword" in href)
    assert "1 article" in Page(client.get(link).text).text


def test_days_are_inclusive(client):
    assert "1 article" in Page(client.get("/?from=2026-02-02&to=2026-02-02").text).text
    assert "Gempa kecil" in client.get("/?from=2026-02-02").text


def test_copies_are_collapsed_on_request(client):
    both = Page(client.get("/?q=merendam").text)
    once = Page(client.get("/?q=merendam&collapse=1").text)
    assert "2 articles" in both.text
    assert "+1 copy" in once.text
    assert len(once.all("article")) == 1
    group = next(href for href in once.hrefs() if "copy_of" in href)
    assert "2 articles" in Page(client.get(group).text).text


def test_pages_follow_each_other_without_loss_or_repeat(client):
    seen, path = [], "/?q=cabai"
    while path:
        page = Page(client.get(path).text)
        seen += [href for href in page.hrefs() if href.startswith("/articles/")]
        path = next((a["href"] for a in page.all("a", rel="next")), "")
    assert len(seen) == len(set(seen)) == 30


def test_a_mistake_is_pointed_at_and_the_words_stay(client):
    html = client.get("/?q=banjir and or rob").text
    assert 'value="banjir and or rob"' in html
    assert "banjir and <mark>o</mark>r rob" in html
    assert 'role="alert"' in html
    assert 'aria-invalid="true"' in html


def test_a_mistake_at_the_end_has_a_place_as_well(client):
    assert "<mark>␣</mark>" in client.get("/?q=banjir and").text


def test_a_day_that_is_none_is_no_way_into_the_query(client):
    answer = client.get("/?from=2026-01-01 or status:killed")
    assert answer.status_code == 400
    assert "is not a day" in answer.text


def test_an_empty_index_says_how_to_fill_it(tmp_path):
    from litestar.testing import TestClient

    from kabar.runtime.embedded.store import open_writer
    from kabar.web.app import create_app
    from tests.web.samples import context_of

    open_writer(tmp_path).close()
    with TestClient(create_app(context_of(tmp_path))) as fresh:
        html = fresh.get("/").text
        assert "kabar ingest" in html
        assert faults(html) == []
        assert fresh.get("/stories").status_code == fresh.get("/health").status_code == 200


# ---------------------------------------------------------------- article


def test_an_article_shows_what_was_found(client):
    page = Page(client.get(f"/articles/{FLOOD}").text)
    for text in ("Dateline KARANG · WARTA", "by Sari Melati", "version 2, update", "-6.21, 106.85", "Ketua RT",
                 "negative (-0.40)", "a weak signal", "31 Januari 2026", "Bencana", "banjir rob"):  # fmt: skip
        assert text in page.text
    assert page.all("mark", **{"class": "person"})[1]["title"] == "person: Bayu Segara"
    assert {"lang": "id", "dir": "auto", "class": "text"} in page.all("div")
    assert page.all("time", datetime="2026-01-31T23:00:00.000Z")


def test_an_article_says_what_was_removed_and_why(client):
    page = Page(client.get(f"/articles/{FLOOD}").text)
    assert "kept as related article: Nelayan tidak melaut" in page.text
    assert "related.cue_colon" in page.text
    assert 'opens with "Baca juga:"' in page.text
    assert len(page.all("del")) == 2


def test_a_copy_names_its_original_and_the_differences(client):
    page = Page(client.get(f"/articles/{COPY}").text)
    assert "93 % alike" in page.text
    assert "number: 120 -> 15" in page.text
    assert f"/articles/{FLOOD}" in page.hrefs()


def test_an_original_lists_its_copies(client):
    assert f"/articles/{COPY}" in Page(client.get(f"/articles/{FLOOD}").text).hrefs()


def test_a_killed_article_says_so_and_keeps_no_text(client):
    html = client.get(f"/articles/{GONE}").text
    assert "withdrew this article" in html
    assert "Berita ini salah" not in html


def test_versions_show_words_that_came_and_went(client):
    html = client.get(f"/articles/{FLOOD}/versions").text
    assert "<del> 120</del><ins> 150</ins>" in html
    assert "hanyut" in html
    assert "Version 1 → 2" in Page(html).text


def test_one_version_has_nothing_to_compare(client):
    assert "nothing to compare" in client.get(f"/articles/{COPY}/versions").text


@pytest.mark.parametrize("upto", ["1", "2", "999", "-1", "x", "٣", "9" * 50])
def test_an_odd_place_in_the_versions_is_no_failure(client, upto):
    assert client.get(f"/articles/{FLOOD}/versions?upto={upto}").status_code == 200


# ---------------------------------------------------------------- stories


def test_a_story_lists_articles_by_day_and_sources(client):
    page = Page(client.get(f"/stories/{id_of('rob')}").text)
    assert "Banjir rob" in page.text
    assert page.all("time", datetime="2026-02-02")
    assert {f"/articles/{FLOOD}", f"/articles/{COPY}", f"/articles/{id_of('late')}"} <= set(page.hrefs())
    assert "/?source=Kabar+Laut" in page.hrefs()


def test_a_merged_story_sends_on(client):
    answer = client.get(f"/stories/{id_of('merged')}")
    assert answer.status_code == 301
    assert answer.headers["location"] == f"/stories/{id_of('rob')}"


def test_merged_stories_are_not_listed(client):
    page = Page(client.get("/stories?sort=fastest").text)
    assert "2 stories" in page.text
    assert "3 in the last hour" in page.text


# ---------------------------------------------------------------- operations


def test_health_shows_the_account(client):
    page = Page(client.get("/health").text)
    for text in ("Processing.", "indexed – 37", "dropped empty 4", "waiting since 2026-02-01 00:00 2",
                 "accepted balances 44", "clean crashed 1", "Articles 35"):  # fmt: skip
        assert text in page.text
    assert "not accounted for" not in page.text


def test_health_says_why_not(client, health):
    health.down("disk full <script>window.owned=1</script>")
    html = client.get("/health").text
    assert "Not processing:" in html
    assert faults(html) == []
    assert "<script>window" not in html


def test_dead_letters_filter_by_closed_sets(client):
    assert LETTER in client.get("/dead?stage=clean&reason=crashed").text
    assert LETTER not in client.get("/dead?stage=index").text
    assert id_of("old") in client.get("/dead?state=replayed").text
    assert id_of("old") not in client.get("/dead").text


def test_a_dead_letter_shows_the_beginning_of_its_original(client):
    page = Page(client.get(f"/dead/{LETTER[:12]}").text)
    assert "original <script>" in page.text
    assert "About 16" in page.text
    assert f"kabar dead replay {LETTER[:12]}" in page.text


def test_the_page_in_use_is_marked(client):
    for path, label in (("/", "/"), ("/stories", "/stories"), ("/health", "/health"), ("/dead", "/dead")):
        marked = [a["href"] for a in Page(client.get(path).text).all("a") if a.get("aria-current") == "page"]
        assert marked == [label]


def test_times_are_machine_readable(client):
    page = Page(client.get("/").text)
    stamps = [a["datetime"] for a in page.all("time")]
    assert stamps
    assert all(stamp.endswith("Z") for stamp in stamps)
    assert T0
