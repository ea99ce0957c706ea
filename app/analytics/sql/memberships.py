"""Cohorts as a field of which a row has several values: the names of those it belongs to."""

from dataclasses import replace
from typing import Final

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Text,
    and_,
    case,
    literal_column,
    null,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.sql import false

from app.analytics.fields import Fan, Memberships
from app.analytics.filters import EVERYTHING, Compare, Operator
from app.analytics.sql import many, ops
from app.analytics.sql.comparisons import comparison
from app.analytics.sql.frames import Frame, Truth

_NOTHING: Final = literal_column("NULL", Text())


def first_of(field: Memberships, frame: Frame, truth: Truth) -> ColumnElement[str]:
    """The name of the first of the row's cohorts; NULL where it has none."""
    named = _conditions(field, frame, truth)
    return case(*((met, ops.text(label)) for label, met in named)) if named else _NOTHING


def any_of(compare: Compare, field: Memberships, frame: Frame, truth: Truth) -> ColumnElement[bool]:
    """Whether the comparison holds for any of the row's cohorts."""
    named = _conditions(field, frame, truth)
    if compare.operator is Operator.IS_EMPTY:
        return and_(true(), *(met.is_not(true()) for _, met in named))
    return or_(false(), *(and_(met, comparison(compare, ops.text(label))) for label, met in named))


def fanned(
    rows: FromClause, frame: Frame, fans: tuple[Fan, ...], truth: Truth
) -> tuple[FromClause, Frame]:
    """The rows once for each of their values of the fans, and the frame that knows them."""
    for number, fan in enumerate(fans):
        if isinstance(fan, Memberships):
            rows, frame = _fanned(rows, frame, fan, f"fan{number}", truth)
        else:
            rows, frame = many.fanned(rows, frame, fan, f"fan{number}")
    return rows, frame


def _fanned(
    rows: FromClause, frame: Frame, field: Memberships, name: str, truth: Truth
) -> tuple[FromClause, Frame]:
    """A row stands once for each of its cohorts, and once without any where it has none."""
    named = _conditions(field, frame, truth)
    if not named:
        return rows, replace(frame, fans={**frame.fans, field: _NOTHING})
    labels = [select(ops.text(label).label("cohort")) for label, _ in named]
    cohort = union_all(*labels, select(null().label("cohort"))).subquery(name).c.cohort
    belongs = [and_(cohort == ops.text(label), met) for label, met in named]
    lonely = and_(cohort.is_(None), *(met.is_not(true()) for _, met in named))
    return (
        rows.join(cohort.table, or_(*belongs, lonely)),
        replace(frame, fans={**frame.fans, field: cohort}),
    )


def _conditions(
    field: Memberships, frame: Frame, truth: Truth
) -> list[tuple[str, ColumnElement[bool]]]:
    """What makes a member of each cohort, by its name."""
    return [
        (each.label, truth(EVERYTHING if each.condition is None else each.condition, frame))
        for each in field.cohorts
    ]
