"""Metrics as they are asked for."""

from collections.abc import Sequence
from dataclasses import replace

import strawberry

from app.analytics.errors import InvalidQueryError
from app.analytics.fields import Column, Field, Source, ValueType
from app.analytics.filters import All, Filter
from app.analytics.formulas import parse_formula
from app.analytics.metrics import (
    Calculated,
    Metric,
    calculated,
    named,
    narrowed,
    percentile_of,
    statistic_of,
    unique_of,
)
from schema.definitions import given, input_type
from schema.enums import MetricName
from schema.inputs.dimensions import DimensionInput, Path, field_of
from schema.inputs.filters import (
    EventFilterInput,
    EventMatchInput,
    filter_of,
)
from schema.metric_names import OPERATIONS, SHARES, SIMPLE


@input_type
class MetricInput:
    """One number to ask for."""

    metric: MetricName = strawberry.field(description="What is measured.")
    of: DimensionInput | None = strawberry.field(
        default=strawberry.UNSET,
        description="The field that SUM, AVG, MIN, MAX, UNIQUE and the percentiles are of.",
    )
    share: float | None = strawberry.field(
        default=strawberry.UNSET,
        description="For PERCENTILE: the part (0 to 1) of the numbers that don't exceed it.",
    )
    formula: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="For FORMULA: `A` is the first metric of the list, `B` the second, and so "
        "on; only metrics before it that are no formulas. It knows + - * / % ^, parentheses, "
        "abs, ceil, floor, round, sqrt, min, max, log, log10 and exp.",
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


def metrics_of(asked: Sequence[MetricInput], path: Path = ("metrics",)) -> tuple[Metric, ...]:
    """The core's metrics, labelled as the answer shall call them."""
    metrics: list[Metric] = []
    for place, one in enumerate(asked):
        at = (*path, place)
        is_formula = one.metric is MetricName.FORMULA
        metric = _formula(one, metrics, at) if is_formula else _metric(one, at)
        label = given(one.as_)
        metrics.append(replace(metric, label=label or metric.label))
    return tuple(metrics)


def _formula(asked: MetricInput, before: Sequence[Metric], path: Path) -> Metric:
    text = given(asked.formula)
    if not text:
        message = "FORMULA needs a formula, such as A / B."
        raise InvalidQueryError.at(*path, "formula", message=message)
    for name in ("of", "share", "event", "filter"):
        if given(getattr(asked, name)) is not None:
            message = f"FORMULA takes no {name}: give it to the metrics that it is made of."
            raise InvalidQueryError.at(*path, name, message=message)
    formula = parse_formula(text, *path, "formula")
    for index in sorted(formula.letters):
        letter = chr(ord("A") + index)
        if index >= len(before):
            message = f"{letter} is no metric before the formula; A is the first of the list."
            raise InvalidQueryError.at(*path, "formula", message=message)
        if isinstance(before[index].fold, Calculated):
            message = f"{letter} is a formula itself; a formula uses metrics that are none."
            raise InvalidQueryError.at(*path, "formula", message=message)
    if not formula.letters:
        message = "A formula uses at least one metric before it."
        raise InvalidQueryError.at(*path, "formula", message=message)
    # A formula between keeps its letter; nobody uses what stands in its place.
    parts = [before[0] if isinstance(one.fold, Calculated) else one for one in before]
    return calculated(formula, tuple(parts[: max(formula.letters) + 1]))


def _metric(asked: MetricInput, path: Path) -> Metric:
    if given(asked.formula) is not None:
        message = f"{asked.metric.name} takes no formula."
        raise InvalidQueryError.at(*path, "formula", message=message)
    if given(asked.share) is not None and asked.metric is not MetricName.PERCENTILE:
        message = f"{asked.metric.name} takes no share."
        raise InvalidQueryError.at(*path, "share", message=message)
    return narrowed(_plain(asked, path), _condition(asked, path))


def _plain(asked: MetricInput, path: Path) -> Metric:
    of = given(asked.of)
    simple = SIMPLE.get(asked.metric)
    if simple is not None:
        if of is not None:
            message = f"{asked.metric.name} takes no field."
            raise InvalidQueryError.at(*path, "of", message=message)
        return simple
    if of is None:
        message = f"{asked.metric.name} needs a field to measure."
        raise InvalidQueryError.at(*path, "of", message=message)
    field = _measurable(asked.metric, of, (*path, "of"))
    if asked.metric is MetricName.UNIQUE:
        return unique_of(field)
    if asked.metric in OPERATIONS:
        return statistic_of(OPERATIONS[asked.metric], field)
    return percentile_of(_share(asked, path), field)


def _share(asked: MetricInput, path: Path) -> float:
    share = SHARES.get(asked.metric, given(asked.share))
    if share is None or not 0 <= share <= 1:
        message = "PERCENTILE needs a share between 0 and 1."
        raise InvalidQueryError.at(*path, "share", message=message)
    return share


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
