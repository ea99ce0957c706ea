"""How SQLite does operations on values of unknown type, and on the members of documents."""

import math
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

import orjson
import re2
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from app.analytics.expressions import arithmetic, texts
from app.analytics.expressions.comparing import member
from app.analytics.expressions.tree import UNDEFINED, Second, Value
from app.analytics.expressions.values import folded, kind_of, number_text, plain, to_instant
from app.analytics.records import Json
from app.analytics.sql import value_ops
from app.analytics.sql.engines.spelling import parts, spell_as_call

_UTC: Final = ZoneInfo("UTC")

spell_as_call(value_ops.Fold, "rosetta_fold", "sqlite")
spell_as_call(value_ops.KindAt, "rosetta_kind", "sqlite")
spell_as_call(value_ops.StringAt, "rosetta_string_at", "sqlite")
spell_as_call(value_ops.NumberAt, "rosetta_number_at", "sqlite")
spell_as_call(value_ops.WholeAt, "rosetta_whole_at", "sqlite")
spell_as_call(value_ops.BooleanAt, "rosetta_boolean_at", "sqlite")
spell_as_call(value_ops.ContainerAt, "rosetta_container_at", "sqlite")
spell_as_call(value_ops.JsonAt, "rosetta_json_at", "sqlite")
spell_as_call(value_ops.ListHolds, "rosetta_list_holds", "sqlite")
spell_as_call(value_ops.NumberText, "rosetta_decimal", "sqlite")
spell_as_call(value_ops.SecondIn, "rosetta_second", "sqlite")
spell_as_call(value_ops.Finite, "rosetta_finite", "sqlite")
spell_as_call(value_ops.Remainder, "rosetta_remainder", "sqlite")
spell_as_call(value_ops.Floor, "rosetta_floor", "sqlite")
spell_as_call(value_ops.Ceiling, "rosetta_ceiling", "sqlite")
spell_as_call(value_ops.RoundHalfAway, "rosetta_round", "sqlite")
spell_as_call(value_ops.Part, "rosetta_part", "sqlite")
spell_as_call(value_ops.FirstGroup, "rosetta_group", "sqlite")
spell_as_call(value_ops.QueryText, "rosetta_query", "sqlite")
spell_as_call(value_ops.OtherMembers, "rosetta_others", "sqlite")


def _fold(text: str | None) -> str | None:
    return None if text is None else folded(text)


@lru_cache(maxsize=4)
def _document(document: str) -> Json:
    """One row's document, which several calls read in turn."""
    value: Json = orjson.loads(document)
    return value


_STEP: Final = re.compile(r'\."([^"]*)"|\[([0-9]+)\]')


@lru_cache(maxsize=256)
def _steps(path: str) -> tuple[str | int, ...]:
    return tuple(
        int(found[2]) if found[2] is not None else found[1] for found in _STEP.finditer(path)
    )


def _at(document: str | None, path: str) -> Value:
    if document is None:
        return UNDEFINED
    value: Value = _document(document)
    for key in _steps(path):
        value = member(value, key)
    return value


def _kind_at(document: str | None, path: str) -> str | None:
    value = _at(document, path)
    return None if value is UNDEFINED else str(kind_of(value))


def _string_at(document: str | None, path: str) -> str | None:
    value = _at(document, path)
    return value if isinstance(value, str) else None


def _number_at(document: str | None, path: str) -> float | None:
    value = _at(document, path)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number else None  # type: ignore[arg-type]


def _whole_at(document: str | None, path: str) -> str | None:
    value = _at(document, path)
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None


def _boolean_at(document: str | None, path: str) -> bool | None:
    value = _at(document, path)
    return value if isinstance(value, bool) else None


def _container_at(document: str | None, path: str) -> str | None:
    value = _at(document, path)
    return orjson.dumps(value).decode() if isinstance(value, list | dict) else None


def _json_at(document: str | None, path: str) -> str | None:
    value = _at(document, path)
    return None if value is UNDEFINED else orjson.dumps(plain(value)).decode()


