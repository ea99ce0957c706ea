"""Expressions as SQL, as far as engines are asked for them.

What can't be said in SQL is left to `app.analytics.expressions.evaluate`, row by row.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Boolean, ColumnElement, Double, FromClause, Text, and_, case, func, or_, true
from sqlalchemy.sql import false

from app.analytics.expressions.tree import (
    UNDEFINED,
    Apply,
    Bind,
    ColumnValue,
    Constant,
    Each,
    Expression,
    Groups,
    Kind,
    Name,
    OccurredAt,
    Op,
    Owner,
    Stored,
    children,
    conjunction,
    conjuncts,
)
from app.analytics.expressions.values import (
    folded,
)
from app.analytics.periods import Stretch
from app.analytics.sql import facets as f
from app.analytics.sql import ops, value_ops
from app.analytics.sql.buckets import shifted
from app.analytics.sql.facets import UNDEFINED_FACETS, Facets, Sql, UnexpressibleError
from app.analytics.sql.operations import (
    OPERATIONS,
    constant_facets,
    first_given,
    instant_of_number,
    joined,
)
from app.analytics.sql.tables import EVENTS, PROFILES

_PLAIN_KEY: Final = re.compile(r"[A-Za-z0-9_$ ./:-]+")
"""Keys that a JSON path of every engine can quote without escapes."""

_MOST_MENTIONS: Final = 1_000
"""Mentions of stored values in the SQL of an expression; one with more is for Python."""

_MOST_LEVELS: Final = 30
"""Levels of an expression; SQL of a deeper one would exhaust those who read it."""

_REPEATED: Final[dict[Op, int]] = {
    Op.AND: 1,
    Op.OR: 1,
    Op.TO_STRING: 5,
    Op.TO_NUMBER: 5,
    Op.TO_INSTANT: 6,
    Op.IF: 6,
    Op.FIRST: 6,
    Op.NOT: 4,
}
"""How often the SQL of an operation mentions its arguments, at most; 2 where it isn't told."""


@dataclass(frozen=True, slots=True)
class Rows:
    """The tables, or what stands for them, that an expression reads.

    `seldom` stands for the properties of events when one is read whose name begins with
    `seldom_prefix`. Values in `known` are columns already.
    """

    events: FromClause = EVENTS
    profiles: FromClause = PROFILES
    seldom: Sql | None = None
    seldom_prefix: str = ""
    known: Mapping[Expression, Sql] = field(default_factory=dict[Expression, Sql])


def divided(
    expression: Expression, clock: tuple[Stretch, ...]
) -> tuple[Expression, tuple[Expression, ...]]:
    """The condition in two parts that must both be true: one for engines, the rest for Python."""
    writer = _Writer(Rows(), clock)
    parts: list[Expression] = []
    rest: list[Expression] = []
    for part in conjuncts(expression):
        try:
            _check_size(part)
            writer.truth(part)
        except UnexpressibleError:
            rest.append(part)
        else:
            parts.append(part)
    return conjunction(tuple(parts)), tuple(rest)


def truth_of(expression: Expression, rows: Rows, clock: tuple[Stretch, ...]) -> ColumnElement[bool]:
    """True exactly where the expression is; for the part of `divided` that engines get."""
    return _Writer(rows, clock).truth(expression)


def json_of(expression: Expression, rows: Rows, clock: tuple[Stretch, ...]) -> ColumnElement[str]:
    """The expression's value as JSON text; NULL where it is undefined."""
    writer = _Writer(rows, clock)
    match expression:
        case _ if expression in rows.known:
            return _json_of_facets(writer.of(expression))
        case Stored(path, owner, None):
            # Trap: long statements take engines longer to read than rows; this is a short way.
            return value_ops.JsonAt(writer.document(path, owner), ops.text(json_path(path)))
        case Apply(Op.IF, (condition, then, otherwise)):
            chosen = (writer.truth(condition), json_of(then, rows, clock))
            if otherwise == Constant(UNDEFINED):
                return case(chosen)
            return case(chosen, else_=json_of(otherwise, rows, clock))
        case _:
            return _json_of_facets(writer.of(expression))


def column_of(expression: Expression, rows: Rows, clock: tuple[Stretch, ...]) -> Sql | None:
    """The expression's value as a column, if it is of one type wherever it is anything.

    None also for lists, instants and whole numbers, which a column would make something else.
    """
    facets = _Writer(rows, clock).of(expression)
    if len(facets.nullable) != 1 or facets.is_null is not None or facets.whole is not None:
        return None
    return next(
        (one for one in (facets.string, facets.boolean, facets.number) if one is not None), None
    )


