"""Every analysis that GraphQL answers equals the oracle's, on each engine, for random questions.

One world answers several fields of one document: to make it costs more than to ask.
"""

from collections import Counter
from typing import Any, Final, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.analytics.cohorts import with_members
from app.analytics.journeys import (
    FunnelProfilesQuery,
    FunnelQuery,
    LifecycleQuery,
    Outcome,
    PathsQuery,
    RetentionQuery,
    StickinessQuery,
)
from app.analytics.queries import (
    BreakdownQuery,
    EventsQuery,
    Limits,
    Moment,
    SeriesQuery,
    SessionsQuery,
    TotalsQuery,
)
from tests.schema.answering import LONG_AGO, Answering, answering, told
from tests.schema.asking import COMPARISONS, DIMENSIONS, FILTERS, Facts, measured, questions
from tests.support.funnel_oracle import FunnelOracle, compared
from tests.support.journey_oracle import JourneyOracle
from tests.support.journeys import worlds
from tests.support.oracle import Oracle, close
from tests.support.walks import STRETCHED, walks

__all__ = ["answering"]

pytestmark = pytest.mark.anyio

EXAMPLES: Final = settings(max_examples=20)

STEPS: Final = st.lists(
    st.one_of(
        st.sampled_from(["a", "b", "c", "session_end"]).map(lambda name: {"name": name}),
        st.sampled_from([{"filter": {"path": {"eq": "/a"}}}, {"filter": {"name": {"ne": "x"}}}]),
        FILTERS.map(lambda condition: {"filter": condition}),
    ),
    min_size=2,
    max_size=4,
)
MATCHES: Final = st.one_of(
    st.none(),
    st.sampled_from(["a", "b", "c"]).map(lambda name: {"name": name}),
    st.tuples(st.sampled_from(["a", "b"]), FILTERS).map(
        lambda pair: {"name": pair[0], "filter": pair[1]}
    ),
)
BREAKDOWNS: Final = st.lists(
    st.sampled_from([{"field": "PATH"}, {"field": "COUNTRY"}, {"property": "plan"}]), max_size=1
)
UNITS: Final = st.sampled_from(["PROFILES", "SESSIONS", "GROUPS"])
MEMBERS: Final = st.sampled_from(
    [
        {"did": {"event": {"name": "click"}, "atLeast": 2}},
        {"not": {"did": {"event": {"name": "screen_view"}}}},
        {"where": [{"on": {"profileField": "EMAIL"}, "is": {"isNull": False}}]},
        {
            "or": [
                {"where": [{"on": {"profileProperty": "plan"}, "is": {"eq": "pro"}}]},
                {"did": {"event": {"name": "click"}}},
            ]
        },
    ]
)

CUT: Final = st.fixed_dictionaries(
    {
        "interval": st.sampled_from(["AUTO", "DAY", "HOUR"]),
        "first": st.integers(0, 5),
        "having": st.sampled_from(
            [
                [],
                [{"metric": 0, "gte": 1.5}],
                [{"metric": 0, "gt": 0.37, "lte": 41.7}],
                [{"metric": 0, "gt": -1}, {"metric": 0, "lt": 2.71}],
            ]
        ),
        "b": st.lists(DIMENSIONS, max_size=1),
        "by": st.lists(DIMENSIONS, min_size=1, max_size=2),
    }
)
FUNNELS: Final = st.fixed_dictionaries(
    {
        "order": st.sampled_from(["ORDERED", "ORDERED", "ADJACENT", "ANY"]),
        "exclusions": st.sampled_from([[], [{"event": {"name": "x"}}]]),
        "window": st.sampled_from(["{amount: 20, unit: MINUTE}", "{amount: 1, unit: DAY}"]),
        "unit": UNITS,
        "b": BREAKDOWNS,
    }
)
JOURNEYS: Final = st.fixed_dictionaries(
    {
        "interval": st.sampled_from(["DAY", "WEEK"]),
        "week": st.sampled_from(["MONDAY", "SUNDAY"]),
        "units": st.tuples(UNITS, UNITS, UNITS),
        "mode": st.sampled_from(["ON", "ON_OR_AFTER"]),
        "starting": st.sampled_from(["FIRST_TIME", "RECURRING"]),
        "cut": st.sampled_from(["CALENDAR", "ROLLING"]),
        "steps": st.integers(2, 4),
        "top": st.integers(1, 3),
        "repeats": st.sampled_from(["COLLAPSE", "KEEP"]),
        "at_least": st.integers(1, 2),
        "start": MATCHES,
        "end": MATCHES,
        "b": BREAKDOWNS,
    }
)
# Trap: what a running coroutine draws by itself ends the examples where it draws too much.


