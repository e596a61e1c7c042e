"""One address per article: canonical URLs and registrable domains.

The base is w3lib's canonical form (percent-encoding, sorted query, dot segments); on top of it go what no library
does alone: trackers by name and by site, session ids, default ports, credentials, doubled slashes, and a refusal
of everything that is not http(s). Case of path and ids, ``?page=2`` and ``?id=5`` are content and stay.
"""

from __future__ import annotations

import ipaddress
import re
from functools import cache, lru_cache
from urllib.parse import unquote, unquote_plus, urlsplit

from tldextract import TLDExtract
from w3lib.url import canonicalize_url

from kabar.contracts.trackers import trackers
from kabar.errors import BadMessage, Oversize

MAX_URL_CHARS = 4_096
"""As the contract's ``Url``; checked before and after percent-encoding."""

_SCHEME = re.compile(r"(https?):[/\\]*", re.IGNORECASE)
_DOUBLED_SCHEME = re.compile(r"(https?):[/\\]+", re.IGNORECASE)
_OTHER_SCHEME = re.compile(r"[a-z][a-z0-9+.-]{0,30}:(?!\d)", re.IGNORECASE)
_AUTHORITY_END = re.compile(r"[/\\?#]")
_ESCAPED_AMPERSAND = re.compile(r"&(?:amp;)+")
_HOST = re.compile(r"[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63}){0,126}")
_SLASHES = re.compile("//+")
_DEFAULT_PORTS = {"http": 80, "https": 443}
_TRIMMED = "".join(map(chr, range(0x21))) + "\x7f\xa0\ufeff"

# Blog and newsletter hosts that the bundled list does not hold as suffixes: their customers are different
# publishers, and one must not speak for another (a page's rel=canonical is honoured within one domain).
_HOSTED = ("wordpress.com", "substack.com", "medium.com", "tumblr.com", "livejournal.com")


@lru_cache(maxsize=4_096)
def canonical(url: str) -> str:
    """The canonical form of an article's final address: ASCII, a fixed point of this function.

    Subdomains, the scheme and a trailing slash are kept: they may lead to different articles.
    Host names follow IDNA 2003. The query is sorted by name, then value.

    Raises:
        BadMessage: not http(s), no host, or a host or port that cannot be.
        Oversize: longer than :data:`MAX_URL_CHARS`, before or after percent-encoding.
    """
    if len(url) > MAX_URL_CHARS:
        raise Oversize(f"url has {len(url)} characters, at most {MAX_URL_CHARS} are allowed: {_shown(url)}")
    scheme, authority, rest = _split(url)
    host, port = _authority(authority, url)
    netloc = host if port in (None, _DEFAULT_PORTS[scheme]) else f"{host}:{port}"
    path, _, query = rest.partition("#")[0].partition("?")
    path = path.replace("\\", "/")
    query = _ESCAPED_AMPERSAND.sub("&", query)
    try:
        base = urlsplit(canonicalize_url(f"{scheme}://{netloc}{path}?{query}"))
    except ValueError as error:  # UnicodeError (a lone surrogate) is one
        raise BadMessage(f"url cannot be encoded ({error}): {_shown(url)}") from error
    path = _clean_path(base.path, host)
    query = _clean_query(base.query, host)
    result = f"{scheme}://{netloc}{path}" + (f"?{query}" if query else "")
    if len(result) > MAX_URL_CHARS:
        raise Oversize(
            f"url has {len(result)} characters once encoded, at most {MAX_URL_CHARS} are allowed: {_shown(url)}"
        )
    return result


def is_relative(url: str) -> bool:
    """Whether it is a path without scheme and host ("/news/1"): no address by itself, but nothing wrong either."""
    trimmed = url.strip(_TRIMMED)
    return trimmed.startswith("/") and not trimmed.startswith(("//", "/\\"))


@lru_cache(maxsize=16_384)
def registrable_domain(url_or_host: str) -> str:
    """The domain somebody registered ("money.kompas.com" → "kompas.com"), lower case, punycode.

    Private suffixes count: "foo.blogspot.com" is its own publisher. An IP address is itself (IPv6 without
    brackets), so is a bare suffix; "www." directly below a suffix is that suffix ("www.gov.cn" → "gov.cn").
    Under an unknown top-level domain it is the last two labels. '' when there is no host; never raises.
    Uses the list bundled with tldextract: no network, no cache on disk.
    """
    host = _host_of(url_or_host)
    if not host:
        return ""
    if host.startswith("["):
        return host[1:-1]
    found = _extractor()(host)
    if not found.suffix:
        is_ip = re.fullmatch(r"[0-9.]+", host)
        return host if is_ip else ".".join(host.split(".")[-2:])
    if found.domain in ("", "www"):
        return found.suffix
    return f"{found.domain}.{found.suffix}"


