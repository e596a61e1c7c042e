from __future__ import annotations

import pytest

from kabar.contracts.ids import observation_id
from kabar.contracts.observation import accept
from kabar.errors import UsageError
from kabar.producers.files.fields import FieldMapper, field_table, parse_map


def renamed(record, by_hand=None):
    return FieldMapper(by_hand)(record)


@pytest.mark.parametrize(
    "record, expected",
    [
        ({"title": "a", "text": "b", "url": "u"}, {"title": "a", "text": "b", "url": "u"}),
        (
            {"judul": "a", "isi": "b", "tautan": "u", "tanggal": "t"},
            {"title": "a", "text": "b", "url": "u", "published": "t"},
        ),
        ({"headline": "a", "body": "b", "link": "u"}, {"title": "a", "text": "b", "url": "u"}),
        ({"Title": "a", "TEXT": "b", "Permalink": "u"}, {"title": "a", "text": "b", "url": "u"}),
        ({"publishedAt": "t", "pub-date": "x"}, {"published": "t"}),
        ({"Published Date": "t"}, {"published": "t"}),
        ({"content_raw": "b"}, {"text": "b"}),
        ({"text_detok": "b", "content": "c"}, {"text": "c"}),
        ({"text": "", "content": None, "isi": "b"}, {"text": "b"}),
        ({"source": {"id": None, "name": "Kabar Pagi"}}, {"source": "Kabar Pagi"}),
        ({"source": "Kabar Pagi"}, {"source": "Kabar Pagi"}),
        ({"source.name": "Kabar Pagi"}, {"source": "Kabar Pagi"}),
        ({"outlet": "X"}, {"source": "X"}),
        ({"sumber": "X", "penulis": "Sari"}, {"source": "X", "authors": "Sari"}),
        ({"byline": "Sari"}, {"authors": "Sari"}),
        ({"_id": {"$oid": "5f"}}, {"publisher_id": "5f"}),
        ({"id": 5}, {"publisher_id": 5}),
        ({"guid": "g", "uuid": "u"}, {"publisher_id": "g"}),
        ({"lang": "id", "kategori": "daerah"}, {"language": "id", "category": "daerah"}),
        ({"image": {"url": "i"}}, {"image": "i"}),
        ({"published_raw": "t", "date": "d"}, {"published": "t"}),
        ({"n_words": 5, "split": "train", "tags": []}, {}),
        ({}, {}),
        ({"": "x", "!!": "y"}, {}),
    ],
)
def test_names_are_recognised(record, expected):
    assert renamed(record) == expected


@pytest.mark.parametrize(
    "record, kind",
    [
        ({"kind": "kill"}, "kill"),
        ({"status": "Withdrawn"}, "kill"),
        ({"status": " deleted "}, "kill"),
        ({"status": "ditarik"}, "kill"),
        ({"status": "published"}, None),
        ({"status": 200}, None),
        ({"kind": "news"}, None),
        ({"kind": "article"}, None),
        ({"status": None}, None),
    ],
)
def test_only_stated_values_withdraw(record, kind):
    assert renamed(record).get("kind") == kind


def test_wrong_types_are_passed_on_for_acceptance_to_refuse():
    assert renamed({"title": 5, "text": ["a"]}) == {"title": 5, "text": ["a"]}


def test_every_field_is_one_that_acceptance_reads():
    observation = observation_id("job", 1)
    for field in field_table().names:
        message = accept(
            {field: None},
            observation_id=observation,
            observed_at=0,
            accepted_at=0,
            origin="test",
            event_time=True,
        )
        assert message.header.kind == "article"
    assert set(field_table().names) <= {
        "url", "publisher_id", "title", "text", "html", "authors", "source", "published", "modified",
        "language", "category", "image", "feed", "collections", "kind", "observed_at",
    }  # fmt: skip


def test_no_name_means_two_fields():
    seen = {}
    for field, paths in field_table().names.items():
        for path in paths:
            assert seen.setdefault(path, field) == field, path


def test_the_first_of_two_alike_keys_that_holds_something_wins():
    assert renamed({"Title": "", "title": "b", "TITLE": "c"}) == {"title": "b"}


# ---------------------------------------------------------------- by hand


def test_parse_map():
    assert parse_map("text=isi, title = judul") == {"text": "isi", "title": "judul"}
    assert parse_map("text=a.b.c") == {"text": "a.b.c"}


@pytest.mark.parametrize(
    "text, said",
    [
        ("", "cannot read"),
        ("text", "cannot read"),
        ("text=", "cannot read"),
        ("=isi", "cannot read"),
        ("text=isi,", "cannot read"),
        ("teks=isi", "no field"),
        ("text=a,text=b", "twice"),
    ],
)
def test_a_wrong_map_is_refused_with_the_remedy(text, said):
    with pytest.raises(UsageError, match=said) as caught:
        parse_map(text)
    assert caught.value.hint


def test_a_map_wins_over_the_table_and_reaches_into_objects():
    record = {"text": "no", "doc": {"Inner": {"isi": "yes"}}, "title": "a"}
    assert renamed(record, {"text": "doc.inner.isi"}) == {"text": "yes", "title": "a"}


def test_a_mapped_field_is_not_filled_from_elsewhere():
    mapper = FieldMapper({"text": "isi"})
    assert mapper({"isi": "a"}) == {"text": "a"}
    assert mapper({"text": "b"}) == {}


def test_a_map_to_a_missing_field_fails_at_the_first_record_only():
    mapper = FieldMapper({"text": "isi"})
    with pytest.raises(UsageError, match="'text' from 'isi'") as caught:
        mapper({"body": "a", "judul": "b"})
    assert "body, judul" in caught.value.hint
    mapper = FieldMapper({"text": "isi", "title": "a.b"})
    mapper({"isi": None, "a": {"b": ""}})  # there, though empty
    assert mapper({"x": 1}) == {}


def test_hostile_keys_cost_little():
    record = {f"k{n}" * 20: n for n in range(5_000)}
    assert renamed({**record, "title": "a"}) == {"title": "a"}
