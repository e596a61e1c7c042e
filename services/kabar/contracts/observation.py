"""Acceptance: a producer's record becomes an observation, or an error that says what is wrong with it.

====================  ===============================================================================
field                 value
====================  ===============================================================================
``url``               final address; a bare path ("/news/1") identifies nothing and only travels along
``publisher_id``      the publisher's own id; an integer is written out
``title``             string
``text``              the body as text; wins over ``html`` and ``data`` unless blank
``html``              the body as an HTML page, decoded
``data``              the body as bytes, with ``content_type`` (default ``text/html``) and ``charset``
``authors``           string, or list of strings
``source``            name of the publisher; with ``feed``, ``country`` and ``collections``
``published``         date as claimed, unparsed; an integer is written out; likewise ``modified``
``language``          as declared
``category image``    strings
``kind``              ``article`` or ``kill``; a kill needs ``url`` or ``publisher_id``, its body is ignored
``observed_at``       integer milliseconds or ISO 8601; only where the caller allows event time
====================  ===============================================================================

``None`` is absent; unknown fields are ignored. Strings lose nothing but what breaks transport: NUL and lone
surrogates become U+FFFD, one for one. A record without a body is accepted: dropping it is a decision of *clean*.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Literal

from kabar.contracts.ids import article_id, require_id, trace_id
from kabar.contracts.message import Header, Message
from kabar.contracts.sections import RawSection, Source
from kabar.contracts.types import MAX_BODY_BYTES, MAX_BODY_CHARS
from kabar.contracts.urls import MAX_URL_CHARS, canonical, is_relative, registrable_domain
from kabar.errors import BadMessage, Oversize, Poison

Record = Mapping[str, object]

MAX_SHORT = 1_024
MAX_TITLE = 4_096
MAX_LANGUAGE = 16
MAX_NAMES = 200
LAST_MILLIS = 253_402_300_799_999
_EARLIEST_MILLIS = 100_000_000_000
"""March 1973. A smaller number is a time in seconds."""

_BREAKS_TRANSPORT = re.compile("[\x00\ud800-\udfff]")
_CONTENT_TYPES: tuple[Literal["text/plain", "text/html"], ...] = ("text/plain", "text/html")


def accept(
    record: Record,
    *,
    observation_id: str,
    observed_at: int,
    accepted_at: int,
    origin: str,
    default_source: str = "",
    event_time: bool = False,
    generation: int = 0,
) -> Message:
    """Check a record and make it a message with a header and a raw section.

    Args:
        record: fields under the names of the table above.
        observation_id: 32 hexadecimal digits, see :mod:`kabar.contracts.ids`.
        observed_at: now, or the time this record is to count as seen; milliseconds.
        accepted_at: wall clock, milliseconds.
        origin: where it came in (``file:NAME#LINE``).
        default_source: publisher where the record names none.
        event_time: honour the record's own ``observed_at`` where it is earlier than the argument. For replays
            of files somebody trusts, never for a push.
        generation: reprocessing generation.

    Raises:
        BadMessage: a field has the wrong type or value; the text names it and says what to do.
        Oversize: a field is longer than its cap.
    """
    require_id(observation_id, what="observation_id")
    kind = _kind(record)
    raw = _raw(record, default_source=default_source, with_body=kind == "article")
    if kind == "kill" and not (raw.canonical_url or raw.publisher_id):
        raise BadMessage(
            "a kill names no article", hint="give it the article's 'url', or 'source' and 'publisher_id'"
        )
    header = Header(
        observation_id=observation_id,
        observed_at=min(observed_at, _event_time(record)) if event_time else observed_at,
        accepted_at=accepted_at,
        article_id=_identity(raw),
        kind=kind,
        generation=generation,
        origin=_sound(origin)[:MAX_SHORT],
        trace_id=trace_id(observation_id),
    )
    return Message(header, {}, {RawSection: raw})


def _identity(raw: RawSection) -> str:
    return article_id(
        url=raw.canonical_url,
        source=raw.source.name,
        publisher_id=raw.publisher_id,
        title=raw.title,
        text=raw.text,
        data=raw.data,
    )


def _raw(record: Record, *, default_source: str, with_body: bool) -> RawSection:
    url = _string(record, "url", MAX_URL_CHARS).strip()
    canonical_url = _canonical(url)
    source = Source(
        name=_string(record, "source", MAX_SHORT).strip() or default_source,
        domain=registrable_domain(canonical_url),
        feed=_string(record, "feed", MAX_URL_CHARS),
        country=_string(record, "country", 2).upper(),
        collections=_names(record, "collections"),
    )
    content_type, text, data = _body(record) if with_body else ("text/plain", "", b"")
    return RawSection(
        content_type=content_type,
        text=text,
        data=data,
        charset=_string(record, "charset", MAX_SHORT) if data else "",
        url=url,
        canonical_url=canonical_url,
        source=source,
        publisher_id=_string(record, "publisher_id", MAX_SHORT, integers=True),
        title=_string(record, "title", MAX_TITLE),
        authors=_names(record, "authors"),
        published=_string(record, "published", MAX_SHORT, integers=True),
        modified=_string(record, "modified", MAX_SHORT, integers=True),
        language=_string(record, "language", MAX_LANGUAGE).strip(),
        category=_string(record, "category", MAX_SHORT),
        image=_string(record, "image", MAX_URL_CHARS),
    )


def _canonical(url: str) -> str:
    """The canonical form; '' for no URL and for a bare path, which identifies nothing.

    A canonical form longer than the cap (percent-encoding triples a character) is refused like a long URL.
    """
    if not url or is_relative(url):
        return ""
    try:
        return canonical(url)
    except Poison as error:
        raise type(error)(f"field 'url': {error}", hint=error.hint) from error


def _body(record: Record) -> tuple[Literal["text/plain", "text/html"], str, bytes]:
    """Content type and the one of text and bytes that is set."""
    text = _string(record, "text", MAX_BODY_CHARS)
    if text.strip():
        return _content_type(record, "text/plain"), text, b""
    html = _string(record, "html", MAX_BODY_CHARS)
    if html.strip():
        return "text/html", html, b""
    data = record.get("data")
    if data is None:
        return "text/plain", text, b""
    if not isinstance(data, bytes):
        raise _wrong("data", data, "bytes")
    if len(data) > MAX_BODY_BYTES:
        raise Oversize(f"field 'data' has {len(data)} bytes, at most {MAX_BODY_BYTES} are allowed")
    return _content_type(record, "text/html"), "", data


def _content_type(
    record: Record, default: Literal["text/plain", "text/html"]
) -> Literal["text/plain", "text/html"]:
    given = _string(record, "content_type", MAX_SHORT).partition(";")[0].strip().lower()
    if not given:
        return default
    for known in _CONTENT_TYPES:
        if given == known:
            return known
    raise BadMessage(
        f"field 'content_type' is {_shown(given)}", hint=f"only {' and '.join(_CONTENT_TYPES)} can be read"
    )


def _kind(record: Record) -> Literal["article", "kill"]:
    given = _string(record, "kind", MAX_SHORT).strip().lower()
    if given in ("", "article"):
        return "article"
    if given == "kill":
        return "kill"
    raise BadMessage(f"field 'kind' is {_shown(given)}", hint="write 'article' or 'kill', or leave it out")


def _event_time(record: Record) -> int:
    """Milliseconds; the end of time where the record has none, so that the caller's clock wins."""
    given = record.get("observed_at")
    if given is None or given == "":
        return LAST_MILLIS
    if isinstance(given, str):
        try:
            moment = datetime.fromisoformat(given.strip())
            aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
            found = int(aware.timestamp() // 1 * 1_000) + aware.microsecond // 1_000
        except (ValueError, OverflowError) as error:
            raise BadMessage(
                f"field 'observed_at' is {_shown(given)}, not a date: {error}",
                hint="write ISO 8601 with an offset (2026-07-05T10:30:00+07:00) or integer milliseconds",
            ) from error
    elif isinstance(given, int) and not isinstance(given, bool):
        found = given
    else:
        raise _wrong("observed_at", given, "an ISO 8601 string or integer milliseconds")
    if not _EARLIEST_MILLIS <= found <= LAST_MILLIS:
        raise BadMessage(
            f"field 'observed_at' is {_shown(given)}, which is no plausible time in milliseconds",
            hint="multiply a time in seconds by 1000",
        )
    return found


def _names(record: Record, field: str) -> list[str]:
    """A list of non-blank strings; a single string is a list of one."""
    given = record.get(field)
    if given is None:
        return []
    values = [given] if isinstance(given, str) else given
    if not isinstance(values, list | tuple):
        raise _wrong(field, given, "a string or a list of strings")
    if len(values) > MAX_NAMES:
        raise Oversize(f"field '{field}' has {len(values)} items, at most {MAX_NAMES} are allowed")
    found = [_checked(value, f"{field}[{index}]", MAX_SHORT) for index, value in enumerate(values)]
    return [name for name in found if name.strip()]


def _string(record: Record, field: str, limit: int, *, integers: bool = False) -> str:
    """A string field made sound; '' where it is absent.

    Raises:
        BadMessage: another type (integers are written out where the field allows it).
        Oversize: longer than ``limit`` code points.
    """
    value = record.get(field)
    if value is None:
        return ""
    if integers and isinstance(value, int) and not isinstance(value, bool):
        value = str(value) if value.bit_length() <= 128 else value
    return _checked(value, field, limit)


def _checked(value: object, field: str, limit: int) -> str:
    if not isinstance(value, str):
        raise _wrong(field, value, "a string")
    if len(value) > limit:
        raise Oversize(
            f"field '{field}' has {len(value)} characters, at most {limit} are allowed",
            hint=f"cut it, or leave '{field}' out",
        )
    return _sound(value)


def _sound(text: str) -> str:
    """NUL and lone surrogates as U+FFFD: neither survives JSON, SQLite and UTF-8 everywhere. Lengths stay."""
    return _BREAKS_TRANSPORT.sub("\ufffd", text)


def _wrong(field: str, value: object, expected: str) -> BadMessage:
    return BadMessage(
        f"field '{field}' is {_KINDS.get(type(value), type(value).__name__)}, expected {expected}",
        hint="correct it at the producer, or map another field to it",
    )


_KINDS: dict[type, str] = {
    bool: "true or false",
    int: "a number",
    float: "a number",
    list: "a list",
    dict: "an object",
    str: "a string",
    bytes: "bytes",
}


def _shown(value: object) -> str:
    return ascii(value)[:80]
