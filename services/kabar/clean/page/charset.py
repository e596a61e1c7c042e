"""Bytes of a page to text: which character set is it really?

Servers and pages declare character sets, often wrongly. The bytes come first: a byte order mark, then UTF-8, which
text in another encoding practically never is by accident. Then what was declared, as far as the bytes agree, under the
names browsers use (https://encoding.spec.whatwg.org/#names-and-labels). Windows-1252 is the last resort.
"""

from __future__ import annotations

import codecs
import re
from typing import NamedTuple

_HEAD = 4_096
"""Bytes in which a page may declare its character set; browsers look at 1,024."""
_META = re.compile(
    rb"""(?:charset|encoding)\s{0,5}=\s{0,5}["']?\s{0,5}([A-Za-z0-9_.:-]{2,40})""", re.IGNORECASE
)

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16: its mark begins with that of UTF-16
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Browsers read these names as a superset, because pages use it.
_SUPERSET = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc_kr": "cp949",
    "shift_jis": "cp932",
    "big5": "big5hkscs",
}
_SEVEN_BIT = frozenset({"iso2022_jp", "hz"})
"""Written in ASCII bytes: valid UTF-8, and yet not."""
_NEVER_BELIEVED = ("utf-16", "utf-32", "utf-7", "unicode", "raw-unicode", "idna", "punycode", "undefined")
_TOLERATED = 1_000
"""One broken sequence in this many bytes is damage; more is another encoding."""


class Decoded(NamedTuple):
    """The text, and the character set it was read in (Python's name)."""

    text: str
    charset: str


def decode(data: bytes, declared: str = "") -> Decoded:
    """Decode a page.

    Args:
        data: the bytes as received.
        declared: the character set the transport declared; '' = none.

    Returns:
        Never fails; what cannot be read becomes U+FFFD.
    """
    for mark, name in _MARKS:
        if data.startswith(mark):
            return Decoded(data[len(mark) :].decode(name, "replace"), name)
    names = [name for name in map(_codec, (declared, _in_page(data))) if name]
    seven_bit = [name for name in names if name in _SEVEN_BIT]
    for name in [*seven_bit, "utf-8", *names]:
        try:
            return Decoded(data.decode(name), name)
        except UnicodeDecodeError:
            continue  # not believed
    text = data.decode("utf-8", "replace")
    if text.count("\ufffd") <= len(data) / _TOLERATED:
        return Decoded(text, "utf-8")
    return Decoded(data.decode("cp1252", "replace"), "cp1252")


def _in_page(data: bytes) -> str:
    """What the page says about itself, in <meta> or the XML declaration."""
    match = _META.search(data, 0, _HEAD)
    return match[1].decode("ascii") if match else ""


def _codec(name: str) -> str:
    """Python's name for a declared character set; '' if there is no such or it cannot be meant."""
    try:
        codec = codecs.lookup(name.strip().strip("\"'"))
        b"".decode(codec.name)  # codecs such as base64 make no text, and say so here
    except (LookupError, ValueError):
        return ""
    # Without a byte order mark no page is in a wide encoding, whatever it says: its <meta> was read as ASCII.
    return "" if codec.name.startswith(_NEVER_BELIEVED) else _SUPERSET.get(codec.name, codec.name)
