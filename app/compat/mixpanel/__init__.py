"""Mixpanel's public HTTP API: raw export, its query helpers, and ingestion."""

from collections.abc import Iterator

from starlette.routing import BaseRoute

from app.compat.mixpanel import export

__all__ = ["routes"]


def routes() -> Iterator[BaseRoute]:
    """Every route of the API."""
    yield from export.routes()
