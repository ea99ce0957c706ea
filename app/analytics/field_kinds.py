"""The kinds of fields: what each reads, and of which rows."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final, TypeAlias

from app.analytics.periods import Stretch
from app.kit.trees import nodes_of

if TYPE_CHECKING:
    from app.analytics.filters import Filter


class ValueType(StrEnum):
    """What a field's values are."""

    STRING = "string"
    NUMBER = "number"
    BOOLEAN = "boolean"
    INSTANT = "instant"


class Source(StrEnum):
    """The facts that a measure counts."""

    EVENTS = "events"
    SESSIONS = "sessions"


_BOTH: Final = frozenset(Source)
_EVENTS: Final = frozenset({Source.EVENTS})


@dataclass(frozen=True, slots=True)
class Column:
    """A column of events, of sessions, or of both under one name."""

    name: str
    label: str
    type: ValueType = ValueType.STRING
    sources: frozenset[Source] = frozenset(Source)


@dataclass(frozen=True, slots=True)
class _Keyed:
    """What stands in a JSON document under a key; shown to people by the key alone.

    Compared as text unless the comparison is with a number.
    """

    key: str

    @property
    def label(self) -> str:
        """How the field is shown to people."""
        return self.key

    @property
    def type(self) -> ValueType:
        """Text, whatever the JSON type is."""
        return ValueType.STRING


@dataclass(frozen=True, slots=True)
class Property(_Keyed):
    """An event property.

    A dotted key means the property of exactly that name, else the nested one; a part
    that is a whole number is an index into a list.
    """

    @property
    def name(self) -> str:
        """How the property is called in answers and errors."""
        return f"properties.{self.key}"

    @property
    def sources(self) -> frozenset[Source]:
        """Only events have properties."""
        return _EVENTS


@dataclass(frozen=True, slots=True)
class ProfileColumn:
    """A column of the profile that an event or a session belongs to."""

    column: str
    label: str
    type: ValueType = ValueType.STRING

    @property
    def name(self) -> str:
        """How the field is called in answers and errors."""
        return f"profile.{self.column}"

    @property
    def sources(self) -> frozenset[Source]:
        """Events and sessions both have a profile."""
        return _BOTH


@dataclass(frozen=True, slots=True)
class ProfileProperty(_Keyed):
    """A property of the profile that an event or a session belongs to; keys as `Property`."""

    @property
    def name(self) -> str:
        """How the field is called in answers and errors."""
        return f"profile.properties.{self.key}"

    @property
    def sources(self) -> frozenset[Source]:
        """Events and sessions both have a profile."""
        return _BOTH


@dataclass(frozen=True, slots=True)
class PropertyPattern(_Keyed):
    """Every event property to which a dotted key leads whose stars stand for any member.

    An event has as many values of it as it has such properties that are not null. A part
    that is a whole number is a name and an index into a list alike.
    """

    @property
    def name(self) -> str:
        """How the properties are called in answers and errors."""
        return f"properties.{self.key}"

    @property
    def sources(self) -> frozenset[Source]:
        """Only events have properties."""
        return _EVENTS


@dataclass(frozen=True, slots=True)
class GroupColumn:
    """A column of the groups that an event or a session names; `id` is the name itself.

    An event has a value of it for each of its groups.
    """

    column: str
    label: str
    type: ValueType = ValueType.STRING

    @property
    def name(self) -> str:
        """How the field is called in answers and errors."""
        return f"group.{self.column}"

    @property
    def sources(self) -> frozenset[Source]:
        """Events and sessions both have groups."""
        return _BOTH


@dataclass(frozen=True, slots=True)
class GroupProperty(_Keyed):
    """A property of the groups that an event or a session names; keys as `Property`."""

    @property
    def name(self) -> str:
        """How the field is called in answers and errors."""
        return f"group.properties.{self.key}"

    @property
    def sources(self) -> frozenset[Source]:
        """Events and sessions both have groups."""
        return _BOTH


class ClockUnit(StrEnum):
    """What of a local clock comes again."""

    DAY_OF_WEEK = "day_of_week"
    """1 for Monday to 7 for Sunday, as ISO 8601 counts."""
    HOUR_OF_DAY = "hour_of_day"
    """0 to 23."""


@dataclass(frozen=True, slots=True)
class ClockPart:
    """What the question's clock shows where an event happened or a session began.

    `clock` is the zone's offsets around the question's ranges; it is settled from the zone.
    """

    unit: ClockUnit
    label: str
    clock: tuple[Stretch, ...] = ()
    type: ValueType = ValueType.NUMBER

    @property
    def name(self) -> str:
        """How the field is called in answers and errors."""
        return self.unit.value

    @property
    def sources(self) -> frozenset[Source]:
        """Events and sessions both have an instant."""
        return _BOTH