def same_site(one: str, other: str) -> bool:
    """Whether two addresses or hosts belong to one registrable domain; false where either has none."""
    domain = registrable_domain(one)
    return domain != "" and domain == registrable_domain(other)


@cache
def _extractor() -> TLDExtract:
    return TLDExtract(
        suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True, extra_suffixes=_HOSTED
    )


def _shown(url: str) -> str:
    """The start of a URL, safe to print."""
    return ascii(url[:200])


def _split(url: str) -> tuple[str, str, str]:
    """Scheme, authority and the rest, as forgiving as a browser about slashes and doubled schemes.

    Two slashes without a scheme mean https.
    """
    text = url.strip(_TRIMMED).replace("\t", "").replace("\n", "").replace("\r", "")
    if text[:2] in ("//", "\\\\", "/\\"):
        text = "https:" + text
    match = _SCHEME.match(text)
    if match is None:
        raise _not_an_address(text)
    while doubled := _DOUBLED_SCHEME.match(text, match.end()):
        match = doubled
    rest = text[match.end() :]
    end = _AUTHORITY_END.search(rest)
    cut = end.start() if end else len(rest)
    return match.group(1).lower(), rest[:cut], rest[cut:]


def _not_an_address(text: str) -> BadMessage:
    if not text:
        return BadMessage("url is empty", hint="leave the field out where there is no address")
    if other := _OTHER_SCHEME.match(text):
        return BadMessage(
            f"url has the scheme {other.group()!r}, only http and https are taken: {_shown(text)}"
        )
    return BadMessage(f"url has no scheme: {_shown(text)}", hint="write it out: https://HOST/PATH")


def _authority(authority: str, url: str) -> tuple[str, int | None]:
    """Host and port of ``user:password@host:port``; credentials are left behind.

    Raises:
        BadMessage: no host or one that cannot be.
    """
    text = authority.rpartition("@")[2]
    if text.startswith("["):
        inner, _, tail = text[1:].partition("]")
        host, port = _ipv6(inner), tail.removeprefix(":")
    else:
        name, _, port = text.partition(":")
        host = _hostname(name)
    if not host:
        raise BadMessage(f"url has no usable host: {_shown(url)}")
    if not port:
        return host, None
    if not (port.isascii() and port.isdigit() and len(port) < 10 and 0 < int(port) < 65_536):
        raise BadMessage(f"url has the port {port[:20]!a}, which cannot be: {_shown(url)}")
    return host, int(port)


def _ipv6(text: str) -> str:
    """``[::1]``, or '' for what is no IPv6 address. Zones are refused: they mean something on one machine only."""
    try:
        return f"[{ipaddress.IPv6Address(text).compressed}]" if "%" not in text else ""
    except ValueError:
        return ""


def _hostname(text: str) -> str:
    """Lower case, punycode, no final dot; '' for what cannot be a host name."""
    name = unquote(text) if "%" in text else text
    if len(name) > 253:
        return ""
    if not name.isascii():
        try:
            name = name.encode("idna").decode("ascii")
        except UnicodeError:
            return ""
    name = name.lower().removesuffix(".")
    return name if _HOST.fullmatch(name) else ""


def _host_of(url_or_host: str) -> str:
    """The host of an address, or of a bare host with or without a port; '' = none."""
    text = url_or_host[:MAX_URL_CHARS]
    try:
        authority = (
            _split(text)[1]
            if "//" in text or "\\\\" in text
            else _AUTHORITY_END.split(text.strip(_TRIMMED))[0]
        )
        if authority.count(":") > 1 and not authority.startswith("["):
            authority = f"[{authority}]"
        return _authority(authority, text)[0]
    except BadMessage:
        return ""


def _clean_path(path: str, host: str) -> str:
    """Session parameters out, doubled slashes out, dot segments resolved (RFC 3986, 5.2.4)."""
    if ";" in path:
        path = "/".join(_clean_segment(segment, host) for segment in path.split("/"))
    path = _SLASHES.sub("/", path)
    if "/." in path:
        kept: list[str] = []
        segments = path.split("/")[1:]
        for segment in segments:
            if segment == "..":
                del kept[-1:]
            elif segment != ".":
                kept.append(segment)
        path = "/" + "/".join(kept) + ("/" if segments[-1] in (".", "..") and kept else "")
    return path or "/"


def _clean_segment(segment: str, host: str) -> str:
    name, *parameters = segment.split(";")
    kept = [p for p in parameters if p and not _is_tracker(p, host, in_path=True)]
    return ";".join([name, *kept])


def _clean_query(query: str, host: str) -> str:
    pairs = [pair for pair in query.split("&") if pair not in ("", "=")]
    return "&".join(pair for pair in pairs if not _is_tracker(pair, host, in_path=False))


def _is_tracker(pair: str, host: str, *, in_path: bool) -> bool:
    name, _, value = pair.partition("=")
    decode = unquote if in_path else unquote_plus
    return trackers().removes(decode(name), decode(value), host=host, in_path=in_path)
