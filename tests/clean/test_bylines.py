from __future__ import annotations

import pytest
from lxml.html import document_fromstring

from kabar.clean.page.bylines import read


def authors(body="<p>x</p>", *, said=None, linked=(), site=()):
    return read(linked, said or {}, document_fromstring(f"<html><body>{body}</body></html>"), site=site)


@pytest.mark.parametrize(
    "linked, said, names",
    [
        (["Budi Hartono"], {"author": "Sari"}, ("Budi Hartono",)),
        (["Kabar Nusa"], {"author": "Sari Dewi"}, ("Sari Dewi",)),
        (["Kabar Nusa"], {}, ("Kabar Nusa",)),
        (["Redaksi"], {"author": "Sari Dewi"}, ("Sari Dewi",)),
        (["Budi Hartono (bh)", "Sari Dewi [Jakarta]"], {}, ("Budi Hartono", "Sari Dewi")),
        ([], {"author": "Rumah Penerbit", "article:author": "Sari Dewi"}, ("Sari Dewi",)),
        ([], {"article:author": "https://social.example/kabar", "author": "Sari Dewi"}, ("Sari Dewi",)),
        ([], {"author": "Oleh Budi Hartono dan Sari Dewi"}, ("Budi Hartono", "Sari Dewi")),
        ([], {"twitter:label1": "Written by", "twitter:data1": "Sari Dewi"}, ("Sari Dewi",)),
        ([], {"twitter:label1": "Est. reading time", "twitter:data1": "2 minutes"}, ()),
        ([], {"author": "10517"}, ()),
    ],
)
def test_stated(linked, said, names):
    assert authors(linked=linked, said=said, site=("Kabar Nusa", "kabarnusa.example")) == names


@pytest.mark.parametrize(
    "body, names",
    [
        ('<a rel="author">Sari Dewi</a>', ("Sari Dewi",)),
        ('<span itemprop="author">ab/cde;fgh</span>', ("ab/cde", "fgh")),
        ('<span itemprop="author">Suharto</span>', ("Suharto",)),
        ('<span class="byline">Bagikan</span>', ()),
        ('<div class="byline">By <a>Ana Brook</a> and <a>Tom Field</a></div>', ("Ana Brook", "Tom Field")),
        ('<div class="byline"><span>By Ana Brook</span><span>THE VALLEY POST</span></div>', ("Ana Brook",)),
        (
            '<div class="author">By <a>Ana Brook</a> in Sport on 1 June 2026 at 08:34. 5 Comments</div>',
            ("Ana Brook",),
        ),
        ('<p class="byline">Ana Brook / AFP / Updated: Oct 9, 2026</p>', ("Ana Brook",)),
        ('<ul class="metaAuthorList"><li>Ana Brook</li></ul>', ("Ana Brook",)),
        (
            '<li class="authors__item">von Ana Brook</li><li class="authors__item">Tom Field</li>',
            ("Ana Brook", "Tom Field"),
        ),
        ('<div class="byline">Ana Brook</div><div><div class="byline">Tom Field</div></div>', ("Ana Brook",)),
        ('<div class="comment-author">Ana Brook</div>', ()),
        ('<div class="author-bio related">Ana Brook</div>', ()),
        ('<nav><span class="author">Ana Brook</span></nav>', ()),
        ('<div class="authority">Ana Brook</div>', ()),
        ("<p>By Ana Brook</p>", ("Ana Brook",)),
        ("<h5>Von Ana Brook, Frankfurt</h5>", ("Ana Brook",)),
        ("<div><span>By </span><a>Ana Brook</a></div>", ("Ana Brook",)),
        ("<p>By clicking you agree to our terms of use</p>", ()),
        (f"<p>By Ana Brook was meant as a joke {'and nobody laughed ' * 9}</p>", ()),
    ],
)
def test_shown(body, names):
    assert authors(body) == names


def test_the_outlet_is_better_than_a_guess():
    assert authors("<p>By Ana Brook</p>", linked=["Kabar Nusa"], site=("Kabar Nusa",)) == ("Kabar Nusa",)


def test_a_desk_of_the_outlet_is_no_person():
    body = '<p class="author"><a>Ana Brook, KBR NORTH</a></p>'
    assert authors(body, site=("kbr.example", "kbr")) == ("Ana Brook",)


@pytest.mark.parametrize(
    "body",
    [
        "<div>By " * 200 + "x" * 1000,
        '<div class="byline">' * 200 + "Ana Brook",
        '<p class="author">' + "Ana Brook, " * 20_000 + "</p>",
        '<i rel="author">Ana Brook</i>' * 10_000,
    ],
)
def test_hostile_pages_are_bounded(body):
    assert len(authors(body)) <= 50
