"""From parameters to a funnel."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from app.analytics.fields import Field, Source
from app.analytics.filters import EVERYTHING
from app.analytics.journeys import (
    PER_PROFILE,
    PER_SESSION,
    Exclusion,
    FunnelOrder,
    FunnelQuery,
    FunnelStep,
)
from app.analytics.periods import HOUR_MS
from app.analytics.ranges import PreviousPeriod
from app.analytics.records import Json
from app.compat.openpanel.admission import Admitted
from app.compat.openpanel.filters import decode_filters
from app.compat.openpanel.naming import field_of
from app.compat.openpanel.params import INVALID_ENUM, Params
from app.compat.openpanel.ranges import REPORT_WORD, decode_range
from app.compat.openpanel.steps_wire import event_condition, wire_event

_DEFAULT_HOURS: Final = 24
_LONGEST_HOURS: Final = 24 * 366 * 10
_MOST_STEPS: Final = 10
_MOST_EXCLUSIONS: Final = 10
_MOST_BREAKDOWNS: Final = 4
_MOST_GROUPS: Final = 100
_USUAL_GROUPS: Final = 10

_PERS: Final[Mapping[str, Field]] = {"session_id": PER_SESSION, "profile_id": PER_PROFILE}
_ORDERS: Final[Mapping[str, FunnelOrder]] = {
    "strict": FunnelOrder.INCREASING,
    "adjacent": FunnelOrder.ADJACENT,
    "any": FunnelOrder.ANY,
}


@dataclass(frozen=True, slots=True)
class FunnelRequest:
    """What is asked: the funnel, its steps as they were told, and what to break it down by."""

    query: FunnelQuery
    events: tuple[Mapping[str, Json], ...]
    breakdown: tuple[Field, ...]
    names: tuple[str, ...]


def funnel_request(asked: Admitted) -> FunnelRequest:
    """The funnel of a request; raises InvalidQueryError that names what is wrong."""
    params = asked.params
    steps, events = _steps(asked)
    order = params.word("funnelOrder", _ORDERS, FunnelOrder.INCREASING)
    breakdown, names = _breakdowns(params)
    query = FunnelQuery(
        project=asked.project.number,
        steps=steps,
        range=decode_range(params, asked.zone, REPORT_WORD),
        filter=decode_filters(params, asked.zone),
        per=params.word("funnelGroup", _PERS, PER_SESSION),
        order=order,
        window_ms=_window(params),
        exclusions=_exclusions(asked, len(steps), order),
        top=params.page("limit", default=_USUAL_GROUPS, most=_MOST_GROUPS),
        compare=PreviousPeriod.PERIOD if params.flag("previous") else None,
    )
    params.check()
    return FunnelRequest(query, events, breakdown, names)


def _steps(asked: Admitted) -> tuple[tuple[FunnelStep, ...], tuple[Mapping[str, Json], ...]]:
    params = asked.params
    name, members = params.given("events", "series"), params.members("events", "series")
    if not 1 <= len(members) <= _MOST_STEPS:
        params.fail(name, message=f"Expected 1 to {_MOST_STEPS} steps")
        return (), ()
    steps: list[FunnelStep] = []
    events: list[Mapping[str, Json]] = []
    for place, member in members:
        event = wire_event(params, member, name, place)
        if event is None:
            continue
        label = event.display_name or event.name
        condition = event_condition(event, params, asked.zone, name, place)
        steps.append(FunnelStep(condition, label))
        told = member if isinstance(member, dict) else {}
        events.append({"filters": [], **told, "name": event.name, "displayName": label})
    return tuple(steps), tuple(events)


def _window(params: Params) -> int:
    hours = params.number("funnelWindow", usual=_DEFAULT_HOURS)
    if not 0 < hours <= _LONGEST_HOURS:
        params.fail("funnelWindow", message=f"Expected more than 0, at most {_LONGEST_HOURS} hours")
        return HOUR_MS
    return max(1, round(hours * HOUR_MS))


def _exclusions(asked: Admitted, steps: int, order: FunnelOrder) -> tuple[Exclusion, ...]:
    """What must not happen between two steps, counted from 1; between the ends if not told."""
    params = asked.params
    name, members = "exclusions", params.members("exclusions")
    if len(members) > _MOST_EXCLUSIONS:
        params.fail(name, message=f"At most {_MOST_EXCLUSIONS} exclusions are allowed")
        return ()
    if members and order is not FunnelOrder.INCREASING:
        params.fail(name, message="Exclusions need the strict order")
    found: list[Exclusion] = []
    for place, member in members:
        event = wire_event(params, member, name, place)
        if event is None:
            continue
        before = steps if event.before_step is None else event.before_step
        where = event_condition(event, params, asked.zone, name, place)
        if not 1 <= event.after_step < before <= steps:
            params.fail(name, place, message="Expected a step and a later one")
        elif where == EVERYTHING:
            params.fail(name, place, "name", message="Not every event can be excluded")
        else:
            found.append(Exclusion(where, event.after_step - 1, before - 1))
    return tuple(found)


def _breakdowns(params: Params) -> tuple[tuple[Field, ...], tuple[str, ...]]:
    name, members = "breakdowns", params.members("breakdowns")
    if len(members) > _MOST_BREAKDOWNS:
        params.fail(name, message=f"At most {_MOST_BREAKDOWNS} breakdowns are allowed")
        return (), ()
    fields: list[Field] = []
    names: list[str] = []
    for place, member in members:
        told = member.get("name") if isinstance(member, dict) else member
        field = field_of(told) if isinstance(told, str) and told else None
        if field is None or Source.EVENTS not in field.sources:
            params.fail(name, place, "name", message=INVALID_ENUM)
        else:
            fields.append(field)
            names.append(str(told))
    return tuple(fields), tuple(names)
