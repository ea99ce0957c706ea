"""Insights of other doors show the query that means the same, where there is one."""

from typing import Any

import pytest

from app.analytics.metrics import EVENTS, SESSIONS
from app.analytics.periods import Interval, TimeRange
from app.analytics.queries import SeriesQuery
from app.analytics.ranges import last_days
from app.compat.posthog.queries import decode_query
from app.compat.posthog.sayings import query_said
from app.demo.insights import samples
from app.projects.insights import Display, InsightDraft
from tests.compat.posthog.world import World

VIEW, JOINED = {"event": "$pageview"}, {"event": "sign_up", "custom_name": "Joined"}
EU = {"key": "$geoip_country_code", "value": ["SE", "DE"], "operator": "exact"}
QUERIES: list[dict[str, Any]] = [
    {"series": [VIEW, JOINED], "properties": [EU]},
    {"series": [{**VIEW, "math": "dau"}, {**VIEW, "math": "unique_session"}], "interval": "hour"},
    {
        "series": [
            {**JOINED, "math": math, "math_property": "seats"}
            for math in ("sum", "avg", "min", "max", "median", "p99")
        ],
        "trendsFilter": {"display": "ActionsTable"},
    },
    {"series": [VIEW], "trendsFilter": {"smoothingIntervals": 7, "display": "ActionsAreaGraph"}},
    {"series": [VIEW], "trendsFilter": {"display": "ActionsLineGraphCumulative"}},
    {
        "series": [{**VIEW, "math": "dau"}],
        "trendsFilter": {"display": "ActionsLineGraphCumulative"},
    },
    {
        "series": [{**VIEW, "math": m} for m in ("dau", "weekly_active", "monthly_active")],
        "compareFilter": {"compare": True, "compare_to": "-1m"},
    },
    {"series": [{**VIEW, "math": "first_time_for_user"}], "interval": "week"},
    {"series": [VIEW, JOINED], "trendsFilter": {"formulas": ["A / B", "A - B"]}},
    {
        "series": [VIEW],
        "breakdownFilter": {
            "breakdowns": [
                {"property": "$browser", "type": "event"},
                {"property": "email", "type": "person"},
                {"property": "$entry_pathname", "type": "session"},
            ],
            "breakdown_limit": 7,
        },
    },
    {
        "series": [VIEW],
        "properties": {
            "type": "OR",
            "values": [
                {"type": "AND", "values": [EU, {"key": "plan", "operator": "is_set"}]},
                {"type": "AND", "values": [{"key": "seats", "value": 3, "operator": "gte"}]},
            ],
        },
    },
    {
        "series": [
            {
                "event": None,
                "properties": [
                    {"key": "title", "value": "x", "operator": "not_icontains"},
                    {"key": "id", "type": "cohort", "value": "c1", "operator": "not_in"},
                ],
            }
        ]
    },
    {"series": [VIEW], "dateRange": {"date_from": "-1mStart", "date_to": "-1mEnd"}},
    {"series": [VIEW], "dateRange": {"date_from": "-24h", "date_to": "-1d"}},
    {"series": [VIEW], "dateRange": {"date_from": "2025-03-01", "date_to": "2025-03-02"}},
    {"series": [VIEW], "dateRange": {"date_from": "2025-03-01T10:00:00Z"}},
    {"series": [VIEW], "dateRange": {"date_from": "all"}},
    {
        "series": [{**VIEW, "math": "unique_group", "math_group_type_index": 0}],
        "properties": [{"key": "plan", "value": "pro", "type": "group"}],
        "breakdownFilter": {"breakdown": "plan", "breakdown_type": "group"},
    },
    {
        "kind": "FunnelsQuery",
        "series": [VIEW, JOINED, {"event": "revenue", "properties": [EU]}],
        "funnelsFilter": {
            "funnelOrderType": "ordered",
            "funnelWindowInterval": 90,
            "funnelWindowIntervalUnit": "minute",
            "exclusions": [{"event": "left", "funnelFromStep": 0, "funnelToStep": 2}],
        },
        "breakdownFilter": {"breakdown": "$browser"},
    },
    {
        "kind": "FunnelsQuery",
        "series": [VIEW, JOINED],
        "interval": "week",
        "funnelsFilter": {"funnelVizType": "trends", "funnelOrderType": "strict"},
    },
    {
        "kind": "RetentionQuery",
        "retentionFilter": {
            "period": "Week",
            "totalIntervals": 5,
            "retentionType": "retention_recurring",
            "timeWindowMode": "24_hour_windows",
            "targetEntity": {"id": "sign_up", "type": "events", "properties": [EU]},
            "returningEntity": {"id": "$pageview", "type": "events"},
            "cumulative": True,
        },
        "properties": [EU],
    },
    {
        "kind": "PathsQuery",
        "pathsFilter": {"includeEventTypes": ["custom_event"], "endPoint": "buy", "stepLimit": 3},
        "properties": [EU],
    },
    {
        "kind": "StickinessQuery",
        "series": [{**VIEW, "properties": [EU]}],
        "interval": "week",
        "stickinessFilter": {"stickinessCriteria": {"operator": "gte", "value": 3}},
    },
    {"kind": "LifecycleQuery", "series": [JOINED], "interval": "month"},
]


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: str(query)[:60])
def test_a_question_is_said_as_a_query_that_means_it(query: dict[str, Any]) -> None:
    decoded = decode_query({"kind": "TrendsQuery", **query}, 1)
    said = query_said(decoded.question, decoded.display)
    assert said is not None
    again = decode_query(said, 1)
    assert again.display is decoded.display
    # Saying it once more settles what a first query may leave out.
    assert query_said(again.question, again.display) == said


