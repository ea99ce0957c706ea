"""What operations of expressions are in SQL, from the facets of their arguments."""

from collections.abc import Callable
from typing import Final

from sqlalchemy import and_, case, func, true
from sqlalchemy.sql import false

from app.analytics.expressions.texts import HOST_PATTERN, SCHEME_PATTERN
from app.analytics.expressions.tree import UNDEFINED, Op, Second
from app.analytics.expressions.values import FIRST_SECOND, LARGEST_SECONDS, LAST_SECOND, folded
from app.analytics.sql import facets as f
from app.analytics.sql import ops, value_ops
from app.analytics.sql.facets import NULL_FACETS, UNDEFINED_FACETS, Facets, Sql, UnexpressibleError


def constant_facets(value: object) -> Facets:
    """The facets of a value that is the same in every row."""
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


def instant_of_number(number: Sql) -> Sql:
    """The instant of so many seconds, or of milliseconds where seconds would be too many."""
    last = ops.number(float(LAST_SECOND + 1))
    return case(
        (number < ops.number(1), None),
        (number <= ops.number(LARGEST_SECONDS), value_ops.Floor(number)),
        (number / ops.number(1_000) < last, value_ops.Floor(number / ops.number(1_000))),
    )


def _bounded(seconds: Sql) -> Sql:
    """The instant, whole; NULL outside of the years 1 to 9999."""
    low, high = ops.number(FIRST_SECOND), ops.number(LAST_SECOND + 1)
    return case((and_(seconds >= low, seconds < high), value_ops.Floor(seconds)))


def _add(left: Facets, right: Facets) -> Facets:
    string = number = instant = None
    if left.string is not None and right.string is not None:
        string = left.string.concat(right.string)
    if left.number is not None and right.number is not None:
        number = value_ops.Finite(left.number + right.number)
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
        number = value_ops.Finite(left.number - right.number)
    if left.instant is not None and right.number is not None:
        instant = _bounded(left.instant - right.number)
    return Facets(number=number, instant=instant)


def _numeric(work: Callable[[Sql, Sql], Sql]) -> Callable[[Facets, Facets], Facets]:
    def write(left: Facets, right: Facets) -> Facets:
        if left.number is None or right.number is None:
            return UNDEFINED_FACETS
        return Facets(number=value_ops.Finite(work(left.number, right.number)))

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
    if value.has_one_type:
        return Facets(boolean=value.boolean.is_not(true()), is_undefined=false())
    return Facets(
        boolean=case(
            (value.boolean.is_(true()), false()),
            (value.boolean.is_(false()), true()),
            (undefined, true()),
        )
    )


def joined(values: list[Facets]) -> Facets:
    """The texts one behind the other; undefined where they come to nothing."""
    texts = [func.coalesce(value.string, "") for value in values if value.string is not None]
    if not texts:
        return UNDEFINED_FACETS
    joined: Sql = texts[0]
    for text in texts[1:]:
        joined = joined.concat(text)
    return Facets(string=f.without_empty(joined))


def first_given(values: list[Facets]) -> Facets:
    """The first value that is neither undefined, null nor the empty text."""
    texts = [text for value in values if (text := value.only_text) is not None]
    if len(texts) == len(values):
        # Each is mentioned once.
        return Facets(string=f.first([*map(f.without_empty, texts[:-1]), texts[-1]]))
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
        return Facets(string=value_ops.Fold(value_ops.FirstGroup(value.string, ops.text(pattern))))

    return write


def _query_text(value: Facets) -> Facets:
    return (
        UNDEFINED_FACETS if value.json is None else Facets(string=value_ops.QueryText(value.json))
    )


def _fold_text(value: Facets) -> Facets:
    return UNDEFINED_FACETS if value.string is None else Facets(string=value.fold)


OPERATIONS: Final[dict[Op, Callable[..., Facets]]] = {
    Op.EQUAL: _equal,
    Op.LESS: _ordering("<"),
    Op.AT_MOST: _ordering("<="),
    Op.GREATER: _ordering(">"),
    Op.AT_LEAST: _ordering(">="),
    Op.ADD: _add,
    Op.SUBTRACT: _subtract,
    Op.MULTIPLY: _numeric(lambda left, right: left * right),
    Op.DIVIDE: _numeric(lambda left, right: left / func.nullif(right, ops.number(0))),
    Op.REMAINDER: _numeric(value_ops.Remainder),
    Op.NEGATE: _single(lambda number: -number),
    Op.FLOOR: _single(value_ops.Floor),
    Op.CEILING: _single(value_ops.Ceiling),
    Op.ROUND: _single(value_ops.RoundHalfAway),
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
"""What makes an operation from the facets of its arguments, where that is all it takes."""
