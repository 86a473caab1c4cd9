"""What drf-spectacular cannot see by itself: our tokens, and problem details everywhere."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.views import SpectacularAPIView

from annotation.people.abilities import Ability
from annotation.people.api import ApiView
from annotation.people.problems import MEDIA_TYPE, SCHEMA


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
