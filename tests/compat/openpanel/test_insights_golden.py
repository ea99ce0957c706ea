"""Over HTTP, metrics and breakdowns of generated traffic are what the oracle says."""

import asyncio
import json
from bisect import bisect_right
from collections.abc import AsyncIterator, Awaitable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count, pairwise
from pathlib import Path
from typing import Any, Final, TypeAlias, TypeVar
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.analytics.fields import COLUMNS
from app.analytics.filters import All, Filter, simplified
from app.analytics.metrics import (
    BOUNCE_RATE,
    PAGEVIEWS,
    TOTAL_REVENUE,
    Metric,
    named,
    narrowed,
    unique_of,
)
from app.analytics.periods import DAY_MS, Interval, TimeRange, WeekStart, to_datetime
from app.analytics.plans import Label
from app.analytics.queries import BreakdownQuery, Moment, Page, SeriesQuery, TotalsQuery
from app.analytics.ranges import AutoInterval, interval_for
from app.analytics.records import SCREEN_VIEW, Event, Group, Profile
from app.compat.openpanel.countries import country_name
from app.compat.openpanel.insights.breakdowns import ROW_METRICS, SHAPES
from app.compat.openpanel.insights.overview import OVERVIEW
from app.kit.trees import rebuilt
from app.stores.base import EventStore
from tests.compat.openpanel.meanings import COHORT, Told, filters, path_filters
from tests.compat.openpanel.world import World, open_world
from tests.support.asking import Engine
from tests.support.engines import ENGINES
from tests.support.journeys import COMPANIES, PEOPLE, ZONES, worlds
from tests.support.oracle import Number, Oracle, close, meets

Found = TypeVar("Found")

_PLACES: Final[list[dict[str, str | None]]] = [
    {},
    {
        "referrer": "https://google.com/",
        "referrer_type": "search",
        "utm_source": "news",
        "utm_medium": "mail",
        "utm_campaign": "spring",
        "utm_term": "shoes",
        "utm_content": "top",
        "region": "Skåne",
        "city": "Lund",
        "device": "desktop",
        "brand": "Apple",
        "model": "Mac",
        "browser": "Chrome",
        "browser_version": "133.0",
        "os": "macOS",
        "os_version": "15.1",
    },
    {
        "referrer": "",
        "referrer_type": "social",
        "utm_source": "",
        "utm_medium": "cpc",
        "region": "Skåne",
        "city": "Malmö",
        "device": "mobile",
        "browser": "Chrome",
        "browser_version": "",
        "os": "Android",
        "os_version": "15.1",
    },
    {"browser": "Firefox", "browser_version": "133.0", "city": "Lund", "os": "Windows"},
]
"""Where events may come from, besides a country and the name of a referrer."""


@dataclass
class Site:
    """A server whose every example is a project of its own."""

    world: World
    engine: Engine
    loop: asyncio.AbstractEventLoop
    names: Iterator[int] = field(default_factory=lambda: count(1))

    def run(self, work: Awaitable[Found]) -> Found:
        return self.loop.run_until_complete(work)

    def get(self, path: str, params: dict[str, str]) -> Any:  # noqa: ANN401 — any JSON.
        request = self.world.http.get(path, params=params, headers=dict(self.world.root))
        answer = self.run(request)
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