@EXAMPLES
@given(questions(worlds()), measured(), COMPARISONS, CUT)
async def test_numbers_equal_the_oracle(
    answering: Answering,
    drawn: tuple[Facts, dict[str, Any]],
    metrics: list[dict[str, Any]],
    compare: dict[str, Any] | None,
    cut: dict[str, Any],
) -> None:
    (events, people, zone), arguments = drawn
    world = await answering.load(events, people, "UTC")
    common = "metrics: $m, range: $r, filter: $f, compare: $c, timezone: $z"
    shown = await answering.ask(
        f"""totals({common}) {{ values {{ value previous }} }}
        timeseries({common}, breakdown: $b, top: 3, interval: {cut["interval"]}) {{
          buckets series {{ key points }} }}
        breakdown({common}, by: $by, having: $h, first: {cut["first"]}) {{
          totalCount rows {{ key values previous }} }}""",
        {
            **arguments,
            "m": metrics,
            "c": compare,
            "z": zone.key,
            "b": cut["b"],
            "by": cut["by"],
            "h": cut["having"],
        },
    )
    oracle = Oracle(world, Moment(LONG_AGO, zone, Limits()))
    check_totals(oracle, answering.query(TotalsQuery), shown["totals"])
    check_series(oracle, answering.query(SeriesQuery), shown["timeseries"])
    check_breakdown(oracle, answering.query(BreakdownQuery), shown["breakdown"])


def check_totals(oracle: Oracle, query: TotalsQuery, shown: dict[str, Any]) -> None:
    found = [(one["value"], one["previous"]) for one in shown["values"]]
    for left, right in zip(found, oracle.totals(query), strict=True):
        assert all(map(close, left, right)), (left, right)


def check_series(oracle: Oracle, query: SeriesQuery, shown: dict[str, Any]) -> None:
    starts, points = oracle.series(query)
    assert [told(start) for start in shown["buckets"]] == starts
    assert len(shown["series"]) == len(points)
    for place, line in enumerate(shown["series"]):
        expected = points[place % len(query.metrics), tuple(line["key"])]
        assert all(map(close, line["points"], expected)), (line, expected)


def check_breakdown(oracle: Oracle, query: BreakdownQuery, shown: dict[str, Any]) -> None:
    rows, total = oracle.breakdown(query)
    assert shown["totalCount"] == total
    assert [tuple(row["key"]) for row in shown["rows"]] == [labels for labels, _ in rows]
    for row, (_, values) in zip(shown["rows"], rows, strict=True):
        assert all(map(close, row["values"], values)), (row, values)
    before = oracle.breakdown_before(query, [labels for labels, _ in rows])
    if before is None:
        assert all(row["previous"] is None for row in shown["rows"])
    for row, old in zip(shown["rows"], before or (), strict=before is not None):
        assert all(map(close, row["previous"], old)), (row, old)


@EXAMPLES
@given(questions(walks()), STEPS, COMPARISONS, FUNNELS)
async def test_funnels_equal_the_oracle(
    answering: Answering,
    drawn: tuple[Facts, dict[str, Any]],
    steps: list[dict[str, Any]],
    compare: dict[str, Any] | None,
    how: dict[str, Any],
) -> None:
    (events, people, zone), arguments = drawn
    world = await answering.load(events, people, "UTC")
    shown = await answering.ask(
        f"""funnel(steps: $s, range: $r, filter: $f, compare: $c, timezone: $z, breakdown: $b,
          order: {how["order"]}, exclusions: $x, window: {how["window"]}, top: 3,
          countBy: {how["unit"]}) {{ groups {{
            key conversion previousConversion steps {{
              count previousCount dropped conversion fromPrevious
              averageSecondsFromPrevious medianSecondsFromPrevious
              profiles {{ totalCount }} dropped_: profiles(outcome: DROPPED) {{ totalCount }} }}
        }} }}""",
        {
            **arguments,
            "s": steps,
            "c": compare,
            "z": zone.key,
            "b": how["b"],
            "x": how["exclusions"] if how["order"] == "ORDERED" else [],
        },
    )
    query = answering.query(FunnelQuery)
    oracle = FunnelOracle(world, Moment(LONG_AGO, zone, Limits()), query)
    expected = oracle.groups()
    groups = shown["funnel"]["groups"]
    assert [tuple(group["key"]) for group in groups] == [labels for labels, _ in expected]
    for group, (labels, reached), before in zip(
        groups, expected, compared(oracle, expected), strict=True
    ):
        assert group["conversion"] == group["steps"][-1]["conversion"]
        old = None if before is None else [count for count, *_ in before]
        rate = None if old is None else old[-1] / old[0] if old[0] else 0
        assert group["previousConversion"] == rate
        for place, (step, (count, average, median)) in enumerate(
            zip(group["steps"], reached, strict=True)
        ):
            assert step["count"] == count
            check_rates(group["steps"], place)
            assert close(step["averageSecondsFromPrevious"], average)
            assert close(step["medianSecondsFromPrevious"], median)
            assert step["previousCount"] == (None if old is None else old[place])
            for name, outcome in (("profiles", Outcome.COMPLETED), ("dropped_", Outcome.DROPPED)):
                asked = FunnelProfilesQuery(
                    funnel=query, step=place, outcome=outcome, labels=labels, limit=50
                )
                behind = oracle.profiles(asked) if place or name == "profiles" else []
                assert step[name]["totalCount"] == len(behind)


