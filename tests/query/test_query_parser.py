"""Reading queries: trees, errors with position and hint, limits, hostile input."""

from __future__ import annotations

import pytest

from kabar.errors import QueryError
from kabar.query import FIELDS, parse
from kabar.query.fields import DEFAULT_FIELDS, VALUE_FIELDS, WORD_FIELDS, field_named
from kabar.query.fts5 import compile_sql
from kabar.query.nodes import All, And, Exists, Flag, Match, Not, Or, Range, fields_of, wanted_words
from kabar.query.parser import MAX_CHARS, MAX_CONDITIONS, MAX_DEPTH, MAX_PREFIXES
from kabar.query.predicate import compile_predicate


def word(text, field="", mode="phrase"):
    return Match(field, tuple(text.split()), mode)


DAY = 86_400_000
JAN_1 = 1_767_225_600_000  # 2026-01-01T00:00Z

TREES = [
    ("", All()),
    ("\t\n\u3000", All()),
    ("*", All()),
    ("putin", word("putin")),
    ("a b", And((word("a"), word("b")))),
    ("a and b", And((word("a"), word("b")))),
    ("a b and c", And((word("a"), word("b"), word("c")))),
    ("a or b or c", Or((word("a"), word("b"), word("c")))),
    ("a (b or c)", And((word("a"), Or((word("b"), word("c")))))),
    ("(a b) c", And((And((word("a"), word("b"))), word("c")))),
    ("((a))", word("a")),
    ("-a", Not(word("a"))),
    ("--a", Not(Not(word("a")))),
    ("not -a", Not(Not(word("a")))),
    ('-"a b"', Not(word("a b"))),
    ("-(a b)", Not(And((word("a"), word("b"))))),
    ("-title:a", Not(word("a", "title"))),
    ("a-b", word("a b")),
    ("a - b".replace(" - ", " -"), And((word("a"), Not(word("b"))))),
    ("not a or b", Or((Not(word("a")), word("b")))),
    ('foo"bar"baz', And((word("foo"), word("bar"), word("baz")))),
    ('"and"', word("and")),
    ("android", word("android")),
    ("And", None),
    ("title:and", word("and", "title")),
    ("pres*", word("pres", mode="prefix")),
    ('"pres*"', word("pres")),
    ('person:="A B"', word("a b", "person", "whole")),
    ("org:x", word("x", "organization")),
    ("person:*", Exists("person")),
    ("words:*", Exists("words")),
    ("words:5", Range("words", 5, 5)),
    ("words:>5", Range("words", low=5, open=True)),
    ("words:>=5", Range("words", low=5)),
    ("words:<5", Range("words", high=5, open=True)),
    ("words:<=5", Range("words", high=5)),
    ("words:..5", Range("words", high=5)),
    ("words:=5", Range("words", 5, 5)),
    ("words:-5..-1", Range("words", -5, -1)),
    ("words:1e3", Range("words", 1000.0, 1000.0)),
    ("sentiment:<-0.3", Range("sentiment_score", high=-0.3, open=True)),
    ("sentiment:negative", word("negative", "sentiment")),
    (
        "sentiment:(>0 or negative)",
        Or((Range("sentiment_score", low=0, open=True), word("negative", "sentiment"))),
    ),
    ("published:2026-01-01", Range("published", JAN_1, JAN_1 + DAY - 1)),
    ("published:=2026-01-01", Range("published", JAN_1, JAN_1 + DAY - 1)),
    ('published:"2026-01-01"', Range("published", JAN_1, JAN_1 + DAY - 1)),
    ("published:>2026-01-01", Range("published", low=JAN_1 + DAY)),
    ("published:>=2026-01-01", Range("published", low=JAN_1)),
    ("published:<2026-01-01", Range("published", high=JAN_1 - 1)),
    ("published:<=2026-01-01", Range("published", high=JAN_1 + DAY - 1)),
    ("published:2026-01-01..2026-01-02", Range("published", JAN_1, JAN_1 + 2 * DAY - 1)),
    ("published:2026-01-01t07:00+07:00", Range("published", JAN_1, JAN_1 + 59_999)),
    ("published:2026-01-01T00:00:00", Range("published", JAN_1, JAN_1 + 999)),
    ("published:2026-01-01T00:00:00.007Z", Range("published", JAN_1 + 7, JAN_1 + 7)),
    ("published:2024-02-29", Range("published", 1_709_164_800_000, 1_709_164_800_000 + DAY - 1)),
    ("published:2025-12", Range("published", JAN_1 - 31 * DAY, JAN_1 - 1)),
    ("copy:true", Flag("copy", value=True)),
    ("duplicate:no", Flag("copy", value=False)),
]


