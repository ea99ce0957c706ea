"""OpenPanel's public HTTP API: Track, Import, Export and Insights."""

from starlette.routing import BaseRoute

from app.compat.openpanel import export, funnel, imports, insights, legacy, track
from app.compat.openpanel.spellings import under_api

__all__ = ["routes"]


def routes() -> list[BaseRoute]:
    """Every route of the API, at the root and under `/api` as self-hosted servers have it."""
    families = (
        track.routes,
        legacy.routes,
        imports.routes,
        export.routes,
        funnel.routes,
        insights.routes,
    )
    routes = [route for family in families for route in family()]
    return [*routes, *map(under_api, routes)]
