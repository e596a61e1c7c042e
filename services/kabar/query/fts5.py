"""The SQLite engine: a query as one SQL condition with bound parameters.

What it expects of the schema (:mod:`kabar.index.sqlite.schema` builds it from the names here): a table of
articles under the alias ``a`` with an integer key ``doc`` and one column per value field, and an FTS5 table
:data:`TABLE`, tokenised by blanks, with one column per word field that holds
:func:`kabar.query.analysis.word_column`.

No text of a query becomes SQL. Words become part of an FTS5 expression, which is itself a bound parameter, in
double quotes; they consist of letters, digits and marks alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias, assert_never

from msgspec import Struct

from kabar.query.analysis import BOUNDARY
from kabar.query.fields import DEFAULT_FIELDS, VALUE_FIELDS, WORD_FIELDS, field_named
from kabar.query.nodes import All, And, Exists, Flag, Match, Node, Not, Number, Or, Range, wanted_words

TABLE = "article_words"

Parameter: TypeAlias = str | Number


class Compiled(Struct, frozen=True):
    """``where`` is a condition on ``a``; ``ranking`` an FTS5 expression of the words to rank by, '' = none."""

    where: str
    parameters: tuple[Parameter, ...]
    ranking: str


class _Words(NamedTuple):
    """Decided by the word index alone: the documents of an FTS5 expression, or all others."""

    expression: str
    negated: bool = False


class _Condition(NamedTuple):
    """Any other SQL condition."""

    sql: str
    parameters: tuple[Parameter, ...]


_Part: TypeAlias = _Words | _Condition


def compile_sql(node: Node) -> Compiled:
    """Translate a query. Neighbouring word conditions become one FTS5 expression."""
    condition = _as_condition(_compile(node))
    ranking = " OR ".join(dict.fromkeys(_match(match) for match in wanted_words(node)))
    return Compiled(condition.sql, condition.parameters, ranking)


def _compile(node: Node) -> _Part:  # noqa: PLR0911 - one arm per node type, proven complete by assert_never
    match node:
        case All():
            return _Condition("1", ())
        case Match():
            return _Words(_match(node))
        case Exists(field):
            if field_named(field).holds_words:
                return _Words(f'{_column(field, WORD_FIELDS)} : "{BOUNDARY}"')
            return _Condition(f"a.{_column(field, VALUE_FIELDS)} IS NOT NULL", ())
        case Range():
            return _range(node)
        case Flag(field, value):
            return _Condition(f"a.{_column(field, VALUE_FIELDS)} = ?", (int(value),))
        case And(children):
            return _join([_compile(child) for child in children], conjunction=True)
        case Or(children):
            return _join([_compile(child) for child in children], conjunction=False)
        case Not(child):
            return _negate(_compile(child))
    assert_never(node)


def _column(field: str, known: Sequence[str]) -> str:
    """The column of a field: from our own table, whatever a hand-built tree holds."""
    return known[known.index(field)]


def _match(node: Match) -> str:
    columns = [_column(node.field, WORD_FIELDS)] if node.field else DEFAULT_FIELDS
    joined = " ".join(node.words)
    forms = {"phrase": f'"{joined}"', "prefix": f'"{joined}" *', "whole": f'"{BOUNDARY} {joined} {BOUNDARY}"'}
    return f"{{{' '.join(columns)}}} : {forms[node.mode]}"


def _range(node: Range) -> _Condition:
    """No value is outside every range; said so explicitly, since NOT of a comparison with NULL is not true."""
    column = f"a.{_column(node.field, VALUE_FIELDS)}"
    terms, parameters = [f"{column} IS NOT NULL"], []
    for bound, sign in ((node.low, ">"), (node.high, "<")):
        if bound is not None:
            terms.append(f"{column} {sign if node.open else sign + '='} ?")
            parameters.append(bound)
    return _Condition(f"({' AND '.join(terms)})", tuple(parameters))


def _negate(part: _Part) -> _Part:
    if isinstance(part, _Words):
        return part._replace(negated=not part.negated)
    return _Condition(f"NOT {part.sql}", part.parameters)


def _as_condition(part: _Part) -> _Condition:
    if isinstance(part, _Condition):
        return part
    within = "NOT IN" if part.negated else "IN"
    sql = f"a.doc {within} (SELECT rowid FROM {TABLE} WHERE {TABLE} MATCH ?)"  # noqa: S608 - a constant name
    return _Condition(sql, (part.expression,))


def _join(parts: list[_Part], *, conjunction: bool) -> _Part:
    """All words in one FTS5 expression, the rest in SQL."""
    words = [part for part in parts if isinstance(part, _Words)]
    merged = _merge(words, conjunction=conjunction)
    rest = [part for part in parts if isinstance(part, _Condition)]
    if not rest and len(merged) == 1:
        return merged[0]
    conditions = [_as_condition(part) for part in merged] + rest
    return _Condition(
        f"({_balanced([c.sql for c in conditions], ' AND ' if conjunction else ' OR ')})",
        tuple(parameter for c in conditions for parameter in c.parameters),
    )


def _balanced(terms: list[str], joiner: str) -> str:
    """Joined in pairs of pairs: SQLite limits the depth of an expression, and a chain of n terms is n deep."""
    if len(terms) == 1:
        return terms[0]
    middle = len(terms) // 2
    return f"({_balanced(terms[:middle], joiner)}{joiner}{_balanced(terms[middle:], joiner)})"


def _merge(parts: list[_Words], *, conjunction: bool) -> list[_Words]:
    """FTS5 has no plain NOT, only ``x NOT y``: excluded words go behind wanted ones where there are any.

    By De Morgan, "not a and not b" is "not (a or b)", "not a or not b" is "not (a and b)".
    """
    wanted = [part.expression for part in parts if not part.negated]
    excluded = [part.expression for part in parts if part.negated]
    inner, outer = (" OR ", " AND ") if conjunction else (" AND ", " OR ")
    if conjunction and wanted and excluded:
        return [_Words(f"({_group(wanted, outer)} NOT {_group(excluded, inner)})")]
    merged = [_Words(_group(wanted, outer))] if wanted else []
    return merged + ([_Words(_group(excluded, inner), negated=True)] if excluded else [])


def _group(expressions: list[str], joiner: str) -> str:
    return expressions[0] if len(expressions) == 1 else f"({joiner.join(expressions)})"
