"""Numbers: every kind of question gets the reader's own answer."""

from calendar import day_name
from collections import Counter
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from app.analytics import metrics
from app.analytics.fields import COLUMNS, Property
from app.analytics.filters import All, Case, Compare, Not, Operator
from app.analytics.filters import Any as AnyOf
from app.analytics.metrics import Operation, named, narrowed, statistic_of, unique_of
from app.analytics.periods import Interval, TimeRange, WeekStart
from app.analytics.queries import (
    BreakdownQuery,
    ByLabel,
    ByMetric,
    Direction,
    Page,
    SeriesQuery,
    TotalsQuery,
)
from app.analytics.ranges import TODAY, Between, PreviousPeriod, RangeSpec, last_days, rolling
from app.analytics.records import Event
from app.projects.answer_cache import AnswerCache
from schema.enums import Preset
from tests.schema.conftest import DAY, MINUTE, NOW, Server, recorded

pytestmark = pytest.mark.anyio

BERLIN = ZoneInfo("Europe/Berlin")


def traffic(server: Server) -> list[Event]:
    """Forty days of a few people, none of them regular."""
    events: list[Event] = []
    for n in range(120):
        at = NOW - n * n * 4 * MINUTE - n
        events.append(
            server.event(
                n,
                created_at=at,
                name="revenue" if n % 7 == 0 else "screen_view",
                device_id=f"d{n % 5}",
                profile_id=f"p{n % 3}" if n % 4 else None,
                country=["SE", "DE", None, ""][n % 4],
                path=f"/{n % 6}",
                revenue=n * 10 if n % 7 == 0 else 0,
                properties={"price": n / 8, "plan": "pro" if n % 2 else "Free"},
            )
        )
    return events


@pytest.fixture(scope="module")
async def busy(shared: Server) -> Server:
    """The shared server with traffic in its first project."""
    await shared.keep(*traffic(shared))
    return shared


METRICS = """[
  {metric: EVENTS}, {metric: VISITORS}, {metric: BOUNCE_RATE, as: "bounced"},
  {metric: REVENUE}, {metric: AVG, of: {property: "price"}}, {metric: SUM, of: {field: REVENUE}},
  {metric: UNIQUE, of: {field: PATH}}, {metric: EVENTS, event: {name: "revenue"}},
  {metric: SESSIONS, filter: {country: {in: ["SE"]}}}
]"""


def asked_metrics() -> tuple[metrics.Metric, ...]:
    sweden = Compare(COLUMNS["country"], Operator.EQUALS, ("SE",))
    return (
        metrics.EVENTS,
        metrics.VISITORS,
        metrics.BOUNCE_RATE,
        metrics.TOTAL_REVENUE,
        statistic_of(Operation.AVERAGE, Property("price")),
        statistic_of(Operation.SUM, COLUMNS["revenue"]),
        unique_of(COLUMNS["path"]),
        narrowed(metrics.EVENTS, named("revenue")),
        narrowed(metrics.SESSIONS, sweden),
    )


async def test_totals_are_the_readers(busy: Server) -> None:
    answer = await busy.ask(
        f"""{{ project(id: "demo") {{ totals(
          metrics: {METRICS}, range: {{last: {{amount: 3, unit: WEEK}}}},
          compare: {{previous: PERIOD}}
        ) {{
          values {{ name metric unit value previous change }}
          info {{ from to timezone }}
        }} }} }}"""
    )
    found = answer.data["project"]["totals"]
    query = TotalsQuery(
        project=busy.project.number,
        metrics=asked_metrics(),
        range=rolling(3, Interval.WEEK),
        compare=PreviousPeriod.PERIOD,
    )
    expected = await busy.services.reader.ask(query, busy.project)
    assert [(one["value"], one["previous"]) for one in found["values"]] == [
        (one.value, one.previous) for one in expected.values
    ]
    assert [one["name"] for one in found["values"]] == [
        "Events",
        "Unique visitors",
        "bounced",
        "Revenue",
        "Average of price",
        "Sum of Revenue",
        "Unique Path",
        "Events",
        "Sessions",
    ]
    assert [one["metric"] for one in found["values"]][4:7] == ["AVG", "SUM", "UNIQUE"]
    assert found["info"]["timezone"] == "Europe/Stockholm"
    events = found["values"][0]
    assert events["value"]
    assert events["previous"]
    assert events["change"] == pytest.approx(
        (events["value"] - events["previous"]) / events["previous"]
    )


