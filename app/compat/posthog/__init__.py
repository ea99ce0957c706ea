"""PostHog's HTTP API, as far as exports need it: exports, insights, dashboards, discovery."""

from collections.abc import Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from app.compat.posthog import dashboards, discovery, exports, insights
from app.compat.posthog.errors import guarded, not_allowed
from app.http.errors import Endpoint

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
    "/api/users/{user_id}": {"GET": discovery.user},
}


def routes() -> list[BaseRoute]:
    """Every route, with and without a slash at its end."""
    paths = {f"{start}{path}": by for start in _PROJECT for path, by in _INSIDE.items()}
    return [
        Route(f"{path}{slash}", _by_method(methods), methods=[*_METHODS])
        for path, methods in {**paths, **_OUTSIDE}.items()
        for slash in ("", "/")
    ]


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