@pytest.mark.parametrize(
    "text,tree", [t for t in TREES if t[1] is not None], ids=lambda v: v if isinstance(v, str) else ""
)
def test_tree(text, tree):
    assert parse(text) == tree
    assert parse(str(tree)) == tree


# Query, position of the error, a part of message or hint.
REFUSED = [
    # mixing
    ("a or b and c", 7, '("a" or "b") and'),
    ("a and b or c", 8, '("a" "b") or'),
    ("a b or c", 4, "which comes first"),
    ("a or b c", 7, "side by side mean 'and'"),
    ("a or b -c", 7, "which comes first"),
    ("title:(a or b c)", 14, "which comes first"),
    # structure
    ("(a", 0, "not closed"),
    ("a (b (c)", 2, "not closed"),
    ("a)", 1, "closes nothing"),
    ("()", 1, "missing before ')'"),
    ("and", 0, "missing before 'and'"),
    ("a and", 5, "missing before the end"),
    ("a or or b", 5, "missing before 'or'"),
    ("not", 3, "missing before the end"),
    ("And", 0, "quotes"),
    ('a "b c', 2, "not closed"),
    ("- a", 0, "no letter or digit"),
    ("a && b", 2, "write and"),
    ("a | b", 2, "write or"),
    ("!!", 0, "no letter or digit"),
    ("\U0001f600", 0, "no letter or digit"),
    ('""', 0, "no letter or digit"),
    # fields
    ("titel:x", 0, "title"),
    ("a tilte:x", 2, "did you mean: title"),
    ("10:30", 0, "quotes"),
    ("https://example.com", 0, "quotes"),
    (":x", 0, "no field ''"),
    ("title: x", 6, "right behind the colon"),
    ("title:", 6, "has no value"),
    ("(title:)", 7, "has no value"),
    ("person:(a author:b)", 10, "inside 'person:( )'"),
    ("title:-x", 6, "write -title:x"),
    ("title:>x", 7, "words, which are neither more nor less"),
    (">5", 1, "which field"),
    ("words:> 5", 6, "directly behind"),
    ("words:>", 6, "directly behind"),
    ("words:>>5", 6, "directly behind"),
    ("status:dead", 7, "active, updated, killed"),
    ("status:kill", 7, "active, updated, killed"),
    ("sentiment:bad", 10, "negative, neutral, positive"),
    ("copy:maybe", 5, "true or false"),
    ("copy:>true", 6, "true or false"),
    # beginnings
    ("*sia", 0, "end of one word"),
    ("pre*nt", 0, "end of one word"),
    ("a-b*", 0, "end of one word"),
    ("pres.*", 0, "end of one word"),
    ("pres**", 0, "end of one word"),
    ("p*", 0, "at least 2"),
    ("person:=pres*", 8, "end of one word"),
    # numbers
    ("words:many", 6, "wants a number"),
    ("words:>1e99", 7, "wants a number"),
    ("words:nan", 6, "wants a number"),
    ("words:0x10", 6, "wants a number"),
    ("words:٣", 6, "wants a number"),
    ("words:5..1", 6, "ends before it begins"),
    ("words:..", 6, "not a range"),
    ("words:>1..5", 7, "not a range"),
    ("sentiment_score:(-0.3 or 1)", 17, "means not"),
    # dates
    ("published:yesterday", 10, "dates look like"),
    ("published:01-02-2026", 10, "dates look like"),
    ("published:2026-13", 10, "no such date"),
    ("published:2026-00-10", 10, "no such date"),
    ("published:2025-02-29", 10, "no such date"),
    ("published:9999", 10, "no such date"),
    ("published:9999-12-31", 10, "no such date"),
    ("published:0001-01-01", 10, "not a date"),
    ("published:2026-01-01T25:00", 10, "no such date"),
    ("published:2026-01-01T00:00+99:00", 10, "no such date"),
    ("published:2026-02..2026-01", 10, "ends before it begins"),
    ("published:7d", 10, "no now here"),
    ("published:14d..7d", 10, "no now here"),
]


@pytest.mark.parametrize("text,position,part", REFUSED, ids=[r[0] for r in REFUSED])
def test_refused_with_position_and_hint(text, position, part):
    with pytest.raises(QueryError) as caught:
        parse(text)
    assert caught.value.position == position
    assert part in f"{caught.value} | {caught.value.hint}"
    assert caught.value.hint


def test_relative_dates_need_a_now():
    assert parse("published:7d", now_ms=JAN_1) == Range("published", low=JAN_1 - 7 * DAY)
    assert parse("published:14d..7d", now_ms=JAN_1) == Range("published", JAN_1 - 14 * DAY, JAN_1 - 7 * DAY)
    assert parse("published:90min", now_ms=JAN_1) == Range("published", low=JAN_1 - 5_400_000)
    with pytest.raises(QueryError, match="both ways"):
        parse("published:>7d", now_ms=JAN_1)


