"""What goes wrong, and how it is told."""

from typing import Any, cast

import pytest
import structlog
from structlog.testing import LogCapture

from app.analytics.errors import QueryTimeoutError
from schema.execution import operations
from tests.schema.conftest import Server

pytestmark = pytest.mark.anyio


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> LogCapture:
    """What the schema tells the log."""
    capture = LogCapture()
    monkeypatch.setattr(operations, "_log", structlog.wrap_logger(None, processors=[capture]))
    return capture


FIELD = '{{ project(id: "demo") {{ {0} }} }}'
TOTALS = "totals(metrics: {0}, range: {1}) {{ values {{ value }} }}"
EVENTS = "events(filter: {0}) {{ nodes {{ id }} }}"


@pytest.mark.parametrize(
    ("field", "argument"),
    [
        (TOTALS.format("[]", "{preset: TODAY}"), ["metrics"]),
        (TOTALS.format("[" + "{metric: EVENTS}" * 21 + "]", "{preset: TODAY}"), ["metrics"]),
        (TOTALS.format("{metric: SUM}", "{preset: TODAY}"), ["metrics", 0, "of"]),
        (
            TOTALS.format("{metric: EVENTS, of: {field: PATH}}", "{preset: TODAY}"),
            ["metrics", 0, "of"],
        ),
        (
            TOTALS.format("{metric: AVG, of: {field: PATH}}", "{preset: TODAY}"),
            ["metrics", 0, "of"],
        ),
        (
            TOTALS.format("{metric: MAX, of: {field: EVENT_COUNT}}", "{preset: TODAY}"),
            ["metrics", 0, "of"],
        ),
        (
            TOTALS.format('{metric: SUM, of: {property: ""}}', "{preset: TODAY}"),
            ["metrics", 0, "of", "property"],
        ),
        (
            TOTALS.format("{metric: EVENTS}", "{last: {amount: 0, unit: DAY}}"),
            ["range", "last", "amount"],
        ),
        (
            TOTALS.format("{metric: EVENTS}", "{last: {amount: 1, unit: AUTO}}"),
            ["range", "last", "unit"],
        ),
        (TOTALS.format("{metric: EVENTS}", "{last: {amount: 2147483647, unit: YEAR}}"), ["range"]),
        (
            TOTALS.format("{metric: EVENTS}", '{days: {from: "2026-02-03", to: "2026-02-01"}}'),
            ["range"],
        ),
        (
            TOTALS.format("{metric: EVENTS}", '{days: {from: "0001-01-01", to: "9999-12-31"}}'),
            ["range"],
        ),
        (
            ("timeseries(metrics: {metric: EVENTS}, range: {last: {amount: 9, unit: YEAR}}, "
            "interval: MINUTE) { buckets }"),
            ["interval"],
        ),
        (
            ("timeseries(metrics: {metric: EVENTS}, range: {preset: TODAY}, top: 0, "
            "breakdown: {field: PATH}) { buckets }"),
            ["top"],
        ),
        ("breakdown(by: [], metrics: {metric: EVENTS}, range: {preset: ALL}) { columns }", ["by"]),
        (
            ("breakdown(by: {field: PATH}, metrics: {metric: EVENTS}, range: {preset: ALL}, "
            "orderBy: {metric: 7}) { columns }"),
            ["orderBy"],
        ),
        (
            ("breakdown(by: {field: PATH}, metrics: {metric: EVENTS}, range: {preset: ALL}, "
            "orderBy: [{metric: 0}, {dimension: 0}]) { columns }"),
            ["orderBy"],
        ),
        (
            ("breakdown(by: {field: PATH}, metrics: {metric: EVENTS}, range: {preset: ALL}, "
            "orderBy: {}) { columns }"),
            ["orderBy", 0],
        ),
        (
            ("breakdown(by: {field: PATH}, metrics: {metric: EVENTS}, range: {preset: ALL}, "
            "having: {metric: 1, gt: 0}) { columns }"),
            ["having", 0, "metric"],
        ),
        (
            ("breakdown(by: {field: PATH}, range: {preset: ALL}, metrics: [{metric: EVENTS}, "
            '{metric: FORMULA, formula: "2 * A"}], having: {metric: 1, gt: 0}) { columns }'),
            ["having", 0, "metric"],
        ),
        (
            ("breakdown(by: {field: PATH}, metrics: {metric: EVENTS}, range: {preset: ALL}, "
            "having: [{metric: 0, gt: 0}, {metric: 0}]) { columns }"),
            ["having", 1],
        ),
        (
            ("breakdown(by: {field: PATH}, metrics: {metric: EVENTS}, range: {preset: ALL}, "
            'after: "Wy0xXQ") { columns }'),
            ["after"],
        ),
        ("live(windowSeconds: 0) { events }", ["windowSeconds"]),
        ("catalog { eventNames(first: -1) }", ["first"]),
        ('profiles(filter: {path: {eq: "/"}}) { nodes { id } }', ["filter"]),
        ('catalog { propertyKeys(scope: GROUP, event: "buy") { key } }', ["event"]),
        (EVENTS.format('{path: {matches: "("}}'), ["filter", "path", "matches"]),
        (
            EVENTS.format('{or: {where: {on: {field: PATH}, is: {in: [["a"]]}}}}'),
            ["filter", "or", 0, "where", 0, "is", "in"],
        ),
        (
            EVENTS.format('{where: {on: {field: HOUR_OF_DAY}, is: {in: [9, "10"]}}}'),
            ["filter", "where", 0, "is", "in"],
        ),
        (
            EVENTS.format('{where: {on: {field: DURATION}, is: {contains: "5"}}}'),
            ["filter", "where", 0, "is", "contains"],
        ),
        (
            EVENTS.format("{where: {on: {field: IS_BOUNCE}, is: {gt: 0}}}"),
            ["filter", "where", 0, "is"],
        ),
        (
            EVENTS.format("{and: [" + '{name: {eq: "a"}}' * 101 + "]}"),
            ["filter"],
        ),
    ],
)  # fmt: skip
async def test_what_cannot_be_asked_names_its_argument(
    shared: Server, field: str, argument: list[Any]
) -> None:
    answer = await shared.ask(FIELD.format(field.replace("{{", "{").replace("}}", "}}")))
    assert answer.code == "BAD_USER_INPUT", answer.error
    assert answer.error["extensions"]["argument"] == argument
    assert answer.error["extensions"]["issues"][0]["path"] == argument


