"""Which rows of a breakdown are kept, and how these are ordered."""

from collections.abc import Mapping, Sequence
from typing import Final

import strawberry

from app.analytics.errors import InvalidQueryError
from app.analytics.queries import ByLabel, ByMetric, Direction, Order
from app.analytics.thresholds import Relation, Threshold
from schema.definitions import given, input_type
from schema.enums import SortDirection

_RELATIONS: Final[Mapping[str, Relation]] = {
    "gt": Relation.GREATER,
    "gte": Relation.AT_LEAST,
    "lt": Relation.LESS,
    "lte": Relation.AT_MOST,
}


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


@input_type
class HavingInput:
    """Which rows of a breakdown are kept, by one of their numbers; all that is given must hold.

    A row whose number is absent, such as a mean of nothing, is not kept.
    """

    metric: int = strawberry.field(description="The place of a metric in `metrics`, from 0.")
    gt: float | None = strawberry.field(
        default=strawberry.UNSET, description="The number is larger than this."
    )
    gte: float | None = strawberry.field(
        default=strawberry.UNSET, description="The number is this or larger."
    )
    lt: float | None = strawberry.field(
        default=strawberry.UNSET, description="The number is smaller than this."
    )
    lte: float | None = strawberry.field(
        default=strawberry.UNSET, description="The number is this or smaller."
    )


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


def thresholds_of(asked: Sequence[HavingInput] | None) -> tuple[Threshold, ...]:
    """The core's thresholds; all of them hold for the rows that are kept."""
    found: list[Threshold] = []
    for place, one in enumerate(given(asked) or ()):
        told = [
            Threshold(one.metric, relation, float(value))
            for name, relation in _RELATIONS.items()
            if (value := given(getattr(one, name))) is not None
        ]
        if not told:
            message = "Give at least one of gt, gte, lt and lte."
            raise InvalidQueryError.at("having", place, message=message)
        found += told
    return tuple(found)
