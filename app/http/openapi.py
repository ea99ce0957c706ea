"""The OpenAPI 3.1 document of the REST routes, made of what they promise."""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

import anyio.to_thread
from pydantic import TypeAdapter
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from app.http.operations import Kind, Operation, OperationRoute, Parameter, Reply
from app.http.responses import JsonResponse
from app.kit.release import release

PATH: Final = "/openapi.json"

_CONVERTER: Final = re.compile(r"\{(\w+):\w+\}")
_MODELS: Final = "#/components/schemas/{model}"
_ABOUT: Final = (
    "One event store that speaks OpenPanel, Mixpanel and PostHog over REST, and GraphQL at "
    "`/graphql`. Clients of those products work after changing only their base URL."
)

Json = dict[str, Any]


class _Schemas:
    """The document's schemas: each model once, by its name."""

    def __init__(self) -> None:
        self.models: Json = {}

    def of(self, kind: Kind) -> Json:
        """The schema of the kind; what it is made of goes to the models."""
        schema = TypeAdapter(kind).json_schema(ref_template=_MODELS, mode="validation")
        self.models |= schema.pop("$defs", {})
        if "title" in schema and schema.get("type") == "object" and "properties" in schema:
            self.models[schema["title"]] = schema
            return {"$ref": _MODELS.format(model=schema["title"])}
        return schema


def document(routes: Iterable[BaseRoute]) -> Json:
    """The document of those of the routes that say what they promise."""
    schemas = _Schemas()
    paths: dict[str, Json] = {}
    schemes: Json = {}
    families: dict[str, None] = {}
    for route in routes:
        if not isinstance(route, OperationRoute) or route.is_alias:
            continue
        methods = paths.setdefault(_CONVERTER.sub(r"{\1}", route.path), {})
        for method, operation in route.operations.items():
            families[operation.family] = None
            if operation.credentials is not None:
                schemes |= operation.credentials.schemes
            methods[method.lower()] = _operation(operation, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Rosetta",
            "version": release(),
            "description": _ABOUT,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": family} for family in families],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(schemas.models.items())),
            "securitySchemes": schemes,
        },
    }


def undocumented(routes: Iterable[BaseRoute]) -> list[str]:
    """The paths of the routes that promise nothing."""
    return [
        route.path
        for route in routes
        if isinstance(route, Route) and not isinstance(route, OperationRoute)
    ]


def openapi_route(routes: Sequence[BaseRoute]) -> BaseRoute:
    """The route of the document of those routes, which is made when it is first asked for."""

    @lru_cache(maxsize=1)
    def made() -> Json:
        return document(routes)

    async def answer(_: Request) -> Response:
        return JsonResponse(await anyio.to_thread.run_sync(made))

    described = Operation(
        id="openapi",
        family="Server",
        title="This document",
        replies=(Reply(status=200, says="The document.", kind=dict[str, Any]),),
    )
    return OperationRoute(PATH, answer, described)


def _operation(operation: Operation, schemas: _Schemas) -> Json:
    told: Json = {
        "operationId": operation.id,
        "tags": [operation.family],
        "summary": operation.title,
        "parameters": [_parameter(each, schemas) for each in operation.parameters],
        "responses": _replies(operation.replies, schemas),
    }
    if operation.says:
        told["description"] = operation.says
    if operation.credentials is not None:
        told["security"] = [{name: [] for name in operation.credentials.schemes}]
    if operation.body is not None:
        body = operation.body
        content: Json = {"schema": schemas.of(body.kind)}
        if body.example is not None:
            content["example"] = body.example
        wanted: Json = {"required": True, "content": {body.media_type: content}}
        if body.says:
            wanted["description"] = body.says
        told["requestBody"] = wanted
    return told


def _parameter(parameter: Parameter, schemas: _Schemas) -> Json:
    schema = schemas.of(parameter.kind)
    told: Json = {
        "name": parameter.name,
        "in": parameter.place,
        "required": parameter.required or parameter.place == "path",
        "description": parameter.says,
    }
    if parameter.default is not None:
        schema = {**schema, "default": parameter.default}
    if parameter.is_json:
        told["content"] = {"application/json": {"schema": schema}}
    else:
        told["schema"] = schema
    if parameter.example is not None:
        holder = told["content"]["application/json"] if parameter.is_json else told
        holder["example"] = parameter.example
    return told


def _replies(replies: Sequence[Reply], schemas: _Schemas) -> Json:
    told: Json = {}
    for reply in replies:
        answer: Json = told.setdefault(str(reply.status), {"description": reply.says})
        if reply.headers:
            answer["headers"] = _headers(reply.headers)
        if reply.kind is not None:
            content: Json = {"schema": schemas.of(reply.kind)}
            if reply.example is not None:
                content["example"] = reply.example
            answer.setdefault("content", {})[reply.media_type] = content
    return told


def _headers(headers: Mapping[str, str]) -> Json:
    return {
        name: {"description": says, "schema": {"type": "string"}} for name, says in headers.items()
    }