@dataclass(frozen=True)
class Asked:
    """A project, what happened there, and the range that is asked about."""

    slug: str
    number: int
    cohort: str
    oracle: Oracle
    span: TimeRange

    def params(self, told: Sequence[Told]) -> dict[str, str]:
        """What a client sends for the range and these filters."""
        return {
            "startDate": _iso(self.span.start),
            # The last instant belongs to the range.
            "endDate": _iso(self.span.end - 1),
            "filters": json.dumps([wire for wire, _ in told]),
            "limit": "50",
        }

    def series(
        self, metrics: Sequence[Metric], condition: Filter
    ) -> tuple[list[int], list[tuple[Number, list[Number]]]]:
        """The buckets' starts, and each metric's total and points."""
        zone = self.oracle.moment.zone
        totals = self.oracle.totals(
            TotalsQuery(
                project=self.number, metrics=tuple(metrics), range=self.span, filter=condition
            )
        )
        starts, points = self.oracle.series(
            SeriesQuery(
                project=self.number,
                metrics=tuple(metrics),
                range=self.span,
                filter=condition,
                interval=interval_for(self.span, zone, AutoInterval(Interval.HOUR)),
                week_start=WeekStart.SUNDAY,
            )
        )
        return starts, [(total, points[index, ()]) for index, (total, _) in enumerate(totals)]


@st.composite
def _visits(draw: st.DrawFn) -> tuple[list[Event], int]:
    events, now = draw(worlds(most=14))
    return [replace(event, **draw(st.sampled_from(_PLACES))) for event in events], now  # type: ignore[arg-type]


Drawn: TypeAlias = tuple[tuple[list[Event], int], list[Profile], list[Group], ZoneInfo]

_ASKED: Final[st.SearchStrategy[Drawn]] = st.tuples(
    _visits(), PEOPLE, COMPANIES, st.sampled_from(ZONES)
)
_DAYS: Final = st.sampled_from([1, 3, 9])


def _asked(site: Site, world: Drawn, days: int) -> Asked:
    """The new project that the world became."""
    (events, now), people, companies, zone = world
    services = site.world.services
    slug = f"site-{next(site.names)}"
    made = site.run(services.projects.create_project(slug, zone.key)).project
    cohort = site.run(services.cohorts.create(made.number, "Clicked", COHORT)).cohort
    site.engine.numbers = iter([made.number])
    _, facts = site.engine.load(events, people, companies)
    oracle = Oracle(facts, Moment(now, zone))
    return Asked(slug, made.number, cohort.id, oracle, TimeRange(now - days * DAY_MS, now))


def _iso(instant: int) -> str:
    return datetime.fromtimestamp(instant / 1000, tz=UTC).isoformat(timespec="milliseconds")


def _rounded(value: float | None) -> float:
    return round(value or 0, 2)


@settings(max_examples=40)
@given(_ASKED, _DAYS, st.data())
def test_metrics_equal_the_oracle(site: Site, world: Drawn, days: int, data: st.DataObject) -> None:
    asked = _asked(site, world, days)
    for _ in range(3):
        told = data.draw(filters(asked.cohort))
        body = site.get(f"/insights/{asked.slug}/metrics", asked.params(told))
        starts, lines = asked.series(tuple(OVERVIEW.values()), _meant(told))
        _check_metrics(body, asked, starts, dict(zip(OVERVIEW, lines, strict=True)))


@settings(max_examples=15)
@given(_ASKED, _DAYS, st.data())
def test_breakdowns_equal_the_oracle(
    site: Site, world: Drawn, days: int, data: st.DataObject
) -> None:
    asked = _asked(site, world, days)
    for name in SHAPES:
        told = data.draw(st.one_of(filters(asked.cohort), path_filters()))
        rows = site.get(f"/insights/{asked.slug}/{name}", asked.params(told))
        _check_breakdown(rows, name, asked, _meant(told))


@settings(max_examples=25)
@given(_ASKED, _DAYS, st.data())
def test_metrics_of_pages_equal_the_oracle(
    site: Site, world: Drawn, days: int, data: st.DataObject
) -> None:
    asked = _asked(site, world, days)
    for _ in range(3):
        told = [*data.draw(path_filters()), *data.draw(filters(asked.cohort))]
        body = site.get(f"/insights/{asked.slug}/metrics", asked.params(told))
        starts, lines = _pages(asked, _meant(told))
        _check_metrics(body, asked, starts, lines)


def _meant(told: Sequence[Told]) -> Filter:
    return All(tuple(condition for _, condition in told))


