"""A server in miniature: the page, its files, and a schema that keeps tracked events in a list."""

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import graphql
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.http.pages import PageConfig, asset_routes, graphiql_page

PROJECT_ID: Final = "demo"
HEADERS: Final = {"openpanel-client-id": "stand-in", "openpanel-client-secret": "made-up"}

Info = graphql.GraphQLResolveInfo[object]

_SDL: Final = (Path(__file__).parent / "stand_in.graphql").read_text()


def stand_in_app() -> Starlette:
    """A fresh server without any event."""
    schema = graphql.build_schema(_SDL)
    root = _root([])

    async def execute(request: Request) -> Response:
        if any(request.headers.get(name) != value for name, value in HEADERS.items()):
            return JSONResponse({"errors": [{"message": "Unknown client"}]})
        asked = await request.json()
        document = graphql.parse(asked["query"])
        answer = graphql.execute_sync(  # pyright: ignore[reportUnknownMemberType] - bare generics
            schema, document, root, None, asked.get("variables"), asked.get("operationName")
        )
        return JSONResponse(answer.formatted)

    def page(_request: Request) -> Response:
        return graphiql_page(PageConfig(project_id=PROJECT_ID, headers=HEADERS))

    return Starlette(
        routes=[
            Route("/graphql", page, methods=["GET"]),
            Route("/graphql", execute, methods=["POST"]),
            asset_routes(),
        ]
    )


def _root(events: list[Mapping[str, object]]) -> Mapping[str, object]:
    """Root resolvers over the list, which they grow."""

    def newest(_info: Info, *, first: int, after: str | None = None) -> Mapping[str, object]:
        start = 0 if after is None else int(after)
        return {"nodes": events[::-1][start : start + first], "pageInfo": {"hasNextPage": False}}

    def project(_info: Info, *, id: str) -> Mapping[str, object]:  # noqa: A002
        return {"id": id, "name": "Stand-in", "events": newest}

    def track(
        _info: Info,
        *,
        input: Mapping[str, object],  # noqa: A002
    ) -> Mapping[str, object]:
        event = {
            "id": f"event-{len(events) + 1}",
            "name": input["name"],
            "createdAt": dt.datetime.now(dt.UTC).isoformat(),
            "properties": input.get("properties"),
            "profile": {"profileId": input["profileId"]} if "profileId" in input else None,
        }
        events.append(event)
        return {"__typename": "TrackSuccess", "event": event}

    return {"project": project, "track": track}