UNSAID = {
    "Visitors by country",
    "Visitors, against the week before",
    "The last two days by the hour",
    "Bounce rate",
    "Sessions by browser",
    "Visitors this week",
    "Where visitors are",
    "Who comes back",
}
"""Metrics of sessions, weeks that begin on Monday, and a range that ends within a day."""


def test_what_has_no_words_is_not_said_wrongly() -> None:
    told = {name: query_said(question, display) for name, question, display in samples(1)}
    assert {name for name, said in told.items() if said is None} == UNSAID


@pytest.mark.anyio
async def test_an_insight_of_another_door_shows_its_query(world: World) -> None:
    question = SeriesQuery(
        project=world.demo.number,
        metrics=(EVENTS,),
        range=last_days(3),
        interval=Interval.DAY,
    )
    draft = InsightDraft(question=question, created_by="someone", name="Through a door")
    saved = await world.services.insights.create(world.demo.number, draft)
    shown = (await world.get(f"/insights/{saved.number}/", refresh="blocking")).json()
    source = shown["query"]["source"]
    assert source["kind"] == "TrendsQuery"
    assert source["series"] == [{"kind": "EventsNode", "event": None, "custom_name": "Events"}]
    again = await world.insight("Asked again", source)
    asked = (await world.get(f"/insights/{again['id']}/", refresh="blocking")).json()
    assert [part["data"] for part in asked["result"]] == [[0, 0, 7, 0]]
    assert asked["result"][0]["data"] == shown["result"][0]["data"]


@pytest.mark.anyio
async def test_where_there_is_no_query_its_kind_is_shown(world: World) -> None:
    question = SeriesQuery(
        project=world.demo.number,
        metrics=(SESSIONS,),
        range=TimeRange(0, 1),
        interval=Interval.DAY,
    )
    draft = InsightDraft(question=question, created_by="someone", display=Display.BAR)
    saved = await world.services.insights.create(world.demo.number, draft)
    shown = (await world.get(f"/insights/{saved.number}/")).json()
    assert shown["query"] == {"kind": "InsightVizNode", "source": {"kind": "TrendsQuery"}}
    assert query_said(question, Display.BAR) is None
