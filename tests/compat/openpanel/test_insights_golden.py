"""Over HTTP, metrics and breakdowns of generated traffic are what the oracle says."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.analytics.fields import COLUMNS, Property
from app.analytics.filters import All, Compare, Filter, Not, Operator
from app.analytics.periods import DAY_MS, Interval, TimeRange, WeekStart, to_datetime
from app.analytics.queries import BreakdownQuery, Moment, Page, SeriesQuery, TotalsQuery
from app.analytics.ranges import AutoInterval, interval_for
from app.analytics.records import Event
from app.compat.openpanel.countries import country_name
from app.compat.openpanel.insights.breakdowns import ROW_METRICS, SHAPES
from app.compat.openpanel.insights.overview import OVERVIEW
from app.stores.base import EventStore
from tests.compat.openpanel.world import World, open_world
from tests.support.asking import Engine
from tests.support.engines import ENGINES
from tests.support.journeys import ZONES, worlds
from tests.support.oracle import Oracle, close
from tests.support.oracle import World as Facts

# Each filter as clients write it, and as the core means it.
FILTERS: Final[list[tuple[dict[str, Any], Filter]]] = [
    (
        {"name": "country", "operator": "is", "value": ["Sweden", "DE"]},
        Compare(COLUMNS["country"], Operator.EQUALS, ("SE", "DE")),
    ),
    (
        {"name": "referrer_name", "operator": "isNot", "value": ["a"]},
        Not(Compare(COLUMNS["referrer_name"], Operator.EQUALS, ("a",))),
    ),
    (
        {"name": "properties.plan", "operator": "is", "value": ["x"]},
        Compare(Property("plan"), Operator.EQUALS, ("x",)),
    ),
    (
        {"name": "properties.price", "operator": "gt", "value": [4]},
        Compare(Property("price"), Operator.GREATER, (4,)),
    ),
    (
        {"name": "name", "operator": "contains", "value": ["lic"]},
        Compare(COLUMNS["name"], Operator.CONTAINS, ("lic",)),
    ),
    (
        {"name": "referrer_name", "operator": "isNull", "value": []},
        Compare(COLUMNS["referrer_name"], Operator.IS_EMPTY),
    ),
]


@dataclass
class Site:
    """A server whose every example is a project of its own."""

    world: World
    engine: Engine
    loop: asyncio.AbstractEventLoop
    names: Iterator[int] = field(default_factory=lambda: count(1))

    def get(self, path: str, params: dict[str, str]) -> Any:  # noqa: ANN401 — any JSON.
        request = self.world.http.get(path, params=params, headers=dict(self.world.root))
        answer = self.loop.run_until_complete(request)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture(scope="module", params=ENGINES)
def site(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    directory: Path = tmp_path_factory.mktemp("golden")
    with asyncio.Runner() as runner:
        opened = open_world(request.param, directory)
        world = runner.run(_next(opened))
        store: EventStore = world.services.reader._store  # pyright: ignore[reportPrivateUsage] # The server's own.
        loop = runner.get_loop()
        yield Site(world, Engine(store, loop, count(1000)), loop)
        runner.run(_end(opened))


async def _next(opened: AsyncIterator[World]) -> World:
    return await anext(opened)


async def _end(opened: AsyncIterator[World]) -> None:
    with suppress(StopAsyncIteration):
        await anext(opened)


def _project(site: Site, zone: str, events: list[Event]) -> tuple[str, int, Facts]:
    """The new project's slug and number, and what happened there."""
    projects = site.world.services.projects
    slug = f"site-{next(site.names)}"
    made = site.loop.run_until_complete(projects.create_project(slug, zone)).project
    site.engine.numbers = iter([made.number])
    _, facts = site.engine.load(events, [])
    return slug, made.number, facts


def _iso(instant: int) -> str:
    return datetime.fromtimestamp(instant / 1000, tz=UTC).isoformat(timespec="milliseconds")


def _rounded(value: float | None) -> float:
    return round(value or 0, 2)


@settings(max_examples=30)
@given(
    worlds(most=20),
    st.sampled_from(ZONES),
    st.lists(st.sampled_from(FILTERS), max_size=2),
    st.data(),
)
def test_metrics_and_breakdowns_equal_the_oracle(
    site: Site,
    world: tuple[list[Event], int],
    zone: ZoneInfo,
    chosen: list[tuple[dict[str, Any], Filter]],
    data: st.DataObject,
) -> None:
    events, now = world
    slug, number, facts = _project(site, zone.key, events)
    start = now - data.draw(st.sampled_from([1, 3, 9])) * DAY_MS
    span = TimeRange(start, now)
    oracle = Oracle(facts, Moment(now, zone))
    condition = All(tuple(meant for _, meant in chosen))
    params = {
        "startDate": _iso(start),
        # The last instant belongs to the range.
        "endDate": _iso(now - 1),
        "filters": json.dumps([wire for wire, _ in chosen]),
    }
    _check_metrics(site.get(f"/insights/{slug}/metrics", params), oracle, number, span, condition)
    name = data.draw(st.sampled_from(sorted(SHAPES)))
    rows = site.get(f"/insights/{slug}/{name}", {**params, "limit": "50"})
    _check_breakdown(
        rows,
        name,
        oracle,
        BreakdownQuery(
            project=number,
            by=SHAPES[name].by,
            metrics=ROW_METRICS,
            range=span,
            filter=condition,
            page=Page(50),
        ),
    )


def _check_metrics(
    body: dict[str, Any], oracle: Oracle, number: int, span: TimeRange, condition: Filter
) -> None:
    metrics, zone = tuple(OVERVIEW.values()), oracle.moment.zone
    totals = oracle.totals(
        TotalsQuery(project=number, metrics=metrics, range=span, filter=condition)
    )
    for key, (value, _) in zip(OVERVIEW, totals, strict=True):
        assert close(body["metrics"][key], _rounded(value)), key
    interval = interval_for(span, zone, AutoInterval(Interval.HOUR))
    starts, points = oracle.series(
        SeriesQuery(
            project=number,
            metrics=metrics,
            range=span,
            interval=interval,
            filter=condition,
            week_start=WeekStart.SUNDAY,
        )
    )
    assert len(body["series"]) == len(starts)
    for place, (row, start) in enumerate(zip(body["series"], starts, strict=True)):
        assert row["date"][:10] == to_datetime(start, zone).date().isoformat()
        for index, key in enumerate(OVERVIEW):
            assert close(row[key], _rounded(points[index, ()][place])), (key, row)


def _check_breakdown(
    rows: list[dict[str, Any]], name: str, oracle: Oracle, query: BreakdownQuery
) -> None:
    expected, _ = oracle.breakdown(query)
    keys = ("sessions", "bounce_rate", "avg_session_duration", "pageviews", "revenue")
    assert len(rows) == len(expected)
    for row, (labels, values) in zip(rows, expected, strict=True):
        shown = country_name(str(labels[0])) if name == "country" and labels[0] else labels[0]
        assert row["name"] == shown
        for key, value in zip(keys, values, strict=True):
            assert close(row[key], _rounded(value)), (key, row)
