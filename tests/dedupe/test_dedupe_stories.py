"""Stories: joining, separating, closing, merging; ids that never change."""

from __future__ import annotations

import random

import pytest
from dedupe_wire import (
    BRIDGE,
    DAY,
    FERRY,
    HOUR,
    MINUTE,
    ORCHARD,
    START,
    article,
    compact,
    ident,
    kill,
    prose,
    section,
    stories,
)

from kabar.contracts.message import Tick
from kabar.contracts.outcomes import StateChanged
from kabar.dedupe.options import DedupeOptions
from kabar.dedupe.stage import DedupeStage
from kabar.dedupe.state import MERGED, STORY
from kabar.dedupe.stories.bags import Frequencies, bag_of
from kabar.dedupe.stories.index import TermIndex
from kabar.dedupe.stories.record import (
    Details,
    pack,
    story_key,
    unpack_centroid,
    unpack_centroids,
    unpack_details,
)
from kabar.dedupe.stories.vectors import MAX_TERMS, bundle_of, cosines, heaviest, leading, merged

FERRY_AGAIN = (
    "Tim penolong menghentikan pencarian di Teluk Sembilang setelah seluruh penumpang feri Bintang Laut dinyatakan "
    "selamat. Rahmat Sulaiman dari Badan Pencarian Wilayah Timur menyebut gosong pasir itu tidak tercantum di peta. "
    "Penyidik Kota Seraya masih memeriksa nakhoda Yusuf Arman, sementara Samudra Jaya menarik dua kapal sejenis."
)
FERRY_THIRD = (
    "Nakhoda feri Bintang Laut, Yusuf Arman, mengaku mesin kapal mati sebelum kandas di gosong pasir Teluk Sembilang. "
    "Pengakuan itu disampaikan kepada penyidik Kota Seraya. Samudra Jaya belum menjawab pertanyaan tentang perawatan "
    "mesin. Para penumpang yang terluka masih dirawat di Kuala Ranting."
)


@pytest.fixture
def stage():
    """With a day of other news behind it, so that rare words are known to be rare."""
    stage = DedupeStage()
    for i in range(60):
        stage.process(article(f"noise{i}", prose(i, 80), at=START - HOUR + i))
    return stage


def put(stage, name, text, at=START, **more):
    effects = stage.process(article(name, text, at=at, **more))
    return section(effects).story_id, stories(effects)


def test_an_article_alone_has_a_story_at_once_under_an_id_that_follows_from_its_own(stage):
    story_id, changed = put(stage, "ferry", FERRY, title="Feri Kandas di Teluk Sembilang")
    assert story_id == story_key(bytes.fromhex(ident("ferry"))).hex()
    [story] = changed
    assert (story.id, story.revision, story.size, story.state) == (story_id, 1, 1, "open")
    assert (story.title, story.sources) == ("Feri Kandas di Teluk Sembilang", ["Harian Seraya"])
    assert (story.first_at, story.last_at, story.velocity) == (START, START, 1.0)
    assert {"Teluk Sembilang", "Rahmat Sulaiman"} <= set(story.names)


def test_articles_of_one_event_join_and_others_do_not(stage):
    first, _ = put(stage, "ferry", FERRY, title="Feri Kandas")
    second, changed = put(
        stage, "again", FERRY_AGAIN, at=START + MINUTE, source="Pos Timur", domain="pos.example"
    )
    other, _ = put(stage, "bridge", BRIDGE, at=START + 2 * MINUTE)
    third, last = put(stage, "third", FERRY_THIRD, at=START + 3 * MINUTE)
    orchard, _ = put(stage, "orchard", ORCHARD, at=START + 4 * MINUTE)
    assert first == second == third
    assert len({first, other, orchard}) == 3
    assert (changed[0].size, changed[0].revision, changed[0].sources) == (
        2,
        2,
        ["Harian Seraya", "Pos Timur"],
    )
    assert (last[0].size, last[0].title, last[0].velocity) == (3, "Feri Kandas", 3.0)
    assert last[0].names[0] in {
        "Teluk Sembilang",
        "Bintang Laut",
        "Yusuf Arman",
        "Samudra Jaya",
        "Kota Seraya",
    }


