"""A value of unknown type in SQL: one nullable expression for each type that it may have.

At most one facet of a row is not NULL. A value without a facet, that is not null either, is
undefined.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from sqlalchemy import ColumnElement, and_, case, cast, func, null, or_, true
from sqlalchemy import Text as SqlText
from sqlalchemy.sql import false

from app.analytics.sql import ops, value_ops

Sql: TypeAlias = ColumnElement[Any]


class UnexpressibleError(Exception):
    """No engine is asked for this; it is evaluated outside of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facets:
    """What a value is in SQL, by type; None for a type that it never has.

    `whole` is the text of a number that is stored as a whole one, and may be NULL for
    others. `json` is the text of a list or an object. `is_null` is true where the value is
    null, and `is_undefined`, where it is known better than by looking at all facets, where
    it is undefined; `is_something` likewise where it is neither. `folded` is a text that has
    been folded already.
    """

    string: Sql | None = None
    number: Sql | None = None
    boolean: Sql | None = None
    instant: Sql | None = None
    json: Sql | None = None
    whole: Sql | None = None
    is_null: Sql | None = None
    is_undefined: Sql | None = None
    is_something: Sql | None = None
    folded: Sql | None = None

    @property
    def nullable(self) -> tuple[Sql, ...]:
        """The facets that are not NULL where the value is of their type."""
        each = (self.string, self.number, self.boolean, self.instant, self.json)
        return tuple(facet for facet in each if facet is not None)

    @property
    def has_one_type(self) -> bool:
        """Whether there is one type only that the value can be of, where it is anything."""
        return len(self.nullable) == 1 and self.is_null is None

    @property
    def only_text(self) -> Sql | None:
        """The text of a value that is one wherever it is anything; else None."""
        return self.string if self.has_one_type else None

    @property
    def undefined(self) -> Sql:
        """Where the value is undefined."""
        if self.is_undefined is not None:
            return self.is_undefined
        parts: list[Sql] = [facet.is_(None) for facet in self.nullable]
        if self.is_null is not None:
            parts.append(self.is_null.is_not(true()))
        return and_(true(), *parts)

    @property
    def fold(self) -> Sql:
        """The text as it is compared."""
        if self.folded is not None:
            return self.folded
        return value_ops.Fold(_known(self.string))


def truth(facets: Facets) -> Sql:
    """True exactly where the value is the boolean true; else false or NULL."""
    return false() if facets.boolean is None else facets.boolean


def constant_text(value: str, folded: str) -> Facets:
    """The facets of a text that is the same in every row."""
    return Facets(string=ops.text(value), folded=ops.text(folded), is_undefined=false())


def equal(left: Facets, right: Facets) -> Sql:
    """Whether both are of one type and the same; never NULL, unless in place of false."""
    if left.json is not None and right.json is not None:
        raise UnexpressibleError
    terms: list[Sql] = []
    if left.string is not None and right.string is not None:
        terms.append(left.fold == right.fold)
    if left.number is not None and right.number is not None:
        terms.append(left.number == right.number)
    if left.boolean is not None and right.boolean is not None:
        terms.append(left.boolean == right.boolean)
    if left.instant is not None and right.instant is not None:
        terms.append(left.instant == right.instant)
    if left.is_null is not None and right.is_null is not None:
        terms.append(and_(left.is_null, right.is_null))
    if left.is_undefined is not false() or right.is_undefined is not false():
        terms.append(_both_undefined(left, right))
    return func.coalesce(or_(false(), *terms), false())


def _both_undefined(left: Facets, right: Facets) -> Sql:
    sides = (left.undefined, right.undefined)
    return false() if any(_is_false(side) for side in sides) else and_(*sides)


def _is_false(side: Sql) -> bool:
    return bool(side.compare(false()))


def ordered(left: Facets, right: Facets, relation: str) -> Sql:
    """How the two stand to each other; NULL where they have no order."""

    def related(one: Sql, other: Sql) -> Sql:
        return one.op(relation, is_comparison=True)(other)

    parts: list[Sql] = []
    if left.string is not None and right.string is not None:
        parts.append(related(left.fold, right.fold))
    pairs = (
        (left.number, right.number),
        (left.instant, right.instant),
        (left.number, right.instant),
        (left.instant, right.number),
    )
    parts += [related(one, two) for one, two in pairs if one is not None and two is not None]
    return first(parts)


