"""Decorators that make schema types and take their descriptions from docstrings.

Strawberry ignores docstrings. Here they are the one place for a description: that of a
class describes the type, that of a method its field. Plain fields are described by
`strawberry.field(description=…)`.
"""

import inspect
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, TypeVar, cast, dataclass_transform

import strawberry
from strawberry.types.base import get_object_definition
from strawberry.types.enum import StrawberryEnumDefinition
from strawberry.types.field import StrawberryField

T = TypeVar("T")
Value = TypeVar("Value")
EnumClass = TypeVar("EnumClass", bound=type[Enum])


@dataclass_transform(kw_only_default=True, field_specifiers=(strawberry.field, StrawberryField))
def object_type(cls: type[T]) -> type[T]:
    """The class as an output type."""
    return _described(strawberry.type(cls))


@dataclass_transform(kw_only_default=True, field_specifiers=(strawberry.field, StrawberryField))
def interface_type(cls: type[T]) -> type[T]:
    """The class as an interface."""
    return _described(strawberry.interface(cls))


@dataclass_transform(kw_only_default=True, field_specifiers=(strawberry.field, StrawberryField))
def input_type(cls: type[T]) -> type[T]:
    """The class as an input."""
    return _described(strawberry.input(cls))


@dataclass_transform(kw_only_default=True, field_specifiers=(strawberry.field, StrawberryField))
def choice_type(cls: type[T]) -> type[T]:
    """The class as an input of which exactly one field is given."""
    return _described(strawberry.input(cls, one_of=True))


def enum_type(
    values: Mapping[str, str], name: str | None = None
) -> Callable[[EnumClass], EnumClass]:
    """Makes an enum of the schema; `values` describes each member by its name."""

    def decorate(cls: EnumClass) -> EnumClass:
        strawberry.enum(cls, name=name, description=inspect.getdoc(cls))
        made = cast("StrawberryEnumDefinition", vars(cls)["__strawberry_definition__"])
        for value in made.values:
            value.description = values[value.name]
        return cls

    return decorate


def given(value: Value | None) -> Value | None:
    """The value of an optional argument or input field; None when it was left out."""
    return None if value is strawberry.UNSET else value


def _described(cls: type[T]) -> type[T]:
    definition = get_object_definition(cls, strict=True)
    definition.description = inspect.getdoc(cls)
    for field in definition.fields:
        resolver = cast("Any", field).base_resolver
        if resolver is not None and field.description is None:
            field.description = inspect.getdoc(resolver.wrapped_func)
    return cls
