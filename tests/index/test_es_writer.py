"""Articles, versions and stories through the scripted server: what is left behind, whatever dies in between."""

from __future__ import annotations

from contextlib import contextmanager
from itertools import pairwise

import pytest
from fake_bulk import FakeBulk, carry_out, failure, refusing, reset_after, whole
from hypothesis import given
from hypothesis import strategies as st
from index_samples import DAY, HOUR, T0, entry, id_of, kill, message, story

from kabar.errors import IndexUnavailable
from kabar.index.elasticsearch.client import connect
from kabar.index.elasticsearch.writer import ElasticsearchWriter, rounds
from kabar.index.entry import Refused
from kabar.settings import load

SICK = whole(403, "cluster_block_exception", "write block")


@contextmanager
def writing(fake, **options):
    settings = load({"KABAR_ELASTICSEARCH_URL": fake.url, "KABAR_INDEX_PREFIX": "x-", "KABAR_BULK_MAX": "4"})
    client = connect(settings)
    writer = ElasticsearchWriter(client, settings, **options)
    try:
        yield writer
    finally:
        writer.close()
        client.close()


@pytest.fixture
def fake():
    with FakeBulk() as running:
        yield running


def held(fake):
    """(article -> title, observations that have a version)."""
    articles = {s["article"]["id"]: s["article"]["title"] for s in fake.sources().values() if "article" in s}
    return articles, {s["observation_id"] for s in fake.sources().values() if "observation_id" in s}


def observations(*entries):
    return {one.document.event.id for one in entries}


FIRST = entry(message("a", title="satu"))
SECOND = entry(message("a", title="dua", observed=T0 + HOUR, version=2, status="updated"))
BETWEEN = entry(message("a", title="terlambat", observed=T0 + 1, version=2, status="updated"))
OTHER = entry(message("b", title="lain"))


def test_nothing_to_write_asks_nothing(fake):
    with writing(fake) as writer:
        assert (writer.write([]), writer.write_stories([])) == ([], [])
    assert fake.requests == []
    assert fake.created == []


def test_articles_first_then_their_versions(fake):
    with writing(fake) as writer:
        assert writer.write([FIRST, OTHER]) == ["written", "written"]
    articles, versions = fake.requests
    assert articles.ids == [id_of("a"), id_of("b")]
    assert versions.ids == [
        f"{id_of('a')}-{FIRST.document.event.id}",
        f"{id_of('b')}-{OTHER.document.event.id}",
    ]


def test_indices_are_made_before_their_first_write_and_once(fake):
    march = entry(message("m", observed=T0 + 30 * DAY))
    with writing(fake) as writer:
        writer.write([FIRST, march])
        writer.write([OTHER])
        writer.write_stories([story("s")])
    assert sorted(fake.created) == [
        "x-articles-v1-2026.02", "x-articles-v1-2026.03", "x-stories-v1", "x-versions-v1-2026.02",
        "x-versions-v1-2026.03",
    ]  # fmt: skip


def test_an_article_stays_in_the_index_of_the_month_it_was_first_seen(fake):
    changed = entry(message("a", observed=T0 + 40 * DAY, version=2, status="updated"))
    with writing(fake) as writer:
        writer.write([FIRST])
        writer.write([changed])
    assert {index for index, _ in fake.stored} == {"x-articles-v1-2026.02", "x-versions-v1-2026.02"}


def test_a_number_of_ones_own_for_indices_being_filled(fake):
    with writing(fake, schema=2) as writer:
        writer.write([FIRST])
    assert {index for index, _ in fake.stored} == {"x-articles-v2-2026.02", "x-versions-v2-2026.02"}


def test_one_article_twice_in_a_batch_goes_in_order(fake):
    with writing(fake) as writer:
        assert writer.write([FIRST, OTHER, SECOND]) == ["written"] * 3
    assert [len(request.actions) for request in fake.requests] == [2, 2, 1, 1]
    assert held(fake) == ({id_of("a"): "dua", id_of("b"): "lain"}, observations(FIRST, SECOND, OTHER))