def _facets_of_column(column: Sql) -> Facets:
    match column.type:
        case Boolean():
            return Facets(boolean=column)
        case Double():
            return Facets(number=column)
        case _:
            return Facets(string=column)


def _json_of_facets(value: Facets) -> ColumnElement[str]:
    parts: list[Sql] = []
    if value.string is not None:
        parts.append(ops.JsonText(value.string))
    if value.whole is not None:
        parts.append(value.whole)
    elif value.number is not None:
        parts.append(value_ops.NumberText(value.number))
    if value.boolean is not None:
        yes, no = value.boolean.is_(true()), value.boolean.is_(false())
        parts.append(case((yes, ops.text("true")), (no, ops.text("false"))))
    if value.json is not None:
        parts.append(value.json)
    if value.is_null is not None:
        parts.append(case((value.is_null, ops.text("null"))))
    return f.first(parts)


class _Writer:
    """Writes expressions about the rows of one frame."""

    def __init__(self, rows: Rows, clock: tuple[Stretch, ...]) -> None:
        self._rows = rows
        self._clock = clock

    def truth(self, expression: Expression) -> ColumnElement[bool]:
        known = self._rows.known.get(expression)
        if known is not None and isinstance(known.type, Boolean):
            return known
        match expression:
            case Apply(Op.AND, arguments):
                return and_(true(), *(self.truth(argument) for argument in arguments))
            case Apply(Op.OR, arguments):
                return or_(false(), *(self.truth(argument) for argument in arguments))
            case _:
                return f.truth(self.of(expression))

    def of(self, expression: Expression) -> Facets:
        known = self._rows.known.get(expression)
        if known is not None:
            return _facets_of_column(known)
        match expression:
            case Constant(value):
                return constant_facets(value)
            case ColumnValue(column, owner):
                return self._column(column, owner)
            case OccurredAt():
                return self._occurred_at()
            case Groups():
                groups = self._rows.events.c["groups"]
                return Facets(json=func.nullif(groups, "[]"))
            case Stored(path, owner, only):
                return self._stored(path, owner) if only is None else self._only(expression, only)
            case Apply(op, arguments):
                return self._apply(op, arguments)
            case Bind() | Each() | Name():
                raise UnexpressibleError

    def _column(self, name: str, owner: Owner) -> Facets:
        rows = self._rows.events if owner is Owner.EVENT else self._rows.profiles
        value = rows.c[name]
        match value.type:
            case Text():
                return Facets(string=f.without_empty(value))
            case Boolean():
                return Facets(boolean=value)
            case Double():
                return Facets(number=value)
            case _:
                return Facets(number=value, whole=f.as_sql_text(value))

    def _occurred_at(self) -> Facets:
        at = self._rows.events.c["created_at"]
        return Facets(instant=shifted(at, self._clock, 1_000), is_undefined=false())

    def _stored(self, path: tuple[str | int, ...], owner: Owner) -> Facets:
        document, place = self.document(path, owner), ops.text(json_path(path))
        kind = value_ops.KindAt(document, place)
        return Facets(
            string=value_ops.StringAt(document, place),
            number=value_ops.NumberAt(document, place),
            boolean=value_ops.BooleanAt(document, place),
            json=value_ops.ContainerAt(document, place),
            whole=value_ops.WholeAt(document, place),
            is_null=kind == ops.text("null"),
            is_undefined=kind.is_(None),
            is_something=kind != ops.text("null"),
        )

    def _only(self, stored: Stored, kind: Kind) -> Facets:
        path = stored.path
        document, place = self.document(path, stored.owner), ops.text(json_path(path))
        match kind:
            case Kind.STRING:
                return Facets(string=value_ops.StringAt(document, place))
            case Kind.NUMBER:
                whole = value_ops.WholeAt(document, place)
                return Facets(number=value_ops.NumberAt(document, place), whole=whole)
            case Kind.BOOLEAN:
                return Facets(boolean=value_ops.BooleanAt(document, place))
            case Kind.OBJECT:
                return Facets(json=value_ops.ContainerAt(document, place))
            case _:
                raise UnexpressibleError

    def document(self, path: tuple[str | int, ...], owner: Owner) -> Sql:
        rows = self._rows
        if owner is Owner.PROFILE:
            return rows.profiles.c["properties"]
        is_seldom = str(path[0]).startswith(rows.seldom_prefix)
        return rows.seldom if rows.seldom is not None and is_seldom else rows.events.c["properties"]

    def _apply(self, op: Op, arguments: tuple[Expression, ...]) -> Facets:
        match op:
            case Op.AND | Op.OR:
                both = self.truth(Apply(op, arguments))
                return Facets(boolean=func.coalesce(both, false()), is_undefined=false())
            case Op.IN:
                return self._in(*arguments)
            case Op.MATCHES:
                return self._matches(*arguments)
            case Op.TO_INSTANT:
                return self._to_instant(self.of(arguments[0]))
            case Op.JOIN:
                return joined([self.of(argument) for argument in arguments])
            case Op.FIRST:
                return first_given([self.of(argument) for argument in arguments])
            case Op.IF:
                condition, then, otherwise = arguments
                return f.choose(self.truth(condition), self.of(then), self.of(otherwise))
            case Op.SPLIT:
                return self._part(arguments)
            case _:
                made = OPERATIONS.get(op)
                if made is None:
                    raise UnexpressibleError
                return made(*(self.of(argument) for argument in arguments))

    def _in(self, part: Expression, whole: Expression) -> Facets:
        left = self.of(part)
        if isinstance(whole, Apply) and whole.op is Op.LIST:
            members = [self.of(member) for member in whole.arguments]
            found = or_(false(), *(f.equal(left, member) for member in members))
            return Facets(boolean=found, is_undefined=false())
        right = self.of(whole)
        texts: Sql | None = None
        if left.string is not None and right.string is not None:
            texts = ops.Contains(right.fold, left.fold)
        if right.json is None:
            return Facets(boolean=texts)
        return self._in_stored(part, whole, texts)

    def _in_stored(self, part: Expression, whole: Expression, texts: Sql | None) -> Facets:
        """Membership in a stored list of a text that is the same in every row."""
        if not (isinstance(part, Constant) and isinstance(part.value, str)):
            raise UnexpressibleError
        if not isinstance(whole, Stored | Groups):
            raise UnexpressibleError
        right = self.of(whole)
        holds = value_ops.ListHolds(right.json, ops.text(folded(part.value)))
        return Facets(boolean=f.first([*([] if texts is None else [texts]), holds]))

    def _matches(self, text: Expression, pattern: Expression) -> Facets:
        if not (isinstance(pattern, Constant) and isinstance(pattern.value, str)):
            raise UnexpressibleError
        subject = self.of(text)
        if subject.string is None:
            return UNDEFINED_FACETS
        return Facets(boolean=ops.Matches(subject.string, ops.text(f"(?i){pattern.value}")))

    def _to_instant(self, value: Facets) -> Facets:
        parts: list[Sql] = []
        if value.instant is not None:
            parts.append(value.instant)
        if value.number is not None:
            parts.append(instant_of_number(value.number))
        if value.string is not None:
            # A text with an offset of its own has to be moved to the project's clock.
            if any(stretch.offset for stretch in self._clock):
                raise UnexpressibleError
            parts.append(value_ops.SecondIn(value.string))
        return Facets(instant=f.first(parts)) if parts else UNDEFINED_FACETS

    def _part(self, arguments: tuple[Expression, ...]) -> Facets:
        match arguments:
            case (text, Constant(str(delimiter)), Constant(int(place))) if delimiter and place > 0:
                subject = self.of(text)
                if subject.string is None:
                    return UNDEFINED_FACETS
                part = value_ops.Part(subject.string, ops.text(delimiter), ops.integer(place))
                return Facets(string=part)
            case _:
                raise UnexpressibleError


def _check_size(expression: Expression) -> None:
    """Raises UnexpressibleError for an expression whose SQL would be too long or too deep."""
    if _mentions(expression, 1) > _MOST_MENTIONS:
        raise UnexpressibleError


def _mentions(expression: Expression, level: int) -> int:
    if level > _MOST_LEVELS:
        raise UnexpressibleError
    inside = sum(_mentions(child, level + 1) for child in children(expression))
    if not isinstance(expression, Apply):
        return max(inside, 1)
    return max(inside, 1) * _REPEATED.get(expression.op, 2)


def json_path(path: tuple[str | int, ...]) -> str:
    """The path as every engine reads it; raises UnexpressibleError for odd keys."""
    steps = ["$"]
    for key in path:
        if isinstance(key, int):
            steps.append(f"[{key}]")
        elif _PLAIN_KEY.fullmatch(key):
            steps.append(f'."{key}"')
        else:
            raise UnexpressibleError
    return "".join(steps)
