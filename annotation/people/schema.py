"""What drf-spectacular cannot see by itself: our tokens, and problem details everywhere."""

from __future__ import annotations

from typing import Any

import msgspec
from drf_spectacular.extensions import (
    OpenApiAuthenticationExtension,
    OpenApiSerializerExtension,
)
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.views import SpectacularAPIView

from annotation.people.abilities import Ability
from annotation.people.api import ApiView
from annotation.people.problems import MEDIA_TYPE, SCHEMA

_REF = "#/components/schemas/{name}"


# the extension registers itself in an __init_subclass__ without annotations
class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "annotation.people.access.BearerAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": f"A personal token; scopes: {', '.join(Ability)}.",
        }


# as above
class StructScheme(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    """Bodies of ``people.bodies`` are described by what checks them."""

    target_class = "msgspec.Struct"
    match_subclasses = True

    def get_name(self, auto_schema: Any, direction: Any) -> str:
        return str(self.target.__name__)

    # By name, as the parts of a body are registered, too.
    get_identity = get_name

    def map_serializer(self, auto_schema: Any, direction: Any) -> Any:
        _, components = msgspec.json.schema_components([self.target], ref_template=_REF)
        plain = {name: _in_openapi_3_0(schema) for name, schema in components.items()}
        own = plain.pop(self.target.__name__)
        for name, schema in plain.items():
            # its __init__ has no annotations either
            component = ResolvedComponent(  # type: ignore[no-untyped-call]
                name=name, type=ResolvedComponent.SCHEMA, object=name, schema=schema
            )
            auto_schema.registry.register_on_missing(component)
        return own


def _in_openapi_3_0(schema: Any) -> Any:
    """msgspec writes JSON Schema 2020-12: null is a type there, and may stand beside $ref."""
    if isinstance(schema, list):
        return [_in_openapi_3_0(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {name: _in_openapi_3_0(part) for name, part in schema.items() if name != "title"}
    if plain.get("required") == []:
        del plain["required"]
    if {"type": "null"} in plain.get("anyOf", []):
        (other,) = [part for part in plain.pop("anyOf") if part != {"type": "null"}]
        return {**other, **plain, "nullable": True}
    if "$ref" in plain and len(plain) > 1:
        plain["allOf"] = [{"$ref": plain.pop("$ref")}]
    if "enum" in plain:
        plain["type"] = "string"
    return plain


class Schema(ApiView, SpectacularAPIView):
    """The OpenAPI description of this API."""

    without_role = True


def add_problems(result: Any, generator: Any, request: Any, public: bool) -> Any:
    """Every operation may answer 4XX with problem details."""
    answer = {
        "description": "Problem details (RFC 9457)",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for path in result["paths"].values():
        for operation in path.values():
            operation["responses"]["4XX"] = answer
    schemas = result["components"]["schemas"] | {"Problem": SCHEMA}
    result["components"]["schemas"] = dict(sorted(schemas.items()))
    return result
