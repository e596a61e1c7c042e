"""The pure helpers: spans, diffs, bars, links, addresses."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kabar.contracts.sections import Entity, Quote, Span
from kabar.errors import QueryError
from kabar.index.api import Mark
from kabar.query.parser import parse
from kabar.web import views
from kabar.web.diffs import MAX_WORDS, word_diff
from kabar.web.guard import is_loopback
from kabar.web.links import language_tag, plain, safe_href
from kabar.web.marking import MAX_CHARS, Layer, highlighted, paragraphs, struck
from kabar.web.pages.forms import MAX_FILTERS, SearchForm, condition, search_url
from kabar.web.timeline import DAY_MS, HEIGHT, HOUR_MS, MAX_BARS, WIDTH, timeline, wants_hours
from tests.web.samples import NOW

# ---------------------------------------------------------------- links


@pytest.mark.parametrize("url", ["https://a.example/x?y=1#z", "http://a.example", "http://a.example:8080/ä"])
def test_web_addresses_are_links(url):
    assert safe_href(url) == url


@pytest.mark.parametrize("url", [
    "", "javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\nscript:alert(1)", "\x01javascript:alert(1)", " https://a.example",
    "data:text/html,x", "vbscript:x", "file:///etc/passwd", "//a.example/x", "/local", "https:/a", "https://", "http://[",
    "https://a.example/\u202egnp", "https://a.example/a b", "ftp://a.example", "mailto:a@b.example", "http://\ud800",
])  # fmt: skip
def test_other_addresses_are_none(url):
    assert safe_href(url) == ""


@pytest.mark.parametrize(
    "code, tag",
    [("id", "id"), ("en-GB", "en-GB"), ("zlm", "zlm"), ("", ""), ('"><x', ""), ("i d", ""), ("x" * 16, "")],
)
def test_only_language_codes_are_language_codes(code, tag):
    assert language_tag(code) == tag


@pytest.mark.parametrize("text, shown", [
    ("a\u202eb\u2066c\x00d\x1be", "abcde"), ("a\n\t b", "a b"), ("", ""), ("é 日本", "é 日本"), ("x" * 400, "x" * 300 + "…"),
])  # fmt: skip
def test_plain_text_has_no_control_over_its_surroundings(text, shown):
    assert plain(text) == shown


def test_plain_text_is_cheap_on_monsters():
    assert len(plain("\u202e" * 20_000_000 + "x")) == 0


# ---------------------------------------------------------------- spans

spans = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 60), st.sampled_from("abc")), max_size=12)


@given(spans, st.integers(0, 30), st.integers(0, 50))
def test_a_cut_is_gapless_whatever_the_spans(found, start, end):
    pieces = list(Layer(found).cut(start, end))
    assert "".join(str([*range(a, b)]) for a, b, _ in pieces) or start >= end
    covered = [at for a, b, _ in pieces for at in range(a, b)]
    assert covered == list(range(start, end))


@given(st.text(max_size=60), st.lists(st.tuples(st.integers(0, 70), st.integers(0, 70)), max_size=8))
def test_nothing_of_a_text_is_lost_or_doubled(text, places):
    marks = [Mark(a, b) for a, b in places]
    assert "".join(piece for piece, _ in highlighted(text, marks)) == text
    entities = [Entity(text="x", name="x", type="person", count=1, spans=[Span(a, b) for a, b in places])]
    quotes = [Quote(text="x", start=b, end=a + b) for a, b in places]
    runs = [
        [piece.text for run in line for piece in run.pieces] for line in paragraphs(text, entities, quotes)
    ]
    assert ["".join(line) for line in runs] == [line for line in text.split("\n") if line.strip()]


def test_names_inside_a_quote_are_marked_in_it():
    text = "Kata ia: Bayu pergi ke Jakarta"
    entities = [
        Entity(text="Bayu", name="Bayu S", type="person", count=1, spans=[Span(9, 13)]),
        Entity(text="Jakarta", name="Jakarta", type="place", count=1, spans=[Span(23, 30)]),
    ]
    ((before, said, after),) = paragraphs(text, entities, [Quote(text="Bayu pergi", start=9, end=19)])
    assert (before.quote, after.quote) == (None, None)
    assert [(p.text, p.entity and p.entity.name) for p in said.pieces] == [
        ("Bayu", "Bayu S"),
        (" pergi", None),
    ]
    assert after.pieces[-1].entity.type == "place"


def test_a_name_that_crosses_the_end_of_a_quote_is_cut_there():
    entities = [Entity(text="bc", name="bc", type="person", count=1, spans=[Span(1, 3)])]
    (line,) = paragraphs("abcd", entities, [Quote(text="ab", start=0, end=2)])
    assert [[p.text for p in run.pieces] for run in line] == [["a", "b"], ["c", "d"]]


def test_a_monster_is_shown_up_to_its_limit():
    shown = paragraphs("x" * (MAX_CHARS + 5), [], [])
    assert len(shown[0][0].pieces[0].text) == MAX_CHARS
    assert len(paragraphs("\n" * 1_000_000, [], [])) == 0


def test_received_text_shows_what_was_taken_out():
    assert struck("abcdef", [(1, 3), (2, 5), (99, 100)], 4) == [("a", False), ("bc", True), ("d", False)]


# ---------------------------------------------------------------- diffs


def shown(before, after):
    return [(change.kind, change.text) for change in word_diff(before, after)]


@pytest.mark.parametrize("before, after, changes", [
    ("", "", []),
    ("a b", "a b", [("same", "a b")]),
    ("", "a b", [("added", "a b")]),
    ("a b", "", [("removed", "a b")]),
    ("naik 120 rumah", "naik 150 rumah", [("same", "naik"), ("removed", " 120"), ("added", " 150"), ("same", " rumah")]),
    ("di Karang", "di Karang, kemarin", [("same", "di Karang"), ("added", ", kemarin")]),
    ("a\nb", "a b", [("same", "a"), ("removed", "\nb"), ("added", " b")]),
])  # fmt: skip
def test_words_that_came_and_went(before, after, changes):
    assert shown(before, after) == changes


@given(st.text("ab ,\n", max_size=40), st.text("ab ,\n", max_size=40))
def test_both_texts_can_be_read_off_a_diff(before, after):
    changes = word_diff(before, after)
    assert "".join(c.text for c in changes if c.kind in ("same", "removed")) == before
    assert "".join(c.text for c in changes if c.kind in ("same", "added")) == after


def test_long_stretches_without_change_are_left_out_and_counted():
    text = " ".join(f"w{n}" for n in range(2_000))
    changes = word_diff(f"{text} satu {text}", f"{text} dua {text}")
    assert [c.kind for c in changes] == ["skipped", "same", "removed", "added", "same", "skipped"]
    assert "words the same" in changes[0].text


def test_texts_too_different_are_one_replacement():
    words = random.Random(1).sample(range(100_000), 4 * MAX_WORDS)
    before, after = " ".join(map(str, words[: 2 * MAX_WORDS])), " ".join(map(str, words[2 * MAX_WORDS :]))
    assert [kind for kind, _ in shown(before, after)] == ["removed", "added"]


def test_a_monster_is_cut_and_says_so():
    changes = word_diff("", "x" * 10_000_000)
    assert sum(len(c.text) for c in changes) < 100_000
    assert changes[-1].kind == "skipped"


@pytest.mark.parametrize("before, after", [
    (" " * 500_000, "\n" * 500_000), ("a " * 500_000, "b " * 500_000), ("a b " * 700, "b a " * 700),
    (" ".join(str(n) for n in range(1_400)), " ".join(str(n ^ 1) for n in range(1_400))),
])  # fmt: skip
def test_hostile_texts_end(before, after):
    assert word_diff(before, after)


# ---------------------------------------------------------------- timeline


def test_nothing_has_no_bars():
    assert timeline([], "day") is None
    assert not wants_hours([])


@pytest.mark.parametrize("days, hours", [(1, True), (4, True), (5, False), (400, False)])
def test_few_days_are_drawn_by_the_hour(days, hours):
    assert wants_hours([(n * DAY_MS, 1) for n in range(days)]) is hours


@given(
    st.lists(st.tuples(st.integers(-30, 5_000), st.integers(1, 10**6)), min_size=1, unique_by=lambda b: b[0])
)
def test_bars_hold_every_article_and_fit_the_drawing(buckets):
    found = timeline(sorted((day * DAY_MS, count) for day, count in buckets), "day")
    assert found.total == sum(count for _, count in buckets) == sum(bar.articles for bar in found.bars)
    assert len(found.bars) <= MAX_BARS
    assert found.step_ms % DAY_MS == 0
    for bar in found.bars:
        assert bar.x >= 0
        assert bar.x + bar.width <= WIDTH + 0.1
        assert bar.y >= 0
        assert 2 <= bar.height <= HEIGHT
    assert [bar.start for bar in found.bars] == sorted({bar.start for bar in found.bars})


def test_the_step_is_the_finest_that_fits():
    assert timeline([(0, 1), (95 * HOUR_MS, 1)], "hour").step_name == "hour"
    assert timeline([(0, 1), (96 * HOUR_MS, 1)], "hour").step_name == "3 hours"
    assert timeline([(0, 1), (95 * DAY_MS, 1)], "day").step_name == "day"
    assert timeline([(0, 1), (96 * DAY_MS, 1)], "day").step_name == "2 days"


def test_bars_are_named_by_their_time():
    hours = timeline([(0, 1)], "hour").bars[0]
    assert (hours.label, hours.first_day, hours.last_day) == ("1970-01-01 00:00", "1970-01-01", "1970-01-01")
    weeks = timeline([(0, 1), (400 * DAY_MS, 1)], "day").bars
    assert [bar.label for bar in weeks] == ["1969-12-27 to 1970-01-02", "1971-01-30 to 1971-02-05"]


# ---------------------------------------------------------------- forms


class Given(dict):
    """A query string."""

    def getall(self, key, default):
        return self.get(key, default)


def form(**given):
    return SearchForm.read(Given(given))


def test_words_and_filters_become_one_query():
    made = SearchForm(
        q="a or b", filters=(("person", 'Ani "Lestari"'),), since="2026-01-01", until="2026-01-31"
    )
    query = made.query(NOW)
    assert query == '(a or b) person:="Ani  Lestari " date:>=2026-01-01 date:<=2026-01-31'
    parse(query, NOW)


@pytest.mark.parametrize("q", ["a b", "not a", "-a", "a and b", "(a or b) c", "*", "", "date:7d"])
def test_other_queries_need_no_parentheses(q):
    made = SearchForm(q=q, filters=(("source", "X"),)).query(NOW)
    assert "((" not in made
    parse(made, NOW)


def test_mistakes_point_into_the_words_as_typed():
    with pytest.raises(QueryError) as error:
        SearchForm(q="a and or b", filters=(("source", "X"),)).query(NOW)
    assert error.value.position == 6


@pytest.mark.parametrize("day", ["2026-13-01", "2026-1-1", "7d", "2026-01-01 or x", "x"])
def test_days_are_days(day):
    with pytest.raises(QueryError):
        parse(SearchForm(since=day).query(NOW), NOW)


def test_what_no_form_sends_is_ignored():
    made = form(sort="best", collapse="perhaps", colour=["red"], person=["", "  "])
    assert made == SearchForm()


def test_filters_are_bounded():
    made = form(person=[f"p{n}" for n in range(100)], source=["x" * 999])
    assert len(made.filters) == MAX_FILTERS
    assert len(made.filters[0][1]) == 200


def test_an_address_reads_back_as_its_form():
    from urllib.parse import parse_qsl, urlsplit

    made = SearchForm(
        q='a & "b"',
        filters=(("person", "Ani & Budi"), ("source", "Ü#")),
        since="2026-01-01",
        sort="oldest",
        collapse=True,
    )
    pairs = parse_qsl(urlsplit(made.url()).query)
    back = Given({name: value for name, value in pairs if name not in ("person", "source")})
    back.update(person=["Ani & Budi"], source=["Ü#"])
    assert {**dict(SearchForm.read(back).filters)} == dict(made.filters)
    assert SearchForm.read(back).q == made.q
    assert ("person", "Ani & Budi") in pairs


@pytest.mark.parametrize("value", ["…", '"', "", "   ", "x" * 201])
def test_what_cannot_be_asked_for_is_no_link(value):
    assert search_url("person", value) == ""


def test_quotes_are_no_way_out_of_a_value():
    assert condition("person", 'x" or status:"killed') == 'person:="x  or status: killed"'


# ---------------------------------------------------------------- views, guard


@pytest.mark.parametrize(
    "number, shown",
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1_000, "1.0 kB"),
        (69_255_168, "69.3 MB"),
        (5 * 10**15, "5000.0 TB"),
    ],
)
def test_sizes_for_people(number, shown):
    assert views.size(number) == shown


def test_a_missing_template_stops_the_program(monkeypatch):
    from jinja2 import TemplateNotFound

    from kabar.web import assets

    monkeypatch.setattr(views, "TEMPLATES", (*views.TEMPLATES, "nowhere.html"))
    with pytest.raises(TemplateNotFound):
        views.Views(assets.load())


def test_every_template_is_declared():
    from importlib import resources

    found = {one.name for one in (resources.files("kabar.web") / "templates").iterdir()}
    assert found == set(views.TEMPLATES)


def test_no_template_switches_escaping_off():
    from importlib import resources

    for one in (resources.files("kabar.web") / "templates").iterdir():
        text = one.read_text()
        assert "|safe" not in text.replace(" ", ""), one.name
        assert "autoescape" not in text, one.name
        assert "style=" not in text, one.name


def test_the_style_sheet_asks_no_other_host():
    from kabar.web import assets

    sheet = assets.load()["kabar.css"].content.decode()
    assert "url(" not in sheet
    assert "@import" not in sheet


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LOCALHOST:80",
        "127.0.0.1",
        "127.0.0.1:8080",
        "127.9.9.9",
        "[::1]",
        "[::1]:8080",
        "::1",
        "a.localhost:1",
    ],
)
def test_names_of_this_machine(host):
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "10.0.0.1",
        "0.0.0.0",
        "[::2]",
        "[",
        "x]:1",
        "127.0.0.1:80:80",
    ],
)
def test_other_names(host):
    assert not is_loopback(host)
