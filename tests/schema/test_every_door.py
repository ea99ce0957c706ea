"""One question through every door: PostHog's result and file, GraphQL, and OpenPanel's charts.

The numbers must be the same ones, not alike ones. OpenPanel tells two decimals, and 0 where
nothing happened; the others tell all of them, and nothing.
"""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest

from tests.schema.doors import BUY, RANGE, SPAN, VIEW, Doors, Lines, Numbers, numbers, open_doors

pytestmark = pytest.mark.anyio

VIEWS = '{metric: EVENTS, event: {name: "screen_view"}, as: "$pageview"}'
BUYS = '{metric: EVENTS, event: {name: "purchase"}, as: "purchase"}'
NAMES = {"screen_view": "$pageview"}


@pytest.fixture(scope="module")
async def doors(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Doors]:
    """The doors of one server, which the questions don't change."""
    async for opened in open_doors(tmp_path_factory.mktemp("doors")):
        yield opened


def in_two_decimals(lines: Lines) -> Lines:
    """The numbers as OpenPanel writes them."""
    return {name: [_in_two_decimals(number) for number in line] for name, line in lines.items()}


def _in_two_decimals(number: float | None) -> float:
    exact = Decimal(repr(float(number or 0)))
    return float(exact.quantize(Decimal("0.01"), ROUND_HALF_UP))


@dataclass(frozen=True)
class Trend:
    """A trend in PostHog's words, in GraphQL's, and in OpenPanel's where these can say it."""

    name: str
    source: Mapping[str, Any]
    graphql: str | None = None
    openpanel: Mapping[str, str] | None = None
    broken_down: bool = False
    columns: Sequence[str] = field(default_factory=tuple[str, ...])


def trend(series: Sequence[Mapping[str, Any]], **parts: object) -> dict[str, Any]:
    return {"kind": "TrendsQuery", "dateRange": RANGE, "series": series, **parts}


def chart(*events: Mapping[str, Any], **params: str) -> dict[str, str]:
    return {"events": json.dumps(events), "interval": "day", **params}


SEEN, BOUGHT = {"name": "screen_view"}, {"name": "purchase"}
BY_COUNTRY = {"breakdown": "$geoip_country_code"}
PRICE = {"math_property": "price"}
TRENDS = [
    Trend(
        "lines",
        trend([VIEW, BUY]),
        f"metrics: [{VIEWS}, {BUYS}], interval: DAY",
        chart(SEEN, BOUGHT),
    ),
    Trend(
        "bars of hours",
        trend([VIEW], interval="hour", trendsFilter={"display": "ActionsBar"}),
        f"metrics: [{VIEWS}], interval: HOUR",
        chart(SEEN, interval="hour"),
    ),
    Trend(
        "weeks from Sunday on",
        trend([VIEW], interval="week", trendsFilter={"display": "ActionsAreaGraph"}),
        f"metrics: [{VIEWS}], interval: WEEK, weekStart: SUNDAY",
    ),
    Trend(
        "profiles by country",
        trend([{**VIEW, "math": "dau"}], breakdownFilter=BY_COUNTRY),
        'metrics: [{metric: PROFILES, event: {name: "screen_view"}, as: "$pageview"}], '
        "interval: DAY, breakdown: [{field: COUNTRY}]",
        chart({**SEEN, "segment": "user"}, breakdowns='[{"name":"country"}]'),
        broken_down=True,
        columns=["$geoip_country_code"],
    ),
    Trend(
        "two breakdowns",
        trend(
            [VIEW],
            breakdownFilter={
                "breakdowns": [
                    {"property": "$browser", "type": "event"},
                    {"property": "$pathname", "type": "event"},
                ]
            },
        ),
        f"metrics: [{VIEWS}], interval: DAY, top: 25, "
        "breakdown: [{field: BROWSER}, {field: PATH}]",
        chart(SEEN, breakdowns='[{"name":"browser"},{"name":"path"}]'),
        broken_down=True,
        columns=["browser", "path"],
    ),
    *(
        Trend(
            f"{math} of a property",
            trend([{**BUY, "math": math, **PRICE}]),
            f'metrics: [{{metric: {math.upper()}, of: {{property: "price"}}, '
            'event: {name: "purchase"}, as: "purchase"}], interval: DAY',
            chart({**BOUGHT, "segment": f"property_{word}", "property": "properties.price"}),
        )
        for math, word in (("sum", "sum"), ("avg", "average"), ("min", "min"), ("max", "max"))
    ),
    Trend(
        "a percentile",
        trend([{**BUY, "math": "p90", **PRICE}]),
        openpanel=chart({**BOUGHT, "segment": "p90", "property": "properties.price"}),
    ),
    Trend(
        "a formula",
        trend([VIEW, BUY], trendsFilter={"formula": "A / B"}),
        openpanel=chart(
            {**SEEN, "hideSeries": ["A"]},
            {**BOUGHT, "hideSeries": ["B"]},
            {"type": "formula", "formula": "A / B"},
        ),
    ),
]