def _pages(
    asked: Asked, condition: Filter
) -> tuple[list[int], dict[str, tuple[Number, list[Number]]]]:
    """What the overview tells of views of pages: its whole rates are means of its buckets."""

    def entered(node: object) -> object:
        return COLUMNS["entry_path"] if node == COLUMNS["path"] else node

    views = All((named(SCREEN_VIEW), condition))
    metrics = {
        "bounce_rate": narrowed(BOUNCE_RATE, rebuilt(condition, entered)),
        "unique_visitors": unique_of(COLUMNS["profile_id"], views),
        "total_sessions": unique_of(COLUMNS["session_id"], views),
        "total_screen_views": narrowed(PAGEVIEWS, condition),
        "total_revenue": narrowed(TOTAL_REVENUE, condition),
    }
    starts, found = asked.series(tuple(metrics.values()), All())
    lines = dict(zip(metrics, found, strict=True))
    seen, sessions = lines["total_screen_views"][1], lines["total_sessions"][1]
    per_session: list[Number] = [
        (some or 0) / many if many else 0 for some, many in zip(seen, sessions, strict=True)
    ]
    lines["views_per_session"] = (_mean(per_session), per_session)
    stays: list[Number] = _stays(asked, views, starts)
    lines["avg_session_duration"] = (_mean(stays), stays)
    return starts, lines


def _stays(asked: Asked, views: Filter, starts: Sequence[int]) -> list[Number]:
    """Mean seconds in each bucket from a view to its session's next one that is counted."""
    facts, span = asked.oracle.world, asked.span
    seen = [
        event
        for event in facts.events
        if span.start <= event.created_at < span.end
        and event.session_id is not None
        and meets(simplified(views), event, facts, span.start)
    ]
    seen.sort(key=lambda event: (event.session_id or "", event.created_at, event.position))
    gaps: dict[int, list[int]] = {start: [] for start in starts}
    for view, after in pairwise(seen):
        gap = after.created_at - view.created_at
        if view.session_id == after.session_id and gap > 0:
            gaps[starts[bisect_right(starts, view.created_at) - 1]].append(gap)
    return [sum(each) / len(each) / 1000 if each else 0 for each in gaps.values()]


def _mean(points: Sequence[Number]) -> Number:
    there = [point for point in points if point]
    return sum(there) / len(there) if there else 0


def _check_metrics(
    body: dict[str, Any],
    asked: Asked,
    starts: Sequence[int],
    lines: dict[str, tuple[Number, list[Number]]],
) -> None:
    zone = asked.oracle.moment.zone
    assert len(body["series"]) == len(starts)
    for key in OVERVIEW:
        total, points = lines[key]
        assert close(body["metrics"][key], _rounded(total)), key
        for row, start, point in zip(body["series"], starts, points, strict=True):
            assert row["date"][:10] == to_datetime(start, zone).date().isoformat()
            assert close(row[key], _rounded(point)), (key, row)


def _check_breakdown(
    rows: list[dict[str, Any]], name: str, asked: Asked, condition: Filter
) -> None:
    expected, _ = asked.oracle.breakdown(
        BreakdownQuery(
            project=asked.number,
            by=SHAPES[name].by,
            metrics=ROW_METRICS,
            range=asked.span,
            filter=condition,
            page=Page(50),
        )
    )
    keys = ("sessions", "bounce_rate", "avg_session_duration", "pageviews", "revenue")
    assert len(rows) == len(expected)
    for row, (labels, values) in zip(rows, expected, strict=True):
        fields = [field.name for field in SHAPES[name].by]
        shown = [_shown(*pair) for pair in zip(fields, labels, strict=True)]
        assert [row["name"], *([row["prefix"]] if "prefix" in row else [])] == shown
        for key, value in zip(keys, values, strict=True):
            assert close(row[key], _rounded(value)), (key, row)


def _shown(field: str, label: Label) -> Label:
    return country_name(str(label)) if field == "country" and label else label
