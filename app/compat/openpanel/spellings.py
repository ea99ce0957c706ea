"""The paths under which clients ask for one route."""

from starlette.routing import BaseRoute, Route

from app.http.errors import Endpoint


def both(prefix: str, path: str, endpoint: Endpoint, method: str) -> list[BaseRoute]:
    """The route, and the one that clients ask for whose base URL ends with a slash."""
    return [
        Route(f"{prefix}{spelled}", endpoint, methods=[method]) for spelled in (path, f"/{path}")
    ]
