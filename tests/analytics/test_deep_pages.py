"""A slice at a far offset holds the rows that reading over all before it would lead to."""

from dataclasses import replace

import pytest

from app.analytics.answers.seeking import SEEK_FROM
from app.analytics.filters import EVERYTHING, Filter, HasEvent, InSession
from app.analytics.metrics import named
from app.analytics.periods import HOUR_MS, TimeRange
from app.analytics.queries import EventOrder, EventsQuery, Page
from app.analytics.ranges import ANY_TIME, RangeSpec
from app.analytics.records import Event
from tests.support.asking import Engine, engine, moment_of
from tests.support.journeys import ZONES

__all__ = ["engine"]

COUNT = 3_000
MOMENT = moment_of(COUNT * HOUR_MS, ZONES[0])


def events() -> list[Event]:
    """Events in sessions of three, a third of the sessions crowded into a short time."""
    return [
        Event(
            project=1,
            id=f"e{number * 7919 % COUNT:04}",
            name="click" if number % 3 else "view",
            created_at=(number // 3 * HOUR_MS) // (5_000 if number % 9 < 3 else 1) + number % 3,
            received_at=0,
            position=number + 1,
            device_id=f"d{number // 3}",
        )
        for number in range(COUNT)
    ]


@pytest.fixture(scope="module")
def project(engine: Engine) -> int:
    number, _ = engine.load(events(), [])
    return number


@pytest.mark.parametrize("order", EventOrder)
@pytest.mark.parametrize(
    ("span", "condition"),
    [
        (ANY_TIME, EVERYTHING),
        (ANY_TIME, named("click")),
        (TimeRange(HOUR_MS + 1, COUNT * HOUR_MS), InSession(HasEvent(named("view")))),
    ],
)
def test_far_offsets_lead_to_the_same_rows(
    engine: Engine, project: int, order: EventOrder, span: RangeSpec, condition: Filter
) -> None:
    whole = EventsQuery(
        project=project,
        range=span,
        filter=condition,
        order=order,
        page=Page(COUNT),
        columns=frozenset({"id"}),
    )
    ids = [event.id for event in engine.ask(whole, MOMENT).events]
    assert len(ids) > SEEK_FROM
    for offset in (SEEK_FROM, SEEK_FROM + 77, len(ids) - 50, len(ids) - 1, len(ids), COUNT * 9):
        answer = engine.ask(replace(whole, page=Page(50, offset)), MOMENT)
        assert [event.id for event in answer.events] == ids[offset : offset + 50]
        assert answer.has_more == (offset + 50 < len(ids))
