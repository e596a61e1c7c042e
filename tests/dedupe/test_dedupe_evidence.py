"""What speaks for one event, what does not, and the words that both go by."""

from __future__ import annotations

import numpy as np
import pytest
from dedupe_wire import MINUTE, START, article, prose, section, stories

from kabar.dedupe.options import DedupeOptions
from kabar.dedupe.similarity.facts import running_names
from kabar.dedupe.similarity.sketch import hash_words
from kabar.dedupe.stage import DedupeStage
from kabar.dedupe.stories.bags import MAX_WORDS, Frequencies, bag_of, term_hashes
from kabar.dedupe.stories.evidence import weigh
from kabar.dedupe.stories.vectors import bundle_of
from kabar.dedupe.vocabulary import common_words, word_shares
from kabar.text.tokens import words

FIRE_ID = (
    "Kapal motor Cendana Biru terbakar sekitar enam mil laut dari dermaga Tanjung Rasau. Semua penumpang pindah "
    "ke kapal yang melintas. Kepala kantor penyelamat, Gandung Wiratara, menyebut api berasal dari ruang mesin."
)
FIRE_EN = (
    "Everybody aboard the Cendana Biru was rescued when its engine room caught fire, said Gandung Wiratara of the "
    "local rescue office. Nine people were treated for smoke inhalation in Tanjung Rasau."
)
OWN_WORDS = [("Api Padam Menjelang Tengah Malam", FIRE_ID), ("Safe after a night at sea", FIRE_EN)]
ELSEWHERE = (
    "Pasar ikan Tanjung Rasau dibuka kembali setelah atapnya diganti. Pedagang bernama Lukito berharap pembeli dari "
    "luar kota datang lagi. Pemerintah daerah menyumbang lemari pendingin dan mengecat tembok sepanjang jalan masuk."
)
RESULT = "Shr {a} cts vs {b} cts Net {c},{a}56 vs {b},312 Revs {c}{a},990 vs {b},{c}40 Avg shrs {b}12,400 vs {a}10,400"


def put(stage, name, text, at, title=""):
    return section(stage.process(article(name, text, at=at, title=title))).story_id


def printed(frequencies, text, title=""):
    return frequencies.vector(bag_of(words(title), words(text)), words(" ".join(running_names(text))))


def test_reports_in_their_own_words_and_languages_join_by_the_names_they_share():
    stage = DedupeStage()
    ids = [put(stage, f"r{i}", text, START + i * MINUTE, title) for i, (title, text) in enumerate(OWN_WORDS)]
    assert ids[0] == ids[1]


def test_one_place_in_common_is_not_one_event():
    stage = DedupeStage()
    first = put(stage, "fire", OWN_WORDS[0][1], START)
    assert put(stage, "market", ELSEWHERE, START + MINUTE) != first


def test_tables_of_one_form_never_join_however_alike():
    stage = DedupeStage()
    ids = {
        put(
            stage,
            f"t{i}",
            RESULT.format(a=11 + i, b=31 + i, c=2 + i),
            START + i,
            f"{prose(i, 2)} 4th qtr net",
        )
        for i in range(20)
    }
    assert len(ids) == 20


@pytest.mark.parametrize(
    "text, table",
    [
        (RESULT.format(a=11, b=31, c=2), True),
        ("Arema 3 1 Persija 2 0 Bali 4 4 Madura 1 0", True),
        (OWN_WORDS[0][1], False),
        ("Gempa pada 14.27 WITA, 88 kilometer tenggara kota itu, dirasakan selama delapan detik", False),
        ("", False),
    ],
)
def test_a_table_is_a_text_of_figures(text, table):
    assert bag_of([], words(text)).table is table


def test_articles_of_one_template_share_nothing_telling():
    frequencies = Frequencies()
    template = (
        "perusahaan mengumumkan laba bersih naik dibanding tahun lalu berkat penjualan {} menurut direksi {}"
    )
    for i in range(200):
        frequencies.count(bag_of([], template.format(*prose(i, 2).split()).split()).terms, 1)
    one, other = (
        frequencies.vector(bag_of([], template.format(*prose(i, 2).split()).split())) for i in (1, 2)
    )
    found = weigh(one, bundle_of([other]), frequencies.telling)
    assert found.cosine[0] > 0.05
    assert found.shared[0] < DedupeOptions().story_evidence
    assert found.likely(np.ones(1), DedupeOptions()) == []


