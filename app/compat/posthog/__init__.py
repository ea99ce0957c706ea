"""PostHog's HTTP API, as far as exports need it: exports, insights, dashboards, discovery."""

from collections.abc import Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from app.compat.posthog import dashboards, discovery, exports, insights
from app.compat.posthog.errors import guarded, not_allowed
from app.compat.posthog.operations import INSIDE, OUTSIDE
from app.http.errors import Endpoint
from app.http.operations import OperationRoute

__all__ = ["routes"]

_PROJECT: Final = ("/api/projects/{project_id}", "/api/environments/{project_id}")
_METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")

_INSIDE: Final[Mapping[str, Mapping[str, Endpoint]]] = {
    "/exports": {"GET": exports.listing, "POST": exports.create},
    "/exports/{id}": {"GET": exports.retrieve},
    "/exports/{id}/content": {"GET": exports.content},
    "/insights": {"GET": insights.listing, "POST": insights.create},
    "/insights/{id}": {
        "GET": insights.retrieve,
        "PATCH": insights.update,
        "PUT": insights.update,
        "DELETE": insights.remove,
    },
    "/dashboards": {"GET": dashboards.listing, "POST": dashboards.create},
    "/dashboards/{id}": {
        "GET": dashboards.retrieve,
        "PATCH": dashboards.update,
        "PUT": dashboards.update,
        "DELETE": dashboards.remove,
    },
    "": {"GET": discovery.project},
}
_OUTSIDE: Final[Mapping[str, Mapping[str, Endpoint]]] = {
    "/api/projects": {"GET": discovery.projects},
    "/api/environments": {"GET": discovery.projects},
    "/api/organizations": {"GET": discovery.organizations},
    "/api/organizations/{organization_id}": {"GET": discovery.organization},
    "/api/organizations/{organization_id}/projects": {"GET": discovery.organization_projects},
    "/api/users/{user_id}": {"GET": discovery.user},
}


def routes() -> list[BaseRoute]:
    """Every route, with and without a slash at its end."""
    return [
        route
        for documented in (*map(_inside, _INSIDE), *map(_outside, _OUTSIDE))
        for path in _spellings(documented.path)
        for route in ([documented] if path == documented.path else [documented.alias(path)])
    ]


def _inside(path: str) -> OperationRoute:
    answer = _by_method(_INSIDE[path])
    return OperationRoute.by_method(f"{_PROJECT[0]}{path}", answer, INSIDE[path], _METHODS)


def _outside(path: str) -> OperationRoute:
    return OperationRoute.by_method(path, _by_method(_OUTSIDE[path]), OUTSIDE[path], _METHODS)


def _spellings(path: str) -> list[str]:
    """The paths under which clients ask for a route; the documented one is the first."""
    first, *others = _PROJECT
    paths = [path]
    if path.startswith(first):
        paths += [f"{other}{path.removeprefix(first)}" for other in others]
    return [f"{each}{slash}" for each in paths for slash in ("", "/")]


def _by_method(methods: Mapping[str, Endpoint]) -> Endpoint:
    """The endpoint of the request's method; what a project's things lack is not for keys."""

    async def answer(request: Request) -> Response:
        method = "GET" if request.method == "HEAD" else request.method
        endpoint = methods.get(method)
        if endpoint is not None:
            return await endpoint(request)
        if "project_id" in request.path_params:
            return await exports.unsupported(request)
        raise not_allowed(request.method)

    return guarded(answer)