def test_a_copy_is_in_the_story_of_its_original_and_counts(stage):
    first, _ = put(stage, "ferry", FERRY)
    copy, changed = put(stage, "copy", FERRY, at=START + 1, source="Pos Timur", domain="pos.example")
    assert copy == first
    assert changed[0].size == 2


def test_copies_do_not_pull_the_centroid(stage):
    put(stage, "ferry", FERRY)
    effects = stage.process(article("copy", FERRY + " " + prose(900, 25), at=START + 1))
    [record] = [e for e in effects if isinstance(e, StateChanged) and e.key[:1] == STORY]
    assert unpack_details(record.value[17:]).centred == 1


def test_an_update_stays_where_its_article_is(stage):
    first, _ = put(stage, "ferry", FERRY)
    put(stage, "bridge", BRIDGE)
    after, changed = put(stage, "ferry", BRIDGE, at=START + 1)
    assert after == first
    assert changed == []


def test_texts_that_say_nothing_join_nothing(stage):
    assert (
        len(
            {
                put(stage, f"empty{i}", text, at=START + i)[0]
                for i, text in enumerate(["", "ya", "dan yang itu", "ya ya"])
            }
        )
        == 4
    )


# ------------------------------------------------------------------ closing


def test_a_silent_story_closes_and_what_follows_is_new(stage):
    first, _ = put(stage, "ferry", FERRY)
    changed = {s.id: s for s in stories(stage.tick(Tick(now=START + 72 * HOUR)))}
    assert (changed[first].state, changed[first].revision, changed[first].velocity) == ("closed", 2, 0.0)
    assert put(stage, "again", FERRY_AGAIN, at=START + 73 * HOUR)[0] != first


def test_each_article_keeps_it_open(stage):
    first, _ = put(stage, "ferry", FERRY)
    assert put(stage, "again", FERRY_AGAIN, at=START + 60 * HOUR)[0] == first
    stage.tick(Tick(now=START + 100 * HOUR))
    assert put(stage, "third", FERRY_THIRD, at=START + 110 * HOUR)[0] == first


def test_silence_is_a_matter_of_the_clock_not_of_ticks(stage):
    first, _ = put(stage, "ferry", FERRY)
    assert put(stage, "again", FERRY_AGAIN, at=START + 73 * HOUR)[0] != first


def test_an_update_after_the_story_closed_still_names_it(stage):
    first, _ = put(stage, "ferry", FERRY)
    stage.tick(Tick(now=START + 9 * DAY))
    assert put(stage, "ferry", FERRY + " Tambahan.", at=START + 9 * DAY) == (first, [])


def test_a_copy_of_an_article_whose_story_closed_opens_its_own(stage):
    first, _ = put(stage, "ferry", FERRY)
    stage.tick(Tick(now=START + 4 * DAY))
    assert put(stage, "copy", FERRY, at=START + 4 * DAY)[0] != first


def test_stories_are_bounded():
    stage = DedupeStage(DedupeOptions(max_stories=50))
    closed = []
    for i in range(200):
        closed += [s for s in put(stage, f"a{i}", prose(i, 40), at=START + i)[1] if s.state == "closed"]
    assert stage.sizes()["stories"] <= 51
    assert len(closed) == 200 - stage.sizes()["stories"]
    assert closed[0].id == story_key(bytes.fromhex(ident("a0"))).hex()


# ------------------------------------------------------------------ velocity