@pytest.mark.parametrize("text", [FIRE_ID, ELSEWHERE + " " + prose(5, 400), "api di laut", ""])
def test_words_hashed_before_make_the_same_bag(text):
    title, body = words("Api di Cendana Biru"), words(text)
    plain, known = bag_of(title, body), bag_of(title, body, hash_words(title + body[:MAX_WORDS]))
    assert plain.terms.tolist() == known.terms.tolist()
    assert plain.frequencies.tolist() == known.frequencies.tolist()


def test_evidence_counts_names_apart_from_other_words():
    frequencies = Frequencies()
    one, other = (printed(frequencies, text, title) for title, text in OWN_WORDS)
    found = weigh(one, bundle_of([other]), frequencies.telling)
    assert found.names[0] >= 4
    assert 0 < found.shared_names[0] <= found.shared[0]
    assert 0.5 < found.name_share[0] <= 1
    assert 0 < found.share[0] < 1


def test_evidence_against_nothing_is_nothing():
    frequencies = Frequencies()
    some, empty = printed(frequencies, ELSEWHERE), printed(frequencies, "")
    for article_, others in ((some, [empty]), (empty, [some]), (some, [])):
        found = weigh(article_, bundle_of(others), frequencies.telling)
        assert found.cosine.tolist() == [0.0] * len(others)
        assert found.likely(np.ones(len(others)), DedupeOptions()) == []


def test_the_larger_the_story_the_more_it_takes():
    frequencies = Frequencies()
    one, other = (printed(frequencies, text) for text in (prose(1, 60), prose(1, 25) + " " + prose(2, 60)))
    found = weigh(one, bundle_of([other]), frequencies.telling)
    options = DedupeOptions(story_threshold=float(found.cosine[0]) - 0.01)
    assert found.likely(np.array([4.0]), options) == [0]
    assert found.likely(np.array([64.0]), options) == []


def test_the_likeliest_comes_first_and_the_earlier_among_equals():
    frequencies = Frequencies()
    own, near = printed(frequencies, prose(1, 60)), printed(frequencies, prose(1, 60) + " " + prose(2, 30))
    found = weigh(own, bundle_of([near, own, own]), frequencies.telling)
    assert found.likely(np.ones(3), DedupeOptions()) == [1, 2, 0]


# ------------------------------------------------------------------ names


@pytest.mark.parametrize(
    "text, names",
    [
        ("Mesin Cendana Biru Terbakar Semalam\nApi di Cendana Biru padam.", ["Cendana Biru"]),
        ("Kepala kantor, Gandung Wiratara, datang. Di sana Gandung Wiratara berdiri.", ["Gandung Wiratara"]),
        ("Harga Cabai Naik Lagi Jelang Lebaran", []),
        ("CENDANA BIRU BURNS OFF TANJUNG RASAU", []),
        ("kapal cendana biru terbakar", []),
        ("", []),
        ("\n\n \n", []),
    ],
)
def test_names_come_from_running_text_never_from_a_headline(text, names):
    assert running_names(text) == names


def test_a_story_does_not_take_the_headline_for_a_name():
    stage = DedupeStage()
    effects = stage.process(
        article("fire", OWN_WORDS[0][1], title="Mesin KM Cendana Biru Terbakar di Tanjung Rasau")
    )
    [story] = stories(effects)
    assert {"Cendana Biru", "Gandung Wiratara"} <= set(story.names)
    assert not [name for name in story.names if "Terbakar" in name or "Mesin" in name]


# ------------------------------------------------------------------ words known beforehand


def test_words_known_beforehand_are_folded_and_shares_are_shares():
    shares = word_shares()
    assert len(shares) > 5_000
    for word, share in shares.items():
        assert words(word) == [word]
        assert 0 < share < 1
    assert shares["polisi"] > shares.get("nakhoda", 0)
    assert shares["police"] > shares.get("ferry", 0)
    assert len(common_words()) > 300


def test_an_empty_index_knows_which_words_are_rare():
    rare, plain = Frequencies().rarity(term_hashes(["wiratara", "pemerintah"]))
    assert rare > plain + 2


def test_the_stream_takes_over_from_what_was_known():
    frequencies, term = Frequencies(), term_hashes(["wiratara"])
    before = frequencies.rarity(term)[0]
    for _ in range(3_000):
        frequencies.count(term, 1)
    assert frequencies.rarity(term)[0] < 1 < before
    assert frequencies.telling(term)[0] == 0
