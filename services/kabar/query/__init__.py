"""One query language: text -> syntax tree -> SQLite FTS5 or a predicate on the stream.

>>> from kabar.query import parse
>>> str(parse('putin -biden source:(kompas or tempo) published:>=2026-01-01'))
'"putin" not "biden" (source:"kompas" or source:"tempo") published:>=2026-01-01T00:00:00.000Z'
"""

from kabar.query.fields import FIELDS, Field
from kabar.query.nodes import Node
from kabar.query.parser import parse

__all__ = ["FIELDS", "Field", "Node", "parse"]
