"""How DuckDB spells the operations."""

from typing import Any, Final

from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from app.analytics.capabilities import Capabilities
from app.analytics.instants import LOCAL_PATTERN, OFFSET_PATTERN
from app.analytics.sql import ops
from app.analytics.sql.engines import duckdb_values as _values
from app.analytics.sql.engines.spelling import parts, spell_as_call

VALUES = _values
"""The spellings of values of unknown type, which come with these."""

CAPABILITIES: Final = Capabilities(rolls_up=True)
"""What decisions have to know of this engine."""

spell_as_call(ops.PropertyAt, "json_extract_string", "duckdb")
spell_as_call(ops.Contains, "contains", "duckdb")
spell_as_call(ops.StartsWith, "starts_with", "duckdb")
spell_as_call(ops.EndsWith, "ends_with", "duckdb")
spell_as_call(ops.Matches, "regexp_matches", "duckdb")
spell_as_call(ops.Lower, "lower", "duckdb")
spell_as_call(ops.LatestBy, "arg_max", "duckdb")
spell_as_call(ops.Quantile, "quantile_cont", "duckdb")
spell_as_call(ops.Joined, "concat", "duckdb")


@compiles(ops.Gathered, "duckdb")
def _gathered(element: ops.Gathered, compiler: SQLCompiler, **options: Any) -> str:
    (number,) = parts(element, compiler, options)
    return f"list({number}) FILTER ({number} IS NOT NULL)"


@compiles(ops.FirstBeyond, "duckdb")
def _first_beyond(element: ops.FirstBeyond, compiler: SQLCompiler, **options: Any) -> str:
    numbers, bound = parts(element, compiler, options)
    return f"list_min(list_filter({numbers}, lambda each: each > {bound}))"


@compiles(ops.FloorDivide, "duckdb")
def _floor_divide(element: ops.FloorDivide, compiler: SQLCompiler, **options: Any) -> str:
    dividend, divisor = parts(element, compiler, options)
    return f"(({dividend}) // {divisor})"


# The engine sums in 128 bits.
spell_as_call(ops.WholeSum, "sum", "duckdb")


@compiles(ops.PropertyText, "duckdb")
def _property_text(element: ops.PropertyText, compiler: SQLCompiler, **options: Any) -> str:
    properties, place, _ = element.clauses
    document, where = compiler.process(properties, **options), compiler.process(place, **options)
    return f"json_extract_string({document}, {where})"


@compiles(ops.NumberIn, "duckdb")
def _number_in(element: ops.NumberIn, compiler: SQLCompiler, **options: Any) -> str:
    (text,) = parts(element, compiler, options)
    # Trap: DuckDB reads "1_000", "nan" and "inf" as numbers. It evaluates the repeated cast once.
    number = f"TRY_CAST({text} AS DOUBLE)"
    return f"CASE WHEN isfinite({number}) AND NOT contains({text}, '_') THEN {number} END"


@compiles(ops.JsonText, "duckdb")
@compiles(ops.JsonNumber, "duckdb")
def _json(element: ops.JsonText | ops.JsonNumber, compiler: SQLCompiler, **options: Any) -> str:
    (value,) = parts(element, compiler, options)
    return f"CAST(to_json({value}) AS VARCHAR)"


@compiles(ops.JsonValue, "duckdb")
def _json_value(element: ops.JsonValue, compiler: SQLCompiler, **options: Any) -> str:
    (value,) = parts(element, compiler, options)
    return f"CAST({value} AS JSON)"


@compiles(ops.JsonInstant, "duckdb")
@compiles(ops.InstantText, "duckdb")
def _instant_text(
    element: ops.JsonInstant | ops.InstantText, compiler: SQLCompiler, **options: Any
) -> str:
    (instant,) = parts(element, compiler, options)
    quote = '"' if isinstance(element, ops.JsonInstant) else ""
    return f"strftime(make_timestamp({instant} * 1000), '{quote}%Y-%m-%dT%H:%M:%S.%gZ{quote}')"


@compiles(ops.MomentText, "duckdb")
def _moment_text(element: ops.MomentText, compiler: SQLCompiler, **options: Any) -> str:
    (instant,) = parts(element, compiler, options)
    written = f"strftime(make_timestamp({instant} * 1000), '%Y-%m-%dT%H:%M:%S.%f+00:00')"
    return f"replace({written}, '.000000', '')"


@compiles(ops.JsonObject, "duckdb")
def _json_object(element: ops.JsonObject, compiler: SQLCompiler, **options: Any) -> str:
    return f"CAST(json_object({', '.join(parts(element, compiler, options))}) AS VARCHAR)"


@compiles(ops.Base64, "duckdb")
def _base64(element: ops.Base64, compiler: SQLCompiler, **options: Any) -> str:
    (text,) = parts(element, compiler, options)
    return f"rtrim(translate(to_base64(encode({text})), '+/', '-_'), '=')"


@compiles(ops.PropertyTexts, "duckdb")
def _property_texts(element: ops.PropertyTexts, compiler: SQLCompiler, **options: Any) -> str:
    properties, _, *paths = element.clauses
    found = [
        f"json_extract_string({document}, {path})"
        for document, path in (
            (compiler.process(properties, **options), compiler.process(each, **options))
            for each in paths
        )
    ]
    texts = found[0] if len(found) == 1 else f"list_concat({', '.join(found)})"
    return f"to_json(list_filter({texts}, lambda text: text IS NOT NULL))"


def _texts_of(array: str) -> str:
    return f"CAST(CAST({array} AS JSON) AS VARCHAR[])"


@compiles(ops.AnyElement, "duckdb")
def _any_element(element: ops.AnyElement, compiler: SQLCompiler, **options: Any) -> str:
    array, condition = parts(element, compiler, options)
    return f"(len(list_filter({_texts_of(array)}, lambda element: {condition})) > 0)"


@compiles(ops.HasAny, "duckdb")
def _has_any(element: ops.HasAny, compiler: SQLCompiler, **options: Any) -> str:
    array, wanted = parts(element, compiler, options)
    found = f"SELECT coalesce(list(wanted.id), []) FROM ({wanted}) AS wanted(id)"  # noqa: S608 — rendered parts.
    return f"list_has_any({_texts_of(array)}, ({found}))"


@compiles(ops.ElementText, "duckdb")
def _element_text(element: ops.ElementText, compiler: SQLCompiler, **options: Any) -> str:
    (value,) = parts(element, compiler, options)
    return f"json_extract_string({value}, '$')"


@compiles(ops.LeastElement, "duckdb")
def _least_element(element: ops.LeastElement, compiler: SQLCompiler, **options: Any) -> str:
    (array,) = parts(element, compiler, options)
    return f"list_min({_texts_of(array)})"


@compiles(ops.InstantIn, "duckdb")
def _instant_in(element: ops.InstantIn, compiler: SQLCompiler, **options: Any) -> str:
    (text,) = element.clauses

    def spelled(pattern: str, kind: str) -> str:
        # Trap: a TIMESTAMP is read without regard to the offset that is written.
        one, other = compiler.process(text, **options), compiler.process(text, **options)
        return (
            f"WHEN regexp_full_match({one}, '{pattern}') "
            f"THEN epoch_ms(date_trunc('millisecond', TRY_CAST({other} AS {kind})))"
        )

    local = spelled(LOCAL_PATTERN, "TIMESTAMP")
    return f"CASE {local} {spelled(OFFSET_PATTERN, 'TIMESTAMPTZ')} END"
