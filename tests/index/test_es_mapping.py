"""Names, the table of fields, the templates made from it, and that documents fit: no server needed."""

from __future__ import annotations

import base64
import json
import zlib
from typing import get_args

import msgspec
import pytest
from index_samples import DAY, HOUR, T0, entry, id_of, kill, message, rich, story
from msgspec import Struct, inspect

from kabar.contracts.document import Document
from kabar.contracts.story import Story
from kabar.errors import ConfigError
from kabar.index.elasticsearch.documents import (
    article_action,
    pruner,
    search_fields,
    story_action,
    version_action,
    version_id,
)
from kabar.index.elasticsearch.mapping import IGNORE_ABOVE, KEYWORD, OBJECTS, TABLE, fields_in, mappings
from kabar.index.elasticsearch.names import FAMILIES, INDEX_SCHEMA, Family, IndexNames
from kabar.index.elasticsearch.templates import ANALYZERS, MAX_FIELDS, components, index_templates
from kabar.query.fields import VALUE_FIELDS, WORD_FIELDS
from kabar.settings import load

TEST_SERVER_TYPES = {
    "binary", "boolean", "date", "double", "float", "geo_point", "integer", "keyword", "long", "object", "text",
}  # fmt: skip


def settings(**values):
    return load({f"KABAR_{name.upper()}": str(value) for name, value in values.items()})


# ---------------------------------------------------------------- names


def test_names_under_a_prefix():
    names = IndexNames("desk-")
    assert names.alias("articles") == "desk-articles"
    assert names.articles(1, T0) == "desk-articles-v1-2026.02"
    assert names.versions(2, T0) == "desk-versions-v2-2026.02"
    assert names.stories(3) == "desk-stories-v3"


@pytest.mark.parametrize(
    "ms, month",
    [
        (0, "1970.01"),
        (T0 - 1, "2026.01"),
        (T0, "2026.02"),
        (T0 + 28 * DAY - 1, "2026.02"),
        (T0 + 28 * DAY, "2026.03"),
    ],
)
def test_the_month_is_that_of_utc(ms, month):
    assert IndexNames().articles(1, ms) == f"articles-v1-{month}"


@pytest.mark.parametrize(
    "index, number",
    [
        ("desk-articles-v1-2026.02", 1),
        ("desk-versions-v12-2026.02", 12),
        ("desk-stories-v7", 7),
        ("articles-v1-2026.02", None),
        ("desk-articles-v1", None),
        ("desk-stories-v1-2026.02", None),
        ("desk-articles-vx-2026.02", None),
        ("desk-articles-v1-2026.02-old", None),
        ("deskxarticles-v1-2026.02", None),
    ],
)
def test_the_schema_number_of_an_index(index, number):
    assert IndexNames("desk-").schema_of(index) == number


def test_a_dot_in_a_prefix_is_a_dot():
    assert IndexNames("a.b-").schema_of("axb-stories-v1") is None


def test_the_newest_schema_counts_and_foreign_indices_do_not():
    names = IndexNames("x-")
    assert names.newest_schema([]) == INDEX_SCHEMA
    assert names.newest_schema(["x-articles-v2-2026.02", "x-stories-v1", "x-articles-v99"]) == 2


@pytest.mark.parametrize("family", FAMILIES)
def test_a_pattern_matches_its_own_schema_only(family):
    import fnmatch

    names = IndexNames("x-")
    makes = {"articles": lambda n: names.articles(n, T0), "versions": lambda n: names.versions(n, T0)}
    make = makes.get(family, names.stories)
    assert fnmatch.fnmatchcase(make(1), names.pattern(family, 1))
    assert not fnmatch.fnmatchcase(make(12), names.pattern(family, 1))
    assert not fnmatch.fnmatchcase(make(1), names.pattern(family, 12))


# ---------------------------------------------------------------- the table


def leaves(struct: type[Struct], prefix: str = ""):
    """Paths of all fields of a struct: into objects, not into arrays of them."""
    for field in inspect.type_info(struct).fields:
        kinds = field.type.types if isinstance(field.type, inspect.UnionType) else [field.type]
        inner = next((kind for kind in kinds if isinstance(kind, inspect.StructType)), None)
        path = f"{prefix}{field.encode_name}"
        if inner is None:
            yield path
        else:
            yield from leaves(inner.cls, f"{path}.")


def test_every_field_of_the_document_has_a_row_and_no_row_is_without_one():
    rows = {path for path in TABLE["articles"] if not path.startswith("search.")}
    assert rows == set(leaves(Document))


