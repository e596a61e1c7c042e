"""The envelope: a header every stage reads, and sections it may leave undecoded.

On the wire a message is one flat JSON object: the header's fields, and one field per section. Sections a
process does not know, fields it does not know inside a section it does not decode, and header fields of a
newer version all travel on untouched, so an older service never drops what a newer one wrote.
"""

from __future__ import annotations

from typing import Literal, TypeVar

import msgspec
from msgspec import Struct

from kabar.contracts.sections import CleanSection, DedupeSection, EnrichSection, RawSection, Section
from kabar.contracts.types import SCHEMA_VERSION, Count, Id, Millis, ShortText
from kabar.errors import BadMessage

S = TypeVar("S", bound=Section)

SECTIONS: dict[type[Section], str] = {
    RawSection: "raw",
    CleanSection: "clean",
    DedupeSection: "dedupe",
    EnrichSection: "enrich",
}


class Header(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Set once at acceptance; survives redelivery and dead-letter replay."""

    schema_version: Count = SCHEMA_VERSION
    observation_id: Id
    observed_at: Millis
    """When kabar saw it. Never goes back for one article; decides the order of versions."""
    accepted_at: Millis = 0
    """Wall clock at acceptance; differs from ``observed_at`` in a replay. Only measures delay."""
    article_id: Id
    kind: Literal["article", "kill"] = "article"
    generation: Count = 0
    """Reprocessing generation; a higher one rewrites the same observation."""
    origin: ShortText = ""
    """Where it came in: ``file:NAME#LINE``, ``push:KEY``, ``feed:URL``."""
    trace_id: ShortText = ""


class Message:
    """A header and sections, each kept encoded until somebody asks for it.

    Immutable by habit: :meth:`with_section` returns a new message.
    """

    __slots__ = ("_decoded", "_fields", "header")

    def __init__(
        self,
        header: Header,
        fields: dict[str, msgspec.Raw] | None = None,
        decoded: dict[type[Section], Section] | None = None,
    ) -> None:
        self.header = header
        self._fields = fields or {}
        self._decoded = decoded or {}

    def has(self, kind: type[Section]) -> bool:
        """Whether the section is there."""
        return kind in self._decoded or SECTIONS[kind] in self._fields

    def section(self, kind: type[S]) -> S:
        """Decode a section, once.

        Raises:
            BadMessage: the section is absent or breaks its contract; the text names the field.
        """
        found = self._decoded.get(kind)
        if found is None:
            name = SECTIONS[kind]
            data = self._fields.get(name)
            if data is None:
                raise BadMessage(f"message {self.header.observation_id} has no section '{name}'")
            found = self._decoded[kind] = decode(bytes(data), kind, what=f"section '{name}'")
        assert isinstance(found, kind)
        return found

    @property
    def raw(self) -> RawSection:
        """What the producer handed in."""
        return self.section(RawSection)

    @property
    def clean(self) -> CleanSection:
        """The clean article."""
        return self.section(CleanSection)

    @property
    def dedupe(self) -> DedupeSection:
        """The decision of identity and similarity."""
        return self.section(DedupeSection)

    @property
    def enrich(self) -> EnrichSection:
        """What the text is about."""
        return self.section(EnrichSection)

    def with_section(self, section: Section) -> Message:
        """A copy with the section set or replaced."""
        fields = {k: v for k, v in self._fields.items() if k != SECTIONS[type(section)]}
        return Message(self.header, fields, {**self._decoded, type(section): section})

    def with_encoded(self, kind: type[Section], data: bytes) -> Message:
        """A copy with a section that is JSON already, as a worker process hands it back."""
        decoded = {k: v for k, v in self._decoded.items() if k is not kind}
        return Message(self.header, {**self._fields, SECTIONS[kind]: msgspec.Raw(data)}, decoded)

    def encoded(self, kind: type[Section]) -> bytes:
        """One section as JSON."""
        name = SECTIONS[kind]
        return bytes(self._fields[name]) if name in self._fields else msgspec.json.encode(self._decoded[kind])

    def encode(self) -> bytes:
        """One JSON object. Undecoded fields are copied byte for byte; the header's known fields win."""
        out: dict[str, object] = dict(self._fields)
        out.update(msgspec.to_builtins(self.header))
        for kind, section in self._decoded.items():
            # A section that was only read still has its bytes, and in them fields this version does not know.
            if SECTIONS[kind] not in self._fields:
                out[SECTIONS[kind]] = section
        return msgspec.json.encode(out)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Message) and self.encode() == other.encode()

    __hash__ = None  # type: ignore[assignment]


def decode_message(data: bytes | memoryview) -> Message:
    """Read a message; sections stay encoded.

    Raises:
        BadMessage: not JSON, not an object, or a header field is missing or wrong; the text names it.
    """
    header = decode(data, Header, what="message header")
    if header.schema_version > SCHEMA_VERSION:
        raise BadMessage(
            f"message {header.observation_id} has schema_version {header.schema_version}, "
            f"this kabar reads up to {SCHEMA_VERSION}",
            hint="upgrade this service before the ones that write to its topic",
        )
    fields = decode(data, dict[str, msgspec.Raw], what="message")
    return Message(header, {name: msgspec.Raw(bytes(raw)) for name, raw in fields.items()})


T = TypeVar("T")


def decode(data: bytes | memoryview, kind: type[T], *, what: str) -> T:
    """Typed JSON decoding with our own error.

    Raises:
        BadMessage: invalid UTF-8, truncated, nested too deeply, wrong type or over a cap.
    """
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadMessage(f"{what}: {error}") from error


class Tick(Struct, frozen=True, tag="tick"):
    """Time, as a message: stages have no clock. Logged like messages, so a replay repeats it."""

    now: Millis