@pytest.mark.parametrize(
    ("definition", "argument", "value"),
    [
        ("$v: RangeInput!", "range: $v", {"preset": "NEVER"}),
        ("$v: RangeInput!", "range: $v", {}),
        ("$v: RangeInput!", "range: $v", {"preset": "TODAY", "days": None}),
        ("$v: RangeInput!", "range: $v", {"days": {"from": "2026-02-30", "to": "2026-03-01"}}),
        (
            "$v: RangeInput!",
            "range: $v",
            {"between": {"from": "2026-02-03T00:00:00", "to": "2026-02-04T00:00:00Z"}},
        ),
        ("$v: TimeZone", "timezone: $v, range: {preset: TODAY}", "Europe/Nowhere"),
        ("$v: TimeZone", "timezone: $v, range: {preset: TODAY}", "../../etc/passwd"),
        ("$v: TimeZone", "timezone: $v, range: {preset: TODAY}", ""),
        ("$v: WeekStart!", "weekStart: $v, range: {preset: TODAY}", "TUESDAY"),
        ("$v: EventFilterInput", "filter: $v, range: {preset: TODAY}", {"nothing": 1}),
    ],
)
async def test_wrong_variables_are_bad_input(
    shared: Server, definition: str, argument: str, value: object
) -> None:
    query = (
        f'query ({definition}) {{ project(id: "demo") {{ '
        f"totals(metrics: {{metric: EVENTS}}, {argument}) {{ values {{ value }} }} }} }}"
    )
    answer = await shared.ask(query, {"v": value})
    assert (answer.status, answer.code) == (200, "BAD_USER_INPUT")
    assert "data" not in answer.body


@pytest.mark.parametrize(
    "argument",
    [
        'timezone: "Nowhere", range: {preset: TODAY}',
        'range: {days: {from: "2026-02-30", to: "2026-03-01"}}',
        "range: {}",
        "range: {preset: TODAY, last: {amount: 1, unit: DAY}}",
    ],
)
async def test_wrong_literals_are_found_by_validation(shared: Server, argument: str) -> None:
    answer = await shared.ask(
        f"""{{ project(id: "demo") {{ totals(metrics: {{metric: EVENTS}}, {argument})
          {{ values {{ value }} }} }} }}"""
    )
    assert {error["extensions"]["code"] for error in answer.body["errors"]} == {
        "GRAPHQL_VALIDATION_FAILED"
    }


async def test_what_takes_too_long_is_told_as_that(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(*_: object) -> None:
        raise QueryTimeoutError("The question took too long.")

    monkeypatch.setattr(server.services.reader, "_drive", never)
    answer = await server.ask('{ project(id: "demo") { slug events { totalCount } } }')
    assert answer.body["data"] == {"project": {"slug": "demo", "events": None}}
    assert (answer.code, answer.error["path"]) == ("TIMEOUT", ["project", "events"])


async def test_faults_of_the_server_are_masked_and_logged_once(
    server: Server, monkeypatch: pytest.MonkeyPatch, log: LogCapture
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("a secret of the database")

    monkeypatch.setattr(server.services.reader, "_drive", broken)
    answer = await server.ask(
        '{ project(id: "demo") { slug events { totalCount } } }',
        headers={**server.headers, "x-request-id": "request-7"},
    )
    assert answer.body["data"] == {"project": {"slug": "demo", "events": None}}
    assert answer.error["extensions"] == {
        "code": "INTERNAL_SERVER_ERROR",
        "requestId": "request-7",
    }
    assert "secret" not in str(answer.body)
    assert answer.headers["x-request-id"] == "request-7"
    (line,) = log.entries
    assert (line["request_id"], line["error"]) == ("request-7", "RuntimeError")
    assert line["path"] == ["project", "events"]


async def test_mistakes_of_callers_are_not_logged_as_errors(
    shared: Server, log: LogCapture
) -> None:
    for query in ("{", "{ nothing }", '{ project(id: "zzz") { id } }', '{ node(id: "x") { id } }'):
        assert (await shared.ask(query)).code
    assert log.entries == []


async def test_faults_before_the_operation_are_masked_too(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("a secret of the database")

    monkeypatch.setattr(server.services.verifier, "verify_client", broken)
    answer = await server.ask("{ __typename }")
    assert (answer.status, answer.code) == (500, "INTERNAL_SERVER_ERROR")
    assert "secret" not in str(answer.body)


async def test_a_server_without_room_is_told_as_a_problem(server: Server) -> None:
    cast("Any", server.services.ingest)._log._intake.close()
    answer = await server.ask(
        """mutation { track(input: {projectId: "demo", name: "x"}) {
          __typename ... on LimitExceeded { message retryAfterSeconds } } }"""
    )
    found = answer.data["track"]
    assert found["__typename"] == "LimitExceeded"
    assert found["retryAfterSeconds"] > 0
