"""The paths under which clients ask for one route."""

from starlette.routing import BaseRoute

from app.http.operations import OperationRoute


def spelled(route: OperationRoute) -> list[BaseRoute]:
    """The route, and the one that clients ask for whose base URL ends with a slash."""
    return [route, route.alias(f"/{route.path}")]


def under_api(route: BaseRoute) -> BaseRoute:
    """The route under `/api`, as self-hosted servers have it."""
    if not isinstance(route, OperationRoute):
        raise TypeError(route)
    return route.alias(f"/api{route.path}")
