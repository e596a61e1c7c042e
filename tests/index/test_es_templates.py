"""Templates on a real Elasticsearch: put in place, compared, refused where they differ."""

from __future__ import annotations

import threading

import pytest
from index_samples import T0, entry, rich, story

from kabar.cli.main import run
from kabar.errors import IndexUnavailable, NotPrepared
from kabar.index.elasticsearch.client import connect
from kabar.index.elasticsearch.indices import REREAD_SECONDS, Indices
from kabar.index.elasticsearch.mapping import TABLE, fields_in
from kabar.index.elasticsearch.names import IndexNames
from kabar.index.elasticsearch.preparing import check, installed_fields, prepare, schema_in_use
from kabar.index.elasticsearch.writer import ElasticsearchWriter

pytestmark = pytest.mark.stack


@pytest.fixture
def client(place):
    made = connect(place)
    yield made
    made.close()


@pytest.fixture
def names(place):
    return IndexNames(place.index_prefix)


def create_all(client, names, schema=1):
    for index in (names.articles(schema, T0), names.versions(schema, T0), names.stories(schema)):
        client.indices.create(index=index)


def test_prepared_is_what_check_wants_with_and_without_indices(client, place, names):
    assert len(prepare(client, place)) == 7
    check(client, place)
    create_all(client, names)
    check(client, place)


def test_preparing_again_changes_nothing(client, place):
    prepare(client, place)
    before = client.cluster.get_component_template(name=f"{place.index_prefix}*").body
    prepare(client, place)
    assert client.cluster.get_component_template(name=f"{place.index_prefix}*").body == before


def test_nothing_prepared_is_refused_with_the_command(client, place):
    with pytest.raises(NotPrepared, match="kabar-articles is missing") as raised:
        check(client, place)
    assert "kabar index prepare" in raised.value.hint


def test_other_settings_are_named(client, place):
    prepare(client, place)
    with pytest.raises(NotPrepared, match="number_of_replicas is 0, this version needs 2"):
        check(client, place.replace(index_replicas=2))
    with pytest.raises(NotPrepared, match="refresh_interval is 1000ms, this version needs 5000ms"):
        check(client, place.replace(index_refresh_seconds=5))


def test_other_analyzers_are_named(client, place, tmp_path):
    from pathlib import Path

    prepare(client, place)
    other = tmp_path / "analysis.json"
    other.write_text(Path(place.analysis_template).read_text().replace('"standard"', '"whitespace"'))
    with pytest.raises(NotPrepared, match=r"analyzer\.text_standard\.type is standard, .* needs whitespace"):
        check(client, place.replace(analysis_template=str(other)))


def test_analyzers_the_server_does_not_have_are_refused_in_words(client, place):
    """The stripped server of the tests has none for languages; a real one has."""
    with pytest.raises(NotPrepared, match="Unknown analyzer type") as raised:
        prepare(client, place.replace(analysis_template=""))
    assert "analysis_template" in raised.value.hint


def changed(client, name, change):
    """Let somebody edit a component template by hand."""
    body = client.cluster.get_component_template(name=name).body["component_templates"][0][
        "component_template"
    ]
    change(body["template"])
    client.cluster.put_component_template(name=name, template=body["template"])


def test_a_field_of_another_type_is_named(client, place, names):
    prepare(client, place)

    def change(template):
        template["mappings"]["properties"]["article"]["properties"]["version"]["type"] = "keyword"

    changed(client, names.component("articles"), change)
    with pytest.raises(
        NotPrepared, match=r"article\.properties\.version\.type is keyword, this version needs integer"
    ):
        check(client, place)


def test_a_field_that_is_missing_is_named(client, place, names):
    prepare(client, place)
    changed(client, names.component("articles"), lambda t: t["mappings"]["properties"].pop("topic"))
    with pytest.raises(NotPrepared, match=r"mappings\.properties\.topic\.type is missing"):
        check(client, place)


def test_more_than_is_needed_is_no_difference(client, place, names):
    """A newer version's field, an operator's setting: older workers go on through an upgrade."""
    prepare(client, place)

    def change(template):
        template["mappings"]["properties"]["mood"] = {"type": "keyword"}

    changed(client, names.component("articles"), change)
    changed(
        client,
        names.component("settings"),
        lambda t: t["settings"]["index"].update({"max_result_window": "20000"}),
    )
    check(client, place)
    assert "mood" in installed_fields(client, names, "articles")


def test_dynamic_mappings_are_a_difference_and_strict_ones_are_not(client, place, names):
    prepare(client, place, dynamic="strict")
    check(client, place)
    changed(client, names.component("stories"), lambda t: t["mappings"].update({"dynamic": "true"}))
    with pytest.raises(NotPrepared, match=r"mappings\.dynamic is true, this version needs false"):
        check(client, place)


