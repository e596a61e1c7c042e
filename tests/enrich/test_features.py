"""What the tagger is given: shapes, candidate runs, and features that are bytes."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kabar.enrich.document import surface_tokens
from kabar.enrich.entities.features import FeatureMaker, shape
from kabar.enrich.entities.tagger import tagger
from kabar.enrich.gazetteer import gazetteer
from kabar.enrich.lexicon import lexicon


@pytest.fixture(scope="module")
def maker() -> FeatureMaker:
    return FeatureMaker(lexicon(), gazetteer())


@pytest.mark.parametrize(
    "form, look",
    [
        ("Budi", "Xx"),
        ("KPK", "X+"),
        ("A", "X"),
        ("budi", "x"),
        ("2021", "d"),
        ("G20", "Xd+"),
        ("McDonald", "XxXx"),
        ("U.S.", "X.X.+"),
        (",", ","),
    ],
)
def test_shape(form, look):
    assert shape(form) == look


@pytest.mark.parametrize(
    "text, runs",
    [
        ("kata dia kemarin .", []),
        ("Budi tiba di Jakarta .", ["Budi", "Jakarta"]),
        (
            "oleh Kementerian Pemberdayaan Perempuan dan Perlindungan Anak kemarin",
            ["Kementerian Pemberdayaan Perempuan dan Perlindungan Anak"],
        ),
        ("warga desa Sukamaju pergi", ["desa Sukamaju"]),
        ("the Bank of the West said", ["Bank of the West"]),
        ("Budi dan kawan", ["Budi"]),
        ("Stadion Utama 17 Agustus", ["Stadion Utama 17 Agustus"]),
        ("Budi , Andi", ["Budi", "Andi"]),
        ("A of of of of B", ["A", "B"]),
    ],
)
def test_candidate_runs(maker, text, runs):
    tokens = [token.text for token in surface_tokens(text)]
    forms = [maker.form(token) for token in tokens]
    assert [" ".join(tokens[a:b]) for a, b in maker.runs(forms)] == runs


@given(st.text(alphabet=st.sampled_from("Aa1 .-,"), max_size=80))
def test_runs_are_in_order_and_hold_every_capital(text):
    maker = tagger().maker
    tokens = [token.text for token in surface_tokens(text)]
    forms = [maker.form(token) for token in tokens]
    runs = list(maker.runs(forms))
    assert all(one[1] <= other[0] for one, other in itertools.pairwise(runs))
    inside = {i for run in runs for i in range(*run)}
    assert {i for i, form in enumerate(forms) if form.capital} <= inside


def test_items_are_bytes_and_one_a_token(maker):
    tokens = ["Presiden", "Rusia", "Vladimir", "Putin", "tiba"]
    forms = [maker.form(token) for token in tokens]
    items = maker.items(tokens, forms, (0, 4))
    assert len(items) == 4
    assert all(isinstance(feature, bytes) for item in items for feature in item)
    assert b"role" in items[0]
    assert b"gaz=country" in items[1]
    assert b"given" in items[2]
    assert b"-1w=vladimir" in items[3]
    assert b"+1w=tiba" in items[3]


def test_two_words_of_a_listed_place_are_seen_together(maker):
    tokens = ["Jawa", "Barat"]
    first, second = maker.items(tokens, [maker.form(token) for token in tokens], (0, 2))
    assert b"gaz2B" in first
    assert b"gaz2I" in second


def test_one_form_is_made_once(maker):
    assert maker.form("Jakarta") is maker.form("Jakarta")