def test_printed_relative_date_is_absolute():
    node = parse("published:7d", now_ms=JAN_1)
    assert parse(str(node)) == node


# ---------------------------------------------------------------- limits and hostile input


HOSTILE = {
    "parentheses": "(" * 10_000,
    "parentheses within the length": "(" * (MAX_CHARS - 1),
    "balanced parentheses": "(" * 3_000 + "a" + ")" * 3_000,
    "nots": "not " * 1_900 + "a",
    "minuses": "-" * (MAX_CHARS - 1) + "a",
    "closing": ")" * 1_000,
    "quotes": '"' * 999,
    "long": "a " * MAX_CHARS,
    "conditions": " ".join(["a"] * (MAX_CONDITIONS + 1)),
    "prefixes": " ".join(["pre*"] * (MAX_PREFIXES + 1)),
    "phrase": '"' + "a " * 101 + '"',
    "word": "a" * 1_001,
    "ligatures that grow": "ﷺ" * 500,
    "field name": "x" * 7_000 + ":a",
    "fields in fields": "title:(" * 1_000,
    "operators": "words:" + ">" * 5_000,
    "ranges": "words:" + ".." * 3_000,
    "digits": "words:" + "9" * 7_000,
    "date digits": "published:" + "9" * 7_000,
    "relative overflow": "published:99999999999999d",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_queries_are_refused(name):
    with pytest.raises(QueryError) as caught:
        parse(HOSTILE[name])
    assert caught.value.hint
    assert len(str(caught.value)) < 300
    assert len(caught.value.hint) < 600


@pytest.mark.parametrize(
    "text",
    [
        "\x00",
        "a\x00b",
        "\ud800x",
        "a' OR 1=1 --",
        'a" OR "b',
        "{title} : a",
        "NEAR(a b)",
        "a^2",
        "col:a",
        "\u202ea",
    ],
)
def test_odd_characters_are_words_or_errors(text):
    try:
        node = parse(text)
    except QueryError:
        return
    assert parse(str(node)) == node
    for match in wanted_words(node):
        assert all(w.isalnum() for w in match.words)


def test_just_within_the_limits():
    deep = "a"
    for _ in range(MAX_DEPTH // 2):
        deep = f"not (b or {deep})"
    for text in (
        deep,
        " ".join(["a"] * MAX_CONDITIONS),
        " or ".join(["words:5"] * MAX_CONDITIONS),
        "-a " * 300,
    ):
        node = parse(text)
        assert parse(str(node)) == node
        compile_sql(node)
        compile_predicate(node)


# ---------------------------------------------------------------- tree and table


def test_leaves_know_what_is_excluded():
    node = parse("a -b not (c or -d) person:e words:>3 title:fo*")
    assert [str(m) for m in wanted_words(node)] == ['"a"', '"d"', 'person:"e"', "title:fo*"]
    assert fields_of(node) == {"", "person", "words", "title"}


def test_engines_refuse_what_is_no_node():
    for compiler in (compile_sql, compile_predicate):
        with pytest.raises(Exception):  # noqa: B017, PT011 - anything but silence
            compiler("title:x")


@pytest.mark.parametrize("field", ["nonsense", "rowid", "title} : x {"])
def test_a_hand_built_tree_cannot_name_a_column_of_its_own(field):
    for node in (Match(field, ("a",)), Range(field, 1, 2), Flag(field, value=True), Exists(field)):
        with pytest.raises((ValueError, QueryError)):
            compile_sql(node)


def test_no_query_text_in_sql():
    compiled = compile_sql(
        parse("robert person:tables words:>4711 published:2026 or drop".replace(" or drop", " drop"))
    )
    for secret in ("robert", "tables", "4711", "drop"):
        assert secret not in compiled.where
    assert compiled.where.count("?") == len(compiled.parameters)


def test_names_and_aliases_are_distinct():
    names = [name for field in FIELDS for name in (field.name, *field.aliases)]
    assert len(names) == len(set(names))
    assert all(name == name.lower() for name in names)
    assert set(DEFAULT_FIELDS) <= set(WORD_FIELDS)
    assert not set(WORD_FIELDS) & set(VALUE_FIELDS)


def test_every_field_says_what_it_is():
    for field in FIELDS:
        assert field.description
        assert field.paths
        assert field.aliases == tuple(a for a in field.aliases if field_named(a) is field)
        assert not field.compares or field_named(field.compares).type == "number"