def _list_holds(container: str | None, text: str) -> bool | None:
    value = None if container is None else _document(container)
    if not isinstance(value, list):
        return None
    return any(isinstance(each, str) and folded(each) == text for each in value)


def _number_text(number: float | None) -> str | None:
    return None if number is None else number_text(float(number))


def _second(text: str | None) -> int | None:
    found = None if text is None else to_instant(text, _UTC)
    return found.seconds if isinstance(found, Second) else None


def _finite(number: float | None) -> float | None:
    return None if number is None or not math.isfinite(number) else number


def _remainder(dividend: float | None, divisor: float | None) -> float | None:
    if dividend is None or not divisor:
        return None
    return math.fmod(dividend, divisor)


def _whole(work: Callable[[Value], Value]) -> Callable[[float | None], float | None]:
    def apply(number: float | None) -> float | None:
        value = None if number is None else work(number)
        return value if isinstance(value, float) else None

    return apply


def _part(text: str | None, delimiter: str, place: int) -> str | None:
    part = UNDEFINED if text is None else texts.split(text, delimiter, place)
    return part if isinstance(part, str) else None


def _group(text: str | None, pattern: str) -> str | None:
    return None if text is None else texts.first_group(text, pattern)


def _query(container: str | None) -> str | None:
    value = None if container is None else texts.query_text(_document(container))
    return value if isinstance(value, str) else None


@lru_cache(maxsize=16)
def _odd(pattern: str) -> Any:
    return re2.compile(pattern)  # pyright: ignore[reportUnknownMemberType] # It has no stubs.


def _others(document: str, pattern: str, names: str, prefix: str) -> str:
    if _odd(pattern).search(document) is None:
        return "" if document == "{}" else f",{document[1:-1]}"
    members, odd = _document(document), _document(names)
    if not isinstance(members, dict) or not isinstance(odd, list):
        return ""
    kept = {
        key: value
        for key, value in members.items()
        if not key.startswith(prefix) and key not in odd
    }
    return f",{orjson.dumps(kept).decode()[1:-1]}" if kept else ""


@compiles(value_ops.MemberKind, "sqlite")
def _member_kind(element: value_ops.MemberKind, compiler: SQLCompiler, **options: Any) -> str:
    (kind,) = parts(element, compiler, options)
    return (
        f"CASE {kind} WHEN 'text' THEN 'string' WHEN 'true' THEN 'boolean' WHEN 'false' "
        "THEN 'boolean' WHEN 'null' THEN 'null' WHEN 'array' THEN 'list' WHEN 'object' "
        "THEN 'object' ELSE 'number' END"
    )


@compiles(value_ops.Behind, "sqlite")
def _behind(element: value_ops.Behind, compiler: SQLCompiler, **options: Any) -> str:
    return f"({' || '.join(parts(element, compiler, options))})"


VALUE_FUNCTIONS: Final[tuple[tuple[str, int, Callable[..., str | float | None]], ...]] = (
    ("rosetta_fold", 1, _fold),
    ("rosetta_kind", 2, _kind_at),
    ("rosetta_string_at", 2, _string_at),
    ("rosetta_number_at", 2, _number_at),
    ("rosetta_whole_at", 2, _whole_at),
    ("rosetta_boolean_at", 2, _boolean_at),
    ("rosetta_container_at", 2, _container_at),
    ("rosetta_json_at", 2, _json_at),
    ("rosetta_list_holds", 2, _list_holds),
    ("rosetta_decimal", 1, _number_text),
    ("rosetta_second", 1, _second),
    ("rosetta_finite", 1, _finite),
    ("rosetta_remainder", 2, _remainder),
    ("rosetta_floor", 1, _whole(arithmetic.floor)),
    ("rosetta_ceiling", 1, _whole(arithmetic.ceiling)),
    ("rosetta_round", 1, _whole(arithmetic.round_half_away)),
    ("rosetta_part", 3, _part),
    ("rosetta_group", 2, _group),
    ("rosetta_query", 1, _query),
    ("rosetta_others", 4, _others),
)
"""Name, number of arguments and body of each function; all are deterministic."""
