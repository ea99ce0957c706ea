"""The best SQL for the Insights questions that was found by hand, for DuckDB alone."""

from dataclasses import dataclass
from typing import Final

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


@dataclass(frozen=True, slots=True)
class Bounds:
    """Whose facts, and from when (ms, half-open)."""

    project: int
    start: int
    end: int

    @property
    def where(self) -> str:
        """The condition on a table that has both columns."""
        since = f"created_at >= {self.start} AND created_at < {self.end}"
        return f"project = {self.project} AND {since}"


def metrics(bounds: Bounds) -> tuple[str, ...]:
    """Everything in one pass over sessions and one over revenue events."""
    return tuple(
        statement.format(where=bounds.where, narrower="") for statement in (_METRICS, _REVENUE)
    )


def metrics_of_plan(bounds: Bounds) -> tuple[str, ...]:
    """The same of sessions with an event of one plan."""
    inside = _IN_PLAN.format(where=bounds.where, plan=_OF_PLAN)
    return (
        _METRICS.format(where=bounds.where, narrower=inside),
        _REVENUE.format(where=bounds.where, narrower=_OF_PLAN),
    )


def breakdown(bounds: Bounds, by: tuple[str, ...]) -> tuple[str, ...]:
    """One pass, and the ten first rows with the number of all."""
    return (_BREAKDOWN.format(keys=", ".join(by), where=bounds.where),)


def pages(bounds: Bounds) -> tuple[str, ...]:
    """One pass over the views, and two over what the ten pages need besides."""
    return (_PAGES.format(where=bounds.where),)