def test_velocity_is_of_the_last_hour_and_told_only_when_it_changes(stage):
    first, _ = put(stage, "ferry", FERRY)
    put(stage, "again", FERRY_AGAIN, at=START + 30 * MINUTE)
    after = {}
    for minutes in (40, 59, 61, 75, 92, 120):
        told = [s for s in stories(stage.tick(Tick(now=START + minutes * MINUTE))) if s.id == first]
        after[minutes] = [(s.velocity, s.size, s.revision) for s in told]
    assert after == {40: [], 59: [], 61: [(1.0, 2, 3)], 75: [], 92: [(0.0, 2, 4)], 120: []}


def test_a_tick_does_not_keep_a_story_open(stage):
    first, _ = put(stage, "ferry", FERRY)
    stage.tick(Tick(now=START + 2 * HOUR))
    assert first in {s.id for s in stories(stage.tick(Tick(now=START + 72 * HOUR))) if s.state == "closed"}


# ------------------------------------------------------------------ merging


def half(seed, shared, own):
    rng = random.Random(seed)
    words = shared + own
    rng.shuffle(words)
    return " ".join(words)


SHARED, LEFT, RIGHT = prose(500, 40).split(), prose(501, 30).split(), prose(502, 30).split()


def threads():
    """Two stories that have little in common, then articles that tell of both."""
    yield article("one", half(1, SHARED[:4], LEFT))
    yield article("two", half(2, SHARED[4:8], RIGHT), at=START + 1)
    for i in range(8):
        both = half(i + 10, SHARED[i * 4 : i * 4 + 6], LEFT[:24] + RIGHT[:24])
        yield article(f"both{i}", both, at=START + 2 + i)


@pytest.fixture
def two_threads(stage):
    ids, changed = [], []
    for message in threads():
        effects = stage.process(message)
        ids.append(section(effects).story_id)
        changed += stories(effects)
    assert ids[0] != ids[1]
    return stage, ids[0], ids[1], ids[-1], changed


def test_two_stories_that_turn_out_to_be_one_merge_into_the_older(two_threads):
    _, one, two, last, changed = two_threads
    [merge] = [s for s in changed if s.state == "merged"]
    assert (merge.id, merge.merged_into, merge.velocity) == (two, one, 0.0)
    assert last == one
    assert changed[-1].size == 10
    assert changed[-1].sources == ["Harian Seraya"]


def test_a_published_story_id_outlives_the_merge_and_copies_go_to_the_survivor(two_threads):
    stage, one, two, _, _ = two_threads
    again = half(3, SHARED[4:8], RIGHT) + " lagi"
    assert put(stage, "two", again, at=START + 50)[0] == two
    assert put(stage, "copy of two", again, at=START + 51)[0] == one


def test_where_a_merged_story_went_survives_a_restart():
    straight, log, merges = DedupeStage(), {}, 0
    for i in range(60):
        compact(log, straight.process(article(f"noise{i}", prose(i, 80), at=START - HOUR + i)))
    for item in [*threads(), article("copy of two", half(2, SHARED[4:8], RIGHT), at=START + 60)]:
        restored = DedupeStage()
        restored.restore(log.items())
        effects = straight.process(item)
        assert restored.process(item) == effects
        compact(log, effects)
        merges += sum(s.state == "merged" for s in stories(effects))
    assert merges == 1
    assert sum(key[:1] == MERGED for key in log) == 1
    assert section(effects).duplicate.of == ident("two")
    assert section(effects).story_id == story_key(bytes.fromhex(ident("one"))).hex()


# ------------------------------------------------------------------ kills


def test_a_killed_article_leaves_its_story_and_its_title_goes_with_it(stage):
    put(stage, "ferry", FERRY, title="Feri Kandas")
    put(stage, "again", FERRY_AGAIN, title="Pencarian Dihentikan", at=START + 1)
    [story] = stories(stage.process(kill("ferry", at=START + 2)))
    assert (story.size, story.title, story.state) == (1, "Pencarian Dihentikan", "open")


def test_a_story_whose_only_article_is_killed_closes_without_a_title(stage):
    put(stage, "ferry", FERRY, title="Feri Kandas")
    [story] = stories(stage.process(kill("ferry", at=START + 2)))
    assert (story.size, story.title, story.state) == (0, "", "closed")


