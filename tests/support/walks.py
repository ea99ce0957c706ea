"""Small dense worlds, and conditions that their events meet, for questions about journeys."""

from collections.abc import Sequence
from typing import Final

from hypothesis import settings
from hypothesis import strategies as st

from app.analytics.fields import COLUMNS, GROUP_COLUMNS, Field, ProfileProperty, Property
from app.analytics.filters import EVERYTHING, All, Compare, Filter, Operator
from app.analytics.metrics import named
from app.analytics.periods import DAY_MS, HOUR_MS, MINUTE_MS, to_instant
from app.analytics.records import Event
from tests.support.journeys import CHANGES, FILTERS

EXAMPLES: Final = settings(max_examples=min(settings().max_examples, 200))
"""How many worlds are tried: these questions are the most expensive ones."""

_NAMES: Final = ("a", "a", "b", "b", "c", "x", "session_end")
_PEOPLE: Final = ("ann", "ann", "bob", "d1", "", None)
_PATHS: Final = ("/", "/a", "/b", "", None)

_HAPPENINGS: Final = st.tuples(
    st.integers(0, 14),
    st.sampled_from([0, 0, 0, 1]),
    st.sampled_from(_NAMES),
    st.sampled_from(_PEOPLE),
    st.sampled_from(["d1", "d1", "d2", None]),
    st.sampled_from(_PATHS),
    st.sampled_from(["SE", "DE", None]),
    st.sampled_from([(), (), ("g1",), ("g1", "g2")]),
)


_UNITS: Final = (MINUTE_MS, 15 * MINUTE_MS, HOUR_MS, 8 * HOUR_MS, DAY_MS)


@st.composite
def walks(
    draw: st.DrawFn, *, most: int = 12, units: Sequence[int] = _UNITS
) -> tuple[list[Event], int]:
    """Events in order of arrival close to a clock change, and the instant of now."""
    middle = to_instant(draw(st.sampled_from(CHANGES)))
    unit = draw(st.sampled_from(units))
    first = middle - draw(st.integers(0, 14)) * unit
    events = [
        Event(
            project=1,
            id=f"e{position}",
            name=name,
            created_at=first + place * unit + shift,
            received_at=0,
            position=position,
            profile_id=profile_id,
            device_id=device_id,
            path=path,
            country=country,
            groups=groups,
            properties={"plan": country} if name == "a" else {},
        )
        for position, (place, shift, name, *who, path, country, groups) in enumerate(
            draw(st.lists(_HAPPENINGS, max_size=most)), start=1
        )
        for profile_id, device_id in (who,)
    ]
    return events, first + draw(st.integers(6, 16)) * unit


STRETCHED: Final = walks(units=(15 * MINUTE_MS, HOUR_MS, 8 * HOUR_MS, DAY_MS))
"""Walks that last longer."""

_SIMPLE: Final[st.SearchStrategy[Filter]] = st.sampled_from(
    [
        *(named(name) for name in ("a", "b", "c", "session_start", "session_end")),
        Compare(COLUMNS["name"], Operator.EQUALS, ("a", "b")),
        All((named("a"), Compare(COLUMNS["path"], Operator.EQUALS, ("/a",)))),
        All((named("b"), Compare(COLUMNS["country"], Operator.EQUALS, ("SE",)))),
        EVERYTHING,
    ]
)
CONDITIONS: Final[st.SearchStrategy[Filter]] = st.one_of(_SIMPLE, _SIMPLE, _SIMPLE, FILTERS)
"""What an event must be: mostly a name, at times anything."""

MOSTLY_ALL: Final[st.SearchStrategy[Filter]] = st.one_of(
    st.just(EVERYTHING), st.just(EVERYTHING), FILTERS
)

_FIELDS: Final[list[Field]] = [
    COLUMNS["country"],
    COLUMNS["path"],
    Property("plan"),
    ProfileProperty("plan"),
]
BREAKDOWNS: Final = st.one_of(
    st.just(()), st.just(()), st.lists(st.sampled_from(_FIELDS), min_size=1, max_size=2).map(tuple)
)

PERS: Final[st.SearchStrategy[Field]] = st.sampled_from(
    [
        COLUMNS["session_id"],
        COLUMNS["profile_id"],
        COLUMNS["profile_id"],
        COLUMNS["country"],
        GROUP_COLUMNS["id"],
    ]
)
"""Fields that make journeys."""

WINDOWS: Final = st.sampled_from(
    [1, MINUTE_MS, 3 * MINUTE_MS, HOUR_MS, 5 * HOUR_MS, DAY_MS, 4 * DAY_MS, 40 * DAY_MS]
)
