"""Every rule of every file does what its samples say, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from re._constants import MAX_REPEAT, MAXREPEAT, MIN_REPEAT
from re._parser import SubPattern
from re._parser import parse as parse_pattern

import pytest

from kabar.clean.lexicon import is_outlet, is_place
from kabar.clean.rulebook import FAMILIES, Rule, by_id, expand, rules, table
from kabar.clean.title import clean_title
from tests.clean.samples import assert_accounted, marked, run, taken

ALL = [rule for family in FAMILIES for rule in rules(family)]
LINE_RULES = [rule for rule in ALL if not rule.id.startswith("title.")]
SITE = "Warta Lembah"


def unbounded(node) -> Iterator[str]:
    """Repetitions without an upper bound anywhere in a parsed pattern."""
    for operation, argument in node:
        if operation in (MAX_REPEAT, MIN_REPEAT) and argument[1] is MAXREPEAT:
            yield str(argument)
        for part in argument if isinstance(argument, (tuple, list)) else ():
            for inner in part if isinstance(part, list) else [part]:
                if isinstance(inner, SubPattern):
                    yield from unbounded(inner)


def cases(kind: str, of: list[Rule]) -> list:
    return [
        pytest.param(rule, sample, id=f"{rule.id}-{i}")
        for rule in of
        for i, sample in enumerate(getattr(rule, kind))
    ]


@pytest.mark.parametrize("rule", ALL, ids=lambda rule: rule.id)
class TestEveryRule:
    def test_has_a_reason_samples_and_a_strength(self, rule):
        assert len(rule.reason) > 20
        assert rule.reason.endswith(".")
        assert rule.removes or rule.annotates
        assert rule.keeps
        assert 1 <= rule.strength <= 9

    def test_id_names_its_family(self, rule):
        assert re.fullmatch(r"(related|furniture|attribution|dateline|title)(\.[a-z_]+){1,2}", rule.id)

    def test_cues_are_lower_case(self, rule):
        assert all(cue == cue.lower() and cue for cue in rule.cues)

    def test_every_repetition_is_bounded(self, rule):
        assert list(unbounded(parse_pattern(rule.pattern))) == []


def test_the_check_for_bounds_sees_through_groups():
    assert list(unbounded(parse_pattern(r"a(?:b|(c[de]*){1,3})")))
    assert not list(unbounded(parse_pattern(r"a(?:b|(c[de]{0,9}){1,3})")))


def test_ids_are_unique():
    assert len(by_id()) == len(ALL)


@pytest.mark.parametrize("rule, sample", cases("removes", LINE_RULES))
def test_removes(rule, sample):
    plain, start, end = marked(sample)
    stripped, received, offset = run(rule, plain)
    assert (rule.id, offset + start, offset + end) in taken(stripped)
    assert_accounted(received, stripped)


@pytest.mark.parametrize("rule, sample", cases("annotates", LINE_RULES))
def test_annotates_and_keeps_the_words(rule, sample):
    plain, start, end = marked(sample)
    stripped, received, _ = run(rule, plain)
    found = [credit for credit in stripped.attributions if credit.rule == rule.id]
    assert [credit.text for credit in found] == [plain[start:end]]
    assert not found[0].removed
    assert stripped.text[found[0].start : found[0].end] == plain[start:end]
    assert_accounted(received, stripped)


@pytest.mark.parametrize("rule, sample", cases("keeps", LINE_RULES))
def test_leaves_alone(rule, sample):
    stripped, received, _ = run(rule, sample)
    assert rule.id not in {name for name, _, _ in taken(stripped)}
    assert sample in stripped.text.split("\n")
    assert rule.id not in {credit.rule for credit in stripped.attributions}
    assert_accounted(received, stripped)


@pytest.mark.parametrize("rule, sample", cases("removes", list(rules("title"))))
def test_title_rule_cuts(rule, sample):
    plain, start, end = marked(sample)
    kept = plain[:start] + plain[end:]
    assert clean_title(plain, site_name=SITE, domain="wartalembah.example") == (kept, plain[start:end])


@pytest.mark.parametrize("rule, sample", cases("keeps", list(rules("title"))))
def test_title_rule_leaves_alone(rule, sample):
    assert clean_title(sample, site_name=SITE, domain="wartalembah.example") == (sample, "")


class TestLists:
    def test_no_outlet_is_listed_twice_in_one_group(self):
        for group, names in table("outlets").items():
            assert len(names) == len(set(names)), group

    @pytest.mark.parametrize(
        "name", ["Reuters", "KOMPAS.com", "antara", "detikcom", "kabardesa.co.id", "FRANCE 24", "TIME"]
    )
    def test_outlets(self, name):
        assert is_outlet(name)

    @pytest.mark.parametrize("name", ["time", "people", "Budi Santoso", "a.b", "3.5", "desa.", ""])
    def test_not_outlets(self, name):
        assert not is_outlet(name)

    @pytest.mark.parametrize("name", ["JAKARTA", "São Paulo", "Kabupaten Lembah", "Bandung Timur", "N.J."])
    def test_places(self, name):
        assert is_place(name)

    @pytest.mark.parametrize("name", ["Presiden", "Kabupaten", "Putin", ""])
    def test_not_places(self, name):
        assert not is_place(name)


class TestFragments:
    def test_nested_fragments_are_put_in(self):
        assert expand("x{a}", {"a": "[{b}]", "b": "c"}) == "x(?:[(?:c)])"

    def test_a_missing_fragment_is_an_error(self):
        with pytest.raises(KeyError):
            expand("{nowhere}", {})

    def test_counts_are_no_fragments(self):
        assert expand(r"\d{1,3}x{2}", {}) == r"\d{1,3}x{2}"