def test_a_late_write_changes_nothing_and_leaves_no_version(fake):
    with writing(fake) as writer:
        writer.write([FIRST])
        writer.write([SECOND])
        before = dict(fake.stored)
        assert writer.write([BETWEEN]) == ["superseded"]
        assert fake.stored == before
        assert writer.write([BETWEEN]) == ["superseded"], "nor when it comes again"
    assert fake.stored == before


def test_what_was_indexed_before_a_newer_one_is_told_from_a_late_write(fake):
    with writing(fake) as writer:
        writer.write([FIRST, SECOND])
        assert writer.write([FIRST, BETWEEN, SECOND]) == ["written", "superseded", "written"]
    assert held(fake) == ({id_of("a"): "dua"}, observations(FIRST, SECOND))


def test_a_late_write_interrupted_is_still_a_late_write(fake):
    """Its version must not be there: the next try would take it for something indexed earlier."""
    with writing(fake) as writer:
        writer.write([SECOND])
        for point in range(3):
            fake.script.extend([*[carry_out] * point, SICK])
            with pytest.raises(IndexUnavailable):
                writer.write([BETWEEN, OTHER, BETWEEN, FIRST])
        assert writer.write([BETWEEN, OTHER]) == ["superseded", "written"]
    assert held(fake)[1] == observations(SECOND, OTHER)


def test_a_kill_writes_a_stub_and_deletes_nothing(fake):
    with writing(fake) as writer:
        writer.write([FIRST])
        assert writer.write([entry(kill("a"))]) == ["written"]
    articles, versions = held(fake)
    assert articles == {id_of("a"): ""}
    assert len(versions) == 2


def test_what_comes_after_a_kill_but_was_seen_before_it_stays_out(fake):
    with writing(fake) as writer:
        writer.write([entry(kill("a", observed=T0 + DAY))])
        assert writer.write([SECOND]) == ["superseded"]
    assert held(fake)[0] == {id_of("a"): ""}


def test_a_later_generation_of_the_same_observation_replaces_it(fake):
    again = entry(message("a", title="lebih bersih", generation=1))
    with writing(fake) as writer:
        writer.write([FIRST])
        assert writer.write([again]) == ["written"]
        assert writer.write([FIRST]) == ["written"], "the observation is indexed, by its later generation"
    assert held(fake) == ({id_of("a"): "lebih bersih"}, observations(FIRST))


# ---------------------------------------------------------------- refusals


def test_a_refused_article_is_the_only_one_and_has_no_version(fake):
    fake.refuse = lambda a: failure(400, "document_parsing_exception", "bad") if a.id == id_of("a") else None
    with writing(fake) as writer:
        refused, taken = writer.write([FIRST, OTHER])
    assert refused == Refused(
        "refused", "the index refuses the document (400 document_parsing_exception: bad)"
    )
    assert taken == "written"
    assert held(fake)[1] == observations(OTHER)


def test_a_refused_version_is_told(fake):
    fake.refuse = lambda a: failure(400, "document_parsing_exception", "bad") if "-" in a.id else None
    with writing(fake) as writer:
        (refused,) = writer.write([FIRST])
    assert isinstance(refused, Refused)


def test_what_went_to_the_failure_store_is_refused(fake):
    fake.script.append(refusing(lambda _: {"status": 201, "failure_store": "used"}))
    with writing(fake) as writer:
        (refused,) = writer.write([FIRST])
    assert "failure store" in refused.error


def test_a_poisoned_round_does_not_keep_the_next_one_from_being_written(fake):
    fake.script.append(refusing(lambda _: failure(400, "document_parsing_exception")))
    with writing(fake) as writer:
        refused, taken = writer.write([FIRST, SECOND])
    assert isinstance(refused, Refused)
    assert taken == "written"


@pytest.mark.parametrize("point", [0, 1, 2, 3])
def test_sick_surroundings_raise_and_the_same_again_completes_it(fake, point):
    fake.script.extend([*[carry_out] * point, SICK])
    with writing(fake) as writer:
        with pytest.raises(IndexUnavailable, match="write block"):
            writer.write([FIRST, OTHER, SECOND])
        assert writer.write([FIRST, OTHER, SECOND]) == ["written"] * 3
    assert held(fake) == ({id_of("a"): "dua", id_of("b"): "lain"}, observations(FIRST, SECOND, OTHER))


