"""Conditions on events as they come: what the stores would say of them later."""

import pytest
from hypothesis import given

from app.analytics.errors import InvalidQueryError
from app.analytics.event_row import event_row
from app.analytics.fields import COLUMNS, PROFILE_COLUMNS, Field
from app.analytics.filters import Compare, Filter, Not, Operator
from app.analytics.matching import event_test
from app.analytics.records import Event
from tests.support.journeys import FILTERS, worlds
from tests.support.oracle import World, holds


@given(worlds(), FILTERS)
def test_events_are_judged_as_by_the_oracle(
    world: tuple[list[Event], int], condition: Filter
) -> None:
    try:
        test = event_test(condition)
    except InvalidQueryError:
        return
    for event in world[0]:
        expected = holds(condition, World.of([]).row(event))
        assert (test(event), test(event_row(event))) == (expected, expected)


@pytest.mark.parametrize("field", [COLUMNS["entry_path"], PROFILE_COLUMNS["email"]])
def test_what_an_event_does_not_know_is_refused(field: Field) -> None:
    with pytest.raises(InvalidQueryError):
        event_test(Not(Compare(field, Operator.EQUALS, ("x",))))