def test_every_field_of_a_story_has_a_row():
    assert set(TABLE["stories"]) == set(leaves(Story))


def test_every_field_of_the_query_language_has_a_row():
    rows = {path.removeprefix("search.") for path in TABLE["articles"] if path.startswith("search.")}
    assert rows == {*WORD_FIELDS, *VALUE_FIELDS, "copy_group", "version_key"}


@pytest.mark.parametrize("family", FAMILIES)
def test_only_types_that_the_smallest_elasticsearch_has(family):
    assert {definition["type"] for definition in TABLE[family].values()} <= TEST_SERVER_TYPES


@pytest.mark.parametrize("family", FAMILIES)
def test_a_keyword_that_is_indexed_has_a_bound(family):
    """Lucene refuses the whole document for one term of 32,766 bytes."""
    for path, definition in TABLE[family].items():
        if definition["type"] == "keyword" and definition.get("index", True):
            assert definition["ignore_above"] == IGNORE_ABOVE, path
    assert IGNORE_ABOVE * 3 < 32_766, "a UTF-16 unit is at most three bytes of UTF-8"


@pytest.mark.parametrize("family", FAMILIES)
def test_the_mapping_says_what_the_table_says(family):
    made = mappings(family)
    assert fields_in(made) == dict(TABLE[family])
    assert made["dynamic"] == "false"
    assert mappings(family, dynamic="strict")["dynamic"] == "strict"


def test_the_words_of_the_query_language_are_not_kept_twice():
    assert mappings("articles")["_source"] == {"excludes": ["search"]}


@pytest.mark.parametrize(
    "path", ["entities", "places", "quotes", "keywords", "attributions", "related", "removed"]
)
def test_arrays_of_objects_are_kept_and_not_indexed(path):
    assert TABLE["articles"][path] == OBJECTS


def test_families_are_those_of_the_type():
    assert get_args(Family) == FAMILIES


# ---------------------------------------------------------------- templates


def test_each_index_template_is_made_of_components_that_exist():
    given = settings(index_prefix="x-")
    parts = components(given)
    for body in index_templates(given, 1).values():
        assert set(body["composed_of"]) <= set(parts)
    assert all(name.startswith("x-") for name in [*parts, *index_templates(given, 1)])


def test_indices_are_found_under_the_alias_unless_they_are_being_filled():
    given = settings(index_prefix="x-")
    assert index_templates(given, 1)["x-kabar-articles-v1"]["template"] == {"aliases": {"x-articles": {}}}
    assert all(body["template"] == {} for body in index_templates(given, 2, aliased=False).values())


def test_settings_become_settings_of_the_index():
    made = components(settings(index_replicas=2, index_refresh_seconds=0.25))["kabar-settings"]
    index = made["template"]["settings"]["index"]
    assert (index["number_of_replicas"], index["refresh_interval"]) == (2, "250ms")
    assert index["mapping"]["total_fields"]["limit"] == MAX_FIELDS > 2 * len(TABLE["articles"])


def test_the_shipped_analyzers_are_the_languages():
    made = components(settings())["kabar-articles"]["template"]["settings"]["index"]["analysis"]["analyzer"]
    assert {name: analyzer["type"] for name, analyzer in made.items()} == {
        "text_standard": "standard", "text_id": "indonesian", "text_en": "english",
    }  # fmt: skip


def test_the_analyzers_can_be_replaced(tmp_path):
    own = {name: {"type": "custom", "tokenizer": "standard", "filter": ["x"]} for name in ANALYZERS}
    body = {"template": {"settings": {"analysis": {"analyzer": own, "filter": {"x": {"type": "lowercase"}}}}}}
    path = tmp_path / "analysis.json"
    path.write_text(json.dumps(body))
    made = components(settings(analysis_template=path))["kabar-stories"]["template"]["settings"]
    assert made == {"index": body["template"]["settings"]}


@pytest.mark.parametrize(
    "text, wanted",
    [
        (None, "cannot be used"),
        ("{", "cannot be used"),
        ("[]", "cannot be used"),
        ("{}", "cannot be used"),
        ('{"template": {"settings": {"analysis": null}}}', "cannot be used"),
        ('{"template": {"settings": {"analysis": {"analyzer": {"text_id": {}}}}}}', "does not define text_standard, text_en"),
    ],
)  # fmt: skip
def test_a_file_that_defines_no_analyzers_is_refused(tmp_path, text, wanted):
    path = tmp_path / "analysis.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(ConfigError, match=wanted) as raised:
        components(settings(analysis_template=path))
    assert str(path) in str(raised.value)
    assert raised.value.hint


# ---------------------------------------------------------------- actions


