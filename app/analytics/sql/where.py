"""Fields and filters as Core expressions."""

from collections.abc import Iterable, Sequence
from typing import Any, Final, assert_never
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    and_,
    case,
    func,
    or_,
    select,
    true,
    tuple_,
)
from sqlalchemy.sql import false

from app.analytics.fields import (
    Cast,
    ClockPart,
    Column,
    Field,
    GroupColumn,
    GroupProperty,
    HasProfile,
    Membership,
    Memberships,
    ProfileColumn,
    ProfileProperty,
    Property,
    PropertyPattern,
    Source,
    ValueType,
    fan_of,
    uses_profiles,
)
from app.analytics.filters import (
    EVERYTHING,
    All,
    Compare,
    Filter,
    HasEvent,
    Holds,
    InCohort,
    InSession,
    Not,
    Operator,
    Performed,
    mentioned_fields,
)
from app.analytics.filters import Any as AnyOf
from app.analytics.optimize import placed
from app.analytics.periods import TimeRange
from app.analytics.plans import Labels
from app.analytics.queries import Scope
from app.analytics.sql import many, memberships, ops
from app.analytics.sql.buckets import clock_part
from app.analytics.sql.comparisons import cast_as, comparison, number_in
from app.analytics.sql.expressions import Rows, truth_of
from app.analytics.sql.frames import (
    Frame,
    events_frame,
    property_text,
    sessions_frame,
    with_profiles,
)
from app.analytics.sql.kept import Bounds, Statement, bounds_of
from app.analytics.sql.tables import EVENTS, SESSIONS

__all__ = [
    "Frame",
    "Statement",
    "among",
    "events_frame",
    "label_of",
    "number_of",
    "predicate",
    "property_text",
    "scoped",
    "sessions_frame",
    "value_of",
    "with_profiles",
]

_UTC: Final = ZoneInfo("UTC")


def value_of(field: Field, frame: Frame) -> ColumnElement[Any]:
    """The field's value: a column, or a property's text."""
    match field:
        case Column(name):
            return frame.column(name)
        case Property(key):
            return property_text(key, frame.tables[Source.EVENTS].c["properties"])
        case ProfileColumn(name):
            return frame.profiles.c[name]
        case ProfileProperty(key):
            return property_text(key, frame.profiles.c["properties"])
        case PropertyPattern() | GroupColumn() | GroupProperty():
            return many.value_of_one(field, frame)
        case ClockPart() | HasProfile():
            return _told(field, frame)
        case Cast(inner, kind):
            return cast_as(kind, value_of(inner, frame))
        case Membership():
            return _membership(field, frame)
        case Memberships():
            known = frame.fans.get(field)
            return memberships.first_of(field, frame, predicate) if known is None else known
        case _:
            assert_never(field)


def _told(field: ClockPart | HasProfile, frame: Frame) -> ColumnElement[Any]:
    """What several facts of the row tell together."""
    if isinstance(field, ClockPart):
        return clock_part(frame.column("created_at"), field)
    profile, device = frame.column("profile_id"), frame.column("device_id")
    return and_(profile.is_not(None), profile != "", profile.is_distinct_from(device))


def _membership(field: Membership, frame: Frame) -> ColumnElement[str]:
    is_member = predicate(EVERYTHING if field.condition is None else field.condition, frame)
    return case((is_member, ops.text(field.label)), else_=ops.text(f"Not {field.label}"))


def number_of(field: Field, frame: Frame) -> ColumnElement[Any]:
    """The field's value as a number; NULL where it is none."""
    return number_in(field, value_of(field, frame))


def label_of(field: Field, frame: Frame) -> ColumnElement[Any]:
    """What rows are grouped by: the value, with the empty text counted as absent."""
    value = value_of(field, frame)
    return func.nullif(value, "") if field.type is ValueType.STRING else value


def predicate(condition: Filter, frame: Frame) -> ColumnElement[bool]:
    """The condition as an expression that is true exactly where the condition is.

    Where the condition is false the expression is false or NULL, which a WHERE clause
    and the IS NOT TRUE of a negation take alike, and which lets an engine use its
    statistics as a COALESCE around each comparison would not.
    """
    match condition:
        case Compare():
            return _compared(condition, frame)
        case All(members):
            return and_(true(), *(predicate(member, frame) for member in members))
        case AnyOf(members):
            return or_(false(), *(predicate(member, frame) for member in members))
        case Not(member):
            return predicate(member, frame).is_not(true())
        case HasEvent(inner):
            return _has_event(inner, frame)
        case InSession(inner):
            return _in_session(inner, frame)
        case Performed():
            return _performed(condition, frame)
        case InCohort():
            raise AssertionError("Cohorts are settled before statements are built.")
        case Holds(expression, clock):
            return truth_of(expression, Rows(frame.tables[Source.EVENTS], frame.profiles), clock)
        case _:
            assert_never(condition)


