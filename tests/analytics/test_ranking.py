"""Which lines of a chart are the first ones, where the engine ranks more than are ever read."""

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from app.analytics.chart_results import ChartResult
from app.analytics.charts import Measured, Rank, Visibility
from app.analytics.fields import COLUMNS
from app.analytics.metrics import EVENTS, TOTAL_REVENUE
from app.analytics.periods import DAY_MS, Interval, TimeRange
from app.analytics.queries import ChartQuery, Limits
from app.analytics.records import Event
from tests.support.asking import Engine, engine, moment_of

__all__ = ["engine"]

UTC = ZoneInfo("UTC")

LARGE = 2**62
"""Two of them are more than 64 bits hold."""


WITHIN_A_CELL = Limits(cells=1)
"""With few cells allowed, the engine ranks the lines before any of them are read."""


def earned(position: int, day: int, country: str, profile: str | None = None) -> Event:
    return Event(
        project=1,
        id=f"e{position}",
        name="revenue",
        created_at=day * DAY_MS,
        received_at=0,
        position=position,
        country=country,
        revenue=LARGE,
        profile_id=profile,
    )


@pytest.mark.parametrize("rank", [Rank.SUM, Rank.AVERAGE, Rank.MAX])
@pytest.mark.parametrize(
    ("days", "first"),
    [
        ({"AA": (1, 2), "BB": (1, 2, 2, 3, 3, 3), "CC": (3,)}, "BB"),
        ({"AA": (1, 1, 1), "BB": (2,), "CC": (3, 3, 3, 3)}, "CC"),
        ({"AA": (1,), "BB": (1, 1), "CC": ()}, "BB"),
    ],
)
def test_lines_are_ranked_by_sums_beyond_64_bits(
    engine: Engine, days: dict[str, tuple[int, ...]], first: str, rank: Rank
) -> None:
    told = [(day, country) for country, each in days.items() for day in each]
    project, _ = engine.load([earned(place, *one) for place, one in enumerate(told, 1)], [])
    query = ChartQuery(
        project=project,
        series=(Measured(TOTAL_REVENUE, Visibility.SHOWN),),
        range=TimeRange(DAY_MS, 4 * DAY_MS),
        interval=Interval.DAY,
        breakdown=(COLUMNS["country"],),
        rank=rank,
        top=1,
    )
    (line,) = drawn(engine, query).lines
    assert line.labels == (first,)
    assert sum(line.now.points) == pytest.approx(LARGE * len(days[first]))


@pytest.mark.parametrize(
    ("profiles", "order"),
    [
        ({"AA": (None,), "BB": (None, None)}, ("AA", "BB")),
        ({"AA": (None, None), "BB": ("p1",), "CC": ("p1", "p2", "p2")}, ("CC", "BB", "AA")),
    ],
)
def test_lines_without_profiles_come_last_by_profiles(
    engine: Engine, profiles: dict[str, tuple[str | None, ...]], order: tuple[str, ...]
) -> None:
    told = [(country, each) for country, those in profiles.items() for each in those]
    events = [earned(place, 1, country, each) for place, (country, each) in enumerate(told, 1)]
    project, _ = engine.load(events, [])
    query = ChartQuery(
        project=project,
        series=(Measured(EVENTS, Visibility.SHOWN),),
        range=TimeRange(DAY_MS, 4 * DAY_MS),
        interval=Interval.DAY,
        breakdown=(COLUMNS["country"],),
        rank=Rank.PROFILES,
    )
    answer = drawn(engine, query)
    assert tuple(line.labels for line in answer.lines) == tuple((each,) for each in order)
    assert [sum(line.now.points) for line in answer.lines] == [len(profiles[at]) for at in order]


def drawn(engine: Engine, query: ChartQuery) -> ChartResult:
    moment = replace(moment_of(5 * DAY_MS, UTC), limits=WITHIN_A_CELL)
    answer: ChartResult = engine.ask(query, moment)
    return answer
