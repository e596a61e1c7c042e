from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kabar.contracts.trackers import TrackerRule, read_rules
from kabar.contracts.urls import (
    MAX_URL_CHARS,
    canonical,
    is_relative,
    registrable_domain,
    same_site,
)
from kabar.errors import BadMessage, Oversize

RULES = read_rules()

CANONICAL = [
    # scheme, host, port
    ("HTTPS://KabarPagi.Example/a", "https://kabarpagi.example/a"),
    ("http://kabarpagi.example", "http://kabarpagi.example/"),
    ("http://kabarpagi.example?page=2", "http://kabarpagi.example/?page=2"),
    ("http://kabarpagi.example:80/a", "http://kabarpagi.example/a"),
    ("https://kabarpagi.example:443/a", "https://kabarpagi.example/a"),
    ("https://kabarpagi.example:0443/a", "https://kabarpagi.example/a"),
    ("https://kabarpagi.example:/a", "https://kabarpagi.example/a"),
    ("https://kabarpagi.example:8443/a", "https://kabarpagi.example:8443/a"),
    ("http://kabarpagi.example:443/a", "http://kabarpagi.example:443/a"),
    ("https://kabarpagi.example./a", "https://kabarpagi.example/a"),
    ("http://BÜCHER.example/a", "http://xn--bcher-kva.example/a"),
    ("http://xn--bcher-kva.example/a", "http://xn--bcher-kva.example/a"),
    ("http://kabar。example/a", "http://kabar.example/a"),
    ("http://k%61bar.example/a", "http://kabar.example/a"),
    ("http://[::0:1]:80/a", "http://[::1]/a"),
    ("http://10.2.3.4/hello/world.html", "http://10.2.3.4/hello/world.html"),
    # credentials
    ("https://user:secret@kabarpagi.example/a", "https://kabarpagi.example/a"),
    ("https://a@b@kabarpagi.example/a", "https://kabarpagi.example/a"),
    # forgiving about slashes, as a browser is
    ("http:/kabarpagi.example/a", "http://kabarpagi.example/a"),
    ("http:\\\\kabarpagi.example\\a", "http://kabarpagi.example/a"),
    ("//kabarpagi.example/a", "https://kabarpagi.example/a"),
    ("http://http://kabarpagi.example/a", "http://kabarpagi.example/a"),
    ("http://https://kabarpagi.example/a", "https://kabarpagi.example/a"),
    ("  https://kabarpagi.example/a\r\n", "https://kabarpagi.example/a"),
    ("https://kabarpagi.example/pan\njang", "https://kabarpagi.example/panjang"),
    # path
    ("https://kabarpagi.example//a///b", "https://kabarpagi.example/a/b"),
    ("https://kabarpagi.example/a/./b/../c", "https://kabarpagi.example/a/c"),
    ("https://kabarpagi.example/../../a", "https://kabarpagi.example/a"),
    ("https://kabarpagi.example/a/b/..", "https://kabarpagi.example/a/"),
    ("https://kabarpagi.example/%2e%2e/a", "https://kabarpagi.example/a"),
    ("https://kabarpagi.example/a b", "https://kabarpagi.example/a%20b"),
    ("https://kabarpagi.example/caf%c3%a9", "https://kabarpagi.example/caf%C3%A9"),
    ("https://kabarpagi.example/café", "https://kabarpagi.example/caf%C3%A9"),
    ("https://kabarpagi.example/a#bagian-2", "https://kabarpagi.example/a"),
    ("https://kabarpagi.example/a;jsessionid=1?id=5", "https://kabarpagi.example/a?id=5"),
    ("https://kabarpagi.example/x;jsessionid=1/y;edisi=2", "https://kabarpagi.example/x/y;edisi=2"),
    # query
    ("https://kabarpagi.example/a?b=2&a=1", "https://kabarpagi.example/a?a=1&b=2"),
    ("https://kabarpagi.example/a?", "https://kabarpagi.example/a"),
    ("https://kabarpagi.example/a?&&=&", "https://kabarpagi.example/a"),
    ("https://kabarpagi.example/a?id=5&amp;utm_source=x", "https://kabarpagi.example/a?id=5"),
    ("https://kabarpagi.example/a?id=5&amp;amp;page=2", "https://kabarpagi.example/a?id=5&page=2"),
    ("https://kabarpagi.example/a?utm%5Fsource=x&id=5", "https://kabarpagi.example/a?id=5"),
    ("https://kabarpagi.example/a?utm_source=x#utm_source=y", "https://kabarpagi.example/a"),
    ("https://www.wsj.com/articles/a?mod=x&page=2", "https://www.wsj.com/articles/a?page=2"),
]


