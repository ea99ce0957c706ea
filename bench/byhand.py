"""The best SQL for the Insights questions that was found by hand, for DuckDB alone."""

from dataclasses import dataclass
from typing import Final

from bench.engine import RawStatement

_METRICS: Final = """
SELECT created_at // 86400000 AS day, count(*), count(DISTINCT profile_id),
  count(*) FILTER (is_bounce), sum(duration) FILTER (duration > 0),
  count(*) FILTER (duration > 0), sum(screen_view_count)
FROM sessions WHERE {where} {narrower} GROUP BY ROLLUP (day)
"""
_REVENUE: Final = """
SELECT created_at // 86400000 AS day, sum(revenue) FROM events
WHERE {where} AND name = 'revenue' {narrower} GROUP BY ROLLUP (day)
"""
_OF_PLAN: Final = "AND json_extract_string(properties, '/plan') = 'pro'"
_IN_PLAN: Final = """
AND id IN (SELECT session_id FROM events WHERE {where} AND session_id IS NOT NULL {plan})
"""
_BREAKDOWN: Final = """
SELECT {keys}, count(*) AS sessions, count(*) FILTER (is_bounce),
  sum(duration) FILTER (duration > 0), count(*) FILTER (duration > 0),
  sum(screen_view_count), sum(revenue), count(*) OVER ()
FROM sessions WHERE {where} GROUP BY {keys} ORDER BY sessions DESC LIMIT 10
"""
_PAGES: Final = """
WITH views AS (
  SELECT origin, path, session_id, title, position, created_at,
    lead(created_at) OVER (PARTITION BY session_id ORDER BY created_at, position) AS next
  FROM events WHERE {where} AND name = 'screen_view'
), top AS (
  SELECT origin, path, count(DISTINCT session_id) AS sessions, count(*),
    avg(coalesce(next - created_at, 0)), arg_max(title, position)
  FROM views WHERE path IS NOT NULL GROUP BY origin, path ORDER BY sessions DESC LIMIT 10
), entered AS (
  SELECT entry_origin, entry_path, avg(is_bounce::INT) AS bounces
  FROM sessions WHERE {where} GROUP BY ALL
), earned AS (
  SELECT origin, path, sum(revenue) AS revenue
  FROM events WHERE {where} AND name = 'revenue' GROUP BY ALL
)
SELECT * FROM top
LEFT JOIN entered ON entry_origin = top.origin AND entry_path = top.path
LEFT JOIN earned ON earned.origin = top.origin AND earned.path = top.path
"""

_WHERE: Final = "project = $1 AND created_at >= $2 AND created_at < $3"


@dataclass(frozen=True, slots=True)
class Bounds:
    """Whose facts, and from when (ms, half-open)."""

    project: int
    start: int
    end: int

    def statement(self, text: str, **parts: str) -> RawStatement:
        """The statement within the bounds, which are bound as any program would."""
        return RawStatement(
            text.format(where=_WHERE, **parts), (self.project, self.start, self.end)
        )


def metrics(bounds: Bounds) -> tuple[RawStatement, ...]:
    """Everything in one pass over sessions and one over revenue events."""
    return tuple(bounds.statement(text, narrower="") for text in (_METRICS, _REVENUE))


def metrics_of_plan(bounds: Bounds) -> tuple[RawStatement, ...]:
    """The same of sessions with an event of one plan."""
    inside = _IN_PLAN.format(where=_WHERE, plan=_OF_PLAN)
    return (
        bounds.statement(_METRICS, narrower=inside),
        bounds.statement(_REVENUE, narrower=_OF_PLAN),
    )


def breakdown(bounds: Bounds, by: tuple[str, ...]) -> tuple[RawStatement, ...]:
    """One pass, and the ten first rows with the number of all."""
    return (bounds.statement(_BREAKDOWN, keys=", ".join(by)),)


def pages(bounds: Bounds) -> tuple[RawStatement, ...]:
    """One pass over the views, and two over what the ten pages need besides."""
    return (bounds.statement(_PAGES),)
