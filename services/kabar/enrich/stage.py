"""The enrich stage: a clean article in, the same message with its :class:`EnrichSection` out. Stateless."""

from __future__ import annotations

from msgspec import Struct

from kabar.contracts.message import Message
from kabar.contracts.outcomes import Effect, Forward
from kabar.enrich.analysis import NAMES, analyse, chosen


class EnrichOptions(Struct, frozen=True, kw_only=True):
    """What to enrich with."""

    annotators: tuple[str, ...] = NAMES
    """Enabled annotators by name; those left out leave their fields empty."""


class EnrichStage:
    """Pure: no I/O, no clock, no memory.

    Raises:
        ConfigError: at construction, for an unknown annotator or one whose needs no enabled one meets.
    """

    def __init__(self, options: EnrichOptions | None = None) -> None:
        self.options = options or EnrichOptions()
        chosen(self.options.annotators)

    def process(self, message: Message) -> list[Effect]:
        """Enrich one article. A kill has no text and passes through as it is.

        Raises:
            BadMessage: the message has no clean section, or one that breaks its contract.
        """
        if message.header.kind == "kill":
            return [Forward(message)]
        clean = message.clean
        section = analyse(
            clean.text, title=clean.title, language=clean.language, enabled=self.options.annotators
        )
        return [Forward(message.with_section(section))]
