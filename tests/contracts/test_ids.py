from __future__ import annotations

import re
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kabar.contracts import ids
from kabar.errors import BadMessage, Oversize

ID = re.compile("[0-9a-f]{32}")
any_text = st.text(st.characters(codec=None), max_size=20)


def test_digest_is_pinned():
    """Identifiers live in indexes for years: a change here is a change of every stored id."""
    assert ids.digest("article.url", "https://kabarpagi.example/a") == PINNED_URL
    assert ids.article_id(source="Kabar Pagi", publisher_id="17") == PINNED_OWN
    assert ids.observation_id("job", 3) == PINNED_OBSERVATION


PINNED_URL = "e1055b43515c88a6f90e357500aba744"
PINNED_OWN = "efd69ca98267ed01ff489aecee8d1b30"
PINNED_OBSERVATION = "07edd0d70ca793e150f745f44af1104d"


def test_another_process_makes_the_same_ids():
    code = "from kabar.contracts import ids; print(ids.article_id(source='X', title='a', text='b'))"
    seen = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert seen == {ids.article_id(source="X", title="a", text="b") + "\n"}


@given(st.lists(any_text, max_size=4), st.lists(any_text, max_size=4))
def test_different_parts_never_share_an_id(one, other):
    assert (ids.digest("k", *one) == ids.digest("k", *other)) is (one == other)


def test_kinds_and_types_are_domains_of_their_own():
    assert ids.digest("a", "x") != ids.digest("b", "x")
    assert ids.digest("a", "x") != ids.digest("a", b"x")
    assert ids.digest("a", "ab", "c") != ids.digest("a", "a", "bc")
    assert ids.digest("a") != ids.digest("a", "")


def test_the_url_decides_alone_in_any_spelling():
    one = ids.article_id(
        url="https://kabarpagi.example/a?utm_source=x", source="A", publisher_id="1", text="x"
    )
    assert one == ids.article_id(url="HTTPS://KABARPAGI.example:443/a#x", title="other")
    assert one != ids.article_id(url="https://kabarpagi.example/a?page=2")


def test_the_publishers_own_id_counts_within_the_source():
    one = ids.article_id(source="Kabar Pagi", publisher_id="17", title="a", text="b")
    assert one == ids.article_id(source=" kabar PAGI ", publisher_id="17", title="changed")
    assert one != ids.article_id(source="Harian Laut", publisher_id="17")
    assert one != ids.article_id(source="Kabar Pagi", publisher_id="18")


@pytest.mark.parametrize(
    "change", [{"source": "Y"}, {"title": "b"}, {"text": "c"}, {"text": "", "data": b"isi"}, {"text": "isi "}]
)
def test_without_url_and_id_the_content_decides(change):
    base = {"source": "X", "title": "a", "text": "isi"}
    assert ids.article_id(**base) == ids.article_id(**base)
    assert ids.article_id(**base) != ids.article_id(**{**base, **change})


def test_a_bad_url_is_refused():
    with pytest.raises(BadMessage):
        ids.article_id(url="javascript:alert(1)")
    with pytest.raises(Oversize):
        ids.article_id(url="https://kabarpagi.example/" + "a" * 5_000)


def test_a_lone_surrogate_has_an_id_of_its_own():
    assert ids.article_id(title="a\ud800") != ids.article_id(title="a\ufffd")


def test_observations_of_one_job_differ_and_repeat():
    seen = [ids.observation_id("job", n) for n in range(1_000)]
    assert len(set(seen)) == 1_000
    assert seen == [ids.observation_id("job", n) for n in range(1_000)]
    assert ids.observation_id("job", 1) != ids.observation_id("another", 1)
    assert ids.observation_id("job", "1") == ids.observation_id("job", 1)


def test_derived_ids_have_their_own_spaces():
    observation = ids.observation_id("job", 1)
    derived = [
        observation,
        ids.trace_id(observation),
        *(ids.dead_letter_id(observation, s) for s in ("clean", "index")),
    ]
    assert len(set(derived)) == 4
    assert all(ID.fullmatch(d) for d in derived)


@given(st.binary(max_size=200), st.integers(1, 50))
def test_content_digest_does_not_depend_on_the_chunks(data, size):
    chunks = [data[i : i + size] for i in range(0, len(data), size)]
    assert ids.content_digest(chunks) == ids.content_digest([data])


def test_content_digest_tells_files_apart():
    assert ids.content_digest([b"a"]) != ids.content_digest([b"b"])
    assert ids.content_digest([]) != ids.content_digest([b"\0"])


def test_require_id():
    good = ids.digest("k", "x")
    assert ids.require_id(good, what="id") == good
    for bad in ("", good[:-1], good + "0", good.upper(), "g" * 32, "１" * 32):
        with pytest.raises(BadMessage, match=r"^job id is "):
            ids.require_id(bad, what="job id")