def test_published_anew_it_is_counted_again(stage):
    first, _ = put(stage, "ferry", FERRY)
    put(stage, "again", FERRY_AGAIN, at=START + 1)
    stage.process(kill("ferry", at=START + 2))
    story_id, [story] = put(stage, "ferry", ORCHARD, at=START + 3)
    assert (story_id, story.size) == (first, 2)


# ------------------------------------------------------------------ parts


def vector(text, seen=()):
    frequencies = Frequencies()
    for other in seen:
        frequencies.count(bag_of([], other.split()).terms, 1)
    return frequencies.vector(bag_of([], text.split()))


def test_cosine_of_a_vector_with_itself_is_one_and_with_a_stranger_nought():
    one, other = vector(prose(1)), vector(prose(2, 5) + " zzzz yyyy")
    got = cosines(one, bundle_of([one, vector("qqqq wwww eeee"), other]))
    assert got[0] == pytest.approx(1, abs=1e-3)
    assert got[1] == 0


def test_common_words_and_short_numbers_are_no_terms():
    assert bag_of(["yang", "dan", "the", "12", "of"], ["with", "a", "99", "tahun"]).terms.size == 0


def test_rare_words_weigh_more():
    text = "langka sering"
    weights = dict(leading(vector(text, seen=["sering lain"] * 50), 2))
    rare = bag_of([], ["langka"]).terms[0]
    assert max(weights, key=weights.get) == rare


def test_vectors_are_short_and_a_mean_leans_to_the_larger_share():
    one, other = vector(prose(1, 200)), vector(prose(2, 200))
    mean = merged(one, 9, other)
    assert mean.terms.size == MAX_TERMS
    near, far = cosines(mean, bundle_of([one, other]))
    assert near > 0.9 > far


def test_counting_a_text_out_undoes_counting_it_in():
    frequencies, bag = Frequencies(), bag_of([], prose(1).split())
    before = frequencies.vector(bag)
    frequencies.count(bag.terms, 1)
    assert frequencies.vector(bag).weights.tolist() != []
    frequencies.count(bag.terms, -1)
    assert frequencies.vector(bag).weights.tolist() == before.weights.tolist()


def test_a_story_record_survives_packing_and_is_small():
    details = Details(born=1, first_at=START, last_at=START)
    for i in range(500):
        names = [f"Nama Panjang Sekali {j}" for j in range(i % 40)]
        details.add(bytes(16), "Judul " * 100, f"Harian Nomor {i}", names, START + i * 1_000)
    centroid = vector(prose(1, 300))
    payload = pack(centroid, details)
    assert unpack_details(payload) == details
    assert unpack_centroid(payload).terms.tolist() == centroid.terms.tolist()
    assert unpack_centroid(payload).weights.tolist() == centroid.weights.tolist()
    assert unpack_centroid(payload).named.tolist() == centroid.named.tolist()
    assert unpack_centroids([payload, payload]).sizes == [MAX_TERMS] * 2
    assert len(payload) < 6_000
    assert len(details.sources) == 200
    assert len(details.names) <= 30


def test_the_term_index_forgets_what_it_is_told_to():
    index, one, other = TermIndex(), vector(prose(1)), vector(prose(2))
    index.add(7, one)
    index.add(3, one)
    index.add(5, other)
    assert index.search(one, 9)[:2] == [3, 7]
    index.remove(3, one)
    assert 3 not in index.search(one, 9)
    index.remove(7, one)
    index.remove(5, other)
    assert index.search(one, 9) == index.search(other, 9) == []


def test_no_terms_make_an_empty_vector():
    empty = vector("")
    assert empty.terms.size == 0
    assert heaviest(empty.terms, empty.weights.astype("f8"), empty.named).weights.size == 0
    assert cosines(empty, bundle_of([vector(prose(1))])).tolist() == [0.0]
