"""What came in for an article, read back from the message it was made from."""

from __future__ import annotations

from kabar.contracts.message import decode_message
from kabar.contracts.sections import CleanSection, RawSection
from kabar.index.api import Received


def received_with(data: bytes) -> Received:
    """The message and the text its spans point into; '' for a page that gave none, and for a kill.

    Args:
        data: a whole message, JSON.

    Raises:
        BadMessage: it is none.
    """
    message = decode_message(data)
    text = message.clean.received if message.has(CleanSection) else None
    if text is None:
        text = message.raw.text if message.has(RawSection) else ""
    return Received(text=text, message=data)
