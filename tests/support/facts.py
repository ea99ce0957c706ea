"""Facts of a project, and which of them meet a condition: the part of the oracle about rows."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeAlias, assert_never
from zoneinfo import ZoneInfo

import re2

from app.analytics.fields import (
    GROUP_COLUMNS,
    GROUPS,
    Cast,
    ClockPart,
    ClockUnit,
    Column,
    Fan,
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
)
from app.analytics.filters import (
    All,
    Case,
    Compare,
    Filter,
    Not,
    Operand,
    Operator,
    Performed,
    fits,
    leaves,
    simplified,
)
from app.analytics.filters import Any as AnyOf
from app.analytics.instants import parse_instant
from app.analytics.numbers import parse_number
from app.analytics.periods import TimeRange, to_datetime
from app.analytics.properties import property_text, texts_at
from app.analytics.records import Event, Group, Profile, Session
from app.analytics.sessions import SessionNaming, session_record, sessionize
from tests.support.naming import name_session

Record: TypeAlias = Event | Session
_UTC: Final = ZoneInfo("UTC")
_NOTHING: list[str | None] = [None]


@dataclass(frozen=True)
class Row:
    """A record with its profile, and the record of the other kind where both are looked at.

    Fanned out, it has one value of each of the fans, or none.
    """

    own: Record
    profile: Profile | None
    world: "World"
    other: Record | None = None
    fans: Mapping[Fan, str | None] = field(default_factory=dict[Fan, str | None])


@dataclass(frozen=True)
class World:
    """All facts of one project."""

    events: list[Event]
    sessions: list[Session]
    profiles: dict[str, Profile]
    groups: dict[str, Group]
    zone: ZoneInfo = _UTC
    """Where the clock of those who ask stands."""

    @classmethod
    def of(
        cls,
        events: Iterable[Event],
        profiles: Iterable[Profile] = (),
        naming: SessionNaming = name_session,
        groups: Iterable[Group] = (),
    ) -> "World":
        """The facts that these stored events make, and the profiles beside them."""
        stored = list(events)
        states = sessionize(stored, naming)
        known = {profile.id: profile for profile in profiles}
        sessions = [session_record(state) for state in states]
        return cls(stored, sessions, known, {group.id: group for group in groups})

    def row(
        self,
        record: Record,
        other: Record | None = None,
        fans: Mapping[Fan, str | None] | None = None,
    ) -> Row:
        """The record with what belongs to it."""
        profile = self.profiles.get(record.profile_id or "")
        return Row(record, profile, self, other, fans or {})


def elements(fan: Fan, row: Row) -> list[str]:
    """What the row fans out to."""
    if isinstance(fan, Memberships):
        met = (each for each in fan.cohorts if each.condition is None or holds(each.condition, row))
        return sorted({each.label for each in met})
    if fan == GROUPS:
        return list(row.own.groups)
    holder = row.own if isinstance(row.own, Event) else row.other
    pattern = fan.removeprefix("properties.")
    return texts_at(holder.properties, pattern) if isinstance(holder, Event) else []


def _of_element(field: Field, element: str | None, row: Row) -> Any:  # noqa: ANN401
    """The value of a field of many for one of the elements."""
    own = isinstance(field, PropertyPattern | Memberships) or field == GROUP_COLUMNS["id"]
    if element is None or own:
        return element
    group = row.world.groups.get(element)
    match field:
        case GroupColumn(name):
            return getattr(group, name, None)
        case GroupProperty(key):
            return None if group is None else property_text(dict(group.properties), key)
        case _:
            raise AssertionError(field)


def _cast(value: Any, kind: ValueType) -> Any:  # noqa: ANN401
    match kind:
        case ValueType.NUMBER:
            return parse_number(value)
        case ValueType.INSTANT:
            return parse_instant(value)
        case ValueType.BOOLEAN:
            small = str(value or "").lower()
            return {"true": True, "1": True, "false": False, "0": False}.get(small)
        case ValueType.STRING:
            return value


def one_of_each(row: Row, fans: Sequence[Fan]) -> list[Row]:
    """The row once for each of its elements."""
    rows = [row]
    for fan in fans:
        rows = [
            replace(each, fans={**each.fans, fan: element})
            for each in rows
            for element in elements(fan, each) or _NOTHING
        ]
    return rows


def _told(field: ClockPart | HasProfile, row: Row) -> int | bool:
    """What several facts of the row tell together."""
    if isinstance(field, HasProfile):
        return bool(row.own.profile_id) and row.own.profile_id != row.own.device_id
    local = to_datetime(row.own.created_at, row.world.zone)
    return local.isoweekday() if field.unit is ClockUnit.DAY_OF_WEEK else local.hour


def read(field: Field, row: Row) -> Any:  # noqa: ANN401  A value of any column.
    """The field's value in the row: its own, else the one of the record beside it."""
    match field:
        case Column("session_id") if isinstance(row.own, Session):
            return row.own.id
        case Column(name):
            holder = row.own if hasattr(row.own, name) else row.other
            return None if holder is None else getattr(holder, name)
        case Property(key):
            holder = row.own if isinstance(row.own, Event) else row.other
            return property_text(holder.properties, key) if isinstance(holder, Event) else None
        case ProfileColumn(name):
            return None if row.profile is None else getattr(row.profile, name)
        case ProfileProperty(key):
            return None if row.profile is None else property_text(row.profile.properties, key)
        case PropertyPattern() | GroupColumn() | GroupProperty() | Memberships():
            fan = fan_of(field) or ""
            least = min(elements(fan, row), default=None)
            return _of_element(field, row.fans.get(fan, least), row)
        case ClockPart() | HasProfile():
            return _told(field, row)
        case Cast(inner, kind):
            return _cast(read(inner, row), kind)
        case Membership(condition=condition):
            is_member = condition is None or holds(condition, row)
            return field.label if is_member else f"Not {field.label}"
        case _:
            assert_never(field)


