"""Rows as JSON objects, declared: what an engine writes each event of a stream as.

A shape is made by whoever knows the wire; the engine renders it, so that a stream of
millions of events costs no Python for each of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, TypeAlias

from app.analytics.expressions.tree import Expression
from app.analytics.fields import Column, Field
from app.analytics.periods import Stretch
from app.analytics.records import Json


class Absent(StrEnum):
    """What stands for a value that is absent."""

    NULL = "null"
    EMPTY = "empty"
    """The empty text."""
    OMITTED = "omitted"
    """Nothing: the object lacks the member."""


class Clock(StrEnum):
    """How an instant is written."""

    ISO = "iso"
    """In UTC with milliseconds, as in `"2025-03-02T10:15:30.120Z"`."""
    OFFSET = "offset"
    """In UTC with microseconds, unless the second is a whole one, and `+00:00`."""
    MILLISECONDS = "milliseconds"
    SECONDS = "seconds"
    """Whole seconds; finer parts are cut off."""


@dataclass(frozen=True, slots=True)
class Text:
    """The field's value as a JSON string."""

    field: Field


@dataclass(frozen=True, slots=True)
class Number:
    """The field's value as a JSON number.

    A row whose value is not `within` these bounds (both included) becomes no line at all.
    """

    field: Field
    within: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Instant:
    """A column of instants; those not `within` the bounds as for numbers."""

    field: Column
    clock: Clock = Clock.ISO
    within: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Opaque:
    """URL-safe base64, without padding, of texts one after the other.

    A column stands for its bare value, which is never absent; the others for JSON.
    """

    pieces: tuple[str | Column | Text | Number, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A stored JSON document as it is, with the types and the nesting that it came with."""

    name: Literal["groups", "properties"]


@dataclass(frozen=True, slots=True)
class Constant:
    """The same JSON value in every row."""

    value: Json


@dataclass(frozen=True, slots=True)
class Object:
    """A JSON object inside the row."""

    parts: "tuple[Member | Spread, ...]"

    def __post_init__(self) -> None:
        _check(self.parts)


@dataclass(frozen=True, slots=True)
class Computed:
    """The value of an expression that every engine understands, with its JSON type.

    `clock` is the one on which its instants are told.
    """

    expression: Expression
    clock: tuple[Stretch, ...]


@dataclass(frozen=True, slots=True)
class LocalTime:
    """What a clock shows when the event happens, in whole units of that many milliseconds."""

    clock: tuple[Stretch, ...]
    unit_ms: int


Shown: TypeAlias = (
    Text | Number | Instant | Document | Constant | Object | Computed | LocalTime | Opaque
)


@dataclass(frozen=True, slots=True)
class Member:
    """A member of an object, and what stands there when its value is absent."""

    key: str
    value: Shown
    absent: Absent = Absent.NULL


@dataclass(frozen=True, slots=True)
class Spread:
    """All members of the event's properties, as members of the object around them.

    Those called as in `hidden`, or beginning with the prefix if there is one, are left out.
    A name that the object has itself otherwise stands there twice, the property's last.
    """

    hidden: frozenset[str] = frozenset()
    hidden_prefix: str = ""


@dataclass(frozen=True, slots=True)
class Shape:
    """The JSON object that each row becomes, and what stands behind it."""

    parts: tuple[Member | Spread, ...]
    end: Literal["\n", ","] = "\n"

    def __post_init__(self) -> None:
        _check(self.parts)


def _check(parts: "tuple[Member | Spread, ...]") -> None:
    """Commas stand before members, so the first one must always be there."""
    first = parts[0] if parts else None
    if not isinstance(first, Member) or first.absent is Absent.OMITTED:
        raise ValueError(parts)


def bounded_fields(shape: Shape | Object) -> Iterator[tuple[Field, tuple[float, float]]]:
    """Every field whose values have bounds, and these."""
    for part in shape.parts:
        match part:
            case Member(_, Number(field, within=(low, high)) | Instant(field, within=(low, high))):
                yield field, (low, high)
            case Member(_, Object() as inner):
                yield from bounded_fields(inner)
            case _:
                pass


def shown_fields(shape: Shape | Object) -> Iterator[Field]:
    """Every field that the shape shows."""
    for part in shape.parts:
        match part:
            case Member(_, Text(field) | Number(field) | Instant(field)):
                yield field
            case Member(_, Object() as inner):
                yield from shown_fields(inner)
            case _:
                pass
