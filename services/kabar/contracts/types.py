"""Named, capped types: a cap is a type with a name, so that the exported schema carries it.

Times are integers, milliseconds since 1970-01-01T00:00:00Z, unless a name says otherwise.
Spans count Unicode code points, end exclusive.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

SCHEMA_VERSION = 1

MAX_BODY_CHARS = 10_000_000
"""A body longer than this is a dead letter (``oversize``): the longest real article seen is under 300,000."""
MAX_BODY_BYTES = 20_000_000
"""The same for a body that is still bytes: a page is mostly markup."""
MAX_SPANS = 10_000

Id = Annotated[str, Meta(pattern="^[0-9a-f]{32}$", description="128 bits, hexadecimal")]
Millis = Annotated[int, Meta(ge=0, le=253_402_300_799_999, description="milliseconds since the epoch, UTC")]
ShortText = Annotated[str, Meta(max_length=1_024)]
Title = Annotated[str, Meta(max_length=4_096)]
LongText = Annotated[str, Meta(max_length=100_000)]
BodyText = Annotated[str, Meta(max_length=MAX_BODY_CHARS)]
BodyBytes = Annotated[bytes, Meta(max_length=28_000_000, description="base64 in JSON; 20 MB decoded")]
Url = Annotated[str, Meta(max_length=4_096)]
Language = Annotated[
    str, Meta(max_length=16, description="ISO 639-1 where there is one, else 639-3; '' = unknown")
]
Unit = Annotated[float, Meta(ge=0.0, le=1.0)]
Signed = Annotated[float, Meta(ge=-1.0, le=1.0)]
Count = Annotated[int, Meta(ge=0)]
Offset = Annotated[int, Meta(ge=0, description="code points")]
Names = Annotated[list[ShortText], Meta(max_length=200)]
