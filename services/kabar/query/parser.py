"""Query text -> syntax tree.

::

    query     = [ joined ]                                   nothing = every document
    joined    = operand { [ "and" ] operand } | operand { "or" operand }        the two are never mixed
    operand   = { "not" | "-" } primary
    primary   = "(" joined ")" | field ":" value | value
    value     = word | word "*" | "*" | '"' words '"' | [ "=" | ">" | ">=" | "<" | "<=" ] bound | first ".." last
              | "(" joined ")"                               behind a field: each value inside is one of that field

``a or b and c`` is refused: two engines, and two readers, would take it differently.
"""

from __future__ import annotations

from kabar.errors import QueryError
from kabar.query.conditions import Value, condition
from kabar.query.fields import Field, field_named
from kabar.query.nodes import All, And, Match, Node, Not, Or
from kabar.query.scanner import Lexeme, scan

MAX_CHARS = 8_000
MAX_DEPTH = 20
"""Parentheses and nots inside each other. FTS5's own parser gives up a little above 30."""
MAX_CONDITIONS = 400
"""Real media-monitoring profiles list some 300 names; SQLite's expression depth ends at 1,000."""
MAX_PREFIXES = 16
"""Each is as dear as all words that begin so, and cannot be interrupted."""

_END = Lexeme(")", "", -1)
"""Stands behind the last lexeme: like a closing parenthesis it ends what is being read."""
_HABITS = {"&&": "and", "&": "and", "||": "or", "|": "or", "!": "not", "+": "and"}


def parse(text: str, now_ms: int | None = None) -> Node:
    """Read a query.

    Args:
        text: the query; empty or ``*`` = every document.
        now_ms: what relative dates (``published:7d``) count back from; without it they are refused, so that a
            stored rule means the same whenever it is read.

    Raises:
        QueryError: with the position in code points, and what to write instead.
    """
    if len(text) > MAX_CHARS:
        raise QueryError(
            f"the query has {len(text)} characters", position=MAX_CHARS, hint=f"use at most {MAX_CHARS}"
        )
    return _Parser(list(scan(text)), len(text), now_ms).query()