@pytest.mark.parametrize("breakdown", ["", "breakdown: [{field: COUNTRY}], top: 2,"])
@pytest.mark.parametrize("interval", ["AUTO", "DAY", "WEEK", "MONTH"])
async def test_series_are_the_readers(busy: Server, interval: str, breakdown: str) -> None:
    answer = await busy.ask(
        f"""{{ project(id: "demo") {{ timeseries(
          metrics: [{{metric: EVENTS}}, {{metric: VISITORS}}], interval: {interval}, {breakdown}
          range: {{preset: LAST_30_DAYS}}, compare: {{previous: MONTH}},
          timezone: "Asia/Kathmandu", weekStart: SUNDAY
        ) {{
          interval buckets previousBuckets
          series {{ name metric unit key points previousPoints total previousTotal }}
          info {{ from to timezone }}
        }} }} }}"""
    )
    found = answer.data["project"]["timeseries"]
    kathmandu = ZoneInfo("Asia/Kathmandu")
    query = SeriesQuery(
        project=busy.project.number,
        metrics=(metrics.EVENTS, metrics.VISITORS),
        range=last_days(29),
        interval=Interval.DAY if interval == "AUTO" else Interval(interval.lower()),
        breakdown=(COLUMNS["country"],) if breakdown else (),
        top=2,
        compare=PreviousPeriod.MONTH,
        zone=kathmandu,
        week_start=WeekStart.SUNDAY,
    )
    expected = await busy.services.reader.ask(query, busy.project)
    starts = [int(datetime.fromisoformat(one).timestamp() * 1000) for one in found["buckets"]]
    assert tuple(starts) == expected.buckets
    assert all(one.endswith("+05:45") for one in found["buckets"])
    assert len(found["previousBuckets"]) == len(expected.previous_buckets or ())
    assert [
        (tuple(line["points"]), tuple(line["previousPoints"]), line["total"], line["previousTotal"])
        for line in found["series"]
    ] == [
        (line.points, line.previous_points, line.total, line.previous_total)
        for line in expected.lines
    ]
    assert [line["key"] for line in found["series"]] == [
        list(line.labels) for line in expected.lines
    ]


async def test_gaps_can_be_told_from_zeros(busy: Server) -> None:
    answer = await busy.ask(
        """{ project(id: "demo") {
          gaps: timeseries(metrics: [{metric: REVENUE}], fill: NULL, compare: {previous: PERIOD},
            interval: HOUR, range: {preset: LAST_30_DAYS})
            { series { points previousPoints total } }
          zeros: timeseries(metrics: [{metric: REVENUE}, {metric: EVENTS}],
            compare: {previous: PERIOD}, range: {preset: LAST_30_DAYS}, interval: HOUR)
            { series { points previousPoints total } }
        } }"""
    )
    (gaps,) = answer.data["project"]["gaps"]["series"]
    revenue, events = answer.data["project"]["zeros"]["series"]
    for name in ("points", "previousPoints"):
        expected = [
            amount if count else None
            for amount, count in zip(revenue[name], events[name], strict=True)
        ]
        assert gaps[name] == expected
    assert {None, 0} <= set(gaps["points"])
    assert gaps["total"] == revenue["total"]


RANKING = """
query ($first: Int, $after: String, $order: [BreakdownOrderInput!]) { project(id: "demo") {
  breakdown(by: [{field: COUNTRY}, {property: "plan"}], first: $first, after: $after,
    metrics: [{metric: EVENTS, as: "n"}, {metric: VISITORS}], range: {preset: ALL},
    filter: {not: {path: {eq: "/3"}}}, orderBy: $order) {
    columns totals totalCount rows { key labels values share }
    edges { cursor node { key } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
} }
"""


