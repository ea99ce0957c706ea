"""Conditions on events and sessions, as a tree.

Every condition is true or false, never unknown: a comparison with an absent value is
false, and its negative form is true.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias, assert_never

from app.analytics.expressions.tree import Expression, reads_profiles
from app.analytics.fields import (
    PROFILE_COLUMNS,
    ClockPart,
    Column,
    Field,
    Property,
    PropertyPattern,
    Source,
    base_of,
)
from app.analytics.periods import Stretch
from app.analytics.ranges import ANY_TIME, RangeSpec

Operand: TypeAlias = str | int | float | bool


class Operator(StrEnum):
    """How a field is compared. With several values, any of them may match."""

    EQUALS = "equals"
    CONTAINS = "contains"
    STARTS_WITH = "starts_with"
    ENDS_WITH = "ends_with"
    MATCHES = "matches"
    """An RE2 regular expression finds something in the text."""
    GREATER = "greater"
    AT_LEAST = "at_least"
    LESS = "less"
    AT_MOST = "at_most"
    IS_EMPTY = "is_empty"
    """The value is absent or the empty text; takes no values."""


class Case(StrEnum):
    """Whether capital and small letters differ."""

    SENSITIVE = "sensitive"
    INSENSITIVE = "insensitive"


@dataclass(frozen=True, slots=True, eq=False)
class Compare:
    """True where the field stands in that relation to any of the values.

    Where a row has several values of the field, any of them may; it IS_EMPTY without one
    that isn't. A text is compared as text. A number is compared as a number: a property that is
    neither a number nor the text of one doesn't match. Without values only IS_EMPTY
    can be true.
    """

    field: Field
    operator: Operator
    values: tuple[Operand, ...] = ()
    case: Case = Case.SENSITIVE

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Compare) and self._meaning() == other._meaning()

    def __hash__(self) -> int:
        return hash(self._meaning())

    def _meaning(self) -> tuple[object, ...]:
        # Trap: 1, 1.0 and True are equal, and yet they are compared with different things.
        return self.field, self.operator, self.values, self.case, *map(type, self.values)


@dataclass(frozen=True, slots=True)
class All:
    """True where every member is; true without members."""

    members: tuple["Filter", ...] = ()


@dataclass(frozen=True, slots=True)
class Any:
    """True where at least one member is; false without members."""

    members: tuple["Filter", ...] = ()


@dataclass(frozen=True, slots=True)
class Not:
    """True where the member is not."""

    member: "Filter"


@dataclass(frozen=True, slots=True)
class HasEvent:
    """True for a session with at least one event for which `condition` is true.

    Made by the optimizer from conditions that only an event can meet.
    """

    condition: "Filter"


@dataclass(frozen=True, slots=True)
class InSession:
    """True for an event whose session meets `condition`; false for one without a session.

    Made by the optimizer from conditions that only a session can meet.
    """

    condition: "Filter"


@dataclass(frozen=True, slots=True)
class Performed:
    """True where the row's profile has that many events in `range` that meet `condition`.

    `operator` is one of EQUALS, AT_LEAST and AT_MOST. A profile that did nothing of the kind
    did it 0 times.
    """

    condition: "Filter"
    count: int = 1
    operator: Operator = Operator.AT_LEAST
    range: RangeSpec = ANY_TIME


@dataclass(frozen=True, slots=True)
class InCohort:
    """True where the row's profile is a member of the project's cohort with that id."""

    cohort: str


@dataclass(frozen=True, slots=True)
class Holds:
    """True for an event of which the expression is true, on that clock.

    Streams evaluate what engines don't understand; other questions may hold only what they do.
    """

    expression: Expression
    clock: tuple[Stretch, ...]
    mentions: tuple[Field, ...] = ()
    """A field of profiles, if the expression reads them."""


Filter: TypeAlias = Compare | All | Any | Not | HasEvent | InSession | Performed | InCohort | Holds

EVERYTHING = All()
"""The condition that is always true."""


def leaves(condition: Filter) -> Iterator[Compare]:
    """Every comparison of the tree, from left to right."""
    match condition:
        case Compare():
            yield condition
        case All(members) | Any(members):
            for member in members:
                yield from leaves(member)
        case Not(member):
            yield from leaves(member)
        case HasEvent(inner) | InSession(inner):
            yield from leaves(inner)
        case Performed() | InCohort() | Holds():
            # What they compare are other rows than the one they are asked of.
            pass
        case _:
            assert_never(condition)


def rewritten(condition: Filter, change: Callable[[Compare], Compare]) -> Filter:
    """The same tree with `change` made of every comparison that `leaves` gives."""
    match condition:
        case Compare():
            return change(condition)
        case All(members):
            return All(tuple(rewritten(member, change) for member in members))
        case Any(members):
            return Any(tuple(rewritten(member, change) for member in members))
        case Not(member):
            return Not(rewritten(member, change))
        case HasEvent(inner):
            return HasEvent(rewritten(inner, change))
        case InSession(inner):
            return InSession(rewritten(inner, change))
        case Performed() | InCohort() | Holds():
            return condition
        case _:
            assert_never(condition)


def holding(expression: Expression, clock: tuple[Stretch, ...]) -> Holds:
    """The condition that the expression is true."""
    mentions = (PROFILE_COLUMNS["id"],) if reads_profiles(expression) else ()
    return Holds(expression, clock, mentions)


def held(condition: Filter) -> Iterator[Holds]:
    """Every expression of the tree, from left to right."""
    match condition:
        case Holds():
            yield condition
        case All(members) | Any(members):
            for member in members:
                yield from held(member)
        case Not(inner) | HasEvent(inner) | InSession(inner):
            yield from held(inner)
        case Compare() | Performed() | InCohort():
            return
        case _:
            assert_never(condition)


def mentioned_fields(condition: Filter) -> Iterator[Field]:
    """Every field that the tree compares, and one of profiles where an expression reads them."""
    yield from (leaf.field for leaf in leaves(condition))
    for each in held(condition):
        yield from each.mentions


def fits(condition: Filter, source: Source) -> bool:
    """Whether every field of the tree is known for that source."""
    if source is not Source.EVENTS and any(True for _ in held(condition)):
        return False
    return all(source in leaf.field.sources for leaf in leaves(condition))


def is_about_events_alone(condition: Filter) -> bool:
    """Whether nothing but an event itself tells if the condition is true of it."""
    match condition:
        case Compare(field=field):
            return isinstance(base_of(field), Column | ClockPart | Property | PropertyPattern) and (
                Source.EVENTS in field.sources
            )
        case All(members) | Any(members):
            return all(map(is_about_events_alone, members))
        case Not(member):
            return is_about_events_alone(member)
        case HasEvent() | InSession() | Performed() | InCohort() | Holds():
            return False
        case _:
            assert_never(condition)


def simplified(condition: Filter) -> Filter:
    """The same condition without nested or single-member groups."""
    match condition:
        case All(members):
            return _flattened(members, All)
        case Any(members):
            return _flattened(members, Any)
        case Not(Not(member)):
            return simplified(member)
        case Not(member):
            return Not(simplified(member))
        case Compare() | HasEvent() | InSession() | Performed() | InCohort() | Holds():
            return condition


def _flattened(members: Iterable[Filter], join: type[All] | type[Any]) -> Filter:
    flat: list[Filter] = []
    for member in map(simplified, members):
        if isinstance(member, join):
            flat += member.members
        else:
            flat.append(member)
    return flat[0] if len(flat) == 1 else join(tuple(flat))
