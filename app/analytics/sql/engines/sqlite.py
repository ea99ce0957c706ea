"""How SQLite spells the operations, and the functions that it must be given for them."""

from base64 import urlsafe_b64encode
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Final, cast

import orjson
from sqlalchemy import BindParameter
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from app.analytics.capabilities import PLAIN
from app.analytics.instants import parse_instant
from app.analytics.numbers import parse_number, quantile
from app.analytics.patterns import compiled
from app.analytics.properties import as_text, at_pointer, texts_at
from app.analytics.sql import ops
from app.analytics.sql.engines.spelling import parts, spell_as_call
from app.analytics.sql.engines.sqlite_values import VALUE_FUNCTIONS

_ANY_NUMBER: Final = -1
"""Of arguments, as the engine's own interface tells it."""

CAPABILITIES: Final = PLAIN
"""What decisions have to know of this engine."""

spell_as_call(ops.PropertyAt, "rosetta_property", "sqlite")
spell_as_call(ops.NumberIn, "rosetta_number", "sqlite")
spell_as_call(ops.StartsWith, "rosetta_starts", "sqlite")
spell_as_call(ops.EndsWith, "rosetta_ends", "sqlite")
spell_as_call(ops.Matches, "rosetta_matches", "sqlite")
spell_as_call(ops.Lower, "rosetta_lower", "sqlite")
spell_as_call(ops.Quantile, "rosetta_quantile", "sqlite")
# Trap: json_quote cuts floating point numbers to 15 digits.
spell_as_call(ops.JsonNumber, "rosetta_number_text", "sqlite")
spell_as_call(ops.InstantIn, "rosetta_instant", "sqlite")
spell_as_call(ops.ElementText, "", "sqlite")
spell_as_call(ops.MomentText, "rosetta_moment", "sqlite")
spell_as_call(ops.JsonObject, "rosetta_object", "sqlite")
spell_as_call(ops.Base64, "rosetta_base64", "sqlite")


@compiles(ops.FloorDivide, "sqlite")
def _floor_divide(element: ops.FloorDivide, compiler: SQLCompiler, **options: Any) -> str:
    dividend, divisor = parts(element, compiler, options)
    return f"(({dividend}) / {divisor})"


@compiles(ops.WholeSum, "sqlite")
def _whole_sum(element: ops.WholeSum, compiler: SQLCompiler, **options: Any) -> str:
    # Trap: sum() fails beyond 64 bits. The sums of the upper and of the lower halves can't
    # reach them; put together they become a float where the whole has more.
    (number,) = parts(element, compiler, options)
    upper, lower = f"sum({number} >> 32)", f"sum({number} & 4294967295)"
    return f"(({upper} + ({lower} >> 32)) * 4294967296 + ({lower} & 4294967295))"


@compiles(ops.Gathered, "sqlite")
def _gathered(element: ops.Gathered, compiler: SQLCompiler, **options: Any) -> str:
    (number,) = parts(element, compiler, options)
    return f"json_group_array({number}) FILTER (WHERE {number} IS NOT NULL)"


@compiles(ops.FirstBeyond, "sqlite")
def _first_beyond(element: ops.FirstBeyond, compiler: SQLCompiler, **options: Any) -> str:
    numbers, bound = parts(element, compiler, options)
    smallest = f"(SELECT min(value) FROM json_each({numbers})"  # noqa: S608 — expressions of ours.
    return f"{smallest} WHERE value > {bound})"


@compiles(ops.Contains, "sqlite")
def _contains(element: ops.Contains, compiler: SQLCompiler, **options: Any) -> str:
    text, part = parts(element, compiler, options)
    return f"(instr({text}, {part}) > 0)"


@compiles(ops.PropertyText, "sqlite")
def _property_text(element: ops.PropertyText, compiler: SQLCompiler, **options: Any) -> str:
    properties, _, path = element.clauses

    def both(separator: str) -> str:
        # Each rendering counts a parameter: they must be made in the order they stand.
        document = compiler.process(properties, **options)
        return f"{document}{separator}{compiler.process(path, **options)}"

    # Trap: ->> turns true into 1 and 1.0 into a float; -> keeps the JSON text.
    return (
        f"CASE json_type({both(', ')}) WHEN 'text' THEN {both(' ->> ')}"
        f" WHEN 'null' THEN NULL ELSE {both(' -> ')} END"
    )


@compiles(ops.LatestBy, "sqlite")
def _latest_by(element: ops.LatestBy, compiler: SQLCompiler, **options: Any) -> str:
    value, _ = element.clauses
    # A bare column beside a single max() comes from the row with that maximum.
    return compiler.process(value, **options)


@compiles(ops.JsonText, "sqlite")
def _json_text(element: ops.JsonText, compiler: SQLCompiler, **options: Any) -> str:
    (value,) = parts(element, compiler, options)
    # A text that says null has quotes around it.
    return f"nullif(json_quote({value}), 'null')"


@compiles(ops.JsonValue, "sqlite")
def _json_value(element: ops.JsonValue, compiler: SQLCompiler, **options: Any) -> str:
    (value,) = parts(element, compiler, options)
    # Bytes are how JSON is told from a text.
    return f"CAST({value} AS BLOB)"


