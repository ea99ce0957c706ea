"""Filters as a tree; each turns into the core's own."""

from collections.abc import Iterator
from typing import Final

import strawberry

from app.analytics.errors import InvalidQueryError
from app.analytics.fields import COLUMNS, Cast, Field, Text, ValueType
from app.analytics.filters import All, Any, Filter, InCohort, Not, Operator, Performed
from app.analytics.metrics import named
from app.analytics.ranges import ANY_TIME
from schema.definitions import given, input_type
from schema.enums import CastType
from schema.inputs.dimensions import DimensionInput, Path, cohort_id, field_of
from schema.inputs.matches import (
    StringMatchInput,
    ValueMatchInput,
    text_conditions,
    value_conditions,
)
from schema.inputs.ranges import RangeInput, range_of

_MOST_TIMES: Final = 1_000_000


@input_type
class FieldMatchInput:
    """A condition on any field."""

    on: DimensionInput = strawberry.field(description="The field.")
    is_: ValueMatchInput = strawberry.field(name="is", description="What must hold for it.")
    as_: CastType | None = strawberry.field(
        name="as", default=strawberry.UNSET, description="How its text is read beforehand."
    )


@input_type
class EventFilterInput:
    """Which events count; all that is given must hold.

    A session meets a condition that only events can meet through any one of its events,
    and an event one that only sessions can meet through its session.
    """

    and_: list["EventFilterInput"] | None = strawberry.field(
        name="and", default=strawberry.UNSET, description="All of these hold."
    )
    or_: list["EventFilterInput"] | None = strawberry.field(
        name="or", default=strawberry.UNSET, description="At least one of these holds."
    )
    not_: "EventFilterInput | None" = strawberry.field(
        name="not", default=strawberry.UNSET, description="This does not hold."
    )
    name: StringMatchInput | None = strawberry.field(
        default=strawberry.UNSET, description="The event's name."
    )
    path: StringMatchInput | None = strawberry.field(
        default=strawberry.UNSET, description="The page's path, or the screen."
    )
    country: StringMatchInput | None = strawberry.field(
        default=strawberry.UNSET, description="The country, as an ISO 3166 code such as SE."
    )
    device: StringMatchInput | None = strawberry.field(
        default=strawberry.UNSET, description="The kind of device, such as mobile."
    )
    where: list[FieldMatchInput] | None = strawberry.field(
        default=strawberry.UNSET, description="Conditions on any other fields."
    )
    cohort: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="The profile is a member of this cohort."
    )
    did: "DidInput | None" = strawberry.field(
        default=strawberry.UNSET, description="The profile did this so many times."
    )


@input_type
class EventMatchInput:
    """Events of one name, and perhaps only some of them."""

    name: str = strawberry.field(description="The event's name.")
    filter: EventFilterInput | None = strawberry.field(
        default=strawberry.UNSET, description="What else must hold."
    )


@input_type
class DidInput:
    """What a profile did, and how often. Who did nothing of the kind did it 0 times."""

    event: EventMatchInput = strawberry.field(description="What it did.")
    at_least: int | None = strawberry.field(
        default=strawberry.UNSET, description="So many times or more; by default once."
    )
    at_most: int | None = strawberry.field(
        default=strawberry.UNSET, description="So many times or fewer."
    )
    span: RangeInput | None = strawberry.field(
        name="range", default=strawberry.UNSET, description="When; by default at any time."
    )


def filter_of(asked: EventFilterInput | None, path: Path = ("filter",)) -> Filter:
    """The core's filter; raises InvalidQueryError for values that can't be compared."""
    meant = given(asked)
    return All() if meant is None else All(tuple(_members(meant, path)))


def _members(asked: EventFilterInput, path: Path) -> Iterator[Filter]:
    for place, member in enumerate(given(asked.and_) or ()):
        yield filter_of(member, (*path, "and", place))
    if (any_of := given(asked.or_)) is not None:
        members = (filter_of(member, (*path, "or", n)) for n, member in enumerate(any_of))
        yield Any(tuple(members))
    if (unwanted := given(asked.not_)) is not None:
        yield Not(filter_of(unwanted, (*path, "not")))
    for name in ("name", "path", "country", "device"):
        match: StringMatchInput | None = given(getattr(asked, name))
        if match is not None:
            yield from text_conditions(COLUMNS[name], match, (*path, name))
    for place, condition in enumerate(given(asked.where) or ()):
        there = (*path, "where", place)
        field = _read_as(field_of(condition.on, (*there, "on")), given(condition.as_), there)
        yield from value_conditions(field, condition.is_, (*there, "is"))
    if (cohort := given(asked.cohort)) is not None:
        yield InCohort(cohort_id(cohort, (*path, "cohort")))
    if (did := given(asked.did)) is not None:
        yield from _deeds(did, (*path, "did"))


def _read_as(field: Field, kind: CastType | None, path: Path) -> Field:
    if kind is None:
        return field
    if not isinstance(field, Text) or field.type is not ValueType.STRING:
        message = f"{field.label} is not read from a text."
        raise InvalidQueryError.at(*path, "as", message=message)
    return Cast(field, ValueType(kind.value))


def _deeds(did: DidInput, path: Path) -> Iterator[Filter]:
    inner = filter_of(did.event.filter, (*path, "event", "filter"))
    condition = All((named(did.event.name), inner))
    span = given(did.span)
    range_ = ANY_TIME if span is None else range_of(span)
    least, most = given(did.at_least), given(did.at_most)
    for name, times in (("atLeast", least), ("atMost", most)):
        if times is not None and not 0 <= times <= _MOST_TIMES:
            message = f"How often is a number up to {_MOST_TIMES}."
            raise InvalidQueryError.at(*path, name, message=message)
    if least is not None or most is None:
        yield Performed(condition, 1 if least is None else least, Operator.AT_LEAST, range_)
    if most is not None:
        yield Performed(condition, most, Operator.AT_MOST, range_)