@pytest.mark.parametrize("given_url, expected", CANONICAL)
def test_canonical_form(given_url, expected):
    assert canonical(given_url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "https://kabarpagi.example/Read/2026/NacHplXYqSo",  # case of ids
        "https://kabarpagi.example/a?page=2",
        "https://kabarpagi.example/a?id=5",
        "https://kabarpagi.example/a?x=1&x=2",
        "https://kabarpagi.example/a/",  # a final slash may be another page
        "https://m.kabarpagi.example/a",
        "https://amp.kabarpagi.example/a",
        "https://www.kabarpagi.example/a",
        "http://kabarpagi.example/a",
        "https://kabarpagi.example/a%2Fb",
        "https://kabarpagi.example/a%253Bb",
        "https://kabarpagi.example/index.html",
        "https://kabarpagi.example/.well-known/a",
        "https://kabarpagi.example/?v=aFCO6WidGVM",
    ],
)
def test_content_is_kept(url):
    assert canonical(url) == url


def test_subdomains_and_schemes_never_merge():
    addresses = [
        f"{scheme}://{sub}kabarpagi.example/a" for scheme in ("http", "https") for sub in ("", "www.", "m.")
    ]
    assert len({canonical(a) for a in addresses}) == 6


@pytest.mark.parametrize(
    "url, said",
    [
        ("", "empty"),
        ("   ", "empty"),
        ("javascript:alert(1)", "javascript:"),
        ("ftp://kabarpagi.example/a", "ftp:"),
        ("data:text/html,x", "data:"),
        ("mailto:redaksi@kabarpagi.example", "mailto:"),
        ("kabarpagi.example/a", "no scheme"),
        ("/news/1", "no scheme"),
        ("http://", "no usable host"),
        ("http:///", "no usable host"),
        ("http://@/", "no usable host"),
        ("http://kabar pagi.example/", "no usable host"),
        ("http://a..b/", "no usable host"),
        ("http://" + "a" * 64 + ".example/", "no usable host"),
        ("http://" + ".".join(["abcdefgh"] * 40) + "/", "no usable host"),
        ("http://<script>/", "no usable host"),
        ("http://[fe80::1%25eth0]/", "no usable host"),
        ("http://[nonsense]/", "no usable host"),
        ("http://kabarpagi.example:0/", "port"),
        ("http://kabarpagi.example:65536/", "port"),
        ("http://kabarpagi.example:8０/", "port"),
        ("http://kabarpagi.example:-1/", "port"),
        ("http://kabarpagi.example/\ud800", "cannot be encoded"),
    ],
)
def test_what_is_no_address_is_refused_with_a_reason(url, said):
    with pytest.raises(BadMessage, match=said) as caught:
        canonical(url)
    str(caught.value).encode("utf-8")  # a message can always be printed


def test_a_missing_scheme_comes_with_the_remedy():
    with pytest.raises(BadMessage) as caught:
        canonical("kabarpagi.example/a")
    assert "https://" in caught.value.hint


def test_length_is_capped_before_and_after_encoding():
    stem = "https://kabarpagi.example/"
    assert canonical(stem + "a" * (MAX_URL_CHARS - len(stem)))
    with pytest.raises(Oversize):
        canonical(stem + "a" * MAX_URL_CHARS)
    with pytest.raises(Oversize, match="once encoded"):
        canonical(stem + "é" * 2_000)


# ---------------------------------------------------------------- tracker rules


def _samples(field):
    return [pytest.param(rule, url, id=f"{rule.id}:{url}") for rule in RULES for url in getattr(rule, field)]


@pytest.mark.parametrize("rule, url", _samples("removes"))
def test_rule_removes_its_samples(rule: TrackerRule, url):
    cleaned = canonical(url)
    assert "?" not in cleaned or rule.id == "site.youtube"
    assert ";" not in cleaned
    assert "v=aFCO6WidGVM" in cleaned or rule.id != "site.youtube" or "youtu.be" in cleaned


@pytest.mark.parametrize("rule, url", _samples("keeps"))
def test_rule_keeps_its_samples(rule, url):
    assert canonical(url) == url