@pytest.mark.parametrize(
    "order", [None, {"metric": 1, "direction": "ASC"}, {"dimension": 0, "direction": "DESC"}]
)
async def test_breakdowns_are_the_readers_slice_by_slice(
    busy: Server, order: dict[str, Any] | None
) -> None:
    rows: list[dict[str, Any]] = []
    after = None
    while True:
        answer = await busy.ask(RANKING, {"first": 3, "after": after, "order": order})
        found = answer.data["project"]["breakdown"]
        assert [edge["node"]["key"] for edge in found["edges"]] == [
            row["key"] for row in found["rows"]
        ]
        assert found["pageInfo"]["hasPreviousPage"] is (after is not None)
        rows += found["rows"]
        after = found["pageInfo"]["endCursor"]
        assert after == found["edges"][-1]["cursor"]
        if not found["pageInfo"]["hasNextPage"]:
            break
    condition = Not(Compare(COLUMNS["path"], Operator.EQUALS, ("/3",)))
    span = TimeRange(0, NOW + DAY)
    query = BreakdownQuery(
        project=busy.project.number,
        by=(COLUMNS["country"], Property("plan")),
        metrics=(metrics.EVENTS, metrics.VISITORS),
        range=span,
        filter=condition,
        page=Page(100),
    )
    if order is not None:
        query = BreakdownQuery(
            project=query.project,
            by=query.by,
            metrics=query.metrics,
            range=span,
            filter=condition,
            page=query.page,
            order=ByLabel(0, Direction.DESCENDING)
            if "dimension" in order
            else ByMetric(1, Direction.ASCENDING),
        )
    expected = await busy.services.reader.ask(query, busy.project)
    assert [(row["key"], row["values"]) for row in rows] == [
        (list(row.labels), list(row.values)) for row in expected.rows
    ]
    assert found["totalCount"] == len(rows) == expected.total_count
    totals = TotalsQuery(project=query.project, metrics=query.metrics, range=span, filter=condition)
    whole = [one.value for one in (await busy.services.reader.ask(totals, busy.project)).values]
    assert found["totals"] == whole
    assert sum(row["share"] for row in rows) == pytest.approx(1)
    assert found["columns"] == ["n", "Unique visitors"]
    assert {"(not set)"} <= {label for row in rows for label in row["labels"]}


KEPT = """
query ($first: Int, $having: [HavingInput!]) { project(id: "demo") {
  breakdown(by: [{field: NAME}], metrics: [{metric: EVENTS}, {metric: REVENUE}], first: $first,
    having: $having, range: {preset: ALL}, filter: {name: {in: ["screen_view", "revenue"]}}) {
    totals totalCount rows { key values share }
  }
} }
"""


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kathmandu", "America/Santiago"])
async def test_hours_and_days_are_those_of_the_zone(busy: Server, zone: str) -> None:
    scope = "range: {preset: ALL}, timezone: $zone, filter:"
    rows = (
        f"metrics: [{{metric: EVENTS}}], {scope} $seen, "
        "orderBy: [{dimension: 0, direction: ASC}]) { rows { key labels values } }"
    )
    answer = await busy.ask(
        f"""query ($zone: TimeZone, $seen: EventFilterInput!) {{ project(id: "demo") {{
          hours: breakdown(by: [{{field: HOUR_OF_DAY}}], {rows}
          days: breakdown(by: [{{field: DAY_OF_WEEK}}], {rows}
          office: totals(metrics: [{{metric: EVENTS}}], {scope} {{and: [$seen], where: [
            {{on: {{field: HOUR_OF_DAY}}, is: {{gte: 9, lt: 17}}}},
            {{on: {{field: DAY_OF_WEEK}}, is: {{lte: 5}}}}]}}) {{ values {{ value }} }}
        }} }}""",
        {"zone": zone, "seen": {"name": {"in": ["screen_view", "revenue"]}}},
    )
    found = answer.data["project"]
    local = [datetime.fromtimestamp(one.created_at / 1000, ZoneInfo(zone)) for one in traffic(busy)]
    hours = Counter(moment.hour for moment in local)
    assert found["hours"]["rows"] == [
        {"key": [str(hour)], "labels": [str(hour)], "values": [hours[hour]]}
        for hour in sorted(hours)
    ]
    days = Counter(moment.isoweekday() for moment in local)
    assert found["days"]["rows"] == [
        {"key": [str(day)], "labels": [day_name[day - 1]], "values": [days[day]]}
        for day in sorted(days)
    ]
    at_work = sum(9 <= moment.hour < 17 and moment.isoweekday() <= 5 for moment in local)
    assert found["office"]["values"] == [{"value": at_work}]


async def test_rows_are_kept_by_their_numbers_and_divide_the_same_whole(busy: Server) -> None:
    every = (await busy.ask(KEPT, {"first": 100})).data["project"]["breakdown"]
    least = every["rows"][-1]["values"][0]
    having = [{"metric": 0, "gt": least}, {"metric": 1, "gte": 0}]
    kept = (await busy.ask(KEPT, {"first": 2, "having": having})).data["project"]["breakdown"]
    expected = [row for row in every["rows"] if row["values"][0] > least]
    assert len(every["rows"]) > len(expected) > 0
    assert kept["rows"] == expected[:2]
    assert (kept["totalCount"], kept["totals"]) == (len(expected), every["totals"])


async def test_what_rows_divide_is_asked_for_once(busy: Server) -> None:
    vars(busy.services.reader)["_cache"] = AnswerCache()
    asked = recorded(busy.services.reader)
    await busy.ask(RANKING, {"first": 5})
    assert sorted(asked) == ["BreakdownQuery", "TotalsQuery"]


