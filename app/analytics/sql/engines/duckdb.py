"""How DuckDB spells the operations."""

from typing import Any

from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from app.analytics.sql import ops
from app.analytics.sql.engines.spelling import parts, spell_as_call

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


@compiles(ops.JsonInstant, "duckdb")
def _json_instant(element: ops.JsonInstant, compiler: SQLCompiler, **options: Any) -> str:
    (instant,) = parts(element, compiler, options)
    return f"strftime(make_timestamp({instant} * 1000), '\"%Y-%m-%dT%H:%M:%S.%gZ\"')"