def test_rules_are_well_formed():
    assert len({rule.id for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert rule.names or rule.prefixes, rule.id
        assert rule.removes, rule.id
        assert rule.keeps, rule.id
        assert rule.reason, rule.id
        assert all(name == name.lower() for name in [*rule.names, *rule.prefixes, *rule.sites]), rule.id


def test_a_site_rule_stops_at_the_site():
    assert canonical("https://edition.cnn.com/a?iref=x") == "https://edition.cnn.com/a"
    assert canonical("https://notcnn.com/a?iref=x") == "https://notcnn.com/a?iref=x"
    assert canonical("https://cnn.com.kabarpagi.example/a?iref=x").endswith("?iref=x")


def test_a_hostile_value_takes_no_time():
    url = "https://kabarpagi.example/a?ref=" + "a-" * 1_900 + "!"
    assert canonical(url) == url.replace("!", "%21") or canonical(url) == url


# ---------------------------------------------------------------- properties

_PIECES = [*"/?#&=;:@%.+ []|\\~'\"<>", "..", "//", "%2e", "%2F", "%3B", "%26", "%25", "%C3", "é", "ß", "中"]
_WORDS = [
    "utm_source=x",
    "jsessionid=1",
    "amp;",
    "ref=a.example",
    "a",
    "B",
    "5",
    "id=",
    "page=2",
    "http:",
    "\u202e",
]
_pieces = st.lists(st.sampled_from([*_PIECES, *_WORDS]), max_size=14).map("".join)


@settings(max_examples=600, deadline=None)
@given(
    host=st.sampled_from(["kabarpagi.example", "u:p@X.example:80", "[::1]", "BÜCHER.example."]), tail=_pieces
)
@example(host="kabarpagi.example", tail="/;utm_source=x/..")
@example(host="kabarpagi.example", tail="/a;jsessionid=1;/..;x//")
def test_canonical_is_a_fixed_point(host, tail):
    try:
        once = canonical(f"http://{host}/{tail}")
    except (BadMessage, Oversize):
        return
    assert canonical(once) == once
    assert once.isascii()
    assert not any(c.isspace() for c in once)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_an_address_or_a_reasoned_refusal(text):
    for candidate in (text, "https://" + text, "http://kabarpagi.example/" + text):
        try:
            once = canonical(candidate)
        except (BadMessage, Oversize):
            continue
        assert canonical(once) == once
        assert once.startswith(("http://", "https://"))


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_registrable_domain_never_raises(text):
    for candidate in (text, "https://" + text):
        found = registrable_domain(candidate)
        assert found == "" or registrable_domain(found) == found


# ---------------------------------------------------------------- domains

DOMAINS = [
    ("https://money.kompas.com/read/1", "kompas.com"),
    ("https://observers.france24.com/en/x", "france24.com"),
    ("kompas.co.id", "kompas.co.id"),
    ("www.kompas.co.id:8080", "kompas.co.id"),
    ("pemkot.go.id", "pemkot.go.id"),
    ("b.my.id", "b.my.id"),
    ("WWW.Harianlaut.EXAMPLE", "harianlaut.example"),
    ("redaksi.harianlaut.example/a?b=1", "harianlaut.example"),
    # private suffixes: every customer is a publisher of his own
    ("foo.blogspot.com", "foo.blogspot.com"),
    ("a.foo.blogspot.com", "foo.blogspot.com"),
    ("https://datatherapy.wordpress.com/x", "datatherapy.wordpress.com"),
    ("https://wordpress.com/blog/x", "wordpress.com"),
    ("somebody.substack.com", "somebody.substack.com"),
    # a bare suffix, and www below one
    ("http://rn.gov.br/", "rn.gov.br"),
    ("http://www.gov.cn/", "gov.cn"),
    ("co.id", "co.id"),
    # no names
    ("https://147.182.248.18/2022/", "147.182.248.18"),
    ("[::1]:80", "::1"),
    ("::1", "::1"),
    ("localhost", "localhost"),
    ("BÜCHER.example", "xn--bcher-kva.example"),
    ("", ""),
    ("javascript:alert(1)", ""),
    ("http://", ""),
    ("/news/1", ""),
]


@pytest.mark.parametrize("address, domain", DOMAINS)
def test_registrable_domain(address, domain):
    assert registrable_domain(address) == domain


@pytest.mark.parametrize(
    "one, other, same",
    [
        ("https://m.kabarpagi.example/a", "https://www.kabarpagi.example/b", True),
        ("kabarpagi.example", "https://kabarpagi.example:8080/", True),
        ("a.blogspot.com", "b.blogspot.com", False),
        ("kabarpagi.example", "kabarpagi.example.jahat.example", False),
        ("a.co.id", "b.co.id", False),
        ("", "", False),
        ("javascript:x", "javascript:x", False),
    ],
)
def test_same_site(one, other, same):
    assert same_site(one, other) is same
    assert same_site(other, one) is same


def test_domains_need_no_network_and_write_nothing(monkeypatch, tmp_path):
    import socket

    from kabar.contracts import urls

    def refuse(*_args, **_kwargs):
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    urls._extractor.cache_clear()
    urls.registrable_domain.cache_clear()
    assert registrable_domain("x.y.co.id") == "y.co.id"
    assert list(tmp_path.rglob("*")) == []


@pytest.mark.parametrize(
    "text, relative",
    [
        ("/news/1", True),
        (" /a", True),
        ("//host/a", False),
        ("/\\host", False),
        ("https://a.example/", False),
        ("a/b", False),
        ("", False),
    ],
)
def test_is_relative(text, relative):
    assert is_relative(text) is relative
