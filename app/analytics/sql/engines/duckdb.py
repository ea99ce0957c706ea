"""How DuckDB spells the operations."""

from typing import Any

from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from app.analytics.sql import ops


def _parts(element: Any, compiler: SQLCompiler, options: Any) -> list[str]:
    return [compiler.process(clause, **options) for clause in element.clauses]


def _call(name: str, construct: type) -> None:
    def render(element: Any, compiler: SQLCompiler, **options: Any) -> str:
        return f"{name}({', '.join(_parts(element, compiler, options))})"

    compiles(construct, "duckdb")(render)


_call("json_extract_string", ops.PropertyAt)
_call("contains", ops.Contains)
_call("starts_with", ops.StartsWith)
_call("ends_with", ops.EndsWith)
_call("regexp_matches", ops.Matches)
_call("lower", ops.Lower)
_call("arg_max", ops.LatestBy)


@compiles(ops.FloorDivide, "duckdb")
def _floor_divide(element: ops.FloorDivide, compiler: SQLCompiler, **options: Any) -> str:
    dividend, divisor = _parts(element, compiler, options)
    return f"(({dividend}) // {divisor})"


@compiles(ops.PropertyText, "duckdb")
def _property_text(element: ops.PropertyText, compiler: SQLCompiler, **options: Any) -> str:
    properties, place, _ = element.clauses
    document, where = compiler.process(properties, **options), compiler.process(place, **options)
    return f"json_extract_string({document}, {where})"


@compiles(ops.NumberIn, "duckdb")
def _number_in(element: ops.NumberIn, compiler: SQLCompiler, **options: Any) -> str:
    (text,) = _parts(element, compiler, options)
    # Trap: DuckDB reads "1_000", "nan" and "inf" as numbers. It evaluates the repeated cast once.
    number = f"TRY_CAST({text} AS DOUBLE)"
    return f"CASE WHEN isfinite({number}) AND NOT contains({text}, '_') THEN {number} END"
