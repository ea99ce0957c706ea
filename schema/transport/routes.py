"""The routes of the endpoint."""

from typing import Final

from starlette.routing import BaseRoute, Route, WebSocketRoute

from app.http.pages import PageConfig
from app.settings import Settings
from schema.build import build_schema
from schema.service import GraphQLService
from schema.transport.downloads import download
from schema.transport.persisted import PersistedDocuments, read_trusted
from schema.transport.view import GraphQLView
from schema.transport.websocket import GraphQLSocket
from schema.types.exports import CONTENT_PATH

PATH: Final = "/graphql"


def graphql_routes(settings: Settings, page: PageConfig | None = None) -> list[BaseRoute]:
    """The routes of the endpoint; the page, if that is on, starts with the configuration.

    Raises ConfigurationError for a file of trusted documents that can't be used.
    """
    path = settings.graphql_documents_path
    persisted = PersistedDocuments(
        read_trusted(path) if path else {}, only_trusted=settings.graphql_documents_only
    )
    service = GraphQLService.of(build_schema(), settings, persisted)
    shown = (page or PageConfig()) if settings.graphiql else None
    return [
        Route(PATH, GraphQLView(service, shown)),
        WebSocketRoute(PATH, GraphQLSocket(service)),
        Route(f"{CONTENT_PATH}/{{id}}", download, methods=["GET"]),
    ]
