"""The parts of a `where` expression.

`at` is the place where a part begins, `height` how many levels of parts are in it.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias


class Root(StrEnum):
    """Where a property is looked up."""

    PROPERTIES = "properties"
    EVENT = "event"
    USER = "user"
    GROUP = "group_properties"


class Special(StrEnum):
    """Literals that are no JSON."""

    UNDEFINED = "undefined"
    NOW = "NOW"


@dataclass(frozen=True, slots=True)
class Literal:
    """A text, a number, true, false, null, undefined or NOW."""

    at: int
    value: "str | int | float | bool | Special | None"


@dataclass(frozen=True, slots=True)
class Accessor:
    """A property of the event, its profile or its group."""

    at: int
    root: Root
    key: str


@dataclass(frozen=True, slots=True)
class Member:
    """A member of an object by its key, or of a list by its index."""

    at: int
    container: "Node"
    key: str | int
    height: int = 1


@dataclass(frozen=True, slots=True)
class Unary:
    """`not` or `-` before an operand."""

    at: int
    operator: str
    operand: "Node"
    height: int = 1


@dataclass(frozen=True, slots=True)
class Binary:
    """A comparison, `in`, `not in`, or arithmetic."""

    at: int
    operator: str
    left: "Node"
    right: "Node"
    height: int = 1


@dataclass(frozen=True, slots=True)
class Logical:
    """`and` or `or` between two or more operands."""

    at: int
    operator: str
    operands: "tuple[Node, ...]"
    height: int = 1


@dataclass(frozen=True, slots=True)
class Call:
    """A function with its arguments; the name is in small letters."""

    at: int
    function: str
    arguments: "tuple[Node, ...]"
    height: int = 1


@dataclass(frozen=True, slots=True)
class Listing:
    """A list in brackets."""

    at: int
    members: "tuple[Node, ...]"
    height: int = 1


@dataclass(frozen=True, slots=True)
class Variable:
    """A bare name."""

    at: int
    name: str


Node: TypeAlias = Literal | Accessor | Member | Unary | Binary | Logical | Call | Listing | Variable


def height_of(node: Node) -> int:
    """How many levels of parts the node is."""
    return 1 if isinstance(node, Literal | Accessor | Variable) else node.height


def parts_of(node: Node) -> tuple[Node, ...]:
    """The nodes that it is directly made of."""
    match node:
        case Member(_, container):
            return (container,)
        case Unary(_, _, operand):
            return (operand,)
        case Binary(_, _, left, right):
            return (left, right)
        case Logical(_, _, operands):
            return operands
        case Call(_, _, arguments):
            return arguments
        case Listing(_, members):
            return members
        case _:
            return ()
