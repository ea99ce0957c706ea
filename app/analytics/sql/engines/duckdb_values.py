"""How DuckDB spells operations on values of unknown type, and the members of documents."""

from typing import Any, Final

from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from app.analytics.expressions.values import FIRST_SECOND, ISO_INSTANT, LAST_SECOND
from app.analytics.sql import value_ops
from app.analytics.sql.engines.spelling import parts, spell_as_call

spell_as_call(value_ops.Fold, "lower", "duckdb")
spell_as_call(value_ops.Floor, "floor", "duckdb")
spell_as_call(value_ops.Ceiling, "ceil", "duckdb")
spell_as_call(value_ops.RoundHalfAway, "round", "duckdb")

_NUMBERS: Final = "('BIGINT', 'UBIGINT', 'HUGEINT', 'UHUGEINT', 'DOUBLE')"
_WHOLE_NUMBERS: Final = "('BIGINT', 'UBIGINT', 'HUGEINT', 'UHUGEINT')"


def _spell(construct: type, template: str) -> None:
    """Makes the construct that SQL, with its clauses in the places of `{0}` and `{1}`."""

    def render(element: Any, compiler: SQLCompiler, **options: Any) -> str:
        return template.format(*parts(element, compiler, options))

    compiles(construct, "duckdb")(render)


_spell(
    value_ops.KindAt,
    "CASE json_type({0}, {1}) WHEN 'VARCHAR' THEN 'string' WHEN 'BOOLEAN' THEN 'boolean' "
    "WHEN 'NULL' THEN 'null' WHEN 'ARRAY' THEN 'list' WHEN 'OBJECT' THEN 'object' "
    f"ELSE CASE WHEN json_type({{0}}, {{1}}) IN {_NUMBERS} THEN 'number' END END",
)
_spell(
    value_ops.MemberKind,
    "CASE {0} WHEN 'VARCHAR' THEN 'string' WHEN 'BOOLEAN' THEN 'boolean' WHEN 'NULL' THEN 'null' "
    "WHEN 'ARRAY' THEN 'list' WHEN 'OBJECT' THEN 'object' ELSE 'number' END",
)
_spell(
    value_ops.StringAt,
    "CASE json_type({0}, {1}) WHEN 'VARCHAR' THEN json_extract_string({0}, {1}) END",
)
_spell(
    value_ops.NumberAt,
    f"CASE WHEN json_type({{0}}, {{1}}) IN {_NUMBERS} "
    "THEN TRY_CAST(json_extract_string({0}, {1}) AS DOUBLE) END",
)
_spell(
    value_ops.WholeAt,
    f"CASE WHEN json_type({{0}}, {{1}}) IN {_WHOLE_NUMBERS} "
    "THEN json_extract_string({0}, {1}) END",
)
_spell(
    value_ops.BooleanAt,
    "CASE json_type({0}, {1}) WHEN 'BOOLEAN' THEN json_extract_string({0}, {1}) = 'true' END",
)
_spell(
    value_ops.ContainerAt,
    "CASE WHEN json_type({0}, {1}) IN ('ARRAY', 'OBJECT') THEN json_extract_string({0}, {1}) END",
)
_spell(value_ops.Behind, "({0} || {1})")
_spell(value_ops.JsonAt, "CAST(json_extract({0}, {1}) AS VARCHAR)")
_spell(
    value_ops.ListHolds,
    "CASE WHEN json_type({0}) = 'ARRAY' THEN len(list_filter("
    "CAST({0} AS JSON[]), member -> json_type(member) = 'VARCHAR' "
    "AND lower(json_extract_string(member, '$')) = {1})) > 0 END",
)
_spell(
    value_ops.NumberText,
    "CASE WHEN {0} = trunc({0}) AND abs({0}) < 1e15 "
    "THEN CAST(CAST({0} AS BIGINT) AS VARCHAR) ELSE CAST({0} AS VARCHAR) END",
)
_spell(
    value_ops.Finite,
    "nullif(nullif(nullif({0}, CAST('inf' AS DOUBLE)), CAST('-inf' AS DOUBLE)), "
    "CAST('nan' AS DOUBLE))",
)
_spell(value_ops.Remainder, "(CAST({0} AS DOUBLE) % nullif({1}, 0))")

_ISO: Final = ISO_INSTANT.replace("{", "{{").replace("}", "}}")
_DAY: Final = f"regexp_extract({{0}}, '^{_ISO}$', 1)"
_CLOCK: Final = f"coalesce(nullif(regexp_extract({{0}}, '^{_ISO}$', 2), ''), '00:00')"
_OFFSET: Final = f"replace(regexp_extract({{0}}, '^{_ISO}$', 3), 'Z', '')"
_spell(
    value_ops.SecondIn,
    (
        "list_transform(list_transform([struct_pack(day := <day>, clock := <clock>, "
        "zone := <zone>)], part -> epoch(TRY_CAST(part.day || ' ' || part.clock AS TIMESTAMP)) "
        "- CASE WHEN part.zone = '' THEN 0 ELSE (CASE part.zone[1] WHEN '-' THEN -60 ELSE 60 END)"
        " * (60 * CAST(part.zone[2:3] AS INTEGER) + CAST(part.zone[5:6] AS INTEGER)) END),"
        f" moment -> CASE WHEN moment BETWEEN {FIRST_SECOND} AND {LAST_SECOND} THEN moment END)[1]"
    )
    .replace("<day>", _DAY)
    .replace("<clock>", _CLOCK)
    .replace("<zone>", _OFFSET),
)

_POINTER: Final = "('/' || replace(replace(member, '~', '~0'), '/', '~1'))"
_spell(value_ops.Part, "string_split({0}, {1})[{2}]")
_spell(value_ops.FirstGroup, "nullif(regexp_extract({0}, {1}, 1), '')")
_spell(
    value_ops.QueryText,
    "CASE WHEN json_type({0}) = 'OBJECT' THEN nullif('?' || array_to_string(list_transform("
    "json_keys({0}), member -> url_encode(member) || '=' || url_encode(coalesce("
    f"json_extract_string({{0}}, {_POINTER}), ''))), '&'), '?') END",
)
_SPELLED_OTHERWISE: Final = r"[0-9]e\+[0-9]|\\u00[01][a-f]"
"""What is stored in another way than the engine writes it: numbers with e+, escapes in lower case.

Trap: a row's text as it is and one that is put together anew would not be the same bytes.
"""

_spell(
    value_ops.OtherMembers,
    "CASE WHEN {0} = '{{}}' THEN '' "
    f"WHEN NOT regexp_matches({{0}}, {{1}} || '|{_SPELLED_OTHERWISE}') "
    "THEN ',' || substr({0}, 2, length({0}) - 2) "
    "ELSE array_to_string(list_transform(list_filter(json_keys({0}), "
    "member -> NOT starts_with(member, {3}) "
    "AND NOT list_contains(CAST({2} AS VARCHAR[]), member)), "
    f"member -> ',' || CAST(to_json(member) AS VARCHAR) || ':' || json_extract({{0}}, {_POINTER}))"
    ", '') END",
)