def name_of(label: object, values: Sequence[object]) -> str:
    return " ".join([str(label), *(str(value or "") for value in values)])


def of_result(result: Sequence[Mapping[str, Any]], width: int) -> Lines:
    lines: Lines = {}
    for part in result:
        told: Any = part.get("breakdown_value")
        values: Sequence[Any] = told if width > 1 else (told,) * width
        shown = ["" if value == "$$_posthog_breakdown_null_$$" else value for value in values]
        lines[name_of(part["action"]["name"], shown)] = part["data"]
    return lines


def of_file(rows: Sequence[Mapping[str, str]], case: Trend, days: int) -> Lines:
    lines: Lines = {}
    for row in rows:
        told = list(row.values())
        width = 1 + len(case.columns)
        values = ["" if cell.startswith("None") else cell for cell in told[1:width]]
        lines[name_of(told[0], values)] = numbers(told[width : width + days])
    return lines


@pytest.mark.parametrize("case", TRENDS, ids=lambda case: case.name)
async def test_trends_are_the_same_numbers(doors: Doors, case: Trend) -> None:
    insight, parts = await doors.result(case.source)
    result = of_result(parts, len(case.columns))
    points = [number for line in result.values() for number in line if number]
    assert len(points) >= 2, "Nothing is compared."
    rows = await doors.file(insight)
    in_file = of_file(rows, case, len(parts[0]["days"]))
    if case.name == "a formula":
        in_file = dict(zip(result, in_file.values(), strict=True))
    assert in_file == result
    assert [row["Total Sum"] for row in rows] == [str(part["count"]) for part in parts]
    if case.graphql is not None:
        told = await doors.graphql(
            f"timeseries({case.graphql}, {SPAN}, fill: ZERO) {{ series {{ name key points }} }}"
        )
        shown = {name_of(one["name"], one["key"]): one["points"] for one in told["series"]}
        assert shown == result
    if case.openpanel is not None:
        charted = await doors.openpanel("charts", **case.openpanel)
        drawn = {charted_name(line, case): charted_points(line) for line in charted["series"]}
        shown = dict(zip(drawn, result.values(), strict=True)) if len(result) == 1 else result
        assert drawn == in_two_decimals(shown)


def charted_name(line: Mapping[str, Any], case: Trend) -> str:
    told = line["event"]["name"]
    values = list(line["event"].get("breakdowns", {}).values())
    return name_of(NAMES.get(told, told), values if case.broken_down else [])


def charted_points(line: Mapping[str, Any]) -> Numbers:
    return [point["count"] for point in line["data"]]


async def test_a_comparison_is_the_same_numbers(doors: Doors) -> None:
    insight, parts = await doors.result(trend([VIEW], compareFilter={"compare": True}))
    now, before = (part["data"] for part in parts)
    assert sum(before) > 0
    rows = await doors.file(insight)
    assert [row["series"] for row in rows] == ["$pageview - current", "$pageview - previous"]
    assert [numbers(list(row.values())[1:-1]) for row in rows] == [now, before]
    told = await doors.graphql(
        f"timeseries(metrics: [{VIEWS}], {SPAN}, interval: DAY, compare: {{previous: PERIOD}}) "
        "{ series { points previousPoints } }"
    )
    (line,) = told["series"]
    assert [line["points"], line["previousPoints"]] == [now, before]
    (drawn,) = (await doors.openpanel("charts", **chart(SEEN, previous="true")))["series"]
    assert charted_points(drawn) == now
    assert [point["previous"]["value"] for point in drawn["data"]] == before


@pytest.mark.parametrize("display", ["BoldNumber", "ActionsTable", "ActionsPie", "ActionsBarValue"])
async def test_single_values_are_the_same_numbers(doors: Doors, display: str) -> None:
    series = [{**VIEW, "math": "dau"}]
    by = {"breakdown": "$pathname"}
    source = trend(series, trendsFilter={"display": display}, breakdownFilter=by)
    insight, parts = await doors.result(source)
    result = {part["breakdown_value"]: part["aggregated_value"] for part in parts}
    rows = await doors.file(insight)
    assert {row["path"]: float(row["Total Sum"]) for row in rows} == result
    told = await doors.graphql(
        f"breakdown(by: [{{field: PATH}}], {SPAN}, "
        'metrics: [{metric: PROFILES, event: {name: "screen_view"}}]) { rows { key values } }'
    )
    # A breakdown lists what any event has; a trend those with the events that it counts.
    shown = {row["key"][0]: row["values"][0] for row in told["rows"] if row["values"][0]}
    assert shown == result