def test_an_index_template_of_another_priority_is_a_difference(client, place, names):
    prepare(client, place)
    body = client.indices.get_index_template(name=names.template("articles", 1)).body
    template = body["index_templates"][0]["index_template"]
    client.indices.put_index_template(name=names.template("articles", 1), **{**template, "priority": 7})
    with pytest.raises(NotPrepared, match="priority is 7, this version needs 500"):
        check(client, place)


def test_an_index_that_lacks_a_field_asks_for_reindex(client, place, names):
    """Its templates were brought up to date, the index made before was not."""
    prepare(client, place)
    changed(client, names.component("articles"), lambda t: t["mappings"]["properties"].pop("topic"))
    client.indices.create(index=names.articles(1, T0))
    prepare(client, place)
    with pytest.raises(NotPrepared, match=r"articles-v1-2026\.02: field topic is missing") as raised:
        check(client, place)
    assert "kabar reindex" in raised.value.hint


def test_an_index_made_by_hand_is_found_out(client, place, names):
    prepare(client, place)
    client.indices.create(
        index="by-hand-" + place.index_prefix + "x", aliases={names.alias("versions"): {}},
        mappings={"properties": {"status": {"type": "text"}}},
    )  # fmt: skip
    try:
        with pytest.raises(NotPrepared, match="field article_id is missing"):
            check(client, place)
    finally:
        client.indices.delete(index="by-hand-" + place.index_prefix + "x")


def test_what_the_server_keeps_is_the_table(client, place, names):
    prepare(client, place)
    create_all(client, names)
    found = client.indices.get_mapping(index=names.articles(1, T0)).body[names.articles(1, T0)]["mappings"]
    assert fields_in(found) == dict(TABLE["articles"])
    assert found["_source"] == {"excludes": ["search"]}
    assert installed_fields(client, names, "articles") == frozenset(TABLE["articles"])


# ---------------------------------------------------------------- schema numbers


def test_the_schema_number_is_that_of_the_alias(client, place, names):
    assert schema_in_use(client, names) == 1
    prepare(client, place, schema=3)
    create_all(client, names, schema=3)
    assert schema_in_use(client, names) == 3
    check(client, place)
    prepare(client, place)
    check(client, place)


def test_one_family_with_an_index_is_enough(client, place, names):
    prepare(client, place, schema=4)
    client.indices.create(index=names.stories(4))
    assert schema_in_use(client, names) == 4


def test_an_index_being_filled_is_not_found_yet(client, place, names):
    prepare(client, place)
    create_all(client, names)
    prepare(client, place, schema=2, aliased=False)
    create_all(client, names, schema=2)
    assert schema_in_use(client, names) == 1
    assert set(client.indices.get_alias(name=names.alias("articles")).body) == {names.articles(1, T0)}


def test_a_writer_notices_the_switch(client, place, names):
    now = [0.0]
    indices = Indices(client, names, clock=lambda: now[0])
    prepare(client, place)
    assert indices.schema() == 1
    prepare(client, place, schema=2)
    client.indices.create(index=names.stories(2))
    now[0] = REREAD_SECONDS - 0.1
    assert indices.schema() == 1, "not asked at every batch"
    now[0] = REREAD_SECONDS
    assert indices.schema() == 2


def test_a_writer_told_a_number_keeps_to_it(client, names):
    assert Indices(client, names, schema=7).schema() == 7


def test_many_may_make_an_index_at_once(client, place, names):
    prepare(client, place)
    index = names.articles(1, T0)
    failed = []

    def ensure():
        try:
            Indices(client, names).ensure([index])
        except Exception as error:  # noqa: BLE001
            failed.append(error)

    threads = [threading.Thread(target=ensure) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert set(client.indices.get_alias(name=names.alias("articles")).body) == {index}


def test_an_index_that_cannot_be_made_is_a_sick_environment(client, names):
    with pytest.raises(IndexUnavailable, match="400"):
        Indices(client, names).ensure([names.prefix + "UPPER"])


# ---------------------------------------------------------------- fields and command


def test_only_fields_of_the_installed_version_are_sent(client, place, names):
    """With strict mappings a field that the index lacks would be refused."""
    prepare(client, place, dynamic="strict")
    changed(client, names.component("articles"), lambda t: t["mappings"]["properties"].pop("topic"))
    counted = []
    writer = ElasticsearchWriter(client, place, left_out=counted.append)
    try:
        assert writer.write([entry(rich())]) == ["written"]
        assert writer.write_stories([story("s")]) == ["written"]
    finally:
        writer.close()
    assert counted == [1]


def test_the_command(place, monkeypatch, capsys):
    for name in ("elasticsearch_url", "index_prefix", "index_replicas", "analysis_template"):
        monkeypatch.setenv(f"KABAR_{name.upper()}", str(getattr(place, name)))
    assert run(["index", "check"]) == 4
    assert "run `kabar index prepare`" in capsys.readouterr().err
    assert run(["index", "prepare"]) == 0
    assert f"{place.index_prefix}kabar-articles-v1" in capsys.readouterr().out
    assert run(["index", "check", "--json"]) == 0
    assert '"ok": true' in capsys.readouterr().out
