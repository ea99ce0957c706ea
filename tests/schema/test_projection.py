"""Lists by generated functions: the same data and errors as from the library alone."""

import math
import random
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from typing import Any, Final, cast

import orjson
import pytest
from graphql import ExecutionResult, OperationType
from hypothesis import given
from hypothesis import strategies as st

from app.analytics.records import Event
from app.ingest.calls import Caller
from app.kit.clock import FixedClock
from schema.build import build_schema
from schema.context import Context
from schema.credentials import find_asker
from schema.execution.documents import Documents
from schema.execution.executor import RowsExecutor, StockExecutor
from schema.execution.limits import DocumentLimits
from schema.execution.operations import Operations, Prepared
from schema.execution.projection import projection
from schema.loaders import make_loaders
from schema.types.event_lines import WORTH_WRITING
from schema.types.event_shape import EVENT_SHAPE
from tests.schema.conftest import NOW, Server, opened, settings_in
from tests.support.engines import ENGINES, store_url

pytestmark = pytest.mark.anyio

SCHEMA: Final = build_schema().graphql_schema
COUNT: Final = 40

LEAVES = [
    "id", "eventId", "name", "createdAt", "profileId", "deviceId", "sessionId", "path", "origin",
    "title", "referrerName", "utmSource", "country", "city", "longitude", "latitude", "os",
    "browser", "sdkVersion", "duration", "revenue", "groups", "properties", "url", "__typename",
]  # fmt: skip
BEYOND = ['p: property(key: "plan")', 'q: properties(keys: ["plan"])', "profile { id }"]


def selections(depth: int = 2) -> st.SearchStrategy[str]:
    """What may be selected of an event: fields, aliases, fragments and directives."""
    field = st.sampled_from(LEAVES * 3 + BEYOND)
    aliased = st.tuples(st.sampled_from("abc"), st.sampled_from(LEAVES)).map(
        lambda pair: f"{pair[0]}{pair[1].strip('_')}: {pair[1]}"
    )
    directed = st.tuples(
        st.sampled_from(LEAVES),
        st.sampled_from(["@skip(if: $yes)", "@include(if: $yes)", "@skip(if: false)"]),
    ).map(" ".join)
    one = st.one_of(field, aliased, directed)
    if depth:
        inner = selections(depth - 1)
        one = st.one_of(
            one,
            inner.map(lambda text: f"... on Event {{ {text} }}"),
            st.sampled_from(["... on Node { id }", "...Named", "... @include(if: $yes) { name }"]),
        )
    return st.lists(one, min_size=1, max_size=5).map(" ".join)


def operations() -> st.SearchStrategy[str]:
    """Lists of events, by their nodes, by their edges, or by both; merged with another list."""
    nodes = selections().map(lambda text: f"nodes {{ {text} }}")
    edges = selections().map(lambda text: f"edges {{ cursor node {{ {text} }} }}")
    page = st.sampled_from(["pageInfo { endCursor }", "totalCount", "__typename"])
    lists = st.lists(st.one_of(nodes, edges, page), min_size=1, max_size=3).map(" ".join)
    return lists.map(
        lambda text: (
            """query ($yes: Boolean!, $p: ID!, $first: Int) {
              ...Used project(id: $p) { events(first: $first) { """
            + text
            + """ } } }
            fragment Named on Event { name e: path __typename }
            fragment Used on Query {
              project(id: $p) {
                name events(first: $first) { nodes @include(if: $yes) { ...Named } }
              }
            }"""
        )
    )


@pytest.fixture(scope="module", params=ENGINES)
async def odd(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Server]:
    """A project of ordinary events, and another where some hold what a type can't show."""
    directory = tmp_path_factory.mktemp("odd")
    settings = settings_in(directory).model_copy(
        update={"events_url": store_url(request.param, directory)}
    )
    async with opened(settings, FixedClock(NOW)) as server:
        events = [_ordinary(server, number) for number in range(COUNT)]
        await server.keep(*events)
        await server.keep(*(replace(one, project=server.other.number) for one in events))
        log = cast("Any", server.services.ingest)._log
        await log.settled()
        # Nothing that comes in can hold these; a store that was filled otherwise might.
        change = "UPDATE events SET revenue = ?, longitude = ? WHERE project = ? AND id = ?"
        for place, revenue, longitude in ((7, 2**60, 1.0), (9, 0, math.inf)):
            log.store._writer.run(
                change, (revenue, longitude, server.other.number, events[place].id)
            )
        yield server


