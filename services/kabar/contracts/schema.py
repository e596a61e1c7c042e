"""JSON Schema per kind of value, one AsyncAPI file over the topics, and what counts as an incompatible change."""

from __future__ import annotations

from typing import Any

import msgspec

from kabar.contracts.document import Document
from kabar.contracts.letters import Alert, DeadLetter, Ending
from kabar.contracts.message import SECTIONS, Header
from kabar.contracts.story import Story
from kabar.contracts.topics import TOPICS, Topic
from kabar.contracts.types import SCHEMA_VERSION

DRAFT = "https://json-schema.org/draft/2020-12/schema"

Schema = dict[str, Any]


def exported() -> dict[str, Schema]:
    """All files of the export: name -> content."""
    schemas = {
        "message.schema.json": message_schema(),
        **{f"{name}.schema.json": _schema(kind) for name, kind in _KINDS.items()},
    }
    return {**schemas, "asyncapi.json": asyncapi(schemas)}


_KINDS: dict[str, type[msgspec.Struct]] = {
    "document": Document,
    "story": Story,
    "dead-letter": DeadLetter,
    "alert": Alert,
    "ending": Ending,
}


def _schema(kind: type[msgspec.Struct]) -> Schema:
    """A struct's schema with its definitions beside it."""
    (top,), definitions = msgspec.json.schema_components([kind], ref_template="#/$defs/{name}")
    defs = dict(definitions)
    own = defs.pop(top["$ref"].rpartition("/")[2])
    return {"$schema": DRAFT, **own, "$defs": dict(sorted(defs.items()))}


def message_schema() -> Schema:
    """The envelope: the header's fields and one property per section. Unknown fields are allowed and travel on."""
    kinds: list[type[msgspec.Struct]] = [Header, *SECTIONS]
    refs, definitions = msgspec.json.schema_components(kinds, ref_template="#/$defs/{name}")
    defs = dict(definitions)
    header = defs.pop(refs[0]["$ref"].rpartition("/")[2])
    sections = {name: ref for (_, name), ref in zip(SECTIONS.items(), refs[1:], strict=True)}
    return {
        "$schema": DRAFT,
        **header,
        "title": "Message",
        "properties": {**header["properties"], **sections},
        "$defs": dict(sorted(defs.items())),
    }


def asyncapi(schemas: dict[str, Schema]) -> Schema:
    """AsyncAPI 3 over all topics; schemas are referred to as files beside it."""
    channels = {topic.name: _channel(topic, schemas) for topic in TOPICS}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "kabar",
            "version": str(SCHEMA_VERSION),
            "description": "Topics of the news pipeline. Keys are UTF-8; values are JSON unless said otherwise.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": {
            f"receive.{topic.name}": {"action": "receive", "channel": {"$ref": f"#/channels/{topic.name}"}}
            for topic in TOPICS
            if topic.public
        },
    }


def _channel(topic: Topic, schemas: dict[str, Schema]) -> Schema:
    file = f"{topic.value}.schema.json"
    payload: Schema = {"$ref": f"./{file}"} if file in schemas else {"description": "bytes"}
    return {
        "address": topic.name,
        "description": topic.why,
        "messages": {
            topic.value: {"payload": payload, "bindings": {"kafka": {"key": {"description": topic.key}}}}
        },
        "bindings": {
            "kafka": {
                "partitions": topic.partitions,
                "topicConfiguration": {
                    "cleanup.policy": [topic.cleanup],
                    **({"retention.ms": topic.retention_ms} if topic.retention_ms else {}),
                    "max.message.bytes": topic.max_message_bytes,
                },
            }
        },
    }


def incompatible(old: Schema, new: Schema, path: str = "") -> list[str]:
    """What a reader of the old schema could trip over, in words; empty = compatible.

    A field may be added with a default and a cap may be raised. A field may not vanish, change its type, become
    required or have its cap lowered; a closed set may not lose a value.
    """
    problems: list[str] = []
    for name, definition in old.get("$defs", {}).items():
        if name not in new.get("$defs", {}):
            problems.append(f"{path}/$defs/{name}: vanished")
        else:
            problems += incompatible(definition, new["$defs"][name], f"{path}/$defs/{name}")
    problems += _kind_problems(old, new, path or "/")
    for name, part in old.get("properties", {}).items():
        found = new.get("properties", {}).get(name)
        if found is None:
            problems.append(f"{path}/{name}: vanished")
        else:
            problems += incompatible(part, found, f"{path}/{name}")
    problems += [
        f"{path}/{name}: became required"
        for name in new.get("required", [])
        if name not in old.get("required", [])
    ]
    if "items" in old and isinstance(old["items"], dict) and isinstance(new.get("items"), dict):
        problems += incompatible(old["items"], new["items"], f"{path}[]")
    return problems


def _kind_problems(old: Schema, new: Schema, path: str) -> list[str]:
    problems = [
        f"{path}: {key} changed from {old.get(key)!r} to {new.get(key)!r}"
        for key in ("type", "$ref", "contentEncoding", "pattern")
        if old.get(key) != new.get(key)
    ]
    if _choices(old) - _choices(new):
        problems.append(f"{path}: lost {sorted(_choices(old) - _choices(new))}")
    problems += [
        f"{path}: {key} lowered from {old.get(key, 'none')} to {new[key]}"
        for key in ("maxLength", "maxItems", "maximum", "maxProperties")
        if key in new and new[key] < old.get(key, float("inf"))
    ]
    problems += [
        f"{path}: {key} raised from {old.get(key, 'none')} to {new[key]}"
        for key in ("minLength", "minItems", "minimum")
        if key in new and new[key] > old.get(key, float("-inf"))
    ]
    return problems


def _choices(schema: Schema) -> set[str]:
    """Values of a closed set, and the alternatives of a union, as comparable strings."""
    return {repr(value) for value in schema.get("enum", [])} | {
        repr(sorted(part.items(), key=str)) for part in schema.get("anyOf", []) if part.get("type") != "null"
    }
