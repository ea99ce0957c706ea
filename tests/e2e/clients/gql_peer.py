"""gql as its users call it, over each of its transports. Runs in the environment of peers.

Reads CLIENT_TEST and prints a report as the JavaScript clients do.
"""

import asyncio
import json
import os
import sys
from collections.abc import Callable

from gql import Client, gql
from gql.transport.aiohttp import AIOHTTPTransport
from gql.transport.aiohttp_websockets import AIOHTTPWebsocketsTransport
from gql.transport.exceptions import TransportQueryError
from gql.transport.httpx import HTTPXAsyncTransport, HTTPXTransport
from gql.transport.requests import RequestsHTTPTransport
from gql.transport.websockets import WebsocketsTransport

TEST = json.loads(os.environ["CLIENT_TEST"])
SEEN = """
query Seen($project: ID!, $name: String!) {
  project(id: $project) {
    slug
    events(first: 10, filter: {name: {eq: $name}}, orderBy: OLDEST) { nodes { name properties } }
  }
}
"""
TRACK = """
mutation Track($input: TrackInput!) {
  track(input: $input) {
    __typename
    ... on TrackSuccess { event { name properties } duplicate }
    ... on InvalidInput { message fields { path message } }
  }
}
"""
ADDED = """
subscription Added($project: ID!, $name: String!) {
  eventAdded(projectId: $project, filter: {name: {eq: $name}}) { event { name properties } }
}
"""
VARIABLES = {"project": TEST["project"], "name": TEST["name"]}


def query() -> object:
    """Asks after it has read the schema, so that the document is validated here first."""
    transport = RequestsHTTPTransport(TEST["url"], headers=TEST["reader"])
    client = Client(transport=transport, fetch_schema_from_transport=True)
    data = client.execute(gql(SEEN), variable_values=VARIABLES)
    return {"data": data, "types": len(client.schema.type_map)}


def asynchronous() -> object:
    """Asks many times at once over one session of each asynchronous transport."""

    async def ask(transport: object) -> list[object]:
        async with Client(transport=transport) as session:
            asked = (session.execute(gql(SEEN), variable_values=VARIABLES) for _ in range(5))
            return await asyncio.gather(*asked)

    headers = TEST["reader"]
    transports = (
        AIOHTTPTransport(TEST["url"], headers=headers),
        HTTPXAsyncTransport(TEST["url"], headers=headers),
    )
    return [asyncio.run(ask(transport)) for transport in transports]


def mutation() -> object:
    """Tracks one event and one that can't be."""
    project = TEST["project"]
    client = Client(transport=HTTPXTransport(TEST["url"], headers=TEST["writer"]))
    inputs = (
        {"projectId": project, "name": f"{TEST['name']}-gql", "properties": {"by": "gql"}},
        {"projectId": project, "name": ""},
    )
    return [client.execute(gql(TRACK), variable_values={"input": one})["track"] for one in inputs]


def refused() -> object:
    """The codes of a wrong document and of a question without credentials."""
    codes = []
    for document, headers in (("{ viewer { nonsense } }", TEST["reader"]), (SEEN, {})):
        client = Client(transport=HTTPXTransport(TEST["url"], headers=headers))
        try:
            client.execute(gql(document), variable_values=VARIABLES if not headers else None)
        except TransportQueryError as error:
            codes.append([one["extensions"]["code"] for one in error.errors])
    return codes


def subscription() -> object:
    """The first event over each transport of WebSockets, tracked once it is listened for."""
    name = f"{TEST['name']}-gql-ws"
    event = {"projectId": TEST["project"], "name": name, "properties": {"by": "gql"}}

    async def track_on() -> None:
        transport = HTTPXAsyncTransport(TEST["url"], headers=TEST["writer"])
        async with Client(transport=transport) as session:
            # A subscription tells nobody when it has begun, so there is an event after that, too.
            while True:
                await session.execute(gql(TRACK), variable_values={"input": event})
                await asyncio.sleep(0.1)

    async def listen(transport: object) -> object:
        async with Client(transport=transport) as session:
            tracking = asyncio.create_task(track_on())
            variables = {"project": TEST["project"], "name": name}
            data = await anext(session.subscribe(gql(ADDED), variable_values=variables))
            tracking.cancel()
            return data["eventAdded"]["event"]

    reader, url = TEST["reader"], TEST["socketUrl"]
    transports = (
        WebsocketsTransport(url, init_payload=reader),
        WebsocketsTransport(url, headers=reader),
        AIOHTTPWebsocketsTransport(url, init_payload=reader),
    )
    return [asyncio.run(listen(transport)) for transport in transports]


CASES: tuple[Callable[[], object], ...] = (query, asynchronous, mutation, refused, subscription)

json.dump({case.__name__: case() for case in CASES}, sys.stdout)
