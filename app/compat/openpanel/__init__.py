"""OpenPanel's public HTTP API: Track, Import, Export and Insights."""

from typing import Final

from starlette.routing import BaseRoute

from app.compat.openpanel import export, funnel, imports, insights, legacy, track

__all__ = ["routes"]

_PREFIXES: Final = ("", "/api")


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
    return [route for prefix in _PREFIXES for family in families for route in family(prefix)]