NESTED: dict[str, Any] = {
    "or": [
        {"name": {"eq": "revenue"}},
        {"and": [{"country": {"in": ["SE", "DE"]}}, {"path": {"startsWith": "/"}}]},
        {"where": [{"on": {"property": "price"}, "is": {"gte": 2, "lt": 3.5}}]},
    ],
    "not": {"path": {"matches": "^/[45]$"}},
    "where": [
        {"on": {"property": "plan"}, "is": {"eq": "FREE", "ignoreCase": True}},
        {"on": {"field": "IS_BOUNCE"}, "is": {"in": [True]}},
        {"on": {"field": "DEVICE_ID"}, "is": {"isNull": False}},
    ],
}


async def test_filters_mean_what_the_core_means(busy: Server) -> None:
    price, path = Property("price"), COLUMNS["path"]
    expected = All(
        (
            AnyOf(
                (
                    named("revenue"),
                    All(
                        (
                            Compare(COLUMNS["country"], Operator.EQUALS, ("SE", "DE")),
                            Compare(path, Operator.STARTS_WITH, ("/",)),
                        )
                    ),
                    All(
                        (
                            Compare(price, Operator.AT_LEAST, (2,)),
                            Compare(price, Operator.LESS, (3.5,)),
                        )
                    ),
                )
            ),
            Not(Compare(path, Operator.MATCHES, ("^/[45]$",))),
            Compare(Property("plan"), Operator.EQUALS, ("FREE",), Case.INSENSITIVE),
            Compare(COLUMNS["is_bounce"], Operator.EQUALS, (True,)),
            Not(Compare(COLUMNS["device_id"], Operator.IS_EMPTY)),
        )
    )
    answer = await busy.ask(
        """query ($f: EventFilterInput) { project(id: "demo") {
          totals(metrics: {metric: EVENTS}, range: {preset: ALL}, filter: $f) { values { value } }
          events(filter: $f) { totalCount }
        } }""",
        {"f": NESTED},
    )
    query = TotalsQuery(
        project=busy.project.number,
        metrics=(metrics.EVENTS,),
        range=TimeRange(0, NOW + DAY),
        filter=expected,
    )
    (whole,) = (await busy.services.reader.ask(query, busy.project)).values
    project = answer.data["project"]
    assert project["totals"]["values"] == [{"value": whole.value}]
    assert project["events"]["totalCount"] == whole.value
    assert whole.value


DAY_3 = date(2026, 2, 3)


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ('{days: {from: "2026-02-03", to: "2026-02-03"}}', Between(DAY_3, DAY_3, TODAY)),
        (
            '{between: {from: "2026-02-03T00:00:00Z", to: "2026-02-03T01:30:00+01:00"}}',
            TimeRange(
                int(datetime(2026, 2, 3, tzinfo=UTC).timestamp() * 1000),
                int(datetime(2026, 2, 3, 0, 30, tzinfo=UTC).timestamp() * 1000),
            ),
        ),
        ("{last: {amount: 36, unit: HOUR}}", rolling(36, Interval.HOUR)),
        ("{preset: TODAY}", TODAY),
        ("{preset: LAST_7_DAYS}", last_days(6)),
        ("{preset: LAST_24_HOURS}", rolling(24, Interval.HOUR)),
    ],
)
async def test_ranges_mean_what_the_core_means(busy: Server, asked: str, meant: RangeSpec) -> None:
    answer = await busy.ask(
        f"""{{ project(id: "demo") {{ totals(metrics: {{metric: EVENTS}}, range: {asked},
          timezone: "Europe/Berlin") {{ info {{ from to timezone }} }} }} }}"""
    )
    info = answer.data["project"]["totals"]["info"]
    query = TotalsQuery(
        project=busy.project.number, metrics=(metrics.EVENTS,), range=meant, zone=BERLIN
    )
    span = (await busy.services.reader.ask(query, busy.project)).range
    assert [
        int(datetime.fromisoformat(info[end]).timestamp() * 1000) for end in ("from", "to")
    ] == [
        span.start,
        span.end,
    ]
    assert info["timezone"] == "Europe/Berlin"


async def test_every_preset_is_a_range(busy: Server) -> None:
    for preset in Preset:
        answer = await busy.ask(
            f"""{{ project(id: "demo") {{ totals(metrics: {{metric: EVENTS}},
              range: {{preset: {preset.name}}}) {{ info {{ from to }} }} }} }}"""
        )
        info = answer.data["project"]["totals"]["info"]
        assert info["from"] < info["to"], preset


