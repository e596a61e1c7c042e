"""The templates that every index is made from: mappings per family, analysis, settings.

::

    PREFIXkabar-FAMILY       component: mappings of a family, and the analyzers text_standard, text_id, text_en
    PREFIXkabar-settings     component: shards, replicas, refresh
    PREFIXkabar-FAMILY-vN    index template: names of the indices, the components, the alias

The analyzers are one file, which the setting ``analysis_template`` replaces. They are copied into each family's
component: Elasticsearch refuses mappings that name analyzers of another component.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import msgspec

from kabar.errors import ConfigError
from kabar.index.elasticsearch.mapping import Dynamic, mappings
from kabar.index.elasticsearch.names import FAMILIES, Family, IndexNames
from kabar.settings import Settings

PRIORITY: Final = 500
"""Above the patterns that come with Elasticsearch (100 and 200)."""
ANALYZERS: Final = ("text_standard", "text_id", "text_en")
MAX_FIELDS: Final = 300
"""Three times what the table has: a mapping that grows beyond it was not made by kabar."""


def components(settings: Settings, *, dynamic: Dynamic = "false") -> dict[str, dict[str, Any]]:
    """Component templates by name.

    Raises:
        ConfigError: the file of ``analysis_template`` cannot be used.
    """
    names = IndexNames(settings.index_prefix)
    analyzers = analysis(settings)
    found: dict[str, dict[str, Any]] = {
        names.component(family): {
            "template": {"settings": analyzers, "mappings": mappings(family, dynamic=dynamic)}
        }
        for family in FAMILIES
    }
    found[names.component("settings")] = {"template": {"settings": {"index": index_settings(settings)}}}
    return found


def index_templates(settings: Settings, schema: int, *, aliased: bool = True) -> dict[str, dict[str, Any]]:
    """Index templates by name.

    Args:
        settings: the prefix.
        schema: the schema number of the indices they are for.
        aliased: whether the indices are found under the alias; not so while a new schema is being filled.
    """
    names = IndexNames(settings.index_prefix)
    return {names.template(family, schema): _template(names, family, schema, aliased) for family in FAMILIES}


def _template(names: IndexNames, family: Family, schema: int, aliased: bool) -> dict[str, Any]:  # noqa: FBT001
    parts = [names.component(part) for part in ("settings", family)]
    template: dict[str, Any] = {"aliases": {names.alias(family): {}}} if aliased else {}
    return {
        "index_patterns": [names.pattern(family, schema)],
        "composed_of": parts,
        "priority": PRIORITY,
        "template": template,
    }


def index_settings(settings: Settings) -> dict[str, Any]:
    """Settings of every index, below ``index``."""
    return {
        "number_of_shards": 1,  # an index holds a month: some hundred thousand articles, far below 50 GB
        "number_of_replicas": settings.index_replicas,
        "refresh_interval": f"{round(settings.index_refresh_seconds * 1_000)}ms",
        "codec": "best_compression",
        "mapping": {"total_fields": {"limit": MAX_FIELDS}},
    }


def analysis(settings: Settings) -> dict[str, Any]:
    """The settings with the analyzers.

    Raises:
        ConfigError: the file cannot be read, is no component template, or lacks an analyzer.
    """
    path = settings.analysis_template
    shipped = files("kabar.index.elasticsearch") / "templates" / "analysis.json"
    try:
        body = msgspec.json.decode(Path(path).read_bytes() if path else shipped.read_bytes())
        defined = body["template"]["settings"]["analysis"]["analyzer"]
        missing = [name for name in ANALYZERS if name not in defined]
    except (OSError, msgspec.MsgspecError, KeyError, TypeError) as error:
        raise ConfigError(
            f"analysis_template {path} cannot be used: {type(error).__name__}: {error}",
            hint='it wants {"template": {"settings": {"analysis": {"analyzer": {...}}}}}',
        ) from error
    if missing:
        raise ConfigError(
            f"analysis_template {path} does not define {', '.join(missing)}",
            hint=f"it must define {', '.join(ANALYZERS)}",
        )
    return {"index": {"analysis": body["template"]["settings"]["analysis"]}}