@dataclass(frozen=True, slots=True)
class HasProfile:
    """Whether the row's profile is known by another name than that of its device."""

    name: str = "has_profile"
    label: str = "Has a profile"
    type: ValueType = ValueType.BOOLEAN

    @property
    def sources(self) -> frozenset[Source]:
        """Events and sessions both have a profile and a device."""
        return _BOTH


@dataclass(frozen=True, slots=True)
class Cast:
    """A field of texts read as another type; absent where the text is no such value.

    A number is what `numbers.parse_number` reads, an instant what `instants.parse_instant`
    does; booleans are `true`, `false`, `1` and `0` in letters of any size.
    """

    field: "Text"
    type: ValueType

    @property
    def name(self) -> str:
        """That of the field."""
        return self.field.name

    @property
    def label(self) -> str:
        """That of the field."""
        return self.field.label

    @property
    def sources(self) -> frozenset[Source]:
        """Those of the field."""
        return self.field.sources


@dataclass(frozen=True, slots=True)
class Membership:
    """The name of a cohort for rows of its members, and `Not <name>` for all others.

    `condition` is what makes a member; it is settled from the project's cohorts.
    """

    cohort: str
    title: str = ""
    condition: "Filter | None" = None

    @property
    def name(self) -> str:
        """How the field is called in answers and errors."""
        return f"cohort:{self.cohort}"

    @property
    def label(self) -> str:
        """How the field is shown to people."""
        return self.title or self.cohort

    @property
    def type(self) -> ValueType:
        """The labels are texts."""
        return ValueType.STRING

    @property
    def sources(self) -> frozenset[Source]:
        """Whoever has a profile can be a member."""
        return _BOTH


@dataclass(frozen=True, slots=True)
class Memberships:
    """The names of those cohorts that the row's profile is a member of; it may be several.

    `cohorts` are settled from the project's: without any, all of them are meant.
    """

    cohorts: tuple[Membership, ...] = ()

    @property
    def name(self) -> str:
        """How the field is called in answers and errors."""
        return ":".join(("cohort", *(each.cohort for each in self.cohorts)))

    @property
    def label(self) -> str:
        """How the field is shown to people."""
        return "Cohort"

    @property
    def type(self) -> ValueType:
        """The labels are texts."""
        return ValueType.STRING

    @property
    def sources(self) -> frozenset[Source]:
        """Whoever has a profile can be a member."""
        return _BOTH


Text: TypeAlias = (
    Column
    | Property
    | PropertyPattern
    | ProfileColumn
    | ProfileProperty
    | GroupColumn
    | GroupProperty
)
"""Fields of facts, of which those of texts can be cast."""

Field: TypeAlias = Text | ClockPart | HasProfile | Cast | Membership | Memberships

FIELDS: Final = (
    Column,
    Property,
    PropertyPattern,
    ProfileColumn,
    ProfileProperty,
    GroupColumn,
    GroupProperty,
    ClockPart,
    HasProfile,
    Cast,
    Membership,
    Memberships,
)
"""The classes of fields."""

GROUPS: Final = "groups"
"""What rows fan out by for any field of groups."""


Fan: TypeAlias = str | Memberships
"""What rows fan out by: `GROUPS`, the name of a pattern, or cohorts."""


def uses_profiles(fields: Iterable[Field]) -> bool:
    """Whether any of the fields is a profile's, or is told from a profile's."""
    kinds = (ProfileColumn, ProfileProperty)
    return any(isinstance(node, kinds) for node in nodes_of(tuple(fields)))


def uses_groups(fields: Iterable[Field]) -> bool:
    """Whether any of the fields is one of groups."""
    kinds = (GroupColumn, GroupProperty)
    return any(isinstance(node, kinds) for node in nodes_of(tuple(fields)))


def base_of(field: Field) -> Field:
    """The field whose values are read, without a cast."""
    return field.field if isinstance(field, Cast) else field


def fan_of(field: Field) -> Fan | None:
    """What gives a row several values of the field.

    None for a field of which a row has one value at most.
    """
    match base_of(field):
        case GroupColumn() | GroupProperty():
            return GROUPS
        case PropertyPattern() as pattern:
            return pattern.name
        case Memberships() as memberships:
            return memberships
        case _:
            return None


def fans_of(fields: Iterable[Field]) -> tuple[Fan, ...]:
    """What rows fan out by to have one value of each field, in order of first use."""
    return tuple(dict.fromkeys(fan for field in fields if (fan := fan_of(field)) is not None))