def read(action: bytes):
    header, source = action.splitlines()
    assert action.endswith(b"\n")
    return json.loads(header)["index"], json.loads(source)


def test_an_article_is_its_document_and_the_words_it_is_found_by():
    one = entry(rich())
    header, source = read(article_action("i", one))
    assert header == {
        "_index": "i",
        "_id": id_of("rich"),
        "version": T0 * 1000,
        "version_type": "external_gte",
    }
    search = source.pop("search")
    assert source == one.document.as_dict()
    assert search == search_fields(one)
    assert search["person"] == "\ue000 bayu segara \ue000"
    assert search["published"] == T0 - HOUR
    assert search["sentiment_score"] == -0.4
    assert search["version_key"] == one.version_key


@pytest.mark.parametrize("made", [message(), rich(), kill()], ids=["plain", "rich", "kill"])
def test_every_field_sent_has_a_row(made):
    def paths(plain, prefix=""):
        for name, value in plain.items():
            path = f"{prefix}{name}"
            if isinstance(value, dict) and path not in TABLE["articles"]:
                yield from paths(value, f"{path}.")
            elif value is not None:
                yield path

    sent = {*paths(read(article_action("i", entry(made)))[1])}
    assert sent <= set(TABLE["articles"])


def test_what_is_empty_is_not_sent_to_be_searched():
    search = search_fields(entry(message()))
    assert "person" not in search
    assert "published" not in search
    assert search["copy"] == 0, "but no is an answer"


@pytest.mark.parametrize(
    "made, group",
    [
        (message("a"), id_of("a")),
        (message("b", copy_of="a"), id_of("a")),
        (kill("a"), f"killed {id_of('a')}"),
    ],
)
def test_copies_share_a_group_and_the_killed_are_in_none(made, group):
    assert search_fields(entry(made))["copy_group"] == group


def test_a_version_holds_its_texts_and_the_whole_message():
    made = message("a", observed=T0 + HOUR, version=2, status="updated", change="typo")
    one = entry(made)
    header, source = read(version_action("i", one))
    assert header["_id"] == version_id(one.document) == f"{id_of('a')}-{made.header.observation_id}"
    assert header["version"] == one.version_key
    assert zlib.decompress(base64.b64decode(source.pop("message"))) == made.encode()
    assert set(source) | {"message"} == set(TABLE["versions"])
    assert (source["observed_at"], source["first_seen_at"]) == (T0 + HOUR, T0)
    assert (source["title"], source["version"], source["status"]) == ("Banjir rob", 2, "updated")
    assert source["change"]["kind"] == "typo"


def test_a_kill_is_a_version_without_texts():
    _, source = read(version_action("i", entry(kill())))
    assert (source["status"], source["title"], source["text"]) == ("killed", "", "")


def test_a_story_is_sent_with_its_defaults():
    one = story("s", revision=4)
    header, source = read(story_action("i", one))
    assert (header["_id"], header["version"]) == (id_of("s"), 4)
    assert set(source) == set(TABLE["stories"])
    assert (source["state"], source["size"], source["velocity"]) == ("open", 1, 0.0)
    assert msgspec.convert(source, Story) == one


def test_a_document_with_line_breaks_stays_one_line():
    one = entry(message(text="satu\ndua\u2028tiga\r\n", title="a\nb"))
    assert len(article_action("i", one).split(b"\n")) == 3


# ---------------------------------------------------------------- fields the index does not know


def test_nothing_is_looked_at_where_the_index_knows_all():
    assert pruner("articles", frozenset(TABLE["articles"]) | {"more"}, lambda _: None) is None


def test_fields_the_index_does_not_know_are_left_out_and_counted():
    counted = []
    gone = {"topic", "article.summary", "search.person", "entities", "story.id"}
    prune = pruner("articles", frozenset(TABLE["articles"]) - gone, counted.append)
    _, whole = read(article_action("i", entry(rich())))
    _, kept = read(article_action("i", entry(rich()), prune))
    assert counted == [5]
    for name in ("topic", "entities"):
        del whole[name]
    del whole["article"]["summary"], whole["search"]["person"], whole["story"]["id"]
    assert kept == whole


def test_a_document_without_such_fields_is_not_counted():
    counted = []
    prune = pruner("articles", frozenset(TABLE["articles"]) - {"search.person"}, counted.append)
    article_action("i", entry(message()), prune)
    assert counted == []


def test_a_keyword_row_is_shared_so_nobody_may_change_it():
    before = dict(KEYWORD)
    mappings("articles")["properties"]["topic"]["type"] = "text"
    assert before == KEYWORD
