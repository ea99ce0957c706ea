"""Expressions as SQL, as far as engines are asked for them.

What can't be said in SQL is left to `app.analytics.expressions.evaluate`, row by row.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Boolean, ColumnElement, Double, FromClause, Text, and_, case, func, or_, true
from sqlalchemy.sql import false

from app.analytics.expressions.texts import HOST_PATTERN, SCHEME_PATTERN
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
    Second,
    Stored,
    children,
    conjunction,
    conjuncts,
)
from app.analytics.expressions.values import (
    FIRST_SECOND,
    LARGEST_SECONDS,
    LAST_SECOND,
    folded,
)
from app.analytics.periods import Stretch
from app.analytics.sql import facets as f
from app.analytics.sql import ops
from app.analytics.sql.buckets import shifted
from app.analytics.sql.facets import NULL_FACETS, UNDEFINED_FACETS, Facets, Sql, UnexpressibleError
from app.analytics.sql.tables import EVENTS, PROFILES

_PLAIN_KEY: Final = re.compile(r"[A-Za-z0-9_$ ./:-]+")
"""Keys that a JSON path of every engine can quote without escapes."""

_MOST_MENTIONS: Final = 20_000
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
    """The tables, or what stands for them, that an expression reads."""

    events: FromClause = EVENTS
    profiles: FromClause = PROFILES


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
        case Stored(path, owner, None):
            # Trap: long statements take engines longer to read than rows; this is a short way.
            return ops.JsonAt(writer.document(owner), ops.text(json_path(path)))
        case Apply(Op.IF, (condition, then, otherwise)):
            chosen = (writer.truth(condition), json_of(then, rows, clock))
            if otherwise == Constant(UNDEFINED):
                return case(chosen)
            return case(chosen, else_=json_of(otherwise, rows, clock))
        case _:
            return _json_of_facets(writer.of(expression))


def _json_of_facets(value: Facets) -> ColumnElement[str]:
    parts: list[Sql] = []
    if value.string is not None:
        parts.append(ops.JsonText(value.string))
    if value.whole is not None:
        parts.append(value.whole)
    elif value.number is not None:
        parts.append(ops.NumberText(value.number))
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
        match expression:
            case Apply(Op.AND, arguments):
                return and_(true(), *(self.truth(argument) for argument in arguments))
            case Apply(Op.OR, arguments):
                return or_(false(), *(self.truth(argument) for argument in arguments))
            case _:
                return f.truth(self.of(expression))

    def of(self, expression: Expression) -> Facets:
        match expression:
            case Constant(value):
                return _constant(value)
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
        document, place = self.document(owner), ops.text(json_path(path))
        kind = ops.KindAt(document, place)
        return Facets(
            string=ops.StringAt(document, place),
            number=ops.NumberAt(document, place),
            boolean=ops.BooleanAt(document, place),
            json=ops.ContainerAt(document, place),
            whole=ops.WholeAt(document, place),
            is_null=kind == ops.text("null"),
            is_undefined=kind.is_(None),
            is_something=kind != ops.text("null"),
        )

    def _only(self, stored: Stored, kind: Kind) -> Facets:
        document, place = self.document(stored.owner), ops.text(json_path(stored.path))
        match kind:
            case Kind.STRING:
                return Facets(string=ops.StringAt(document, place))
            case Kind.NUMBER:
                whole = ops.WholeAt(document, place)
                return Facets(number=ops.NumberAt(document, place), whole=whole)
            case Kind.BOOLEAN:
                return Facets(boolean=ops.BooleanAt(document, place))
            case Kind.OBJECT:
                return Facets(json=ops.ContainerAt(document, place))
            case _:
                raise UnexpressibleError

    def document(self, owner: Owner) -> Sql:
        rows = self._rows.events if owner is Owner.EVENT else self._rows.profiles
        return rows.c["properties"]

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
                return _joined([self.of(argument) for argument in arguments])
            case Op.FIRST:
                return _first_given([self.of(argument) for argument in arguments])
            case Op.IF:
                condition, then, otherwise = arguments
                return f.choose(self.truth(condition), self.of(then), self.of(otherwise))
            case Op.SPLIT:
                return self._part(arguments)
            case _:
                made = _MADE.get(op)
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
        holds = ops.ListHolds(right.json, ops.text(folded(part.value)))
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
            parts.append(_instant_of_number(value.number))
        if value.string is not None:
            # A text with an offset of its own has to be moved to the project's clock.
            if any(stretch.offset for stretch in self._clock):
                raise UnexpressibleError
            parts.append(ops.SecondIn(value.string))
        return Facets(instant=f.first(parts)) if parts else UNDEFINED_FACETS

    def _part(self, arguments: tuple[Expression, ...]) -> Facets:
        match arguments:
            case (text, Constant(str(delimiter)), Constant(int(place))) if delimiter and place > 0:
                subject = self.of(text)
                if subject.string is None:
                    return UNDEFINED_FACETS
                part = ops.Part(subject.string, ops.text(delimiter), ops.integer(place))
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


def _constant(value: object) -> Facets:
    match value:
        case str():
            return f.constant_text(value, folded(value))
        case bool():
            return Facets(boolean=true() if value else false(), is_undefined=false())
        case int() | float():
            whole = ops.text(str(value)) if isinstance(value, int) else None
            return Facets(number=ops.number(float(value)), whole=whole, is_undefined=false())
        case None:
            return NULL_FACETS
        case Second(seconds):
            return Facets(instant=ops.integer(seconds), is_undefined=false())
        case _:
            if value is not UNDEFINED:
                raise UnexpressibleError
            return UNDEFINED_FACETS


def _instant_of_number(number: Sql) -> Sql:
    last = ops.number(float(LAST_SECOND + 1))
    return case(
        (number < ops.number(1), None),
        (number <= ops.number(LARGEST_SECONDS), ops.Floor(number)),
        (number / ops.number(1_000) < last, ops.Floor(number / ops.number(1_000))),
    )


def _bounded(seconds: Sql) -> Sql:
    """The instant, whole; NULL outside of the years 1 to 9999."""
    low, high = ops.number(FIRST_SECOND), ops.number(LAST_SECOND + 1)
    return case((and_(seconds >= low, seconds < high), ops.Floor(seconds)))


def _add(left: Facets, right: Facets) -> Facets:
    string = number = instant = None
    if left.string is not None and right.string is not None:
        string = left.string + right.string
    if left.number is not None and right.number is not None:
        number = ops.Finite(left.number + right.number)
    moved = [
        _bounded(one + other)
        for one, other in ((left.instant, right.number), (left.number, right.instant))
        if one is not None and other is not None
    ]
    if moved:
        instant = f.first(moved)
    return Facets(string=string, number=number, instant=instant)


def _subtract(left: Facets, right: Facets) -> Facets:
    number = instant = None
    if left.number is not None and right.number is not None:
        number = ops.Finite(left.number - right.number)
    if left.instant is not None and right.number is not None:
        instant = _bounded(left.instant - right.number)
    return Facets(number=number, instant=instant)


def _numeric(work: Callable[[Sql, Sql], Sql]) -> Callable[[Facets, Facets], Facets]:
    def write(left: Facets, right: Facets) -> Facets:
        if left.number is None or right.number is None:
            return UNDEFINED_FACETS
        return Facets(number=ops.Finite(work(left.number, right.number)))

    return write


def _single(work: Callable[[Sql], Sql]) -> Callable[[Facets], Facets]:
    def write(value: Facets) -> Facets:
        return UNDEFINED_FACETS if value.number is None else Facets(number=work(value.number))

    return write


def _ordering(relation: str) -> Callable[[Facets, Facets], Facets]:
    def write(left: Facets, right: Facets) -> Facets:
        return Facets(boolean=f.ordered(left, right, relation))

    return write


def _textual(construct: Callable[[Sql, Sql], Sql]) -> Callable[[Facets, Facets], Facets]:
    def write(text: Facets, part: Facets) -> Facets:
        if text.string is None or part.string is None:
            return UNDEFINED_FACETS
        return Facets(boolean=construct(text.fold, part.fold))

    return write


def _equal(left: Facets, right: Facets) -> Facets:
    return Facets(boolean=f.equal(left, right), is_undefined=false())


def _not(value: Facets) -> Facets:
    undefined = value.undefined
    if value.boolean is None:
        return Facets(boolean=case((undefined, true())))
    if value.is_undefined is not None and value.is_undefined.compare(false()):
        return Facets(boolean=~value.boolean, is_undefined=false())
    return Facets(
        boolean=case(
            (value.boolean.is_(true()), false()),
            (value.boolean.is_(false()), true()),
            (undefined, true()),
        )
    )


def _joined(values: list[Facets]) -> Facets:
    texts = [func.coalesce(value.string, "") for value in values if value.string is not None]
    if not texts:
        return UNDEFINED_FACETS
    joined: Sql = texts[0]
    for text in texts[1:]:
        joined = joined + text
    return Facets(string=f.without_empty(joined))


def _first_given(values: list[Facets]) -> Facets:
    *earlier, result = values
    for value in reversed(earlier):
        result = f.choose(f.is_given(value), value, result)
    return result


def _same(left: Facets, right: Facets) -> Facets:
    if left.string is None or right.string is None:
        return Facets(boolean=false(), is_undefined=false())
    return Facets(boolean=func.coalesce(left.string == right.string, false()), is_undefined=false())


def _group_of(pattern: str) -> Callable[[Facets], Facets]:
    def write(value: Facets) -> Facets:
        if value.string is None:
            return UNDEFINED_FACETS
        return Facets(string=ops.Fold(ops.FirstGroup(value.string, ops.text(pattern))))

    return write


def _query_text(value: Facets) -> Facets:
    return UNDEFINED_FACETS if value.json is None else Facets(string=ops.QueryText(value.json))


def _fold_text(value: Facets) -> Facets:
    return UNDEFINED_FACETS if value.string is None else Facets(string=value.fold)


_MADE: Final[dict[Op, Callable[..., Facets]]] = {
    Op.EQUAL: _equal,
    Op.LESS: _ordering("<"),
    Op.AT_MOST: _ordering("<="),
    Op.GREATER: _ordering(">"),
    Op.AT_LEAST: _ordering(">="),
    Op.ADD: _add,
    Op.SUBTRACT: _subtract,
    Op.MULTIPLY: _numeric(lambda left, right: left * right),
    Op.DIVIDE: _numeric(lambda left, right: left / func.nullif(right, ops.number(0))),
    Op.REMAINDER: _numeric(ops.Remainder),
    Op.NEGATE: _single(lambda number: -number),
    Op.FLOOR: _single(ops.Floor),
    Op.CEILING: _single(ops.Ceiling),
    Op.ROUND: _single(ops.RoundHalfAway),
    Op.NOT: _not,
    Op.TO_BOOLEAN: f.as_boolean,
    Op.TO_NUMBER: f.as_number,
    Op.TO_STRING: f.as_text,
    Op.DEFINED: f.is_defined,
    Op.STARTS_WITH: _textual(ops.StartsWith),
    Op.ENDS_WITH: _textual(ops.EndsWith),
    Op.LOWER: _fold_text,
    Op.SAME: _same,
    Op.HOST: _group_of(HOST_PATTERN),
    Op.SCHEME: _group_of(SCHEME_PATTERN),
    Op.QUERY_TEXT: _query_text,
}
