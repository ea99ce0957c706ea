"""Trees of frozen dataclasses and tuples: what is inside, and the same tree changed."""

from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

Tree = TypeVar("Tree")


def nodes_of(tree: object) -> Iterator[object]:
    """Every dataclass instance of the tree, each before what it holds."""
    if isinstance(tree, tuple):
        for member in tree:  # pyright: ignore[reportUnknownVariableType] # Of any type.
            yield from nodes_of(member)  # pyright: ignore[reportUnknownArgumentType]
    elif is_dataclass(tree) and not isinstance(tree, type):
        yield tree
        for field in fields(tree):
            yield from nodes_of(getattr(tree, field.name))


def rebuilt(tree: Tree, change: Callable[[object], object]) -> Tree:
    """The tree with each dataclass instance replaced by what `change` makes of it.

    Members are replaced before what holds them. `change` returns what it does not change,
    and something that fits into the same place for what it does.
    """
    value: Any = tree
    if isinstance(value, tuple) and not hasattr(value, "_fields"):
        members = tuple(rebuilt(member, change) for member in value)
        same = all(new is old for new, old in zip(members, value, strict=True))
        return value if same else members  # type: ignore[return-value]
    if not is_dataclass(value) or isinstance(value, type):
        return tree
    held = {field.name: getattr(value, field.name) for field in fields(value) if field.init}
    made = {name: rebuilt(member, change) for name, member in held.items()}
    changed = {name: member for name, member in made.items() if member is not held[name]}
    return change(replace(value, **changed) if changed else value)  # type: ignore[return-value]