def check_rates(steps: list[dict[str, Any]], place: int) -> None:
    first, last = steps[0]["count"], steps[place]["count"]
    before = steps[max(place - 1, 0)]["count"]
    assert steps[place]["conversion"] == (last / first if first else 0)
    assert steps[place]["fromPrevious"] == (last / before if before else 0)
    assert steps[place]["dropped"] == before - last


@EXAMPLES
@given(questions(STRETCHED), JOURNEYS)
async def test_retention_paths_and_habits_equal_the_oracle(
    answering: Answering, drawn: tuple[Facts, dict[str, Any]], how: dict[str, Any]
) -> None:
    (events, people, zone), arguments = drawn
    world = await answering.load(events, people, "UTC")
    retained, walking, active = how["units"]
    zoned = f"timezone: $z, weekStart: {how['week']}"
    habits = f"range: $r, filter: $f, {zoned}, countBy: {active}, interval: {how['interval']}"
    shown = await answering.ask(
        f"""retention(range: $r, filter: $f, {zoned}, countBy: {retained}, period: DAY,
          periods: 3, start: $start, returning: $end, breakdown: $b, top: 3,
          mode: {how["mode"]}, starting: {how["starting"]}, cut: {how["cut"]}) {{
            period groups {{ key average cohorts {{ start size counts rates }} }} }}
        paths(range: $r, filter: $f, from: $start, to: $end, item: {{field: NAME}},
          countBy: {walking}, steps: {how["steps"]}, top: {how["top"]},
          repeats: {how["repeats"]}) {{
            count nodes {{ key step item count }} links {{ from to count averageSeconds }} }}
        stickiness({habits}, atLeast: {how["at_least"]}) {{ interval counts }}
        lifecycle({habits}) {{ interval buckets new returning resurrecting dormant }}""",
        {**arguments, "z": zone.key, "start": how["start"], "end": how["end"], "b": how["b"]},
    )
    oracle = JourneyOracle(world, Moment(LONG_AGO, zone, Limits()))
    expected = oracle.retention(answering.query(RetentionQuery))
    assert [
        (tuple(group["key"]), [(one["size"], tuple(one["counts"])) for one in group["cohorts"]])
        for group in shown["retention"]["groups"]
    ] == [(labels, [(size, tuple(counts)) for size, counts in told]) for labels, told in expected]
    check_grid(oracle, answering.query(RetentionQuery), shown["retention"])
    check_paths(oracle, answering.query(PathsQuery), shown["paths"])
    living = answering.query(LifecycleQuery)
    assert [told(one) for one in shown["lifecycle"]["buckets"]] == oracle.starts(living)
    assert {shown[name]["interval"] for name in ("stickiness", "lifecycle")} == {how["interval"]}
    counts = shown["stickiness"]["counts"]
    assert counts == oracle.stickiness(answering.query(StickinessQuery))
    lines = (shown["lifecycle"][name] for name in ("new", "returning", "resurrecting", "dormant"))
    assert list(zip(*lines, strict=True)) == oracle.lifecycle(living)