@compiles(ops.JsonInstant, "sqlite")
@compiles(ops.InstantText, "sqlite")
def _instant_text(
    element: ops.JsonInstant | ops.InstantText, compiler: SQLCompiler, **options: Any
) -> str:
    (instant,) = element.clauses
    quote = '"' if isinstance(element, ops.JsonInstant) else ""

    def both(before: str, between: str, after: str) -> str:
        # Each rendering counts a parameter: they must be made in the order they stand.
        first = compiler.process(instant, **options)
        return f"{before}{first}{between}{compiler.process(instant, **options)}{after}"

    return both(
        f"(strftime('{quote}%Y-%m-%dT%H:%M:%S', ",
        f" / 1000, 'unixepoch') || printf('.%03dZ{quote}', ",
        " % 1000))",
    )


@compiles(ops.Joined, "sqlite")
def _joined(element: ops.Joined, compiler: SQLCompiler, **options: Any) -> str:
    pieces = (
        text if isinstance(piece, BindParameter) else f"coalesce({text}, '')"
        for piece, text in zip(element.clauses, parts(element, compiler, options), strict=True)
    )
    return f"({' || '.join(pieces)})"


@compiles(ops.PropertyTexts, "sqlite")
def _property_texts(element: ops.PropertyTexts, compiler: SQLCompiler, **options: Any) -> str:
    properties, pattern, *_ = element.clauses
    document = compiler.process(properties, **options)
    return f"rosetta_texts({document}, {compiler.process(pattern, **options)})"


@compiles(ops.AnyElement, "sqlite")
def _any_element(element: ops.AnyElement, compiler: SQLCompiler, **options: Any) -> str:
    array, condition = parts(element, compiler, options)
    elements = f"SELECT value AS element FROM json_each({array})"  # noqa: S608 — the same.
    return f"EXISTS (SELECT 1 FROM ({elements}) WHERE {condition})"  # noqa: S608 — rendered parts.


@compiles(ops.HasAny, "sqlite")
def _has_any(element: ops.HasAny, compiler: SQLCompiler, **options: Any) -> str:
    array, wanted = parts(element, compiler, options)
    # The subquery comes in parentheses of its own; in a second pair it would be one value.
    return f"EXISTS (SELECT 1 FROM json_each({array}) WHERE value IN {wanted})"  # noqa: S608 — the same.


@compiles(ops.LeastElement, "sqlite")
def _least_element(element: ops.LeastElement, compiler: SQLCompiler, **options: Any) -> str:
    (array,) = parts(element, compiler, options)
    return f"(SELECT min(value) FROM json_each({array}))"  # noqa: S608 — the same.


def _property_at(document: str | None, place: str) -> str | None:
    return None if document is None else as_text(at_pointer(orjson.loads(document), place))


def _texts(document: str | None, pattern: str) -> str | None:
    if document is None:
        return None
    return orjson.dumps(texts_at(orjson.loads(document), pattern)).decode()


def _matches(text: str | None, pattern: str) -> bool | None:
    return None if text is None else compiled(pattern).search(text) is not None


def _starts(text: str | None, part: str | None) -> bool | None:
    return None if text is None or part is None else text.startswith(part)


def _ends(text: str | None, part: str | None) -> bool | None:
    return None if text is None or part is None else text.endswith(part)


def _lower(text: str | None) -> str | None:
    return None if text is None else text.lower()


class _Quantile:
    """Gathers the numbers of a group; SQLite makes one for each group."""

    def __init__(self) -> None:
        self._numbers: list[int | float] = []
        self._share = 0.0

    def step(self, number: float | None, share: float) -> None:
        """Takes one row's number."""
        self._share = share
        if number is not None:
            self._numbers.append(number)

    def finalize(self) -> float | None:
        """The answer for the group."""
        return quantile(self._numbers, self._share)


def _number_text(value: float | None) -> str | None:
    return None if value is None else orjson.dumps(value).decode()


def _moment(instant: int | None) -> str | None:
    if instant is None:
        return None
    return datetime.fromtimestamp(instant / 1000, UTC).isoformat()


def _object(*members: str | float | bytes | None) -> str:
    keys = cast("Sequence[str]", members[::2])
    values = (orjson.Fragment(it) if isinstance(it, bytes) else it for it in members[1::2])
    return orjson.dumps(dict(zip(keys, values, strict=True))).decode()


def _base64(text: str | None) -> str | None:
    return None if text is None else urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


FUNCTIONS: Final[tuple[tuple[str, int, Callable[..., str | float | None]], ...]] = (
    ("rosetta_property", 2, _property_at),
    ("rosetta_texts", 2, _texts),
    ("rosetta_number", 1, parse_number),
    ("rosetta_instant", 1, parse_instant),
    ("rosetta_starts", 2, _starts),
    ("rosetta_ends", 2, _ends),
    ("rosetta_matches", 2, _matches),
    ("rosetta_lower", 1, _lower),
    ("rosetta_number_text", 1, _number_text),
    ("rosetta_moment", 1, _moment),
    ("rosetta_base64", 1, _base64),
    ("rosetta_object", _ANY_NUMBER, _object),
    *VALUE_FUNCTIONS,
)
"""Name, number of arguments and body of each function; all are deterministic."""

AGGREGATES: Final[tuple[tuple[str, int, Callable[[], Any]], ...]] = (
    ("rosetta_quantile", 2, _Quantile),
)
"""Name, number of arguments and class of each aggregate function."""
