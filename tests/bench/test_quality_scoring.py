"""The arithmetic, against figures worked out by hand."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.quality.scoring import (
    Groups,
    Tally,
    b_cubed,
    classes,
    harmonic,
    kilometres,
    longest_common,
    mean_f1,
    mean_of_pages,
    normal,
    rouge,
    set_tally,
    share,
    shingle_tally,
    shingles,
)


def test_tally_of_nothing_is_zero_and_not_an_error():
    assert Tally().figures() == {"f1": 0.0, "precision": 0.0, "recall": 0.0}
    assert share(3, 0) == 0.0
    assert harmonic(0, 0) == 0.0


def test_tallies_add_up():
    whole = Tally(1, 1, 0)
    whole.add(Tally(2, 0, 1))
    assert (whole.hit, whole.wrong, whole.missed) == (3, 1, 1)
    assert whole.precision == whole.recall == whole.f1 == 0.75


@pytest.mark.parametrize(
    "text, count",
    [
        ("", 0),
        ("...", 0),
        ("satu", 1),
        ("satu dua tiga", 1),
        ("satu dua tiga empat", 1),
        ("satu dua tiga empat lima", 2),
    ],
)
def test_a_short_text_is_one_shingle(text, count):
    assert shingles(text).total() == count


def test_shingles_are_a_multiset():
    assert max(shingles("a b c d a b c d").values()) == 2


def test_shingle_tally_is_normalised_to_one():
    tally = shingle_tally("a b c d e", "a b c d x")
    assert tally.hit + tally.wrong + tally.missed == pytest.approx(1)
    assert tally.precision == tally.recall == 0.5


def test_shingles_keep_case_as_the_benchmark_does():
    assert shingle_tally("A b c d", "a b c d").hit == 0


def test_mean_of_pages_leaves_empty_answers_out_of_precision_only():
    full, empty = shingle_tally("a b c d", "a b c d"), shingle_tally("a b c d", "")
    figures = mean_of_pages([full, empty])
    assert figures["precision"] == 1.0
    assert figures["recall"] == 0.5
    assert figures["f1"] == pytest.approx(2 / 3)


def test_mean_f1_counts_empty_answers_everywhere():
    full, empty = shingle_tally("a b c d", "a b c d"), shingle_tally("a b c d", "")
    assert mean_f1([full, empty]) == {"f1": 0.5, "precision": 0.5, "recall": 0.5}


@pytest.mark.parametrize(
    "text, expected",
    [("  Dua  KATA! ", "dua kata"), ("", ""), ("Étude—1", "étude 1"), ("«—»", "")],
)
def test_normal(text, expected):
    assert normal(text) == expected


def test_set_tally_counts_each_item_once():
    tally = set_tally(["a", "b", "b"], ["b", "c", "c"])
    assert (tally.hit, tally.wrong, tally.missed) == (1, 1, 1)


def test_macro_f1_is_over_the_classes_of_the_gold():
    figures = classes(["n", "n", "p", "p"], ["n", "p", "p", "z"])
    # n: precision 1, recall 1/2; p: precision 1/2, recall 1/2; z is no class of the gold
    assert figures["macro_f1"] == pytest.approx((2 / 3 + 1 / 2) / 2)
    assert figures["accuracy"] == 0.5


def test_always_the_same_label_has_a_low_macro_f1():
    figures = classes(["n"] * 8 + ["p"] * 2, ["n"] * 10)
    assert figures["accuracy"] == 0.8
    assert figures["macro_f1"] == pytest.approx((16 / 18) / 2)


def test_b_cubed_worked_by_hand():
    gold = {"a": 1, "b": 1, "c": 2}
    together = b_cubed(gold, dict.fromkeys("abc", "x"))
    # precision: a and b 2/3 each, c 1/3; recall 1
    assert together["precision"] == pytest.approx((2 / 3 + 2 / 3 + 1 / 3) / 3)
    assert together["recall"] == 1.0
    apart = b_cubed(gold, {"a": "1", "b": "2", "c": "3"})
    assert apart["precision"] == 1.0
    assert apart["recall"] == pytest.approx((1 / 2 + 1 / 2 + 1) / 3)


def test_b_cubed_without_a_prediction_stands_alone():
    assert b_cubed({"a": 1, "b": 1}, {})["precision"] == 1.0
    assert b_cubed({"a": 1, "b": 1}, {})["recall"] == 0.5
    assert b_cubed({}, {}) == {"f1": 0.0, "precision": 0.0, "recall": 0.0}


def test_b_cubed_does_not_confuse_a_cluster_named_as_an_item():
    assert b_cubed({"a": 1, "b": 2}, {"b": "a"})["precision"] == 1.0


@given(st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 3), min_size=1))
def test_b_cubed_of_the_gold_itself_is_one(gold):
    assert b_cubed(gold, gold)["f1"] == pytest.approx(1)


@given(st.lists(st.sampled_from("ab"), max_size=8), st.lists(st.sampled_from("ab"), max_size=8))
def test_longest_common_subsequence_agrees_with_recursion(first, second):
    def slow(x, y):
        if not x or not y:
            return 0
        if x[0] == y[0]:
            return 1 + slow(x[1:], y[1:])
        return max(slow(x[1:], y), slow(x, y[1:]))

    assert longest_common(first, second) == slow(first, second)


def test_rouge_sees_order_only_in_l():
    figures = rouge("satu dua tiga", "tiga dua satu")
    assert figures["rouge1"] == 1.0
    assert figures["rougeL"] == pytest.approx(1 / 3)
    assert rouge("satu", "") == {"rouge1": 0.0, "rougeL": 0.0}


def test_rouge_counts_repeated_words_once_per_occurrence():
    assert rouge("satu", "satu satu satu")["rouge1"] == 0.5


def test_kilometres():
    assert kilometres((0, 0), (0, 0)) == 0
    assert kilometres((0, 0), (0, 180)) == pytest.approx(math.pi * 6371)
    assert kilometres((-6.2, 106.8), (-6.9, 107.6)) == pytest.approx(117.6, abs=1)  # Jakarta to Bandung


def test_groups_are_transitive_and_pairs_are_ordered():
    groups = Groups()
    groups.join("a", "b")
    groups.join("c", "b")
    assert groups.pairs(["c", "a", "b", "d"]) == {("a", "b"), ("a", "c"), ("b", "c")}
    assert groups.pairs([]) == set()