def first(parts: Iterable[Sql]) -> Sql:
    """The first that is not NULL."""
    given = list(parts)
    if not given:
        return null()
    return given[0] if len(given) == 1 else func.coalesce(*given)


def as_text(facets: Facets) -> Facets:
    """The value cast to text."""
    if facets.instant is not None:
        raise UnexpressibleError
    parts: list[Sql] = []
    if facets.string is not None:
        parts.append(facets.string)
    if facets.number is not None:
        if facets.whole is not None:
            parts.append(facets.whole)
        parts.append(value_ops.NumberText(facets.number))
    if facets.boolean is not None:
        word = {True: ops.text("true"), False: ops.text("false")}
        is_true = facets.boolean.is_(true())
        is_false = facets.boolean.is_(false())
        parts.append(case((is_true, word[True]), (is_false, word[False])))
    if facets.json is not None:
        parts.append(facets.json)
    return Facets(string=first(parts), is_null=facets.is_null, is_undefined=facets.is_undefined)


def as_number(facets: Facets) -> Facets:
    """The value cast to a number."""
    parts: list[Sql] = []
    if facets.number is not None:
        parts.append(facets.number)
    if facets.string is not None:
        parts.append(ops.NumberIn(facets.string))
    if facets.boolean is not None:
        yes, no = facets.boolean.is_(true()), facets.boolean.is_(false())
        parts.append(case((yes, ops.number(1)), (no, ops.number(0))))
    if facets.instant is not None:
        parts.append(facets.instant)
    return Facets(number=first(parts))


def as_boolean(facets: Facets) -> Facets:
    """The value cast to a truth, which every value can be."""
    parts: list[Sql] = []
    if facets.boolean is not None:
        parts.append(facets.boolean)
    if facets.number is not None:
        parts.append(facets.number != ops.number(0))
    if facets.string is not None:
        parts.append(facets.string.not_in([ops.text(""), ops.text("false")]))
    others = [each for each in (facets.instant, facets.json) if each is not None]
    parts += [case((each.is_not(None), true())) for each in others]
    return Facets(boolean=first([*parts, false()]), is_undefined=false())


def is_defined(facets: Facets) -> Facets:
    """Whether the value is neither undefined nor null."""
    if facets.is_something is not None:
        something = func.coalesce(facets.is_something, false())
        return Facets(boolean=something, is_undefined=false())
    parts = [facet.is_not(None) for facet in facets.nullable]
    return Facets(boolean=or_(false(), *parts), is_undefined=false())


def without_empty(column: Sql) -> Sql:
    """A column's text; NULL for an empty one."""
    return func.nullif(column, "")


def choose(condition: Sql, then: Facets, otherwise: Facets) -> Facets:
    """One value where the condition is true, else the other."""

    def either(one: Sql | None, other: Sql | None) -> Sql | None:
        if one is None and other is None:
            return None
        if other is None:
            return case((condition, one))
        return case((condition, null() if one is None else one), else_=other)

    return Facets(
        string=either(then.string, otherwise.string),
        number=either(then.number, otherwise.number),
        boolean=either(then.boolean, otherwise.boolean),
        instant=either(then.instant, otherwise.instant),
        json=either(then.json, otherwise.json),
        whole=either(then.whole, otherwise.whole),
        is_null=either(then.is_null, otherwise.is_null),
    )


def is_given(facets: Facets) -> Sql:
    """Whether the value is neither undefined, null nor the empty text."""
    texts = [] if facets.string is None else [facets.string != ""]
    others = [each for each in facets.nullable if each is not facets.string]
    return or_(false(), *texts, *(other.is_not(None) for other in others))


def as_sql_text(value: Sql) -> Sql:
    """The value as the engine spells it."""
    return cast(value, SqlText)


def _known(value: Sql | None) -> Sql:
    if value is None:
        raise UnexpressibleError
    return value


UNDEFINED_FACETS: Final = Facets(is_undefined=true())
NULL_FACETS: Final = Facets(is_null=true(), is_undefined=false())
