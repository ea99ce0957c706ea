"""Metrics as they are asked for, and how breakdowns are ordered."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import strawberry

from app.analytics.errors import InvalidQueryError
from app.analytics.fields import Column, Field, Source, ValueType
from app.analytics.filters import All, Filter
from app.analytics.metrics import (
    BUILT_IN,
    Metric,
    Operation,
    named,
    narrowed,
    statistic_of,
    unique_of,
)
from app.analytics.queries import ByLabel, ByMetric, Direction, Order
from schema.definitions import given, input_type
from schema.enums import MetricName, SortDirection
from schema.inputs.dimensions import DimensionInput, Path, field_of
from schema.inputs.filters import (
    EventFilterInput,
    EventMatchInput,
    filter_of,
)

_BUILT_IN: Final = {metric.slug: metric for metric in BUILT_IN}
_OPERATIONS: Final = {
    MetricName.SUM: Operation.SUM,
    MetricName.AVG: Operation.AVERAGE,
    MetricName.MIN: Operation.MIN,
    MetricName.MAX: Operation.MAX,
}


@input_type
class MetricInput:
    """One number to ask for."""

    metric: MetricName = strawberry.field(description="What is measured.")
    of: DimensionInput | None = strawberry.field(
        default=strawberry.UNSET,
        description="The field that SUM, AVG, MIN, MAX and UNIQUE are of.",
    )
    event: EventMatchInput | None = strawberry.field(
        default=strawberry.UNSET, description="Count these events only."
    )
    filter: EventFilterInput | None = strawberry.field(
        default=strawberry.UNSET, description="Count only what meets this, for this metric alone."
    )
    as_: str | None = strawberry.field(
        name="as",
        default=strawberry.UNSET,
        description="How the metric is called in the answer; by default as people call it.",
    )


@input_type
class BreakdownOrderInput:
    """How the rows of a breakdown are ordered: by a metric or by a dimension."""

    metric: int | None = strawberry.field(
        default=strawberry.UNSET, description="The place of a metric in `metrics`, from 0."
    )
    dimension: int | None = strawberry.field(
        default=strawberry.UNSET, description="The place of a dimension in `by`, from 0."
    )
    direction: SortDirection = strawberry.field(
        default=SortDirection.DESC, description="Which end comes first."
    )


def metrics_of(asked: Sequence[MetricInput]) -> tuple[Metric, ...]:
    """The core's metrics, labelled as the answer shall call them."""
    return tuple(_metric(one, ("metrics", place)) for place, one in enumerate(asked))


def _metric(asked: MetricInput, path: Path) -> Metric:
    metric = narrowed(_plain(asked, path), _condition(asked, path))
    label = given(asked.as_)
    # Trap: the core names a mean after its operation; the schema's word is another.
    slug = metric.slug if asked.metric.value in _BUILT_IN else asked.metric.value
    return replace(metric, slug=slug, label=label or metric.label)


def _plain(asked: MetricInput, path: Path) -> Metric:
    of = given(asked.of)
    built_in = _BUILT_IN.get(asked.metric.value)
    if built_in is not None:
        if of is not None:
            message = f"{asked.metric.name} takes no field."
            raise InvalidQueryError.at(*path, "of", message=message)
        return built_in
    if of is None:
        message = f"{asked.metric.name} needs a field to measure."
        raise InvalidQueryError.at(*path, "of", message=message)
    field = _measurable(asked.metric, of, (*path, "of"))
    if asked.metric is MetricName.UNIQUE:
        return unique_of(field)
    return statistic_of(_OPERATIONS[asked.metric], field)


def _measurable(metric: MetricName, of: DimensionInput, path: Path) -> Field:
    field = field_of(of, path)
    if Source.EVENTS not in field.sources:
        message = f"{field.label} is a field of sessions; only those of events can be measured."
        raise InvalidQueryError.at(*path, message=message)
    is_number = not isinstance(field, Column) or field.type is ValueType.NUMBER
    if metric is not MetricName.UNIQUE and not is_number:
        message = f"{field.label} is not a number."
        raise InvalidQueryError.at(*path, message=message)
    return field


def _condition(asked: MetricInput, path: Path) -> Filter:
    members: list[Filter] = []
    if event := given(asked.event):
        members += [named(event.name), filter_of(event.filter, (*path, "event", "filter"))]
    members.append(filter_of(asked.filter, (*path, "filter")))
    members = [member for member in members if member != All()]
    return members[0] if len(members) == 1 else All(tuple(members))


def order_of(asked: Sequence[BreakdownOrderInput] | None) -> Order:
    """The core's order; by default the first metric, the largest number first."""
    asked = given(asked) or ()
    if len(asked) > 1:
        message = "Rows are ordered by one column; equal ones are ordered by their labels."
        raise InvalidQueryError.at("orderBy", message=message)
    if not asked:
        return ByMetric()
    direction = Direction(asked[0].direction.value)
    match given(asked[0].metric), given(asked[0].dimension):
        case int(metric), None:
            return ByMetric(metric, direction)
        case None, int(dimension):
            return ByLabel(dimension, direction)
        case _:
            message = "Give either a metric or a dimension to order by."
            raise InvalidQueryError.at("orderBy", 0, message=message)
