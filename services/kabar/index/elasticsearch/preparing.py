"""Templates put in place (``kabar index prepare``) and compared with what this version needs, at every start."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import elasticsearch

from kabar.errors import NotPrepared
from kabar.index.elasticsearch.client import cause_of, index_errors
from kabar.index.elasticsearch.mapping import TABLE, Dynamic, fields_in
from kabar.index.elasticsearch.names import FAMILIES, Family, IndexNames
from kabar.index.elasticsearch.templates import components, index_templates
from kabar.settings import Settings

_HINT_PREPARE = "run `kabar index prepare`, with the same settings as the workers"
_HINT_REINDEX = "run `kabar reindex`: it builds the indices anew beside the old ones and switches over"


def schema_in_use(client: elasticsearch.Elasticsearch, names: IndexNames) -> int:
    """The schema number on the aliases; the first one where there is no index yet.

    Raises:
        EnvironmentError_: Elasticsearch does not say.
    """
    wanted = ",".join(names.alias(family) for family in FAMILIES)
    with index_errors():
        found = client.options(ignore_status=404).indices.get_alias(name=wanted)
    # With 404 the body still lists what was found, beside the words that something was not.
    return names.newest_schema(name for name in found.body if isinstance(found.body[name], dict))


def prepare(
    client: elasticsearch.Elasticsearch,
    settings: Settings,
    *,
    schema: int | None = None,
    aliased: bool = True,
    dynamic: Dynamic = "false",
) -> list[str]:
    """Put the templates in place; indices are made from them when they are first written to. May be repeated.

    Indices that exist are not touched.

    Args:
        client: who to tell.
        settings: prefix, replicas, refresh, analysis.
        schema: of which indices; None = of those in use.
        aliased: whether new indices are found under the alias at once.
        dynamic: what becomes of unknown fields: kept unindexed, or (for tests) refused.

    Returns:
        The names of the templates.

    Raises:
        EnvironmentError_: Elasticsearch does not take them.
        ConfigError: the analysis template cannot be used.
    """
    schema = schema_in_use(client, IndexNames(settings.index_prefix)) if schema is None else schema
    parts = components(settings, dynamic=dynamic)
    templates = index_templates(settings, schema, aliased=aliased)
    for name, body in parts.items():
        with _refusal(f"component template {name}"):
            client.cluster.put_component_template(name=name, **body)
    for name, body in templates.items():
        with _refusal(f"index template {name}"):
            client.indices.put_index_template(name=name, **body)
    return [*parts, *templates]


@contextmanager
def _refusal(what: str) -> Iterator[None]:
    with index_errors():
        try:
            yield
        except elasticsearch.BadRequestError as error:
            raise NotPrepared(
                f"Elasticsearch does not take the {what}: {cause_of(error.body)[1]}",
                hint="does it have the analyzers that analysis_template names, and no other template of this priority?",
            ) from error


def ensure(client: elasticsearch.Elasticsearch, settings: Settings) -> None:
    """Put templates in place where there are none at all, then :func:`check`: what is there is never changed.

    Raises:
        NotPrepared: what is there is different, or only a part of it is there; the hint names the command.
        EnvironmentError_: Elasticsearch does not say, or does not take them.
        ConfigError: the analysis template cannot be used.
    """
    schema = schema_in_use(client, IndexNames(settings.index_prefix))
    parts, templates = components(settings), index_templates(settings, schema)
    if not any(_component(client, name) for name in parts) and not any(
        _template(client, name) for name in templates
    ):
        prepare(client, settings, schema=schema)
    check(client, settings)


def check(client: elasticsearch.Elasticsearch, settings: Settings) -> None:
    """Refuse to work with templates or indices other than this version needs.

    More than is needed (fields of a newer version, settings an operator added) is no difference.

    Raises:
        NotPrepared: something is missing or different; the message names it, the hint the command.
        EnvironmentError_: Elasticsearch does not say.
        ConfigError: the analysis template cannot be used.
    """
    names = IndexNames(settings.index_prefix)
    schema = schema_in_use(client, names)
    for name, body in components(settings).items():
        _compare(f"component template {name}", body, _component(client, name))
    for name, body in index_templates(settings, schema).items():
        _compare(f"index template {name}", body, _template(client, name))
    for family in FAMILIES:
        _check_indices(client, names, family)


def installed_fields(
    client: elasticsearch.Elasticsearch, names: IndexNames, family: Family
) -> frozenset[str]:
    """Paths of the fields that the installed mappings of a family have.

    Raises:
        NotPrepared: there is no such template.
        EnvironmentError_: Elasticsearch does not say.
    """
    name = names.component(family)
    found = _component(client, name)
    if not found:
        raise NotPrepared(f"component template {name} is missing", hint=_HINT_PREPARE)
    return frozenset(fields_in(found["template"].get("mappings", {})))


def _component(client: elasticsearch.Elasticsearch, name: str) -> Mapping[str, Any]:
    with index_errors():
        found = client.options(ignore_status=404).cluster.get_component_template(name=name).body
    return next((one["component_template"] for one in found.get("component_templates", ())), {})


def _template(client: elasticsearch.Elasticsearch, name: str) -> Mapping[str, Any]:
    with index_errors():
        found = client.options(ignore_status=404).indices.get_index_template(name=name).body
    return next((one["index_template"] for one in found.get("index_templates", ())), {})


def _compare(what: str, wanted: Mapping[str, Any], found: Mapping[str, Any]) -> None:
    if not found:
        raise NotPrepared(f"{what} is missing", hint=_HINT_PREPARE)
    there = dict(_leaves(found))
    for path, value in _leaves(wanted):
        if path.endswith(".dynamic") and there.get(path) == "strict":
            continue  # stricter than needed is for tests
        if there.get(path) != value:
            said = f"is {there[path]}" if path in there else "is missing"
            raise NotPrepared(f"{what}: {path} {said}, this version needs {value}", hint=_HINT_PREPARE)


def _leaves(body: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Paths and values as text: Elasticsearch gives numbers and flags of settings back as text."""
    for name, value in body.items():
        path = f"{prefix}{name}"
        if isinstance(value, Mapping) and value:
            yield from _leaves(value, f"{path}.")
        elif isinstance(value, bool):
            yield path, str(value).lower()
        else:
            yield path, str(value)


def _check_indices(client: elasticsearch.Elasticsearch, names: IndexNames, family: Family) -> None:
    with index_errors():
        answer = client.options(ignore_status=404).indices.get_mapping(index=names.alias(family))
    if answer.meta.status == 404:
        return  # nothing was written yet
    for index, body in sorted(answer.body.items()):
        there = fields_in(body["mappings"])
        for path, definition in TABLE[family].items():
            if there.get(path) != definition:
                what = "is missing" if path not in there else f"is {dict(there[path])}"
                raise NotPrepared(
                    f"index {index}: field {path} {what}, this version needs {dict(definition)}",
                    hint=_HINT_REINDEX,
                )
