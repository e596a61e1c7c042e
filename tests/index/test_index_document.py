"""Message -> document."""

from __future__ import annotations

import msgspec
import pytest
from index_samples import DAY, HOUR, T0, id_of, kill, message, rich

from kabar.contracts.document import decode_document, iso
from kabar.contracts.message import decode_message
from kabar.contracts.sections import RawSection, Source
from kabar.errors import BadMessage
from kabar.index.document import assemble, version_key


def made(m):
    return assemble(m, ingested_at=T0 + DAY)


TIMES = [
    # published, what @timestamp and article.published_at say
    (None, T0, None),
    (T0, T0, T0),
    (T0 - HOUR, T0 - HOUR, T0 - HOUR),
    (T0 + HOUR, T0 + HOUR, T0 + HOUR),
    (T0 + HOUR + 1, T0, None),
    (T0 + 365 * DAY, T0, None),
    (T0 - 3_653 * DAY, T0 - 3_653 * DAY, T0 - 3_653 * DAY),
    (T0 - 3_653 * DAY - 1, T0, None),
    (0, T0, None),
]


@pytest.mark.parametrize("published,timestamp,kept", TIMES)
def test_timestamp_is_published_where_believable(published, timestamp, kept):
    document = made(message(published=published, claimed="31 Januari 2026"))
    assert document.timestamp == iso(timestamp)
    assert document.article.published_at == (None if kept is None else iso(kept))
    assert document.article.published_claimed == "31 Januari 2026"


def test_an_unbelievable_time_without_words_is_kept_as_the_claim():
    assert made(message(published=T0 + 2 * HOUR)).article.published_claimed == iso(T0 + 2 * HOUR)
    assert made(message(published=T0)).article.published_claimed == ""


def test_timestamp_falls_back_to_the_first_sight_not_the_last():
    document = made(message(observed=T0 + 5 * DAY, version=2))
    assert document.timestamp == iso(T0)
    assert document.event.created == iso(T0 + 5 * DAY)


def test_everything_of_every_section():
    document = made(rich())
    article = document.article
    assert (article.title, article.authors, article.summary) == (
        "Kapal karam",
        ["Sari Melati"],
        "Kapal karam.",
    )
    assert (article.published_at, article.modified_at) == (iso(T0 - HOUR), iso(T0))
    assert (article.language, article.language_confidence, article.word_count) == ("id", 0.9, 8)
    assert article.content_hash == id_of("x")
    assert article.image.endswith("k.jpg")
    assert document.event.ingested == iso(T0 + DAY)
    assert document.dateline.place == "KARANG"
    assert len(document.attributions) == 2
    assert len(document.removed) == 2
    assert document.related[0].title == "Rob"
    assert document.story.id == id_of("kapal")
    assert document.topic == "Bencana"
    assert document.sentiment.score == -0.4
    assert document.trace.annotators == {"entities": "crf-1"}
    assert document.trace.notes == ["repaired:1"]
    assert document.trace.origin == "file:wire.jsonl#rich"


def test_flat_fields_in_order_each_once_never_empty():
    document = made(rich())
    assert document.persons == ["Bayu Segara"]
    assert document.organizations == ["SAR Karang"]
    assert document.place_names == ["Karang", "Angin", "Selat Angin"]
    assert document.place_countries == ["ID"]
    assert [(p.lat, p.lon) for p in document.place_points] == [(-6.5, 110.5)]
    assert document.speakers == ["Bayu Segara"]
    assert document.quote_texts == ["Kami selamat,"]
    assert document.keyword_terms == ["kapal"]
    assert document.attribution_outlets == ["Radio Selat"]
    assert document.rule_ids == ["dateline.caps", "attribution.id", "related.id.colon", "advert"]


@pytest.mark.parametrize(
    "name,domain,url,expected",
    [
        ("Warta", "w.example", "https://w.example/a", "Warta"),
        ("", "w.example", "https://news.w.example/a", "w.example"),
        ("", "", "https://news.w.example/a", "news.w.example"),
        ("", "", "", ""),
        ("", "", "http://[broken", ""),
    ],
)
def test_source_goes_by_its_domain_where_it_has_no_name(name, domain, url, expected):
    document = made(message(source=name, domain=domain, url=url))
    assert document.source.name == expected
    assert document.source.domain == domain


def test_url_domain_is_the_host():
    raw = RawSection(
        text="x",
        url="https://News.W.example:8080/a?b",
        canonical_url="https://news.w.example:8080/a",
        source=Source(),
    )
    document = made(message().with_section(raw))
    assert document.url.domain == "news.w.example"
    assert document.url.original == raw.url
    assert document.url.canonical == raw.canonical_url


def test_an_article_that_was_not_enriched_yet():
    bare = msgspec.json.decode(message().encode())
    del bare["enrich"]
    document = made(decode_message(msgspec.json.encode(bare)))
    assert document.article.title == "Banjir rob"
    assert document.entities == document.persons == []
    assert document.sentiment is None


@pytest.mark.parametrize("section", ["raw", "clean", "dedupe"])
def test_a_missing_section_is_a_bad_message(section):
    bare = msgspec.json.decode(message().encode())
    del bare[section]
    with pytest.raises(BadMessage, match=section):
        made(decode_message(msgspec.json.encode(bare)))


def test_a_kill_is_a_stub():
    document = made(kill(version=4))
    assert document.article.status == "killed"
    assert document.article.title == document.article.text == document.article.summary == ""
    assert document.article.id == id_of("a")
    assert document.article.version == 4
    assert document.article.first_seen_at == document.timestamp == iso(T0)
    assert document.url.canonical == "https://wartapesisir.example/a"
    assert document.source.name == "Warta Pesisir"
    assert document.change.kind == "kill"
    assert document.story.id is None
    assert not document.persons


def test_a_killed_status_makes_a_stub_even_with_a_text():
    document = made(message(status="killed", text="should not be shown", persons=("Ratna",)))
    assert b"should not be shown" not in document.encode()
    assert b"Ratna" not in document.encode()


def test_round_trip():
    document = made(rich())
    assert decode_document(document.encode()) == document
    assert document.as_dict()["@timestamp"] == document.timestamp


def test_version_key_orders_by_observation_then_generation():
    keys = [
        version_key(message(observed=o, generation=g).header)
        for o, g in [(5, 0), (5, 1), (5, 999), (5, 5_000), (6, 0)]
    ]
    assert keys == sorted(keys)
    assert keys[2] == keys[3] < keys[4]
    assert keys[0] == 5_000
