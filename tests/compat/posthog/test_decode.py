"""Queries of any shape are either understood or told what is wrong with them."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.analytics.codec import decode_question, encode
from app.analytics.errors import InvalidQueryError
from app.analytics.periods import Interval
from app.analytics.ranges import AllTime, Between, Edge, RangeSpec, Relative
from app.compat.posthog.dates import range_between
from app.compat.posthog.queries import decode_query

KINDS = (
    *("TrendsQuery", "FunnelsQuery", "RetentionQuery", "PathsQuery", "StickinessQuery"),
    *("LifecycleQuery", "EventsQuery", "HogQLQuery"),
)
NAMES = (
    *("series", "event", "name", "math", "math_property", "properties", "key", "value"),
    *("smoothingIntervals",),
    *("operator", "type", "values", "dateRange", "date_from", "date_to", "interval"),
    *("trendsFilter", "formula", "formulas", "formulaNodes", "display", "breakdownFilter"),
    *("breakdown", "breakdowns", "breakdown_type", "breakdown_limit", "property", "compareFilter"),
    *("compare", "compare_to", "funnelsFilter", "exclusions", "funnelFromStep", "funnelToStep"),
    *("funnelWindowInterval", "funnelWindowIntervalUnit", "funnelOrderType", "retentionFilter"),
    *("period", "totalIntervals", "targetEntity", "returningEntity", "id", "cumulative"),
    *("pathsFilter", "includeEventTypes", "startPoint", "stepLimit", "excludeEvents"),
    *("stickinessFilter", "stickinessCriteria", "select", "after", "before", "orderBy", "source"),
)
WORDS = (
    *(
        "$pageview",
        "sign_up",
        "dau",
        "weekly_active",
        "total",
        "sum",
        "p90",
        "exact",
        "gt",
        "between",
        "is_set",
    ),
    *("weekly_active", "ActionsLineGraphCumulative"),
    *("AND", "OR", "person", "session", "cohort", "-7d", "all", "mStart", "2025-03-01", "day"),
    *("Week", "A / B", "A +", "BoldNumber", "ordered", "month", "custom_event", "properties.a"),
    *("event", "*", "$browser", "in", "-1y", "", "9999-99-99", "99999y", "InsightVizNode"),
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(WORDS)
JSON = st.recursive(
    SCALARS | st.sampled_from(KINDS),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4)
    ),
    max_leaves=24,
)


@given(kind=st.sampled_from(KINDS), parts=st.dictionaries(st.sampled_from(NAMES), JSON, max_size=8))
def test_whatever_is_sent_is_understood_or_refused(kind: str, parts: dict[str, Any]) -> None:
    try:
        decoded = decode_query({"kind": kind, **parts}, 1, "query")
    except InvalidQueryError:
        return
    stored = orjson.loads(orjson.dumps(encode(decoded.question)))
    assert decode_question(stored) == decoded.question


DAY, TOMORROW = Interval.DAY, Edge(1, Interval.DAY, Interval.DAY)
RANGES: list[tuple[str, str | None, RangeSpec]] = [
    ("-7d", None, Relative(Edge(-7, DAY, DAY), TOMORROW)),
    ("-24h", None, Relative(Edge(-24, Interval.HOUR, Interval.HOUR), TOMORROW)),
    ("dStart", None, Relative(Edge(0, DAY, DAY), TOMORROW)),
    ("-1dStart", "-1dEnd", Relative(Edge(-1, DAY, DAY), Edge(0, DAY, DAY))),
    (
        "-1mStart",
        "-1mEnd",
        Relative(Edge(-1, Interval.MONTH, Interval.MONTH), Edge(0, Interval.MONTH, Interval.MONTH)),
    ),
    ("yStart", None, Relative(Edge(0, Interval.YEAR, Interval.YEAR), TOMORROW)),
    ("-3m", "-1d", Relative(Edge(-3, Interval.MONTH, DAY), Edge(0, DAY, DAY))),
    ("all", None, AllTime()),
]


@pytest.mark.parametrize(("start", "end", "expected"), RANGES)
def test_relative_ranges_are_told_from_now(
    start: str, end: str | None, expected: RangeSpec
) -> None:
    assert range_between(start, end, ()) == expected


def test_given_bounds_are_days_or_instants() -> None:
    spec = range_between("2025-03-01", "2025-03-02T12:00:00Z", ())
    assert isinstance(spec, Between)
    assert (str(spec.start), spec.end) == ("2025-03-01", 1_740_916_800_000)
