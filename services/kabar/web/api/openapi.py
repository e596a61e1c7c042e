"""The description of the API: contracts as they are, no viewer that loads its scripts from elsewhere."""

from __future__ import annotations

import inspect

import msgspec
from litestar._openapi.schema_generation import SchemaCreator
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import License, OpenAPIType, Reference, Schema, Tag
from litestar.plugins import OpenAPISchemaPlugin
from litestar.plugins.core._msgspec import kwarg_definition_from_field
from litestar.typing import FieldDefinition

from kabar import __version__

CONFIG = OpenAPIConfig(
    title="kabar",
    version=__version__,
    summary="A clean, deduplicated, enriched, searchable index of news.",
    description=(
        "Read-only. Times are ISO 8601 in UTC, or milliseconds since 1970 where a field is an integer; spans count "
        "Unicode code points, end exclusive. Every error is `application/problem+json`: `detail` says what is wrong, "
        "`where` in which parameter, `hint` what to do next."
    ),
    license=License(name="Apache-2.0", identifier="Apache-2.0"),
    tags=[
        Tag("articles", "Search, documents, versions."),
        Tag("stories", "Articles about one event."),
        Tag("operations", "Probes and metrics."),
    ],
    path="/schema",
    use_handler_docstrings=True,
    render_plugins=[JsonRenderPlugin(path="/openapi.json")],
)


class ContractSchemas(OpenAPISchemaPlugin):
    """Structs as OpenAPI schemas.

    Litestar's own plugin hashes every default, and a struct that holds a list has no hash. This one also says that a
    field with a default is there all the same: what kabar encodes has every field, unless the struct leaves defaults
    out.
    """

    @staticmethod
    def is_plugin_supported_field(field_definition: FieldDefinition) -> bool:
        """Structs, and nothing around them."""
        return not field_definition.is_union and field_definition.is_subclass_of(msgspec.Struct)

    @staticmethod
    def to_openapi_schema(field_definition: FieldDefinition, schema_creator: SchemaCreator) -> Schema:
        """A component, described by the struct's docstring."""
        struct = field_definition.annotation
        hints = field_definition.get_type_hints(include_extras=True, resolve_generics=True)
        info = msgspec.inspect.type_info(struct)
        assert isinstance(info, msgspec.inspect.StructType)
        if info.array_like:
            return _array(
                struct,
                len(info.fields),
                schema_creator.for_field_definition(FieldDefinition.from_annotation(int)),
            )
        properties: dict[str, FieldDefinition] = {}
        for field in info.fields:
            constraints = kwarg_definition_from_field(field)[0]
            extra = {"kwarg_definition": constraints} if constraints else {}
            properties[field.encode_name] = FieldDefinition.from_annotation(
                hints[field.name], name=field.encode_name, **extra
            )
        always = not struct.__struct_config__.omit_defaults
        required = [field.encode_name for field in info.fields if always or field.required]
        schema = schema_creator.create_component_schema(
            field_definition, required=sorted(required), property_fields=properties
        )
        schema.description = inspect.getdoc(struct)
        return schema


def _array(struct: type, length: int, item: Schema | Reference) -> Schema:
    """``[start, end]``: on the wire an array-like struct is its values."""
    return Schema(
        type=OpenAPIType.ARRAY,
        items=item,
        min_items=length,
        max_items=length,
        title=struct.__name__,
        description=inspect.getdoc(struct),
    )
