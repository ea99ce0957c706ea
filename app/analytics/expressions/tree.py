"""What an expression is made of, in no wire's words."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from typing import Final, TypeAlias

from app.analytics.records import Json


class Undefined(Enum):
    """The type of `UNDEFINED`."""

    UNDEFINED = "undefined"


UNDEFINED: Final = Undefined.UNDEFINED
"""The value of what is missing, which is a different fact from null."""


@dataclass(frozen=True, slots=True)
class Second:
    """An instant, as whole seconds since 1970 on the project's clock."""

    seconds: int


Value: TypeAlias = "Json | Undefined | Second"
"""What an expression can come to."""


class Kind(StrEnum):
    """The types of values."""

    STRING = "string"
    NUMBER = "number"
    BOOLEAN = "boolean"
    NULL = "null"
    UNDEFINED = "undefined"
    LIST = "list"
    OBJECT = "object"
    INSTANT = "datetime"


class Op(Enum):
    """What is done with arguments, all of which are evaluated first."""

    EQUAL = auto()
    SAME = auto()
    """Whether both are texts and equal to the letter."""
    LESS = auto()
    AT_MOST = auto()
    GREATER = auto()
    AT_LEAST = auto()
    IN = auto()
    ADD = auto()
    SUBTRACT = auto()
    MULTIPLY = auto()
    DIVIDE = auto()
    REMAINDER = auto()
    NEGATE = auto()
    AND = auto()
    OR = auto()
    NOT = auto()
    TO_BOOLEAN = auto()
    TO_NUMBER = auto()
    TO_STRING = auto()
    TO_INSTANT = auto()
    DEFINED = auto()
    FLOOR = auto()
    CEILING = auto()
    ROUND = auto()
    MINIMUM = auto()
    MAXIMUM = auto()
    STARTS_WITH = auto()
    ENDS_WITH = auto()
    UPPER = auto()
    LOWER = auto()
    LENGTH = auto()
    LEFT = auto()
    RIGHT = auto()
    MIDDLE = auto()
    SPLIT = auto()
    MATCHES = auto()
    EXTRACT = auto()
    REPLACE = auto()
    HOST = auto()
    DOMAIN = auto()
    SCHEME = auto()
    IF = auto()
    LIST = auto()
    MEMBER = auto()
    SUM = auto()
    DAYS_BETWEEN = auto()
    FIRST = auto()
    """The first argument that is neither undefined, null nor the empty text."""
    JOIN = auto()
    """The texts among the arguments, one behind the other; undefined without any."""
    QUERY_TEXT = auto()
    """An object as the query of an address, with its `?`; undefined for an empty one."""


class Iteration(Enum):
    """What is done with a list, member by member."""

    ANY = auto()
    ALL = auto()
    FILTER = auto()
    MAP = auto()


class Owner(Enum):
    """Whose properties are read."""

    EVENT = auto()
    PROFILE = auto()


@dataclass(frozen=True, slots=True, eq=False)
class Constant:
    """A value that is the same for every event."""

    value: "str | float | bool | Undefined | Second | None"

    # Trap: to Python, 1 and true are the same, but a condition that is 1 is met by nothing.
    def __eq__(self, other: object) -> bool:
        """Whether the other one is a constant of the same type and value."""
        if not isinstance(other, Constant):
            return NotImplemented
        return type(self.value) is type(other.value) and self.value == other.value

    def __hash__(self) -> int:
        """A number that equal constants share."""
        return hash((type(self.value), self.value))


@dataclass(frozen=True, slots=True)
class ColumnValue:
    """A column's text, number or truth; undefined where it is absent or the empty text."""

    column: str
    owner: Owner = Owner.EVENT


@dataclass(frozen=True, slots=True)
class OccurredAt:
    """When the event happened, as an instant."""


@dataclass(frozen=True, slots=True)
class Groups:
    """The ids of the event's groups, as a list; undefined without any."""


@dataclass(frozen=True, slots=True)
class Stored:
    """The property at a path of keys and list indexes; undefined where there is none.

    With `only`, values of other kinds count as missing.
    """

    path: tuple[str | int, ...]
    owner: Owner = Owner.EVENT
    only: Kind | None = None


@dataclass(frozen=True, slots=True)
class Apply:
    """The operation on its arguments."""

    op: Op
    arguments: "tuple[Expression, ...]"


@dataclass(frozen=True, slots=True)
class Name:
    """What the nearest `Bind` or `Each` around it gave that name."""

    name: str


@dataclass(frozen=True, slots=True)
class Bind:
    """The body, in which the name stands for the value."""

    name: str
    value: "Expression"
    body: "Expression"


@dataclass(frozen=True, slots=True)
class Each:
    """The iteration over a list, with the body evaluated for each member under the name."""

    iteration: Iteration
    name: str
    members: "Expression"
    body: "Expression"


Expression: TypeAlias = (
    Constant | ColumnValue | OccurredAt | Groups | Stored | Apply | Name | Bind | Each
)

TRUE: Final = Constant(True)


def children(expression: Expression) -> tuple[Expression, ...]:
    """The expressions that it is directly made of."""
    match expression:
        case Apply(_, arguments):
            return arguments
        case Bind(_, value, body):
            return (value, body)
        case Each(_, _, members, body):
            return (members, body)
        case _:
            return ()


def nodes(expression: Expression) -> Iterator[Expression]:
    """The expression and everything in it."""
    yield expression
    for child in children(expression):
        yield from nodes(child)


def reads_profiles(expression: Expression) -> bool:
    """Whether it reads anything of the event's profile."""
    return any(
        isinstance(node, Stored | ColumnValue) and node.owner is Owner.PROFILE
        for node in nodes(expression)
    )


def conjuncts(expression: Expression) -> tuple[Expression, ...]:
    """The parts that must all be true for the expression to be true, from left to right."""
    match expression:
        case Apply(Op.AND, arguments):
            return tuple(part for each in arguments for part in conjuncts(each))
        case Constant(True):
            return ()
        case _:
            return (expression,)


def conjunction(parts: tuple[Expression, ...]) -> Expression:
    """The expression that is true where all parts are."""
    if not parts:
        return TRUE
    return parts[0] if len(parts) == 1 else Apply(Op.AND, parts)
