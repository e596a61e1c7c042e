"""The exported schemas describe the messages, and an incompatible change is noticed."""

import copy
import json
from pathlib import Path

import jsonschema
import msgspec
import pytest

from kabar.contracts import schema
from kabar.contracts.message import Header, Message
from kabar.contracts.sections import CleanSection, DedupeSection, RawSection, Removed
from kabar.contracts.topics import TOPICS

COMMITTED = Path(__file__).parents[2] / "schemas"
EXPORTED = schema.exported()


@pytest.mark.parametrize("name", [name for name in EXPORTED if name != "asyncapi.json"])
def test_each_schema_is_a_schema(name):
    jsonschema.Draft202012Validator.check_schema(EXPORTED[name])


@pytest.mark.parametrize("name", EXPORTED)
def test_the_committed_export_is_current(name):
    assert json.loads((COMMITTED / name).read_text("utf-8")) == EXPORTED[name]


def test_a_real_message_follows_its_schema():
    message = (
        Message(Header(observation_id="a" * 32, observed_at=5, article_id="b" * 32))
        .with_section(RawSection(text="x"))
        .with_section(
            CleanSection(
                text="x", content_hash="0" * 32, removed=[Removed(rule="r", text="t", start=0, end=1)]
            )
        )
        .with_section(DedupeSection(first_seen_at=5))
    )
    validator = jsonschema.Draft202012Validator(EXPORTED["message.schema.json"])
    validator.validate(json.loads(message.encode()))
    broken = json.loads(message.encode())
    broken["clean"]["removed"][0]["start"] = -1
    assert [error.json_path for error in validator.iter_errors(broken)] == ["$.clean.removed[0].start"]


def test_every_topic_is_described_and_refers_to_a_schema_that_is_there():
    channels = EXPORTED["asyncapi.json"]["channels"]
    assert list(channels) == [topic.name for topic in TOPICS]
    for channel in channels.values():
        for message in channel["messages"].values():
            reference = message["payload"].get("$ref")
            assert reference is None or reference.removeprefix("./") in EXPORTED


OLD = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "maxLength": 32, "pattern": "^x$"},
        "kind": {"enum": ["a", "b"]},
        "items": {"type": "array", "items": {"$ref": "#/$defs/Item"}, "maxItems": 10},
        "score": {"anyOf": [{"type": "number"}, {"type": "null"}]},
    },
    "required": ["id"],
    "$defs": {"Item": {"type": "object", "properties": {"n": {"type": "integer", "minimum": 0}}}},
}


def changed(path, value):
    new = copy.deepcopy(OLD)
    *way, last = path
    place = new
    for step in way:
        place = place[step]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return new


@pytest.mark.parametrize(
    "path, value, says",
    [
        (["properties", "kind"], None, "vanished"),
        (["properties", "id", "type"], "integer", "type changed"),
        (["properties", "id", "maxLength"], 16, "maxLength lowered"),
        (["properties", "id", "pattern"], "^y$", "pattern changed"),
        (["properties", "kind", "enum"], ["a"], "lost"),
        (["properties", "items", "maxItems"], 5, "maxItems lowered"),
        (["properties", "items", "items", "$ref"], "#/$defs/Other", "changed"),
        (["properties", "score", "anyOf"], [{"type": "string"}], "lost"),
        (["required"], ["id", "kind"], "became required"),
        (["$defs", "Item"], None, "vanished"),
        (["$defs", "Item", "properties", "n", "minimum"], 1, "minimum raised"),
        (["$defs", "Item", "properties", "n", "type"], "string", "type changed"),
    ],
)
def test_incompatible_changes(path, value, says):
    problems = schema.incompatible(OLD, changed(path, value))
    assert any(says in problem for problem in problems), problems


@pytest.mark.parametrize(
    "path, value",
    [
        (["properties", "new"], {"type": "string", "default": ""}),
        (["properties", "id", "maxLength"], 64),
        (["properties", "kind", "enum"], ["a", "b", "c"]),
        (["properties", "items", "maxItems"], 100),
        (["$defs", "New"], {"type": "object"}),
        (["$defs", "Item", "properties", "m"], {"type": "integer"}),
        (["properties", "id", "description"], "other words"),
    ],
)
def test_compatible_changes(path, value):
    assert schema.incompatible(OLD, changed(path, value)) == []


def test_every_struct_on_the_wire_has_described_fields_that_can_be_decoded():
    for name in ("story", "dead-letter", "alert", "ending", "document"):
        assert EXPORTED[f"{name}.schema.json"]["properties"]
    assert msgspec.json.decode(msgspec.json.encode(EXPORTED))
