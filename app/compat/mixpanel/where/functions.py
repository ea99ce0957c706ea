"""The functions of `where` expressions: how many arguments they take, and what they mean."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from app.analytics.expressions.tree import Apply, Constant, Expression, Iteration, Op


@dataclass(frozen=True, slots=True)
class Function:
    """A function of plain values. `kind` is what it always gives, if that is known."""

    fewest: int
    most: int
    make: Callable[[tuple[Expression, ...]], Expression]
    kind: str | None = None
    pattern: int | None = None
    """Which argument is a regular expression."""


def _plain(op: Op, count: int, kind: str | None = None, **more: int) -> Function:
    pattern = more.get("pattern")
    return Function(count, more.get("most", count), lambda given: Apply(op, given), kind, pattern)


def _address_part(given: tuple[Expression, ...]) -> Expression:
    address, part = given
    is_whole = isinstance(part, Constant) and part.value == "full_domain"
    return Apply(Op.HOST if is_whole else Op.DOMAIN, (address,))


def _choice(given: tuple[Expression, ...]) -> Expression:
    return Apply(Op.IF, given)


_NUMBER: Final = "number"
_STRING: Final = "string"
_BOOLEAN: Final = "boolean"
_DATETIME: Final = "datetime"
_LIST: Final = "list"

FUNCTIONS: Final[Mapping[str, Function]] = {
    "boolean": _plain(Op.TO_BOOLEAN, 1, _BOOLEAN),
    "number": _plain(Op.TO_NUMBER, 1, _NUMBER),
    "string": _plain(Op.TO_STRING, 1, _STRING),
    "datetime": _plain(Op.TO_INSTANT, 1, _DATETIME),
    "defined": _plain(Op.DEFINED, 1, _BOOLEAN),
    "floor": _plain(Op.FLOOR, 1, _NUMBER),
    "ceil": _plain(Op.CEILING, 1, _NUMBER),
    "round": _plain(Op.ROUND, 1, _NUMBER),
    "min": _plain(Op.MINIMUM, 2, _NUMBER),
    "max": _plain(Op.MAXIMUM, 2, _NUMBER),
    "has_prefix": _plain(Op.STARTS_WITH, 2, _BOOLEAN),
    "has_suffix": _plain(Op.ENDS_WITH, 2, _BOOLEAN),
    "upper": _plain(Op.UPPER, 1, _STRING),
    "lower": _plain(Op.LOWER, 1, _STRING),
    "len": _plain(Op.LENGTH, 1, _NUMBER),
    "left": _plain(Op.LEFT, 2, _STRING),
    "right": _plain(Op.RIGHT, 2, _STRING),
    "mid": _plain(Op.MIDDLE, 3, _STRING),
    "split": _plain(Op.SPLIT, 2, None, most=3),
    "regex_match": _plain(Op.MATCHES, 2, _BOOLEAN, pattern=1),
    "regex_extract": _plain(Op.EXTRACT, 2, _STRING, most=3, pattern=1),
    "regex_replace": _plain(Op.REPLACE, 3, _STRING, pattern=1),
    "parse_url": Function(2, 2, _address_part, _STRING),
    "if": Function(3, 3, _choice),
    "sum": _plain(Op.SUM, 1, _NUMBER),
    "datedif": _plain(Op.DAYS_BETWEEN, 3, _NUMBER),
}

ITERATIONS: Final[Mapping[str, Iteration]] = {
    "any": Iteration.ANY,
    "all": Iteration.ALL,
    "filter": Iteration.FILTER,
    "map": Iteration.MAP,
}

ITERATION_KINDS: Final[Mapping[str, str]] = {"filter": _LIST, "map": _LIST}

NAMES: Final = frozenset({*FUNCTIONS, *ITERATIONS, "let", "ifs", "today"})

SUGGESTIONS: Final[Mapping[str, str]] = {
    "contains": 'use: "P" in properties["plan"]',
    "has": 'use: "P" in properties["plan"]',
    "like": "use: regex_match(text, pattern)",
    "startswith": "use: has_prefix(text, part)",
    "starts_with": "use: has_prefix(text, part)",
    "endswith": "use: has_suffix(text, part)",
    "ends_with": "use: has_suffix(text, part)",
    "length": "use: len(value)",
    "int": "use: number(value)",
    "str": "use: string(value)",
    "bool": "use: boolean(value)",
    "isset": "use: defined(value)",
    "exists": "use: defined(value)",
    "ceiling": "use: ceil(value)",
    "now": "NOW is written without parentheses",
}
