"""What may become an ``href``, and what of a foreign string may stand in an attribute or a window title."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import urlsplit

_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{2,8})?", re.IGNORECASE)
_PLAIN_CHARS = 300


def safe_href(url: str) -> str:
    r"""The address itself if a browser may be sent there, else ''.

    Only absolute http(s) with a host. Control characters and blanks are refused, not stripped: browsers drop some of
    them before they read the scheme (``java\nscript:``).
    """
    if any(char.isspace() or unicodedata.category(char) in ("Cc", "Cf", "Cs") for char in url):
        return ""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return ""
    return url if parts.scheme in ("http", "https") and host else ""


def language_tag(code: str) -> str:
    """A code that may stand in ``lang``, else '' (HTML: unknown)."""
    return code if _LANGUAGE.fullmatch(code) else ""


def plain(text: str) -> str:
    """One short line without control and direction characters, for places where ``<bdi>`` cannot isolate them."""
    kept = (" " if char.isspace() else char for char in text[: _PLAIN_CHARS * 4])
    shown = "".join(char for char in kept if unicodedata.category(char) not in ("Cc", "Cf", "Cs"))
    line = " ".join(shown.split())
    return line if len(line) <= _PLAIN_CHARS else f"{line[:_PLAIN_CHARS]}…"
