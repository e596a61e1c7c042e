from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kabar.clean.page.jsonld import LinkedArticle, read

FULL = {
    "@context": "https://schema.org",
    "@type": "NewsArticle",
    "headline": "Panen Raya Tiba &amp; Harga Turun",
    "articleBody": "<p>Paragraf satu.</p><p>Paragraf&nbsp;dua.</p>",
    "description": "Ringkasan",
    "author": [{"@type": "Person", "name": "Budi Hartono"}, {"@type": "Person", "name": "Sari Dewi"}],
    "datePublished": "2026-03-01T10:00:00+07:00",
    "dateModified": "2026-03-01T11:00:00+07:00",
    "image": {"@type": "ImageObject", "url": "https://example.com/a.jpg"},
    "inLanguage": "id-ID",
    "publisher": {"@type": "Organization", "name": "Kabar Nusa"},
    "mainEntityOfPage": {"@id": "https://example.com/panen"},
}


def one(data: object, **page: str) -> LinkedArticle | None:
    return read([data if isinstance(data, str) else json.dumps(data)], **page)


def test_everything_that_is_said():
    assert one(FULL) == LinkedArticle(
        headline="Panen Raya Tiba & Harga Turun",
        body="Paragraf satu.\nParagraf dua.",
        description="Ringkasan",
        authors=("Budi Hartono", "Sari Dewi"),
        published="2026-03-01T10:00:00+07:00",
        modified="2026-03-01T11:00:00+07:00",
        image="https://example.com/a.jpg",
        language="id-ID",
        publisher="Kabar Nusa",
        url="https://example.com/panen",
    )


@pytest.mark.parametrize(
    "author, names",
    [
        ("Budi", ("Budi",)),
        (["Budi", "Sari", "Budi"], ("Budi", "Sari")),
        ({"name": ["Budi", "Sari"]}, ("Budi", "Sari")),
        ({"@type": "Person"}, ()),
        ("https://example.com/budi", ()),
        (None, ()),
        (7, ()),
    ],
)
def test_authors_are_written_in_many_ways(author, names):
    assert one({**FULL, "author": author}).authors == names


@pytest.mark.parametrize(
    "image, address",
    [
        ("a.jpg", "a.jpg"),
        (["a.jpg", "b.jpg"], "a.jpg"),
        ([{"url": "a.jpg"}], "a.jpg"),
        ({"url": ["a.jpg"]}, "a.jpg"),
        ({"@id": "a.jpg"}, "a.jpg"),
        ([], ""),
        (5, ""),
    ],
)
def test_images_are_written_in_many_ways(image, address):
    assert one({**FULL, "image": image}).image == address


@pytest.mark.parametrize(
    "kind",
    [
        "NewsArticle",
        "ReportageNewsArticle",
        "BlogPosting",
        ["Thing", "Article"],
        "https://schema.org/NewsArticle",
    ],
)
def test_kinds_of_articles(kind):
    assert one({**FULL, "@type": kind}) is not None


@pytest.mark.parametrize("kind", ["WebSite", "Organization", "VideoObject", "Product", None, 3, []])
def test_other_things_are_no_articles(kind):
    assert one({**FULL, "@type": kind}) is None


def test_an_article_inside_a_graph_or_a_list():
    assert one({"@graph": [{"@type": "WebSite"}, FULL]}).headline.startswith("Panen")
    assert one([[{"@type": "WebPage", "mainEntity": FULL}]]).headline.startswith("Panen")


def test_a_list_of_other_articles_is_not_entered():
    assert one({"@type": "ItemList", "itemListElement": [{"@type": "ListItem", "item": FULL}]}) is None


def test_of_several_articles_the_one_of_the_page_is_taken():
    other = {**FULL, "headline": "Berita Lain", "mainEntityOfPage": "https://example.com/lain"}
    assert one([other, FULL], title="Panen Raya Tiba & Harga Turun - Kabar Nusa").headline.startswith("Panen")
    assert one([other, FULL], url="https://example.com/panen/").headline.startswith("Panen")
    assert one([other, FULL]).headline == "Berita Lain"


def test_of_several_the_fullest_where_nothing_else_tells():
    assert one([{"@type": "NewsArticle", "headline": "Sama"}, {**FULL, "headline": "Sama"}]).body


def test_updates_of_a_live_blog_are_its_body():
    updates = [
        {"@type": "BlogPosting", "headline": "10.00", "articleBody": "Mulai."},
        {"articleBody": "Selesai."},
        "x",
    ]
    article = one(
        {"@type": "LiveBlogPosting", "headline": "Langsung", "liveBlogUpdate": updates}, title="Langsung"
    )
    assert article.body == "10.00\nMulai.\nSelesai."


@pytest.mark.parametrize("wrap", ["<!--{}-->", "//<![CDATA[\n{}\n//]]>", "<![CDATA[{}]]>", "{};", "\n\t{}\n"])
def test_wrappings_of_old_pages(wrap):
    assert one(wrap.replace("{}", json.dumps(FULL))) is not None


def test_raw_line_breaks_inside_strings_are_forgiven():
    assert one('{"@type": "NewsArticle", "articleBody": "satu\ndua"}').body == "satu\ndua"


@pytest.mark.parametrize(
    "script",
    [
        "",
        "null",
        "{",
        '{"@type": "NewsArticle",}',
        "[" * 100_000,
        '{"a":' * 50_000,
        "x" * 3_000_000,
        "NaN",
        '"text"',
    ],
)
def test_broken_scripts_are_skipped(script):
    assert read([script]) is None
    assert read([script, json.dumps(FULL)]).headline.startswith("Panen")


def test_a_deep_or_wide_description_is_not_followed_for_ever():
    deep: object = FULL
    for _ in range(100):
        deep = {"x": deep}
    assert one(deep) is None
    assert one([{"@type": "Thing"}] * 20_000) is None


def test_escaped_twice():
    assert one({**FULL, "articleBody": "Budi &amp;amp; Ani"}).body == "Budi & Ani"


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["@type", "author", "image", "name", "articleBody", "publisher", "x"]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@settings(deadline=None)
@given(_JSON)
def test_any_json_is_read(data):
    article = one(
        {
            **FULL,
            "author": data,
            "image": data,
            "articleBody": data,
            "publisher": data,
            "liveBlogUpdate": data,
        }
    )
    assert all(isinstance(value, str | tuple) for value in article)