async def test_live_counts_profiles_of_the_window(busy: Server) -> None:
    answer = await busy.ask(
        """{ project(id: "demo") { live(windowSeconds: 3600) {
          visitors events at topPaths { value label count } countries { value count }
        } } }"""
    )
    live = answer.data["project"]["live"]
    query = TotalsQuery(
        project=busy.project.number,
        metrics=(metrics.PROFILES, metrics.EVENTS),
        range=TimeRange(NOW - 3_600_000, NOW + 1),
    )
    visitors, events = (await busy.services.reader.ask(query, busy.project)).values
    assert (live["visitors"], live["events"]) == (visitors.value, events.value)
    assert live["at"] == "2026-03-01T12:00:00+00:00"
    assert {"/0", "/1"} <= {one["value"] for one in live["topPaths"]}
    assert {one["value"] for one in live["countries"]} == {"SE", "DE"}


async def test_the_catalog_tells_what_was_seen(busy: Server) -> None:
    answer = await busy.ask(
        """{ project(id: "demo") { catalog {
          eventNames only: eventNames(search: "REV") one: eventNames(first: 1)
          metrics { metric label unit additive } dimensions { field label type }
          propertyKeys(scope: EVENT, event: "revenue", search: "PRI") { key count }
          values(dimension: {field: COUNTRY}, range: {preset: ALL}) { value label count }
          plans: values(dimension: {property: "plan"}, search: "fre") { value }
        } limits { maxPageSize maxMetrics maxBreakdowns maxBuckets maxConditions maxDepth } } }"""
    )
    catalog = answer.data["project"]["catalog"]
    assert {"screen_view", "revenue"} <= set(catalog["eventNames"])
    assert catalog["only"] == ["revenue"]
    assert len(catalog["one"]) == 1
    assert catalog["propertyKeys"] == [{"key": "price", "count": 18}]
    assert {one["value"] for one in catalog["values"]} == {"SE", "DE"}
    assert catalog["plans"] == [{"value": "Free"}]
    assert {"metric": "EVENTS", "label": "Events", "unit": "COUNT", "additive": True} in catalog[
        "metrics"
    ]
    sums = {one["metric"] for one in catalog["metrics"] if one["additive"]}
    assert sums == {"EVENTS", "PAGEVIEWS", "SESSIONS", "SCREEN_VIEWS", "REVENUE"}
    assert {"field": "IS_BOUNCE", "label": "Bounce", "type": "BOOLEAN"} in catalog["dimensions"]
    assert answer.data["project"]["limits"]["maxPageSize"] == 1000


async def test_one_failing_widget_leaves_the_rest(busy: Server) -> None:
    answer = await busy.ask(
        """{ project(id: "demo") {
          good: totals(metrics: {metric: EVENTS}, range: {preset: TODAY}) { values { value } }
          bad: totals(metrics: {metric: SUM}, range: {preset: TODAY}) { values { value } }
        } }"""
    )
    project = answer.body["data"]["project"]
    assert project["good"]["values"][0]["value"] > 0
    assert project["bad"] is None
    assert answer.error["path"] == ["project", "bad"]


@pytest.mark.parametrize(
    ("match", "count"),
    [
        ({"eq": 2**64 - 1}, 0),
        ({"eq": -(2**63)}, 0),
        ({"notIn": [2**63]}, 120),
        ({"gt": 1e308}, 0),
        ({"in": []}, 0),
        ({"in": ["1", 2, 0.5, True]}, 2),
        ({"startsWith": ""}, 120),
        ({"contains": "%"}, 0),
        ({"isNull": True}, 0),
    ],
)
async def test_values_at_the_edges_can_be_compared(
    busy: Server, match: dict[str, Any], count: int
) -> None:
    answer = await busy.ask(
        """query ($m: ValueMatchInput!) { project(id: "demo") { events(
          filter: {name: {ne: "session_start"}, where: [{on: {property: "price"}, is: $m},
            {on: {property: "plan"}, is: {isNull: false}}]}) { totalCount } } }""",
        {"m": match},
    )
    assert answer.data["project"]["events"]["totalCount"] == count


async def test_answers_are_kept_until_something_is_stored(server: Server) -> None:
    query = """{ project(id: "demo") { totals(metrics: [{metric: EVENTS}], range: {preset: ALL}) {
      values { value } info { cached } } } }"""

    async def ask() -> tuple[float, bool]:
        totals = (await server.ask(query)).data["project"]["totals"]
        return totals["values"][0]["value"], totals["info"]["cached"]

    await server.keep(server.event(1))
    assert await ask() == (1, False)
    assert await ask() == (1, True)
    await server.keep(server.event(2))
    assert await ask() == (2, False)