def check_grid(oracle: JourneyOracle, query: RetentionQuery, shown: dict[str, Any]) -> None:
    assert shown["period"] == query.interval.name
    for group in shown["groups"]:
        cohorts = group["cohorts"]
        assert [told(one["start"]) for one in cohorts] == oracle.starts(query)
        for one in cohorts:
            size = one["size"]
            assert one["rates"] == [count / size if size else None for count in one["counts"]]
        for place, average in enumerate(group["average"]):
            reaching = [one for one in cohorts if len(one["counts"]) > place]
            size = sum(one["size"] for one in reaching)
            back = sum(one["counts"][place] for one in reaching)
            assert close(average, back / size if size else None)


def check_paths(oracle: JourneyOracle, query: PathsQuery, shown: dict[str, Any]) -> None:
    total, nodes, links = oracle.paths(query)
    assert shown["count"] == total
    assert {(one["step"], one["item"], one["count"]) for one in shown["nodes"]} == set(nodes)
    places = {one["key"]: (one["step"], one["item"]) for one in shown["nodes"]}
    expected = {link[:3]: link[3:] for link in links}
    assert len(shown["links"]) == len(expected)
    for link in shown["links"]:
        step, source = places[link["from"]]
        count, seconds = expected[step, source, places[link["to"]][1]]
        assert link["count"] == count
        assert close(link["averageSeconds"], seconds)


@EXAMPLES
@given(questions(worlds()), MEMBERS, DIMENSIONS, st.sampled_from(["NEWEST", "OLDEST"]))
async def test_lists_cohorts_and_catalog_equal_the_oracle(
    answering: Answering,
    drawn: tuple[Facts, dict[str, Any]],
    members: dict[str, Any],
    dimension: dict[str, Any],
    order: str,
) -> None:
    (events, people, zone), arguments = drawn
    world = await answering.load(events, people, zone.key)
    moment = Moment(LONG_AGO, zone, Limits())
    oracle = Oracle(world, moment)
    shown = await answering.ask(
        f"""events(range: $r, filter: $f, orderBy: {order}, first: 50) {{
          totalCount nodes {{ eventId }} edges {{ node {{ eventId }} }} }}
        sessions(range: $r, filter: $f, first: 50) {{
          totalCount nodes {{ sessionId }} edges {{ node {{ sessionId }} }} }}
        catalog {{ propertyKeys(scope: EVENT) {{ key count }}
          values(dimension: $d, range: $r) {{ value count }} }}""",
        {**arguments, "d": dimension},
    )
    for field, kind, name in (
        ("events", EventsQuery, "eventId"),
        ("sessions", SessionsQuery, "sessionId"),
    ):
        expected = oracle.listed(cast("EventsQuery", answering.query(kind)))
        assert [one[name] for one in shown[field]["nodes"]] == expected
        assert [one["node"][name] for one in shown[field]["edges"]] == expected
        assert shown[field]["totalCount"] == len(expected)
    rows, _ = oracle.breakdown(answering.query(BreakdownQuery))
    values = [(one["value"], one["count"]) for one in shown["catalog"]["values"]]
    assert values == [(labels[0], counted[0]) for labels, counted in rows]
    keys = Counter(key for event in events for key in event.properties)
    assert {one["key"]: one["count"] for one in shown["catalog"]["propertyKeys"]} == keys
    await check_cohort(answering, oracle, members, arguments)


async def check_cohort(
    answering: Answering, oracle: Oracle, members: dict[str, Any], arguments: dict[str, Any]
) -> None:
    cohort = await answering.cohort(members)
    shown = await answering.ask(
        """cohort(id: $cohort) { size }
        totals(metrics: [{metric: EVENTS}], range: $r, filter: $inside) {
          values { value previous } }
        breakdown(by: [{cohort: $cohort}], metrics: [{metric: EVENTS}], range: $r, filter: $f) {
          totalCount rows { key values previous } }""",
        {
            **arguments,
            "cohort": cohort.id,
            "inside": {"and": [arguments["f"], {"cohort": cohort.id}]},
        },
    )
    known = {cohort.id: cohort}
    totals = [one for one in answering.asked if isinstance(one, TotalsQuery)]
    size, inside = sorted(totals, key=lambda one: one.metrics[0].slug != "profiles")
    zone = oracle.moment.zone
    for query, found in (
        (size, [{"value": shown["cohort"]["size"], "previous": None}]),
        (inside, shown["totals"]["values"]),
    ):
        settled = with_members(query, known, LONG_AGO, zone)
        check_totals(oracle, settled, {"values": found})
    by = answering.query(BreakdownQuery)
    check_breakdown(oracle, with_members(by, known, LONG_AGO, zone), shown["breakdown"])