def test_whether_a_version_is_there_must_be_known(fake):
    plain = fake.other

    def broken(method, path, body):
        import json

        from fake_bulk import Reply

        if path == "/_mget":
            docs = [{"_index": "i", "_id": "d", "error": {"type": "x", "reason": "shard is gone"}}]
            return Reply(200, json.dumps({"docs": docs}).encode())
        return plain(method, path, body)

    with writing(fake) as writer:
        writer.write([SECOND])
        fake.other = broken
        with pytest.raises(IndexUnavailable, match="shard is gone"):
            writer.write([FIRST])


def test_it_tells_when_requests_are_in_flight(fake):
    seen = []
    with writing(fake, in_flight=lambda: seen.append(len(fake.stored))) as writer:
        writer.write([FIRST])
    assert len(seen) == 2, "one request of articles, one of versions"


# ---------------------------------------------------------------- stories


def test_the_higher_revision_of_a_story_stays(fake):
    batch = [story("s", revision=2), story("t"), story("s", revision=5), story("s", revision=3)]
    with writing(fake) as writer:
        assert writer.write_stories(batch) == ["written", "written", "written", "superseded"]
        assert writer.write_stories([story("s", revision=5, size=9)]) == ["written"]
        assert writer.write_stories([story("s", revision=4)]) == ["superseded"]
    stored = fake.sources()
    assert (stored[id_of("s")]["revision"], stored[id_of("s")]["size"]) == (5, 9)


def test_a_refused_story_is_told(fake):
    fake.refuse = lambda a: failure(400, "document_parsing_exception") if a.id == id_of("s") else None
    with writing(fake) as writer:
        refused, taken = writer.write_stories([story("s"), story("t")])
    assert isinstance(refused, Refused)
    assert taken == "written"


# ---------------------------------------------------------------- whatever happens


@given(st.lists(st.sampled_from("abc")))
def test_rounds_hold_no_key_twice_and_keep_the_order_of_each(keys):
    made = rounds(keys)
    assert sorted(place for places in made for place in places) == list(range(len(keys)))
    for places in made:
        assert len({keys[place] for place in places}) == len(places)
        assert places == sorted(places)
    for key in set(keys):
        order = [place for places in made for place in places if keys[place] == key]
        assert order == sorted(order)


def expected(entries):
    """One after the other, by the plain rule."""
    newest, articles, versions, answers = {}, {}, set(), []
    for one in entries:
        id_ = one.document.article.id
        late = newest.get(id_, 0) > one.version_key
        answers.append("superseded" if late else "written")
        if not late:
            newest[id_] = one.version_key
            articles[id_] = one.document.article.title
            versions.add(one.document.event.id)
    return articles, versions, answers


ARRIVALS = st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 5)), min_size=1, max_size=14)


@given(
    arrivals=ARRIVALS,
    cuts=st.sets(st.integers(1, 13)),
    faults=st.lists(st.sampled_from([carry_out, reset_after, SICK]), max_size=12),
)
def test_the_same_is_left_whatever_the_batches_and_whatever_breaks(arrivals, cuts, faults):
    """A batch that raised is given again, as the caller does; faults hit any request of any try."""
    entries = [
        entry(message(name, title=f"{name} {at}", observed=T0 + at, observation=f"{name} {at}"))
        for name, at in dict.fromkeys(arrivals)  # one arrival per observation
    ]
    edges = [0, *sorted(cut for cut in cuts if cut < len(entries)), len(entries)]
    answers = []
    with FakeBulk() as fake, writing(fake) as writer:
        fake.script.extend(faults)
        for start, end in pairwise(edges):
            while True:
                try:
                    answers += writer.write(entries[start:end])
                    break
                except IndexUnavailable:
                    continue
        articles, versions = held(fake)
    assert (articles, versions, answers) == expected(entries)
