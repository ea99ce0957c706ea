"""Trees of frozen dataclasses and tuples: what is inside, and the same tree changed."""

from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Final, TypeVar, cast

Tree = TypeVar("Tree")


def _held_by(kind: type[object]) -> tuple[str, ...] | None:
    """The names of a dataclass's fields, those that it computes for itself included, or None."""
    if kind not in _HELD:
        names = tuple(field.name for field in fields(kind)) if is_dataclass(kind) else None
        _HELD[kind] = names
    return _HELD[kind]


_HELD: Final[dict[type[object], tuple[str, ...] | None]] = {}


def nodes_of(tree: object) -> Iterator[object]:
    """Every dataclass instance of the tree, each before what it holds."""
    if isinstance(tree, tuple):
        for member in cast("tuple[object, ...]", tree):
            yield from nodes_of(member)
    elif (names := _held_by(type(tree))) is not None:
        yield tree
        for name in names:
            yield from nodes_of(getattr(tree, name))


def rebuilt(tree: Tree, change: Callable[[object], object]) -> Tree:
    """The tree with each dataclass instance replaced by what `change` makes of it.

    Members are replaced before what holds them. `change` returns what it does not change,
    and something that fits into the same place for what it does.
    """
    return cast("Tree", _rebuilt(tree, change))


def _rebuilt(tree: object, change: Callable[[object], object]) -> object:
    if isinstance(tree, tuple):
        members = cast("tuple[object, ...]", tree)
        # A named tuple is a value of its own, not a place for members of any kind.
        return members if hasattr(members, "_fields") else _members(members, change)
    if not is_dataclass(tree) or isinstance(tree, type):
        return tree
    held = {field.name: getattr(tree, field.name) for field in fields(tree) if field.init}
    made = {name: _rebuilt(member, change) for name, member in held.items()}
    changed = {name: member for name, member in made.items() if member is not held[name]}
    return change(replace(tree, **changed) if changed else tree)


def _members(old: tuple[object, ...], change: Callable[[object], object]) -> tuple[object, ...]:
    new = tuple(_rebuilt(member, change) for member in old)
    return old if all(one is other for one, other in zip(new, old, strict=True)) else new