def _ordinary(server: Server, number: int) -> Event:
    chosen = random.Random(number)
    return server.event(
        number * 7,
        created_at=NOW - number * 1_234_567,
        name=chosen.choice(["screen_view", "buy", 'ü "quoted" \\']),
        path=chosen.choice([None, "", "/", "/a/b"]),
        origin=chosen.choice([None, "https://example.com"]),
        country=chosen.choice([None, "SE", ""]),
        longitude=chosen.choice([None, 18.07, -0.1, 1e-9]),
        duration=chosen.choice([0, 5, 2**40]),
        revenue=chosen.choice([0, -5, 2 * 10**12]),
        groups=chosen.choice([(), ("a",), ("a", "b\u00e9")]),
        profile_id=chosen.choice([None, "p1", "p2"]),
        properties=chosen.choice([{}, {"plan": "pro", "n": 1.5, "deep": {"x": [1, None]}}]),
    )


async def both(server: Server, text: str, variables: dict[str, Any]) -> list[Any]:
    """The answer of the library alone, and ours."""
    document = Documents(SCHEMA, DocumentLimits(depth=12)).read(text)
    prepared = Prepared(document, None, variables, OperationType.QUERY)
    asker = await find_asker(server.services.verifier, server.headers, lambda _: None)
    answers: list[Any] = []
    for executor in (StockExecutor, RowsExecutor):
        context = Context(
            services=server.services,
            asker=asker,
            payer="test",
            request_id="test",
            find_caller=lambda: Caller(received_at=NOW),
            gather=partial(make_loaders, server.services),
        )
        result = await Operations(SCHEMA, executor=executor).execute(prepared, context)
        assert isinstance(result, ExecutionResult)
        answers.append(orjson.loads(orjson.dumps(result.formatted)))
    return answers


@given(
    text=operations(),
    yes=st.booleans(),
    project=st.sampled_from(["demo", "demo", "other"]),
    first=st.sampled_from([30, WORTH_WRITING]),
)
async def test_every_selection_is_answered_as_by_the_library(
    odd: Server, text: str, project: str, first: int, *, yes: bool
) -> None:
    alone, ours = await both(odd, text, {"yes": yes, "p": project, "first": first})
    assert ours == alone


async def test_stored_values_take_the_generated_function(odd: Server) -> None:
    chosen = " ".join(LEAVES)
    lists = f"events {{ nodes {{ {chosen} }} edges {{ cursor node {{ {chosen} }} }} }}"
    asked = projection.cache_info()
    alone, ours = await both(odd, f'{{ project(id: "demo") {{ {lists} }} }}', {})
    assert ours == alone
    now = projection.cache_info()
    assert now.hits + now.misses == asked.hits + asked.misses + 2


WRITTEN = [leaf for leaf in LEAVES if leaf != "url"]
PLAIN = [leaf for leaf in EVENT_SHAPE.fields if leaf not in {"url", "groups", "properties"}]
MANY = [*PLAIN, *(f"n{number}: name" for number in range(30))]
"""More than engines take at once."""


@pytest.mark.parametrize("rows", ["nodes", "edges { cursor node"])
@pytest.mark.parametrize("leaves", [WRITTEN, PLAIN, MANY])
async def test_long_lists_are_written_by_the_engine(
    odd: Server, rows: str, leaves: list[str]
) -> None:
    chosen = " ".join(leaves)
    text = f"""{{ project(id: "demo") {{ events(first: {WORTH_WRITING}) {{
      {rows} {{ {chosen} }} {"}" if "{" in rows else ""}
      pageInfo {{ hasNextPage startCursor endCursor }} totalCount
    }} }} }}"""
    asked = projection.cache_info()
    alone, ours = await both(odd, text, {})
    assert ours == alone
    assert len(next(iter(ours["data"]["project"]["events"].values()))) == COUNT
    assert projection.cache_info() == asked


@pytest.mark.parametrize("first", [50, WORTH_WRITING])
async def test_what_a_type_cannot_show_is_the_library_s_own_error(odd: Server, first: int) -> None:
    text = """query ($first: Int) {
      project(id: "other") { events(first: $first) { nodes { eventId revenue longitude } } } }"""
    alone, ours = await both(odd, text, {"first": first})
    assert ours == alone
    assert {error["path"][-1] for error in ours["errors"]} <= {"revenue", "longitude"}
