"""Mixpanel's public HTTP API: raw export, its query helpers, and ingestion."""

from collections.abc import Iterator

from starlette.routing import BaseRoute

from app.compat.mixpanel import engage, export, imports, queries, upload

__all__ = ["routes"]


def routes() -> Iterator[BaseRoute]:
    """Every route of the API but `/track`, whose path is another API's as well."""
    for family in (export.routes, upload.routes, imports.routes, engage.routes, queries.routes):
        yield from family()