class _Parser:
    """Recursive descent over the lexemes; depth is bounded by :data:`MAX_DEPTH`."""

    def __init__(self, lexemes: list[Lexeme], length: int, now_ms: int | None) -> None:
        self._lexemes = lexemes
        self._at = 0
        self._length = length
        self._now_ms = now_ms
        self._conditions = 0
        self._prefixes = 0

    def query(self) -> Node:
        if not self._lexemes:
            return All()
        node = self._joined(None, 0)
        if self._at < len(self._lexemes):
            raise QueryError(
                "this ')' closes nothing", position=self._peek().position, hint="remove it, or add its '('"
            )
        return node

    def _peek(self) -> Lexeme:
        return (
            self._lexemes[self._at] if self._at < len(self._lexemes) else _END._replace(position=self._length)
        )

    def _take(self) -> Lexeme:
        lexeme = self._peek()
        self._at += 1
        return lexeme

    def _joined(self, field: Field | None, depth: int) -> Node:
        """Operands up to the closing parenthesis or the end."""
        operands = [self._operand(field, depth)]
        joiner = ""
        while (lexeme := self._peek()).kind != ")":
            word = lexeme.kind if lexeme.kind in ("and", "or") else "and"
            if joiner and word != joiner:
                self._refuse_mixture(lexeme, operands, joiner)
            joiner = word
            if lexeme.kind in ("and", "or"):
                self._take()
            operands.append(self._operand(field, depth))
        if len(operands) == 1:
            return operands[0]
        return Or(tuple(operands)) if joiner == "or" else And(tuple(operands))

    @staticmethod
    def _refuse_mixture(lexeme: Lexeme, operands: list[Node], joiner: str) -> None:
        """Say how the part before could be put in parentheses."""
        before = str(Or(tuple(operands)) if joiner == "or" else And(tuple(operands)))
        shown = before if len(before) <= 60 else f"{before[:57]}..."
        raise QueryError(
            "'and' and 'or' stand side by side, and it is not clear which comes first"
            + ("" if lexeme.kind in ("and", "or") else " (words side by side mean 'and')"),
            position=lexeme.position,
            hint=f"use parentheses, for example: ({shown}) {'or' if joiner == 'and' else 'and'} ...",
        )

    def _operand(self, field: Field | None, depth: int) -> Node:
        nots = 0
        while self._peek().kind == "not":
            minus = self._take()
            self._refuse_negative_number(field, minus)
            nots += 1
            self._check_depth(depth + nots, minus)
        node = self._primary(field, depth + nots)
        for _ in range(nots):
            node = Not(node)
        return node

    def _refuse_negative_number(self, field: Field | None, minus: Lexeme) -> None:
        """In ``score:(-0.3 or 1)`` a minus could be a sign or a not."""
        if field and field.type == "number" and minus.text == "-" and self._peek().text[:1].isdigit():
            raise QueryError(
                "inside parentheses '-' means not",
                position=minus.position,
                hint=f"write a number below zero as {field.name}:-{self._peek().text[:20]}",
            )

    @staticmethod
    def _check_depth(depth: int, lexeme: Lexeme) -> None:
        if depth > MAX_DEPTH:
            raise QueryError(
                f"more than {MAX_DEPTH} parentheses or nots inside each other",
                position=lexeme.position,
                hint="take the query apart",
            )

    def _primary(self, field: Field | None, depth: int) -> Node:
        lexeme = self._take()
        if lexeme.kind == "(":
            return self._group(field, lexeme, depth + 1)
        if lexeme.kind == "field":
            return self._field(field, lexeme, depth)
        if lexeme.kind == "operator":
            return self._compared(field, lexeme)
        if lexeme.kind in ("word", "phrase"):
            return self._leaf(field, lexeme)
        missing = "the end" if not lexeme.text else f"'{lexeme.text}'"
        raise QueryError(
            f"a word or a condition is missing before {missing}",
            position=lexeme.position,
            hint="to look for the words and, or, not themselves put them in quotes",
        )

    def _group(self, field: Field | None, opening: Lexeme, depth: int) -> Node:
        self._check_depth(depth, opening)
        node = self._joined(field, depth)
        if not self._take().text:
            raise QueryError("this '(' is not closed", position=opening.position, hint="add the ')'")
        return node

    def _field(self, outer: Field | None, lexeme: Lexeme, depth: int) -> Node:
        if outer:
            raise QueryError(
                f"a field inside '{outer.name}:( )'",
                position=lexeme.position,
                hint=f"close the parenthesis before '{lexeme.text[:40]}:'; a colon in a value needs quotes",
            )
        return self._primary(field_named(lexeme.text, position=lexeme.position), depth)

    def _compared(self, field: Field | None, operator: Lexeme) -> Node:
        value = self._peek()
        adjacent = value.position == operator.position + len(operator.text)
        if value.kind not in ("word", "phrase") or not adjacent:
            raise QueryError(
                f"'{operator.text}' needs a value directly behind it",
                position=operator.position,
                hint='write words:>300, published:>=2026-01-31 or person:="vladimir putin"',
            )
        return self._leaf(field, self._take(), operator.text)

    def _leaf(self, field: Field | None, lexeme: Lexeme, operator: str = "") -> Node:
        if lexeme.text in _HABITS and lexeme.kind == "word":
            raise QueryError(
                f"'{lexeme.text}' is not a connective here",
                position=lexeme.position,
                hint=f"write {_HABITS[lexeme.text]}",
            )
        value = Value(lexeme.text, lexeme.position, operator, lexeme.kind == "phrase", self._now_ms)
        node = condition(field, value)
        self._conditions += 1
        self._prefixes += isinstance(node, Match) and node.mode == "prefix"
        if self._conditions > MAX_CONDITIONS or self._prefixes > MAX_PREFIXES:
            raise QueryError(
                f"more than {MAX_CONDITIONS} conditions or {MAX_PREFIXES} words with a star",
                position=lexeme.position,
                hint="split the query into several",
            )
        return node
