"""Fields and filters as Core expressions."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias, assert_never

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    and_,
    func,
    or_,
    select,
    true,
    tuple_,
)
from sqlalchemy.sql import false

from app.analytics.fields import (
    Column,
    Field,
    ProfileColumn,
    ProfileProperty,
    Property,
    Source,
    ValueType,
    uses_profiles,
)
from app.analytics.filters import (
    EVERYTHING,
    All,
    Case,
    Compare,
    Filter,
    HasEvent,
    InSession,
    Not,
    Operand,
    Operator,
    leaves,
)
from app.analytics.filters import Any as AnyOf
from app.analytics.optimize import placed
from app.analytics.plans import Labels
from app.analytics.properties import pointer, pointers_of
from app.analytics.queries import Scope
from app.analytics.sql import ops
from app.analytics.sql.tables import EVENTS, PROFILES, SESSIONS

_TOO_LARGE: Final = 2**63

Statement: TypeAlias = Select[*tuple[Any, ...]]

_PLAIN_KEY: Final = re.compile(r"[A-Za-z_$][A-Za-z0-9_$ -]*")
"""Names that a JSON path can quote without escapes and that are never a list index."""


@dataclass(frozen=True, slots=True)
class Frame:
    """The rows that an expression is about.

    `tables` maps each source to its table in the FROM clause; a column that both have is
    taken from `primary`. `project` and `since` bound the look-ups in the other table.
    `profiles` stand beside the rows where a field of theirs is used.
    """

    primary: Source
    tables: dict[Source, FromClause]
    project: int
    since: int
    profiles: FromClause = PROFILES

    def column(self, name: str) -> ColumnElement[Any]:
        """The column of that name: the primary table's, else the other one's."""
        own = self.tables[self.primary].c
        if name == "session_id" and self.primary is Source.SESSIONS:
            return own["id"]
        if name in own:
            return own[name]
        return next(table.c[name] for table in self.tables.values() if name in table.c)


def events_frame(project: int, since: int) -> Frame:
    """The frame of a statement over events alone."""
    return Frame(Source.EVENTS, {Source.EVENTS: EVENTS}, project, since)


def sessions_frame(project: int, since: int) -> Frame:
    """The frame of a statement over sessions alone."""
    return Frame(Source.SESSIONS, {Source.SESSIONS: SESSIONS}, project, since)


def with_profiles(rows: FromClause, owner: FromClause) -> FromClause:
    """The rows with the profile of each beside it, where there is one."""
    same = and_(PROFILES.c.id == owner.c["profile_id"], PROFILES.c.project == owner.c["project"])
    return rows.outerjoin(PROFILES, same)


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
        case _:
            assert_never(field)


def property_text(key: str, properties: ColumnElement[str]) -> ColumnElement[str]:
    """The text of the property called `key`: of that whole name, else the nested one."""
    if _PLAIN_KEY.fullmatch(key):
        return ops.PropertyText(properties, ops.text(pointer([key])), ops.text(f'$."{key}"'))
    places = [ops.PropertyAt(properties, ops.text(place)) for place in pointers_of(key)]
    return places[0] if len(places) == 1 else func.coalesce(*places)


def number_of(field: Field, frame: Frame) -> ColumnElement[Any]:
    """The field's value as a number; NULL where it is none."""
    value = value_of(field, frame)
    return ops.NumberIn(value) if field.type is ValueType.STRING else value


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
            return _comparison(condition, frame)
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
        case _:
            assert_never(condition)


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


def scoped(
    statement: Statement, scope: Scope, source: Source, fields: Iterable[Field] = ()
) -> Statement:
    """The statement over that source's table, bounded to the scope.

    `fields` are those that the statement itself reads; with any of profiles among them or
    in the scope's filter, the profiles stand beside the rows.
    """
    make = events_frame if source is Source.EVENTS else sessions_frame
    frame = make(scope.project, scope.range.start)
    table = frame.tables[source]
    statement = (
        statement.where(table.c["project"] == ops.integer(scope.project))
        .where(table.c["created_at"] >= ops.integer(scope.range.start))
        .where(table.c["created_at"] < ops.integer(scope.range.end))
    )
    if uses_profiles([*fields, *(leaf.field for leaf in leaves(scope.filter))]):
        statement = statement.select_from(with_profiles(table, table))
    condition = placed(scope.filter, source)
    return statement if condition == EVERYTHING else statement.where(predicate(condition, frame))