def number_in(field: Field, row: Row) -> float | int | None:
    value = read(field, row)
    return parse_number(value) if field.type is ValueType.STRING else value


def compares(compare: Compare, row: Row) -> bool:
    field = compare.field
    fan = fan_of(field)
    if fan is not None and fan not in row.fans:
        alone = [replace(row, fans={fan: element}) for element in elements(fan, row)]
        if compare.operator is Operator.IS_EMPTY:
            return all(compares(compare, each) for each in alone)
        return any(compares(compare, each) for each in alone)
    text = read(field, row)
    if compare.operator is Operator.IS_EMPTY:
        return text is None or text == ""
    return any(_relates(compare, value, row) for value in compare.values)


def _relates(compare: Compare, value: Operand, row: Row) -> bool:
    field, operator = compare.field, compare.operator
    if field.type is ValueType.BOOLEAN:
        return operator is Operator.EQUALS and read(field, row) is bool(value)
    by_number = isinstance(value, int | float) and not isinstance(value, bool)
    ordered: dict[Operator, Callable[[Any, Any], bool]] = {
        Operator.EQUALS: lambda a, b: a == b,
        Operator.GREATER: lambda a, b: a > b,
        Operator.AT_LEAST: lambda a, b: a >= b,
        Operator.LESS: lambda a, b: a < b,
        Operator.AT_MOST: lambda a, b: a <= b,
    }
    if by_number and operator in ordered:
        number = number_in(field, row)
        return number is not None and ordered[operator](number, value)
    text = read(field, row)
    if field.type is not ValueType.STRING or text is None:
        return False
    wanted = ("true" if value else "false") if isinstance(value, bool) else str(value)
    ignores_case = compare.case is Case.INSENSITIVE
    if operator is Operator.MATCHES:
        pattern = f"(?i){wanted}" if ignores_case else wanted
        return re2.search(pattern, text) is not None  # pyright: ignore[reportUnknownMemberType]  # It has no stubs.
    if ignores_case and operator in {
        Operator.EQUALS,
        Operator.CONTAINS,
        Operator.STARTS_WITH,
        Operator.ENDS_WITH,
    }:
        text, wanted = text.lower(), wanted.lower()
    if operator in ordered:
        return ordered[operator](text, wanted)
    textual: dict[Operator, Callable[[str, str], bool]] = {
        Operator.CONTAINS: str.__contains__,
        Operator.STARTS_WITH: str.startswith,
        Operator.ENDS_WITH: str.endswith,
    }
    return textual[operator](text, wanted)


def holds(condition: Filter, row: Row) -> bool:
    """Whether the row itself meets the condition."""
    match condition:
        case Compare():
            return compares(condition, row)
        case All(members):
            return all(holds(member, row) for member in members)
        case AnyOf(members):
            return any(holds(member, row) for member in members)
        case Not(member):
            return not holds(member, row)
        case Performed():
            return performs(condition, row)
        case _:
            raise AssertionError(condition)


def performs(deed: Performed, row: Row) -> bool:
    span, world = deed.range, row.world
    assert isinstance(span, TimeRange)
    times = sum(
        event.profile_id == row.own.profile_id
        and span.start <= event.created_at < span.end
        and meets(simplified(deed.condition), event, world, span.start)
        for event in world.events
        if event.profile_id is not None
    )
    match deed.operator:
        case Operator.EQUALS:
            return times == deed.count
        case Operator.AT_MOST:
            return times <= deed.count
        case _:
            return times >= deed.count


def meets(
    condition: Filter,
    record: Record,
    world: World,
    since: int,
    fans: Mapping[Fan, str | None] | None = None,
) -> bool:
    """Whether a record meets the condition, by itself or through those of the other kind.

    Fields of both kinds are the record's own. What only the other kind has must be met by
    a single one of them, and members of one conjunction by the same one.
    """
    source = Source.EVENTS if isinstance(record, Event) else Source.SESSIONS
    if fits(condition, source):
        return holds(condition, world.row(record, fans=fans))
    if _is_foreign(condition, source):
        return any(holds(condition, world.row(each)) for each in beside(record, world, since))
    match condition:
        case All(members):
            foreign = tuple(m for m in members if _is_foreign(m, source))
            rest = [member for member in members if member not in foreign]
            return all(meets(member, record, world, since, fans) for member in rest) and (
                not foreign
                or any(
                    holds(All(foreign), world.row(each)) for each in beside(record, world, since)
                )
            )
        case AnyOf(members):
            return any(meets(member, record, world, since, fans) for member in members)
        case Not(member):
            return not meets(member, record, world, since, fans)
        case _:
            raise AssertionError(condition)


def _is_foreign(condition: Filter, source: Source) -> bool:
    fields = [leaf.field for leaf in leaves(condition)]
    return bool(fields) and all(source not in field.sources for field in fields)


def beside(record: Record, world: World, since: int) -> list[Record]:
    """A session's events from `since` on, or an event's session."""
    if isinstance(record, Event):
        return [session for session in world.sessions if session.id == record.session_id]
    return [
        event
        for event in world.events
        if event.session_id == record.id and event.created_at >= since
    ]


def label(field: Field, row: Row) -> Any:  # noqa: ANN401  The same.
    value = read(field, row)
    return None if field.type is ValueType.STRING and value == "" else value
