"""What operations cost: told from their texts and variables, before anything is executed."""

from pathlib import Path
from typing import Any, Final

import pytest

from app.kit.clock import FixedClock
from schema.build import build_schema
from schema.execution.documents import Documents
from schema.execution.limits import DocumentLimits
from tests.schema.conftest import NOW, Server, opened, settings_in

TOTALS: Final = (
    "totals(metrics: {metrics}, range: {{preset: TODAY}}{more}) {{ values {{ value }} }}"
)
BREAKDOWN: Final = """breakdown(
  by: [{field: PATH}], metrics: [{metric: EVENTS}], range: {preset: TODAY}, first: 100
) { columns rows { values } }"""
ONE: Final = "[{metric: EVENTS}]"
TWO: Final = "[{metric: EVENTS}, {metric: SESSIONS}]"
TRACKED: Final = '{projectId: "demo", name: "a"}'


@pytest.fixture(scope="module")
def documents() -> Documents:
    return Documents(build_schema().graphql_schema, DocumentLimits(depth=12))


def totals(metrics: str, more: str = "") -> str:
    return in_project(TOTALS.format(metrics=metrics, more=more))


def in_project(field: str) -> str:
    return f'{{ project(id: "demo") {{ {field} }} }}'


def batch(count: int) -> str:
    events = ", ".join([TRACKED] * count)
    return f"mutation {{ trackBatch(input: {{events: [{events}]}}) {{ __typename }} }}"


@pytest.mark.parametrize(
    ("text", "points", "nodes"),
    [
        ("{ __typename }", 1, 0),
        ("{ viewer { client { name } } }", 1, 0),
        (totals(ONE), 6, 0),
        (totals(TWO), 11, 0),
        (totals(TWO, ", compare: {previous: PERIOD}"), 21, 0),
        (in_project("a: live { visitors } b: live { visitors topPaths { count } }"), 14, 0),
        (in_project("... on Project { live { visitors } } ...F")
         + " fragment F on Project { live { at } }", 11, 0),
        (in_project("catalog { values(dimension: {field: PATH}) { count } }"), 4, 0),
        (in_project(BREAKDOWN), 6 + 1, 100),
        (in_project("events(first: 10) { nodes { id } }"), 2, 10),
        (in_project("events(first: 250) { nodes { id } }"), 4, 250),
        (in_project("events(first: 999999) { nodes { id } }"), 102, 10_000),
        (in_project("events { nodes { id } totalCount }"), 5, 50),
        (in_project("profiles(first: 10) { nodes { events(first: 20) { nodes { id } } } }"),
         2 + 10, 10 + 200),
        (in_project("profiles(first: 10) { nodes { id } totalCount pageInfo { endCursor } }"),
         5, 10),
        (in_project("cohorts { nodes { name } }"), 2, 50),
        (in_project("cohorts(first: 4) { nodes { size } }"), 14, 4),
        (f"mutation {{ track(input: {TRACKED}) {{ __typename }} }}", 11, 0),
        (batch(1), 12, 0),
        (batch(40), 51, 0),
        ("mutation { trackBatch(input: {events: " + TRACKED + "}) { __typename } }", 12, 0),
    ],
)  # fmt: skip
def test_prices(documents: Documents, text: str, points: int, nodes: int) -> None:
    cost = documents.read(text).pricing.cost(None, {})
    assert (cost.points, cost.nodes) == (points, nodes)


@pytest.mark.parametrize(
    ("text", "variables", "points"),
    [
        ("query ($n: Int) { viewer { projects(first: $n) { nodes { slug } } } }", {"n": 300}, 5),
        ("query ($n: Int = 500) { viewer { projects(first: $n) { nodes { slug } } } }", {}, 7),
        (
            "query ($m: [MetricInput!]!) " + totals("$m"),
            {"m": [{"metric": "EVENTS"}] * 4},
            21,
        ),
        (
            "mutation ($e: [TrackInput!]!) { trackBatch(input: {events: $e}) { __typename } }",
            {"e": [{"projectId": "demo", "name": "a"}] * 30},
            41,
        ),
        (
            "mutation ($i: TrackBatchInput!) { trackBatch(input: $i) { __typename } }",
            {"i": {"events": [{"projectId": "demo", "name": "a"}] * 30}},
            41,
        ),
    ],
)
def test_prices_depend_on_variables(
    documents: Documents, text: str, variables: dict[str, Any], points: int
) -> None:
    assert documents.read(text).pricing.cost(None, variables).points == points


def test_prices_stay_numbers_whatever_is_multiplied() -> None:
    documents = Documents(build_schema().graphql_schema, DocumentLimits(depth=20))
    inner = "{ id }"
    for _ in range(4):
        inner = f"{{ profile {{ events(first: 10000) {{ nodes {inner} }} }} }}"
    text = in_project(f"events(first: 10000) {{ nodes {inner} }}")
    assert documents.read(text).pricing.cost(None, {}).points == 10**9


@pytest.mark.anyio
async def test_what_costs_too_much_is_refused_with_its_price(shared: Server) -> None:
    inner = "sessions(first: 1000) { nodes { id } }"
    answer = await shared.ask(in_project(f"profiles(first: 1000) {{ nodes {{ {inner} }} }}"))
    most = shared.services.settings.graphql_max_cost
    assert answer.code == "COST_EXCEEDED"
    assert answer.error["extensions"]["limit"] == most
    assert answer.error["extensions"]["cost"] > most


@pytest.mark.anyio
async def test_a_dry_run_tells_the_price_and_executes_nothing_else(shared: Server) -> None:
    query = '{ rateLimit(dryRun: true) { cost used } project(id: "nobody") { live { visitors } } }'
    before = (await shared.ask("{ rateLimit { used } }")).data["rateLimit"]["used"]
    answer = (await shared.ask(query)).data
    assert answer == {"rateLimit": {"cost": 6, "used": before}}


@pytest.mark.anyio
async def test_whoever_wants_to_know_is_told_what_an_answer_cost(shared: Server) -> None:
    answer = await shared.ask(totals(ONE), headers={**shared.headers, "graphql-cost": "1"})
    cost = answer.body["extensions"]["cost"]
    assert (cost["requestedQueryCost"], cost["nodeCount"]) == (6, 0)
    assert cost["currentlyAvailable"] < cost["maximumAvailable"]


@pytest.mark.anyio
async def test_a_spent_budget_is_told_with_when_to_come_again(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    poor = settings.model_copy(update={"graphql_points_per_minute": 10})
    async with opened(poor, FixedClock(NOW)) as server:
        assert (await server.ask(totals(ONE))).status == 200
        answer = await server.ask(totals(ONE))
    assert (answer.status, answer.code) == (429, "RATE_LIMITED")
    assert answer.error["extensions"]["retryAfter"] == int(answer.headers["retry-after"])