def _has_event(condition: Filter, frame: Frame) -> ColumnElement[bool]:
    inner = events_frame(frame.project, frame.since)
    events = (
        select(EVENTS.c.session_id)
        .where(EVENTS.c.project == ops.integer(frame.project))
        .where(EVENTS.c.created_at >= ops.integer(frame.since))
        .where(EVENTS.c.session_id.is_not(None))
        .where(predicate(condition, inner))
    )
    return frame.tables[Source.SESSIONS].c["id"].in_(events)


def _in_session(condition: Filter, frame: Frame) -> ColumnElement[bool]:
    inner = sessions_frame(frame.project, frame.since)
    sessions = (
        select(SESSIONS.c.id)
        .where(SESSIONS.c.project == ops.integer(frame.project))
        .where(SESSIONS.c.ended_at >= ops.integer(frame.since))
        .where(predicate(condition, inner))
    )
    return frame.tables[Source.EVENTS].c["session_id"].in_(sessions)


def _comparison(compare: Compare, frame: Frame) -> ColumnElement[bool]:
    match compare.operator:
        case Operator.IS_EMPTY:
            return _is_empty(compare.field, frame)
        case Operator.EQUALS:
            return _equals(compare, frame)
        case Operator.GREATER | Operator.AT_LEAST | Operator.LESS | Operator.AT_MOST:
            return or_(false(), *(_ordered(compare, value, frame) for value in compare.values))
        case Operator.CONTAINS | Operator.STARTS_WITH | Operator.ENDS_WITH | Operator.MATCHES:
            return or_(false(), *(_textual(compare, value, frame) for value in compare.values))
        case _:
            assert_never(compare.operator)


def _is_empty(field: Field, frame: Frame) -> ColumnElement[bool]:
    value = value_of(field, frame)
    if field.type is ValueType.STRING:
        return or_(value.is_(None), value == "")
    return value.is_(None)


def text_of_operand(value: Operand) -> str:
    """How an operand is spelled when it is compared as text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else repr(value)


def _is_number(value: Operand) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _equals(compare: Compare, frame: Frame) -> ColumnElement[bool]:
    field = compare.field
    if field.type is ValueType.BOOLEAN:
        constants = [true() if value else false() for value in compare.values]
        return or_(false(), *(value_of(field, frame).is_(constant) for constant in constants))
    numbers = [value for value in compare.values if _is_number(value)]
    texts = [text_of_operand(value) for value in compare.values if not _is_number(value)]
    parts: list[ColumnElement[bool]] = []
    if numbers:
        parts.append(number_of(field, frame).in_([_bound(value) for value in numbers]))
    if texts and field.type is ValueType.STRING:
        value = value_of(field, frame)
        if compare.case is Case.INSENSITIVE:
            value, texts = ops.Lower(value), [text.lower() for text in texts]
        parts.append(value.in_(texts) if len(texts) > 1 else value == ops.text(texts[0]))
    return or_(false(), *parts)


def _bound(value: Operand) -> ColumnElement[Any]:
    # Whole numbers beyond 64 bits are compared as the floating point numbers they come near.
    is_integer = isinstance(value, int) and abs(value) < _TOO_LARGE
    return ops.integer(int(value)) if is_integer else ops.number(float(value))


def _ordered(compare: Compare, value: Operand, frame: Frame) -> ColumnElement[bool]:
    left: ColumnElement[Any]
    right: ColumnElement[Any]
    if compare.field.type is ValueType.BOOLEAN:
        return false()
    if _is_number(value):
        left, right = number_of(compare.field, frame), _bound(value)
    elif compare.field.type is ValueType.STRING:
        left, right = value_of(compare.field, frame), ops.text(text_of_operand(value))
    else:
        return false()
    match compare.operator:
        case Operator.GREATER:
            return left > right
        case Operator.AT_LEAST:
            return left >= right
        case Operator.LESS:
            return left < right
        case _:
            return left <= right


_TEXTUAL: Final = {
    Operator.CONTAINS: ops.Contains,
    Operator.STARTS_WITH: ops.StartsWith,
    Operator.ENDS_WITH: ops.EndsWith,
    Operator.MATCHES: ops.Matches,
}


def _textual(compare: Compare, value: Operand, frame: Frame) -> ColumnElement[bool]:
    if compare.field.type is not ValueType.STRING:
        return false()
    text, part = value_of(compare.field, frame), text_of_operand(value)
    if compare.case is Case.INSENSITIVE and compare.operator is not Operator.MATCHES:
        text, part = ops.Lower(text), part.lower()
    elif compare.case is Case.INSENSITIVE:
        part = f"(?i){part}"
    return _TEXTUAL[compare.operator](text, ops.text(part))
