"""News from files: text, pages, JSON, JSON Lines, web archives, folders of them, and standard input."""

from __future__ import annotations

from kabar.producers.files.fields import parse_map
from kabar.producers.files.formats import FORMATS, Format
from kabar.producers.files.inputs import Input, fingerprint, open_input, open_pipe
from kabar.producers.files.records import Position, Record
from kabar.producers.files.walk import Found, find

__all__ = [
    "FORMATS",
    "Format",
    "Found",
    "Input",
    "Position",
    "Record",
    "find",
    "fingerprint",
    "open_input",
    "open_pipe",
    "parse_map",
]
