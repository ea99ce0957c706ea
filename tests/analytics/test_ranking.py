"""Which lines of a chart are the first ones, where their numbers are larger than the engine's."""

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from app.analytics.chart_results import ChartResult
from app.analytics.charts import Measured, Rank, Visibility
from app.analytics.fields import COLUMNS
from app.analytics.metrics import TOTAL_REVENUE
from app.analytics.periods import DAY_MS, Interval, TimeRange
from app.analytics.queries import ChartQuery, Limits
from app.analytics.records import Event
from tests.support.asking import Engine, engine, moment_of

__all__ = ["engine"]

UTC = ZoneInfo("UTC")

LARGE = 2**62
"""Two of them are more than 64 bits hold."""


def earned(position: int, day: int, country: str) -> Event:
    return Event(
        project=1,
        id=f"e{position}",
        name="revenue",
        created_at=day * DAY_MS,
        received_at=0,
        position=position,
        country=country,
        revenue=LARGE,
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
    # With few cells allowed, the engine ranks the lines before any of them are read.
    answer: ChartResult = engine.ask(
        query, replace(moment_of(5 * DAY_MS, UTC), limits=Limits(cells=1))
    )
    (line,) = answer.lines
    assert line.labels == (first,)
    assert sum(line.now.points) == pytest.approx(LARGE * len(days[first]))
