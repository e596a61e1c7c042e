"""Copies: exact, near, shortened; and what only looks like one."""

from __future__ import annotations

import random

import numpy as np
import pytest
from dedupe_wire import (
    BRIDGE,
    DAY,
    FERRY,
    HOUR,
    ORCHARD,
    START,
    article,
    decision,
    ident,
    kill,
    prose,
    section,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from kabar.contracts.message import Tick
from kabar.contracts.outcomes import Forward
from kabar.dedupe.diff import MAX_EDITS, compare
from kabar.dedupe.options import DedupeOptions
from kabar.dedupe.similarity.facts import Facts, agreement, differences, find_facts, held
from kabar.dedupe.similarity.lsh import Remembered, SignatureIndex
from kabar.dedupe.similarity.sketch import hash_words, jaccard, minhash, shingle, sketch, sketch_text
from kabar.dedupe.stage import DedupeStage

OTHER = {"source": "Kabar Lain", "domain": "lain.example"}


@pytest.fixture
def stage():
    return DedupeStage()


def copy_of(stage, original, text, *, title="", original_title="", later=HOUR):
    stage.process(article("original", original, title=original_title))
    return section(stage.process(article("copy", text, title=title, at=START + later, **OTHER))).duplicate


# ------------------------------------------------------------------ what is a copy


def test_the_same_words_elsewhere_are_an_exact_copy(stage):
    got = copy_of(stage, FERRY, FERRY.upper() + "!", title="Judul lain")
    assert (got.kind, got.of, got.similarity, got.differs) == ("exact", ident("original"), 1.0, [])


def words_replaced(text, share):
    rng = random.Random(5)
    return " ".join(
        "".join(rng.choices("aiueoknst", k=6)) if w.islower() and rng.random() < share else w
        for w in text.split()
    )


NEAR = [
    pytest.param(lambda t: t + " Baca berita lain di situs kami. Ikuti kami.", id="boilerplate added"),
    pytest.param(lambda t: t.split(". ", 1)[1], id="lead cut"),
    pytest.param(lambda t: ". ".join(t.split(". ")[:4]) + ".", id="end cut"),
    pytest.param(
        lambda t: (
            t.replace("mengatakan", "menyatakan")
            .replace(" said ", " stated ")
            .replace(" told ", " informed ")
        ),
        id="words replaced",
    ),
    pytest.param(lambda t: words_replaced(t, 0.08), id="one word in twelve replaced"),
    pytest.param(
        lambda t: ". ".join(reversed(t.rstrip(".").split(". "))) + ".", id="sentences in another order"
    ),
]


@pytest.mark.parametrize("edit", NEAR)
@pytest.mark.parametrize("text", [FERRY, BRIDGE, ORCHARD])
def test_edited_copies_are_near(stage, text, edit):
    got = copy_of(stage, text, edit(text))
    assert got is not None
    assert (got.kind, got.of) == ("near", ident("original"))
    assert 0.25 <= got.similarity < 1


def test_a_reprint_cut_to_less_than_half_is_found_by_containment(stage):
    text = f"{FERRY} {prose(1, 40)}. {prose(2, 40)}."
    got = copy_of(stage, text, FERRY[: len(FERRY) * 9 // 10])
    assert got is not None
    assert got.similarity < 0.5


def test_a_longer_article_that_holds_the_older_one_is_a_copy_too(stage):
    assert copy_of(stage, FERRY, f"{FERRY} {prose(1, 50)}.") is not None


DIFFERS = [
    pytest.param("120 penumpang", "125 penumpang", ["number: 120 -> 125"], id="number"),
    pytest.param("Yusuf Arman", "Basuki Arman", ["name: Yusuf Arman -> Basuki Arman"], id="name"),
    pytest.param("14 perahu", "15 perahu", ["number: 14 -> 15"], id="another number"),
    pytest.param(" 7 penumpang yang", " penumpang yang", [], id="left out only"),
    pytest.param("mesinnya mati", "mesinnya rusak", [], id="no fact"),
]


@pytest.mark.parametrize("old,new,differs", DIFFERS)
def test_a_copy_tells_where_its_facts_differ(stage, old, new, differs):
    assert old in FERRY
    assert copy_of(stage, FERRY, FERRY.replace(old, new)).differs == differs


def test_dates_are_told_apart_from_numbers(stage):
    text = FERRY.replace("pada Selasa pagi", "pada 12 Oktober 2025")
    assert copy_of(stage, text, text.replace("12 Oktober 2025", "13 Oktober 2025")).differs == [
        "date: 12 Oktober 2025 -> 13 Oktober 2025"
    ]


# ------------------------------------------------------------------ what is none


def repo(amount, date, other):
    return (
        f"The Central Bank of Tarn said on {date} that it had entered the government bond market to arrange {amount} "
        f"billion crowns of customer repurchase agreements. Dealers said overnight money was trading at {other} "
        f"percent at the time of the operation, which the bank conducts when it wants to add reserves."
    )


def preview(home, away, star, day):
    return (
        f"{home} menjamu {away} pada pekan ke-{day} Liga Nusantara di stadion utama. Pelatih {home} memastikan {star} "
        f"siap bermain sejak menit pertama. Laga {home} melawan {away} akan dimulai pukul {day}.30 dan disiarkan "
        f"langsung. Pertandingan terakhir kedua tim berakhir imbang dengan skor {day}-{day}."
    )


TRAPS = [
    pytest.param(
        ("Tarn bank sets 1.5 bln repo", repo("1.5", "3 March", "6.25")),
        ("Tarn bank sets 2.0 bln repo", repo("2.0", "9 March", "5.75")),
        id="money market",
    ),
    pytest.param(
        ("Prediksi Elang Timur vs Badai Laut", preview("Elang Timur", "Badai Laut", "Made Surya", 8)),
        ("Prediksi Rajawali vs Harimau Kota", preview("Rajawali", "Harimau Kota", "Dodi Pranata", 9)),
        id="match preview",
    ),
    pytest.param(
        ("Sets quarterly", "Qtly div 12 cts vs 12 cts prior. Pay April 3. Record March 20."),
        ("Sets quarterly dividend", "Qtly div 15 cts vs 12 cts prior. Pay April 9. Record March 20."),
        id="short notice",
    ),
    pytest.param(
        ("Kilas", "Bla bla bla."), ("Sekilas info lain", "Bla bla bla."), id="empty phrase under two titles"
    ),
    pytest.param(("", FERRY), ("", BRIDGE), id="nothing in common"),
    pytest.param(("", ""), ("", ""), id="no text at all"),
]


@pytest.mark.parametrize("one,other", TRAPS)
def test_what_is_no_copy(stage, one, other):
    for first, second in ((one, other), (other, one)):
        stage = DedupeStage()
        assert copy_of(stage, first[1], second[1], title=second[0], original_title=first[0]) is None


def test_the_traps_are_alike_enough_to_be_traps():
    resemblance, _ = jaccard(
        sketch_text(TRAPS[0].values[0][1]).shingles, sketch_text(TRAPS[0].values[1][1]).shingles
    )
    assert resemblance > 0.5


# ------------------------------------------------------------------ whose copy


def test_all_copies_point_to_the_first(stage):
    stage.process(article("first", FERRY))
    for i in range(1, 12):
        text = FERRY + f" Sumber kedua {prose(i, 4)}."
        got = section(stage.process(article(f"copy{i}", text, at=START + i, **OTHER))).duplicate
        assert got.of == ident("first")


def test_an_update_of_the_original_is_not_a_copy_of_its_copies(stage):
    stage.process(article("first", FERRY))
    stage.process(article("copy", FERRY + " Sumber lain.", at=START + 1, **OTHER))
    assert section(stage.process(article("first", FERRY + " Diperbarui.", at=START + 2))).duplicate is None
    rewritten = ". ".join(reversed(FERRY.rstrip(".").split(". "))) + " " + prose(4, 60)
    assert section(stage.process(article("first", rewritten, at=START + 3))).duplicate is None


def test_a_copy_that_is_rewritten_is_no_copy_any_more(stage):
    stage.process(article("first", FERRY))
    assert section(stage.process(article("copy", FERRY, at=START + 1, **OTHER))).duplicate is not None
    assert section(stage.process(article("copy", BRIDGE, at=START + 2, **OTHER))).duplicate is None


def test_a_copy_of_the_updated_text_is_found(stage):
    stage.process(article("first", FERRY))
    stage.process(article("first", BRIDGE, at=START + 1))
    got = section(stage.process(article("copy", BRIDGE, at=START + 2, **OTHER))).duplicate
    assert (got.kind, got.of) == ("exact", ident("first"))


def test_nothing_copies_a_killed_article(stage):
    stage.process(article("first", FERRY))
    stage.process(article("copy", FERRY, at=START + 1, **OTHER))
    stage.process(kill("first", at=START + 2))
    got = section(stage.process(article("third", FERRY, at=START + 3, **OTHER))).duplicate
    assert got.of == ident("copy")


def test_a_chain_of_edits_leaves_its_root_behind(stage):
    sentences = [prose(i, 14) + "." for i in range(24)]
    found = []
    for step in range(0, 15, 2):
        text = " ".join(sentences[step : step + 9])
        duplicate = section(stage.process(article(f"a{step}", text, at=START + step))).duplicate
        found.append(duplicate.of if duplicate else None)
    assert found[0] is None
    assert found[1] == ident("a0")
    assert ident("a0") not in found[3:]


# ------------------------------------------------------------------ windows and bounds


@pytest.mark.parametrize("ticked", [True, False])
@pytest.mark.parametrize("days,kind", [(2, "near"), (6, "near"), (7, None), (9, None)])
def test_the_window(stage, days, kind, ticked):
    stage.process(article("original", FERRY))
    if ticked:
        stage.tick(Tick(now=START + days * DAY))
    text = FERRY.replace("mengatakan", "menyatakan")
    got = section(stage.process(article("copy", text, at=START + days * DAY, **OTHER))).duplicate
    assert (got.kind if got else None) == kind


def test_without_its_text_only_a_sure_copy_counts(stage):
    half = FERRY[: len(FERRY) // 2] + BRIDGE[: len(BRIDGE) // 3]
    stage.process(article("original", FERRY))
    got = section(stage.process(article("half", half, at=START + 5 * DAY, **OTHER))).duplicate
    assert got is None
    exact = section(stage.process(article("same", FERRY, at=START + 5 * DAY, **OTHER))).duplicate
    assert (exact.kind, exact.of) == ("exact", ident("original"))


def test_signatures_are_forgotten_and_bounded():
    stage = DedupeStage(DedupeOptions(max_signatures=100))
    for i in range(400):
        stage.process(article(f"a{i}", prose(i, 40), at=START + i))
    assert stage.sizes()["signatures"] <= 100
    assert section(stage.process(article("copy", prose(0, 40), at=START + 500, **OTHER))).duplicate is None
    assert (
        section(stage.process(article("copy2", prose(399, 40), at=START + 501, **OTHER))).duplicate
        is not None
    )
    stage.tick(Tick(now=START + 8 * DAY))
    assert stage.sizes()["signatures"] == 0


@pytest.mark.parametrize(
    "text",
    [
        "a " * 1_000_000,
        "x" * 2_000_000,
        "1,2." * 1_000_000,
        "A" * 200_000 + " B" * 400_000,
        "\n" * 1_000_000,
        "漢字" * 500_000,
        "'" * 2_000_000,
    ],
)
def test_monstrous_texts_end(stage, text):
    for name in ("one", "two"):
        assert isinstance(decision(stage.process(article(name, text, **OTHER))), Forward)
    assert decision(stage.process(article("one", text[:-9], at=START + 1, **OTHER)))


# ------------------------------------------------------------------ parts

texts = st.lists(
    st.text(st.characters(codec="utf-8", exclude_characters=" "), min_size=1, max_size=6), max_size=40
)


@given(texts)
def test_a_word_is_hashed_alike_wherever_it_stands(words):
    together = hash_words(words)
    assert together.tolist() == [int(hash_words([w])[0]) for w in words]


def test_hashes_never_change():
    """They stand in state records: another value would make every remembered signature useless."""
    assert hash_words(["kabar", "news"]).tolist() == [13102955808843294427, 13177227518572645736]
    assert sketch(["satu", "dua", "tiga"]).signature[:4].tolist() == [57642, 41508, 41882, 11726]


@settings(max_examples=25, deadline=None)
@given(st.sets(st.integers(0, 400), min_size=60), st.sets(st.integers(0, 400), min_size=60))
def test_signatures_estimate_resemblance(one, other):
    left = shingle(hash_words([f"w{i}" for i in sorted(one)]))
    right = shingle(hash_words([f"w{i}" for i in sorted(other)]))
    estimate = float((minhash(left) == minhash(right)).mean())
    assert abs(estimate - jaccard(left, right)[0]) < 0.3


@pytest.mark.parametrize(
    "left,right,expected",
    [([], [], (0, 0)), ([1], [], (0, 0)), ([1, 2], [2, 1], (1, 1)), ([1, 2, 3, 4], [2], (0.25, 1))],
)
def test_resemblance_and_containment(left, right, expected):
    assert (
        jaccard(np.array(sorted(left), dtype=np.uint64), np.array(sorted(right), dtype=np.uint64)) == expected
    )


@given(st.lists(st.sampled_from("abcde"), max_size=30), st.lists(st.sampled_from("abcde"), max_size=30))
def test_diff_turns_one_into_the_other(before, after):
    diff = compare(before, after)
    made, at = [], 0
    for hunk in diff.hunks:
        made += before[at : hunk.start_before]
        assert list(before[hunk.start_before : hunk.start_before + len(hunk.removed)]) == list(hunk.removed)
        assert len(made) == hunk.start_after
        made += hunk.added
        at = hunk.start_before + len(hunk.removed)
    assert made + before[at:] == after
    assert diff.removed - diff.added == len(before) - len(after)


def test_a_large_difference_is_counted_without_being_searched():
    before = [f"a{i}" for i in range(500)]
    after = [f"b{i}" for i in range(300)] + before[:100]
    diff = compare(before, after)
    assert diff.hunks is None
    assert (diff.removed, diff.added) == (400, 300)
    assert compare(["x"] * MAX_EDITS, []).removed == MAX_EDITS


@pytest.mark.parametrize(
    "text,numbers,dates,names",
    [
        ("Menurut Rahmat Sulaiman, 1.200 orang dan 4,5% lahan.", ["1.200", "4,5%"], [], ["Rahmat Sulaiman"]),
        ("Pada 3 Mei 2024 dan 12/10/2025.", [], ["3 Mei 2024", "12/10/2025"], []),
        ("On March 3, 2024 the mayor met Helena Dorn's aide.", [], ["March 3, 2024"], ["Helena Dorn"]),
        ("Rain fell. Snow came.", [], [], []),
        ("The Marrow Bridge stands.", [], [], ["Marrow Bridge"]),
        ("EAGLES BEAT HARLOW IN FINAL 3-1", ["3", "1"], [], []),
        ("Pukul 14:30 di kilometer 7.", ["14:30", "7"], [], []),
        ("", [], [], []),
    ],
)
def test_facts(text, numbers, dates, names):
    assert find_facts(text) == Facts(numbers, dates, names)


def test_facts_that_only_moved_do_not_differ():
    assert differences(Facts(["1", "2", "3"], [], []), Facts(["3", "1", "2"], [], [])) == []
    assert differences(Facts(["1", "5"], [], ["A B"]), Facts(["1", "6"], [], ["C D"])) == [
        "number: 5 -> 6",
        "name: A B -> C D",
    ]


def test_shares_of_facts():
    assert agreement(["1", "2"], ["2", "3", "2"]) == pytest.approx(1 / 3)
    assert agreement([], []) == held([], ["1"]) == 1.0
    assert held(["1", "2"], ["2"]) == 0.5


def remembered(i, signature, at=0):
    return Remembered(
        id=bytes.fromhex(ident(str(i))),
        root=bytes(16),
        body=bytes(8),
        size=9,
        seq=i,
        at=at,
        signature=signature,
    )


def test_the_table_finds_what_it_holds_through_growth_removal_and_reuse():
    index, rng = SignatureIndex(), random.Random(1)
    signatures = {i: minhash(shingle(hash_words(prose(i, 30).split()))) for i in range(2_000)}
    alive = set()
    for i, signature in signatures.items():
        index.add(remembered(i, signature, at=i))
        alive.add(i)
        if rng.random() < 0.6:
            gone = rng.choice([min(alive), rng.randint(0, i)])
            assert index.remove(bytes.fromhex(ident(str(gone)))) == (gone in alive)
            alive.discard(gone)
    assert len(index) == len(alive)
    for i in rng.sample(range(2_000), 300):
        found = index.search(signatures[i], since=-1, least=0.9, limit=3)
        assert [c.article.seq for c in found] == ([i] if i in alive else [])
        assert (index.get(bytes.fromhex(ident(str(i)))) is not None) == (i in alive)
    assert [e.seq for e in index.oldest(5)] == sorted(alive)[:5]


def test_a_search_is_a_function_of_what_is_alive_alone():
    """A table with a past answers as one that was filled with the survivors."""
    rng = random.Random(3)
    alike = [prose(1, 40).split() for _ in range(300)]
    for words in alike:
        words[rng.randrange(40)] = "lain"
    signatures = [minhash(shingle(hash_words(words))) for words in alike]
    old, fresh = SignatureIndex(), SignatureIndex()
    for i, signature in enumerate(signatures):
        old.add(remembered(i, signature))
    gone = set(rng.sample(range(300), 180))
    for i in sorted(gone):
        old.remove(bytes.fromhex(ident(str(i))))
    for i in sorted(set(range(300)) - gone):
        fresh.add(remembered(i, signatures[i]))
    for probe in signatures[::7]:
        one = [(c.article.seq, c.estimate) for c in old.search(probe, since=-1, least=0.1, limit=20)]
        assert one == [
            (c.article.seq, c.estimate) for c in fresh.search(probe, since=-1, least=0.1, limit=20)
        ]
        assert one