def _compared(condition: Compare, frame: Frame) -> ColumnElement[bool]:
    fan = fan_of(condition.field)
    if fan is None or fan in frame.fans:
        return comparison(condition, value_of(condition.field, frame))
    if isinstance(fan, Memberships):
        return memberships.any_of(condition, fan, frame, predicate)
    return many.any_of(condition, frame)


def among(keys: Sequence[ColumnElement[Any]], only: Sequence[Labels]) -> ColumnElement[bool]:
    """Whether the labels of a row are one of these."""
    known = [labels for labels in only if None not in labels]
    parts: list[ColumnElement[bool]]
    if len(keys) == 1:
        parts = [keys[0].in_([labels[0] for labels in known])]
    else:
        parts = [tuple_(*keys).in_(known)] if known else []
    # Trap: NULL is never IN anything.
    parts += [
        and_(
            true(),
            *(
                key.is_(None) if label is None else key == label
                for key, label in zip(keys, labels, strict=True)
            ),
        )
        for labels in only
        if None in labels
    ]
    return or_(false(), *parts)


def scoped(  # noqa: PLR0913 — most statements give none of the last.
    statement: Statement,
    scope: Scope,
    source: Source,
    fields: Iterable[Field] = (),
    *,
    rows: FromClause | None = None,
    bounds: Bounds | None = None,
) -> Statement:
    """The statement over that source's table, bounded to the scope, or to these bounds in time.

    `rows` are the table's where it is joined with anything. `fields` are those that the
    statement itself reads; with any of profiles among them or in the scope's filter, the
    profiles stand beside the rows.
    """
    make = events_frame if source is Source.EVENTS else sessions_frame
    frame = make(scope.project, scope.reach)
    table = frame.tables[source]
    bounds = bounds or bounds_of(scope.range)
    statement = (
        statement.where(table.c["project"] == ops.integer(scope.project))
        .where(table.c["created_at"] >= bounds.start)
        .where(table.c["created_at"] < bounds.end)
    )
    if uses_profiles([*fields, *mentioned_fields(scope.filter)]):
        rows = with_profiles(table if rows is None else rows, table)
    if rows is not None:
        statement = statement.select_from(rows)
    condition = placed(scope.filter, source)
    return statement if condition == EVERYTHING else statement.where(predicate(condition, frame))


def _has_event(condition: Filter, frame: Frame) -> ColumnElement[bool]:
    inner = frame.beside(Source.EVENTS)
    events = (
        select(EVENTS.c.session_id)
        .where(EVENTS.c.project == ops.integer(frame.project))
        .where(EVENTS.c.created_at >= frame.since)
        .where(EVENTS.c.session_id.is_not(None))
        .where(predicate(condition, inner))
    )
    return frame.tables[Source.SESSIONS].c["id"].in_(events)


def _in_session(condition: Filter, frame: Frame) -> ColumnElement[bool]:
    inner = frame.beside(Source.SESSIONS)
    sessions = (
        select(SESSIONS.c.id)
        .where(SESSIONS.c.project == ops.integer(frame.project))
        .where(SESSIONS.c.ended_at >= frame.since)
        .where(predicate(condition, inner))
    )
    return frame.tables[Source.EVENTS].c["session_id"].in_(sessions)


def _performed(deed: Performed, frame: Frame) -> ColumnElement[bool]:
    profile = frame.column("profile_id")
    match deed.operator, deed.count:
        case (Operator.AT_LEAST, 0):
            return true()
        case (Operator.AT_LEAST, 1):
            return profile.in_(_doers(deed, frame))
        case (Operator.AT_LEAST, count):
            return profile.in_(_doers(deed, frame, func.count() >= ops.integer(count)))
        case (Operator.AT_MOST, 0) | (_, 0):
            return profile.in_(_doers(deed, frame)).is_not(true())
        case (Operator.AT_MOST, count):
            often = func.count() > ops.integer(count)
            return profile.in_(_doers(deed, frame, often)).is_not(true())
        case (_, count):
            return profile.in_(_doers(deed, frame, func.count() == ops.integer(count)))


def _doers(
    deed: Performed, frame: Frame, often: ColumnElement[bool] | None = None
) -> Select[*tuple[Any, ...]]:
    """The profiles with such events, or those with so many of them."""
    if not isinstance(deed.range, TimeRange):
        raise TypeError(deed.range)
    scope = Scope(frame.project, deed.range, _UTC, deed.condition)
    doers = scoped(select(EVENTS.c.profile_id), scope, Source.EVENTS)
    doers = doers.where(EVENTS.c.profile_id.is_not(None)).correlate(None)
    return doers if often is None else doers.group_by(EVENTS.c.profile_id).having(often)
