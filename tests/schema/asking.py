"""Generated inputs: metrics, dimensions, filters and ranges as clients tell them."""

from typing import Any, Final, TypeAlias
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from app.analytics.periods import to_datetime
from app.analytics.records import Event, Profile
from tests.support.journeys import PEOPLE, SPREAD_MS, ZONES

NOTHING: Final[dict[str, Any]] = {}
Conditions: TypeAlias = st.SearchStrategy[dict[str, Any]]
Facts: TypeAlias = tuple[list[Event], list[Profile], ZoneInfo]

TEXTS: Final = st.sampled_from(["", "a", "b", "A", "Ä", "/", "SE", "x", "10"])
DIMENSIONS: Final[Conditions] = st.sampled_from(
    [
        {"field": "NAME"}, {"field": "PATH"}, {"field": "COUNTRY"}, {"field": "DEVICE"},
        {"field": "REFERRER_NAME"}, {"field": "PROFILE_ID"}, {"property": "plan"},
        {"property": "price"}, {"profileField": "EMAIL"}, {"profileProperty": "plan"},
        {"groupField": "ID"},
    ]
)  # fmt: skip
METRICS: Final[st.SearchStrategy[list[dict[str, Any]]]] = st.lists(
    st.sampled_from(
        [
            *({"metric": name} for name in ("EVENTS", "PAGEVIEWS", "VISITORS", "SESSIONS")),
            *({"metric": name} for name in ("SCREEN_VIEWS", "BOUNCE_RATE", "SESSION_DURATION")),
            *({"metric": name} for name in ("VIEWS_PER_SESSION", "REVENUE", "PROFILES")),
            *({"metric": name, "of": {"property": "price"}} for name in ("SUM", "AVG", "MAX")),
            *({"metric": name, "of": {"property": "price"}} for name in ("MEDIAN", "P90", "P99")),
            {"metric": "PERCENTILE", "share": 0.25, "of": {"field": "DURATION"}},
            {"metric": "EVENTS_PER_PROFILE"},
            {"metric": "UNIQUE", "of": {"field": "PATH"}},
            {"metric": "EVENTS", "event": {"name": "a"}, "as": "renamed"},
            {"metric": "EVENTS", "filter": {"country": {"eq": "SE"}}},
        ]
    ),
    min_size=1,
    max_size=3,
)
FORMULAS: Final = st.sampled_from([None, "A + 1", "100 * A / A", "-A ^ 2 + sqrt(A)", "max(A, 3)"])
COMPARISONS: Final[st.SearchStrategy[dict[str, Any] | None]] = st.sampled_from(
    [None, {"previous": "PERIOD"}, {"previous": "WEEK"}]
)
MATCHES: Final[Conditions] = st.one_of(
    TEXTS.map(lambda text: {"eq": text}),
    TEXTS.map(lambda text: {"ne": text}),
    st.lists(TEXTS, max_size=2).map(lambda texts: {"in": texts}),
    TEXTS.map(lambda text: {"contains": text, "ignoreCase": True}),
    st.booleans().map(lambda empty: {"isNull": empty}),
)
NUMBERS: Final[Conditions] = st.sampled_from(
    [{"gt": 1}, {"gte": 7}, {"lt": 10.5}, {"eq": 10}, {"ne": 7}]
)
LEAVES: Final[Conditions] = st.one_of(
    st.tuples(st.sampled_from(["name", "path", "country", "device"]), MATCHES).map(
        lambda pair: dict([pair])
    ),
    st.tuples(DIMENSIONS, MATCHES | NUMBERS).map(
        lambda pair: {"where": [{"on": pair[0], "is": pair[1]}]}
    ),
    st.tuples(st.sampled_from(["a", "b", "screen_view"]), st.integers(0, 3)).map(
        lambda pair: {"did": {"event": {"name": pair[0]}, "atLeast": pair[1]}}
    ),
)
FILTERS: Final[Conditions] = st.recursive(
    st.just(NOTHING) | LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda members: {"and": members}),
        st.lists(inner, max_size=3).map(lambda members: {"or": members}),
        inner.map(lambda member: {"not": member}),
    ),
    max_leaves=4,
)


@st.composite
def arguments(draw: st.DrawFn, now: int, zone: ZoneInfo) -> dict[str, Any]:
    """The arguments that all analyses have, around now."""
    ends = sorted(draw(st.tuples(*[st.integers(now - SPREAD_MS, now + 1)] * 2)))
    first, last = (to_datetime(end, zone).isoformat() for end in (ends[0], ends[1] + 1))
    return {"r": {"between": {"from": first, "to": last}}, "f": draw(FILTERS)}


@st.composite
def questions(
    draw: st.DrawFn, made: st.SearchStrategy[tuple[list[Event], int]]
) -> tuple[Facts, dict[str, Any]]:
    """Facts, and the arguments that all analyses of them have."""
    events, now = draw(made)
    zone = draw(st.sampled_from(ZONES))
    return (events, draw(PEOPLE), zone), draw(arguments(now, zone))


@st.composite
def measured(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Metrics, and behind them perhaps a formula over them."""
    metrics = draw(METRICS)
    text = draw(FORMULAS)
    if text is not None:
        last = chr(ord("A") + len(metrics) - 1)
        metrics.append({"metric": "FORMULA", "formula": text.replace("A / A", f"A / {last}")})
    return metrics
