"""The application: every front door on one set of services."""

import gc
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Final, TypedDict

from starlette.applications import Starlette
from starlette.exceptions import HTTPException

from app.compat import mixpanel, openpanel, posthog, track_door
from app.http import health, pages
from app.http.docs import docs_route
from app.http.errors import answer_http_exception
from app.http.front import front_route
from app.http.middleware import middleware_for
from app.http.openapi import openapi_route
from app.http.pages import PageConfig
from app.http.scripts import script_routes
from app.http.services import Services
from app.kit.clock import Clock, SystemClock
from app.lifespan import open_services
from app.settings import Settings
from schema.transport.routes import graphql_routes

_COLLECT_AFTER: Final = (50_000, 20, 20)
"""Collections of each generation: many short-lived objects pass by, few stay."""


class State(TypedDict):
    """What the lifespan gives to every request, as `request.state`."""

    services: Services


def create_app(
    settings: Settings,
    *,
    graphiql_headers: Mapping[str, str] | None = None,
    graphiql_project: str | None = None,
    clock: Clock | None = None,
) -> Starlette:
    """The ASGI application; its stores are opened and closed by its lifespan.

    `graphiql_headers` prefill the header editor of the page at /graphql. Whoever can load
    that page can read them: give none unless the server listens on loopback.
    """

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncGenerator[State]:
        async with open_services(settings, clock or SystemClock()) as services:
            # What lives as long as the server need not be looked at by every collection.
            gc.collect()
            gc.freeze()
            gc.set_threshold(*_COLLECT_AFTER)
            yield State(services=services)

    page = PageConfig(project_id=graphiql_project, headers=graphiql_headers)
    rest = [
        *health.routes(),
        *openpanel.routes(),
        *posthog.routes(),
        *mixpanel.routes(),
    ]
    application = Starlette(
        routes=[
            # Its path is in two of the families; whose call it is shows in what it holds.
            *track_door.routes(),
            # Routes are tried one after the other, and those of the families are many.
            *graphql_routes(settings, page),
            *rest,
            openapi_route(rest),
            docs_route(),
            front_route(),
            pages.asset_routes(),
            *script_routes(),
        ],
        middleware=middleware_for(settings),
        exception_handlers={HTTPException: answer_http_exception},
        lifespan=lifespan,
    )
    # Clients that send events don't follow redirects.
    application.router.redirect_slashes = False
    return application
